import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Reply } from './answers';

/** Braze documents 4 MB without the unit base; the smaller value is the stricter test of a client. */
const MAX_BODY_BYTES = 4_000_000;

/** Null: longer than Braze accepts. The rest is read and dropped, so that the client gets its answer. */
export function readBody(request: IncomingMessage, done: (body: Buffer | null) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  });
  request.on('end', () => done(bytes > MAX_BODY_BYTES ? null : Buffer.concat(chunks, bytes)));
}

/** Answers a request; the headers in `more` override those of the reply. */
export function send(response: ServerResponse, { status, body, headers }: Reply, more: Record<string, string>): void {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers, ...more });
  response.end(body);
}

/** Sends half of the announced body, then closes the connection. */
export function sendHalf(response: ServerResponse, { status, body, headers }: Reply): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, { 'content-length': bytes.length, ...headers });
  response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
}

/** Whether a request declares a JSON body. */
export function isJson(headers: IncomingHttpHeaders): boolean {
  return /^application\/json\b/i.test(headers['content-type'] ?? '');
}

/** The first value of a header; null when it has none. */
export function oneHeader(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}
