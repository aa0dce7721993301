import type { NoticeFacts } from '../types/notice';
import type { HoldCause, RunState } from '../types/run';

/** The JSON that is posted. Slack, and what understands Slack, shows `text`; the rest is for programs. */
export interface Notice {
  text: string;
  sync: string;
  run: number;
  state: RunState;
  since: string;
  because?: string;
  hold?: number;
  /** What to type next, where there is something to do. */
  command?: string;
  counts: NoticeFacts['counts'];
  workflowId: string;
}

/** Puts a change of state into words. Pure. */
export function noticeOf(facts: NoticeFacts): Notice {
  const { sync, run, workflowId, state, since, because, hold, counts } = facts;
  const command = commandOf(facts);
  return {
    text: forSlack([headline(facts), figures(counts), todo(facts, command)].filter((part) => part !== '').join(' ')),
    sync,
    run,
    state,
    since,
    ...(because === null ? {} : { because }),
    ...(hold === null ? {} : { hold }),
    ...(command === null ? {} : { command }),
    counts,
    workflowId,
  };
}

function headline({ sync, run, state, since, because, hold }: NoticeFacts): string {
  const about = `${sync}, run ${run}`;
  const why = because === null ? '' : ` ${because}`;
  switch (state) {
    case 'held':
      return `${about} is HELD since ${minute(since)} (hold ${hold}).${why} Nothing is lost.`;
    case 'completed':
      return `${about} completed: all is well again.`;
    case 'completed-with-rejections':
      return `${about} completed, with rejections.`;
    case 'no-new-model-run':
      return `${about} ended: no new model run came in time. Nothing was sent, nothing is lost.`;
    case 'incomplete':
      return `${about} ended incomplete.${why} Nothing is lost: the next run finds what is left.`;
    default:
      return `${about} goes on: ${state}.`;
  }
}

function figures({ changed, accepted, rejected }: NoticeFacts['counts']): string {
  if (changed + rejected === 0) return '';
  const [c, a, r] = [changed, accepted, rejected].map((n) => n.toLocaleString('en-US'));
  return `${c} changed, ${a} accepted, ${r} rejected.`;
}

/** These two need an approval; for the others the cause is fixed, then the run is retried. */
const APPROVED: readonly (HoldCause | null)[] = ['guard', 'unseen-key'];

function commandOf({ sync, state, mode, holdCause }: NoticeFacts): string | null {
  switch (state) {
    case 'held':
      return `peak-braze ${APPROVED.includes(holdCause) ? 'approve' : 'retry'} ${sync}`;
    case 'completed-with-rejections':
      return `peak-braze rejected ${sync}`;
    case 'no-new-model-run':
      return `peak-braze run ${sync} --wait`;
    case 'incomplete':
      return mode === 'backfill' ? `peak-braze status ${sync}` : `peak-braze run ${sync}`;
    default:
      return null;
  }
}

function todo({ sync, state, holdCause }: NoticeFacts, command: string | null): string {
  if (command === null) return '';
  if (state !== 'held') return `Next: \`${command}\``;
  const way = APPROVED.includes(holdCause) ? 'To send' : 'When it is mended';
  return `Look: \`peak-braze status ${sync}\`. ${way}: \`${command}\`. To end it: \`peak-braze discard ${sync}\``;
}

/** `2026-11-23 05:02 UTC`: who reads it may sit anywhere. */
function minute(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

/** Slack's three control characters (api.slack.com, "Escaping text"). */
function forSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
