import { channel } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';

/*
 * Loaded into the worker process with `--require`. Writes one line for each request to Braze into the file REQUEST_TIMES: its
 * start (ms since 1970), the time until its answer (ms), and the number of requests in flight then. The worker itself is
 * unchanged; undici publishes to its diagnostics channels.
 */

const beganMs = new Map<object, number>();
let lines: string[] = [];

function began(message: unknown): void {
  beganMs.set((message as { request: object }).request, performance.now());
}

function ended(message: unknown): void {
  const { request } = message as { request: object };
  const at = beganMs.get(request);
  if (at === undefined) return;
  const tookMs = performance.now() - at;
  lines.push(`${(performance.timeOrigin + at).toFixed(0)} ${tookMs.toFixed(2)} ${beganMs.size}\n`);
  beganMs.delete(request);
}

channel('undici:request:create').subscribe(began);
channel('undici:request:trailers').subscribe(ended);
channel('undici:request:error').subscribe(ended);

setInterval(() => {
  if (lines.length > 0) appendFileSync(process.env.REQUEST_TIMES!, lines.join(''));
  lines = [];
}, 200).unref();
