import { setTimeout as sleep } from 'node:timers/promises';
import { EXPORT_INTERVAL_MS, exportBatch, exportUsers, type ExportedUser } from '../../braze/exportUsers';
import type { BrazeHttp } from '../../braze/http';
import type { NotPermitted } from '../../braze/reading';
import type { Misconfigured } from '../../braze/response';
import type { Identifier } from '../../types/settings';
import { CliProblem, EXIT } from '../shared/problem';
import { note } from '../shared/screen';

export interface ReadProfiles {
  kind: 'read';
  users: Map<string, ExportedUser[]>;
  /** Customers of calls that Braze did not take. */
  unread: Set<string>;
}

/** Tries of one call before a person should look; with the backoff below about 15 s. */
const MAX_TRIES = 6;
const FIRST_BACKOFF_MS = 500;
/** Waits that nobody would notice are not announced. */
const SILENT_WAIT_MS = 2_000;

/**
 * Reads these customers' profiles, batch by batch, at no more than Braze's rate and never two calls at once. A 429 is
 * waited out for as long as Braze says, and a used-up limit before it comes to one.
 */
export async function readProfiles(
  http: BrazeHttp,
  identifier: Identifier,
  customers: readonly string[],
  fields: readonly string[],
): Promise<ReadProfiles | NotPermitted | Misconfigured> {
  const result: ReadProfiles = { kind: 'read', users: new Map(), unread: new Set() };
  const size = exportBatch(identifier);
  let nextCallAtMs = 0;
  let waitsFor = "Braze's rate limit";
  for (let from = 0, tries = 1; from < customers.length;) {
    await pause(nextCallAtMs - Date.now(), waitsFor);
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
        if (tries === MAX_TRIES) {
          throw new CliProblem(`Braze does not answer (${answer.code}). Nothing was changed; try again.`, EXIT.failed);
        }
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

async function pause(ms: number, waitsFor: string): Promise<void> {
  if (ms <= 0) return;
  if (ms > SILENT_WAIT_MS) note(`note  waiting ${Math.ceil(ms / 1000)} s for ${waitsFor}`);
  await sleep(ms);
}
