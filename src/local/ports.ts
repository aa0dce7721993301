import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOPBACK = '127.0.0.1';
const PATIENCE_MS = 1_000;

/** A free TCP port at 127.0.0.1. Another process may take it first, so callers retry. */
export function freePort(): Promise<number> {
  return listenOnce(0);
}

/**
 * Resolves once a server can listen on this port at 127.0.0.1: a server that was just killed releases it after a moment. Call
 * it before starting a server, else the program on that port answers in its place.
 *
 * @throws Error when another program uses it
 */
export async function untilPortFree(port: number): Promise<void> {
  const untilMs = Date.now() + PATIENCE_MS;
  while (!(await isPortFree(port))) {
    if (Date.now() >= untilMs) throw new Error(`Port ${port} on 127.0.0.1 is in use by another program.`);
    await sleep(20);
  }
}

/** Whether a program listens on this port. A host that does not answer counts as not listening after `timeoutMs`. */
export function acceptsConnections(port: number, host = LOOPBACK, timeoutMs = 1_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: timeoutMs });
    const settle = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}

async function isPortFree(port: number): Promise<boolean> {
  try {
    await listenOnce(port);
    return true;
  } catch {
    return false;
  }
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      const address = probe.address();
      const taken = typeof address === 'object' && address !== null ? address.port : port;
      probe.close(() => resolve(taken));
    });
  });
}
