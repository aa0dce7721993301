import type { Logger } from 'pino';
import { beginNotice, hadTrouble, lastNotice, finishNotice } from '../ledger/notices';
import type { Ledger } from '../ledger/open';
import { readRun, type RunRecord } from '../ledger/runs';
import type { NoticeFacts } from '../types/notice';

/**
 * Gives what posts a notice of a sync, as the config says now; null: the sync has no channel. Posting gives a short code when the
 * notice did not arrive, and never rejects. The address stays with the notifier.
 */
export type Notifier = (sync: string) => ((facts: NoticeFacts) => Promise<string | null>) | null;

interface NoticeDeps {
  ledger: Ledger;
  notifier: Notifier;
  log: Pick<Logger, 'warn'>;
}

/**
 * Tells people of the state a run has come to, once, after the ledger has it. Sent and not yet noted as sent is sent again
 * after a crash. Whatever goes wrong here stays here: a run never fails for a notice.
 */
export async function sendNotice({ ledger, notifier, log }: NoticeDeps, run: number): Promise<void> {
  try {
    const record = await readRun(ledger, run);
    const post = notifier(record.sync);
    const change = post === null ? null : await noticeKind(ledger, record);
    if (post === null || change === null || !(await beginNotice(ledger, run, change))) return;
    const failed = await post(factsOf(record));
    await finishNotice(ledger, run, change, failed);
    if (failed !== null) log.warn({ run, change, code: failed }, 'A notice did not arrive.');
  } catch {
    log.warn({ run }, 'People could not be told of this run; its state stands in the ledger.');
  }
}

/** Names the change that a notice is sent about; null: no notice, such as for what people did themselves. */
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
