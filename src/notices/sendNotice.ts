import type { Logger } from 'pino';
import { beginNotice, hadTrouble, lastNotice, finishNotice } from '../ledger/notices';
import type { Ledger } from '../ledger/open';
import { readRun, type RunRecord } from '../ledger/runs';
import type { NoticeFacts } from '../types/notice';

/**
 * Returns a function that posts a notification to the sync's webhook in the current config; null: the sync has none. The
 * function returns a short code when the notification was not delivered, and never rejects. The URL stays inside the notifier.
 */
export type Notifier = (sync: string) => ((facts: NoticeFacts) => Promise<string | null>) | null;

interface NoticeDeps {
  ledger: Ledger;
  notifier: Notifier;
  log: Pick<Logger, 'warn'>;
}

/**
 * Notifies people of the state that a run has entered, once, after the ledger has it. A crash between sending and recording
 * sends it again. Failures are only logged: no run fails because of a notification.
 */
export async function sendNotice({ ledger, notifier, log }: NoticeDeps, run: number): Promise<void> {
  try {
    const record = await readRun(ledger, run);
    const post = notifier(record.sync);
    const change = post === null ? null : await noticeKind(ledger, record);
    if (post === null || change === null || !(await beginNotice(ledger, run, change))) return;
    const failed = await post(factsOf(record));
    await finishNotice(ledger, run, change, failed);
    if (failed !== null) log.warn({ run, change, code: failed }, 'A notification was not delivered.');
  } catch {
    log.warn({ run }, 'The notification of this run could not be sent; its state is in the ledger.');
  }
}

/** Names the change to notify about; null: none, for example when a person caused it. */
async function noticeKind(ledger: Ledger, { run, sync, state, hold }: RunRecord): Promise<string | null> {
  switch (state) {
    case 'held':
      return `held-${hold}`;
    case 'incomplete':
    case 'no-new-model-run':
    case 'completed-with-rejections':
      return state;
    case 'completed':
      return (await hadTrouble(ledger, sync, run)) ? state : null;
    case 'paused':
    case 'discarded':
    case 'cancelled':
      return null;
    default: {
      const last = await lastNotice(ledger, run);
      return last?.startsWith('held-') ? last.replace('held', 'going-on') : null;
    }
  }
}

function factsOf(record: RunRecord): NoticeFacts {
  const { sync, run, workflowId, mode, state, stateSince, heldBecause, hold, holdCause } = record;
  const { changed, accepted, rejected } = record;
  return {
    sync,
    run,
    workflowId,
    mode,
    state,
    since: stateSince,
    because: heldBecause,
    hold,
    holdCause,
    counts: { changed, accepted, rejected },
  };
}
