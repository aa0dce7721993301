import { setTimeout as sleep } from 'node:timers/promises';
import { EXPORT_INTERVAL_MS, exportBatch, exportUsers, type ExportedUser } from '../braze/exportUsers';
import type { BrazeHttp } from '../braze/http';
import type { NotPermitted } from '../braze/reading';
import type { Misconfigured, Transient } from '../braze/response';
import type { Identifier } from '../types/settings';

interface ProfileQuestion {
  identifier: Identifier;
  customers: readonly string[];
  /** Fields of the profile itself; custom attributes come in any case. */
  fields: readonly string[];
  /** Called before each wait: how long, in ms, and for what, in words. */
  onWait: (ms: number, what: string) => void;
}

interface ReadProfiles {
  kind: 'read';
  users: Map<string, ExportedUser[]>;
  /** Customers of calls that Braze did not take. */
  unread: Set<string>;
}

/** Tries of one call before a person should look; with the backoff below about 15 s. */
const MAX_TRIES = 6;
const FIRST_BACKOFF_MS = 500;

/**
 * Reads these customers' profiles, batch by batch, at no more than Braze's rate and never two calls at once. After a 429 it
 * waits for as long as Braze says, and so it does when the limit is used up. `transient`: Braze did not answer one call in
 * {@link MAX_TRIES} tries.
 */
export async function readProfiles(
  http: BrazeHttp,
  { identifier, customers, fields, onWait }: ProfileQuestion,
): Promise<ReadProfiles | NotPermitted | Misconfigured | Transient> {
  const result: ReadProfiles = { kind: 'read', users: new Map(), unread: new Set() };
  const size = exportBatch(identifier);
  let nextCallAtMs = 0;
  let waitsFor = "Braze's rate limit";
  for (let from = 0, tries = 1; from < customers.length;) {
    const waitMs = nextCallAtMs - Date.now();
    if (waitMs > 0) {
      onWait(waitMs, waitsFor);
      await sleep(waitMs);
    }
    waitsFor = "Braze's rate limit";
    nextCallAtMs = Date.now() + EXPORT_INTERVAL_MS;
    const batch = customers.slice(from, from + size);
    const answer = await exportUsers(http, identifier, batch, fields);
    switch (answer.kind) {
      case 'not-permitted':
      case 'configuration':
        return answer;
      case 'rate-limited':
        nextCallAtMs = Date.now() + Math.max(EXPORT_INTERVAL_MS, answer.afterMs ?? backoffMs(tries));
        tries += 1;
        continue;
      case 'transient':
        if (tries === MAX_TRIES) return answer;
        nextCallAtMs = Date.now() + backoffMs(tries);
        waitsFor = `Braze, which does not answer (${answer.code})`;
        tries += 1;
        continue;
      case 'unreadable':
        for (const customer of batch) result.unread.add(customer);
        break;
      case 'answered':
        for (const [customer, users] of answer.users) result.users.set(customer, users);
        nextCallAtMs = Math.max(nextCallAtMs, Date.now() + answer.pauseMs);
    }
    from += size;
    tries = 1;
  }
  return result;
}

function backoffMs(tries: number): number {
  return FIRST_BACKOFF_MS * 2 ** Math.min(tries - 1, MAX_TRIES);
}
