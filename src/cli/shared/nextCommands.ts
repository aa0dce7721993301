import { typed } from '../../invocation';
import type { RunRecord } from '../../ledger/runs';
import { holdNeeds } from '../../types/run';
import { when } from './screen';

/** `held, needs approval`: what a held run waits for, in the words of every screen. */
export function holdWords({ holdCause }: Pick<RunRecord, 'holdCause'>): string {
  return holdNeeds(holdCause) === 'approval' ? 'needs approval' : 'needs a fix';
}

/** The next commands for a run that is held or paused, one a line. */
export function nextCommands(run: RunRecord): string[] {
  if (run.state !== 'paused' && run.state !== 'held') return [];
  const ways = run.state === 'paused' ? [commandLine('resume', `resume ${run.sync}`)] : outOfHold(run);
  return [...ways, commandLine('discard', `discard ${run.sync}`)];
}

/** A person decides about a guard and a new key; the cause of every other hold is fixed first. */
function outOfHold({ sync, run, hold, holdCause, requests }: RunRecord): string[] {
  switch (holdCause) {
    case 'guard': {
      // After the first requests Braze's refusals are the reason.
      const inspect = requests > 0 ? `rejected ${sync}` : `preview ${sync} --run ${run}`;
      return [commandLine('inspect', inspect), commandLine('approve', `approve ${sync}`)];
    }
    case 'unseen-key':
      return [
        commandLine('inspect', 'check'),
        commandLine('approve', `approve ${sync} --hold ${hold}`),
        commandLine('retry', `retry ${sync}`, 'with the previous key'),
      ];
    case null:
      // Held by an older version, which kept no cause.
      return [commandLine('retry', `retry ${sync}`), commandLine('approve', `approve ${sync}`)];
    default:
      return [commandLine('inspect', 'check'), commandLine('retry', `retry ${sync}`, 'after the fix')];
  }
}

function commandLine(word: string, command: string, note?: string): string {
  return `  ${word.padEnd(7)}  ${typed(command)}${note === undefined ? '' : `   (${note})`}`;
}

/**
 * What is lost (nothing), and what happens if nobody acts.
 *
 * @param configuredHoldForMs for a run that was stopped before it had its own copy of the sync; null: not known here
 */
export function holdDeadlineLine(
  { stoppedAt, settings, requests }: RunRecord,
  configuredHoldForMs: number | null,
): string {
  const lost =
    requests > 0 ? 'What Braze accepted stays recorded; no data is lost.' : 'Nothing was sent; no data is lost.';
  const holdForMs = settings?.holdForMs ?? configuredHoldForMs;
  if (stoppedAt === null || holdForMs === null) return lost;
  const endsAt = new Date(Date.parse(stoppedAt) + holdForMs);
  const found = requests > 0 ? 'sends the rest' : 'finds the same changes';
  return `${lost} If you do nothing, this run ends ${when(endsAt)} and the next one ${found}.`;
}
