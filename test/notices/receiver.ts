import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Notice } from '../../src/notices/notice';

/** A webhook on this machine, with an address that must not be seen anywhere. */
export interface Receiver {
  url: string;
  /** The part of the address that is the secret. */
  secret: string;
  received: Notice[];
  /** What it answers from now on; `hang`: nothing at all. */
  answer: number | 'hang';
  /** Posts, also those that were not taken. */
  tries: number;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const secret = 'T0SECRET/B0SECRET';
  const receiver: Receiver = { url: '', secret, received: [], answer: 200, tries: 0, close };
  const server: Server = createServer((incoming, response) => {
    let body = '';
    incoming.on('data', (data: Buffer) => (body += data.toString()));
    incoming.on('end', () => {
      receiver.tries += 1;
      if (receiver.answer === 'hang') return;
      if (receiver.answer === 200) receiver.received.push(JSON.parse(body) as Notice);
      response.writeHead(receiver.answer, { location: '/elsewhere' }).end(`no service for ${incoming.url}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/${secret}`;

  function close(): Promise<void> {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  }
  return receiver;
}
