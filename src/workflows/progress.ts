import type { Progress } from '../types/messages';
import { hasEnded, holdNeeds, type Hold } from '../types/run';
import type { CarriedState } from '../types/workflow';

/** What the `progress` query answers. The rate counts the time spent delivering, without pauses and holds. */
export function toProgress(state: CarriedState, nowMs: number): Progress {
  const deliveringMs = state.deliveredMs + (state.state === 'delivering' ? nowMs - Date.parse(state.since) : 0);
  const settled = state.accepted + state.rejected;
  const ratePerSecond = deliveringMs > 0 ? round(state.requests / (deliveringMs / 1000)) : null;
  const left = Math.max(0, state.changed - settled);
  return {
    run: state.run,
    state: state.state,
    since: state.since,
    ...(state.paused && state.state !== 'paused' ? { pausing: true as const } : {}),
    ...(state.hold === null ? {} : { heldBecause: state.hold.because, hold: state.hold.number }),
    ...(state.waiting === null ? {} : { waiting: `${state.waiting.for} since ${state.waiting.since}` }),
    modelRun: state.modelRun,
    windowFrom: state.windowFrom,
    windowTo: state.windowTo,
    candidates: state.candidates,
    changed: state.changed,
    chunks: state.chunks,
    chunksDone: state.chunksDone,
    accepted: state.accepted,
    rejected: state.rejected,
    requests: state.requests,
    ratePerSecond,
    startedAt: state.startedAt,
    etaSeconds:
      state.state === 'delivering' && settled > 0 && deliveringMs > 0
        ? Math.ceil((left * deliveringMs) / settled / 1000)
        : null,
    ignored: state.ignored,
  };
}

/** The same as text, for the Web UI's current details (Markdown). */
export function currentDetails(sync: string, state: CarriedState): string {
  const about = `${sync}, run ${state.run}`;
  const lines = state.state === 'held' ? [] : [`**${about}: ${state.state}** since ${state.since}`];
  if (state.hold !== null) {
    const { cause, because, number } = state.hold;
    const needs = holdNeeds(cause) === 'approval' ? 'needs approval' : 'needs a fix';
    lines.push(`**${about}: held, ${needs}.** ${because}`);
    lines.push(`Hold ${number} (${cause})${state.state === 'held' ? ` since ${state.since}` : ''}. No data is lost.`);
    lines.push(`Next steps: ${nextSignals(state.hold)} or \`discard\`.`);
  }
  if (state.waiting !== null) {
    lines.push(
      `Waiting: ${state.waiting.for} since ${state.waiting.since}. It resumes automatically. No data is lost.`,
    );
  }
  if (state.behind !== null) lines.push(`Waiting for ${state.behind}.`);
  if (state.paused) lines.push('Paused by signal; `resume` continues it where it stopped.');
  if (state.modelRun !== null) lines.push(`Model run ${state.modelRun}`);
  if (state.chunks > 0 || hasEnded(state.state)) {
    lines.push(
      `${state.changed} of ${state.candidates} candidates changed; chunk ${state.chunksDone} of ${state.chunks}; ` +
        `accepted ${state.accepted}, rejected ${state.rejected}, requests ${state.requests}`,
    );
  }
  for (const ignored of state.ignored) lines.push(`Ignored: ${ignored}`);
  return lines.join('\n\n');
}

/** The signals that lead out of a hold, except `discard`. */
function nextSignals({ cause, number }: Hold): string {
  switch (cause) {
    case 'guard':
      return `signal \`approve\` {"hold": ${number}}`;
    case 'unseen-key':
      return `signal \`approve\` {"hold": ${number}} if the key was rotated, \`retry\` once the old key is restored,`;
    default:
      return 'fix the cause, then signal `retry`,';
  }
}

function round(rate: number): number {
  return Math.round(rate * 10) / 10;
}
