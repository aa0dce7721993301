import { typed } from '../invocation';
import type { NoticeFacts } from '../types/notice';
import { holdNeeds, type RunState } from '../types/run';

/** The JSON that is posted. Slack and compatible services show `text`; the other fields are for programs. */
export interface Notice {
  text: string;
  sync: string;
  run: number;
  state: RunState;
  since: string;
  because?: string;
  hold?: number;
  /** The next command, where there is something to do. */
  command?: string;
  counts: NoticeFacts['counts'];
  workflowId: string;
}

/** Describes a change of state. Pure. */
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

function headline({ sync, run, state, since, because, hold, holdCause }: NoticeFacts): string {
  const about = `${sync}, run ${run}`;
  const why = because === null ? '' : ` ${because}`;
  switch (state) {
    case 'held':
      return `${about} has been HELD since ${minute(since)} (hold ${hold}) and needs ${NEEDS[holdNeeds(holdCause)]}.${why} No data is lost.`;
    case 'completed':
      return `${about} completed; the sync has recovered.`;
    case 'completed-with-rejections':
      return `${about} completed with rejections.`;
    case 'no-new-model-run':
      return `${about} ended: no new model run was published in time. Nothing was sent; no data is lost.`;
    case 'incomplete':
      return `${about} ended incomplete.${why} No data is lost: the next run finds what is left.`;
    default:
      return `${about} resumed: ${state}.`;
  }
}

const NEEDS = { approval: 'approval', fix: 'a fix' } as const;

function figures({ changed, accepted, rejected }: NoticeFacts['counts']): string {
  if (changed + rejected === 0) return '';
  const [c, a, r] = [changed, accepted, rejected].map((n) => n.toLocaleString('en-US'));
  return `${c} changed, ${a} accepted, ${r} rejected.`;
}

function commandOf({ sync, state, mode, holdCause }: NoticeFacts): string | null {
  switch (state) {
    case 'held':
      return typed(`${holdNeeds(holdCause) === 'approval' ? 'approve' : 'retry'} ${sync}`);
    case 'completed-with-rejections':
      return typed(`rejected ${sync}`);
    case 'no-new-model-run':
      return typed(`run ${sync} --wait`);
    case 'incomplete':
      return typed(mode === 'backfill' ? `status ${sync}` : `run ${sync}`);
    default:
      return null;
  }
}

function todo({ sync, state, holdCause }: NoticeFacts, command: string | null): string {
  if (command === null) return '';
  if (state !== 'held') return `Next: \`${command}\``;
  const way = holdNeeds(holdCause) === 'approval' ? 'Approve' : 'After the fix';
  return `Inspect: \`${typed(`status ${sync}`)}\`. ${way}: \`${command}\`. Discard: \`${typed(`discard ${sync}`)}\``;
}

/** `2026-11-23 05:02 UTC`: readers may be in any time zone. */
function minute(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

/** Slack's three control characters (api.slack.com, "Escaping text"). */
function forSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
