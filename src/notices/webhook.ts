import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { networkCode } from '../types/networkCode';
import type { Notice } from './notice';

interface PostOptions {
  /** Timeout of one attempt. Default 5 s. */
  giveUpAfterMs?: number;
  /** Before the second attempt, the third and so on; there is one attempt more than pauses. */
  pausesMs?: readonly number[];
}

const WORDS = { UND_ERR_CONNECT_TIMEOUT: 'timeout' };
const GIVE_UP_AFTER_MS = 5_000;
const PAUSES_MS = [500, 2_000];
/** The run waits meanwhile, so a server that hangs gets two attempts, not three. */
const NO_TRY_AFTER_MS = 6_000;

/**
 * Posts a notification. Returns null once it is accepted, else a short code (`HTTP 500`, `timeout`, `ECONNREFUSED`). Never
 * rejects, and never repeats the URL, which is a secret, or the response. Redirects are not followed.
 */
export async function postNotice(url: string, notice: Notice, options: PostOptions = {}): Promise<string | null> {
  const { giveUpAfterMs = GIVE_UP_AFTER_MS, pausesMs = PAUSES_MS } = options;
  const body = JSON.stringify(notice);
  const lastTryAtMs = Date.now() + NO_TRY_AFTER_MS;
  let code = await tryOnce(url, body, giveUpAfterMs);
  for (const pauseMs of pausesMs) {
    if (code === null || !isWorthAnotherTry(code) || Date.now() > lastTryAtMs) return code;
    await sleep(pauseMs);
    code = await tryOnce(url, body, giveUpAfterMs);
  }
  return code;
}

async function tryOnce(url: string, body: string, giveUpAfterMs: number): Promise<string | null> {
  // Notifications are rare, so each has its own connection and none stays open in between.
  const agent = new Agent({ connect: { timeout: giveUpAfterMs } });
  const deadline = AbortSignal.timeout(giveUpAfterMs);
  try {
    const { statusCode } = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      dispatcher: agent,
      signal: deadline,
    });
    return statusCode >= 200 && statusCode < 300 ? null : `HTTP ${statusCode}`;
  } catch (error) {
    return deadline.aborted ? 'timeout' : networkCode(error, WORDS, 'no connection');
  } finally {
    await agent.destroy();
  }
}

/** A webhook that was revoked or never existed does not appear within seconds. */
function isWorthAnotherTry(code: string): boolean {
  return !/^HTTP (3\d\d|4(?!08|29)\d\d)$/.test(code);
}
