import type { RunRecord } from '../../ledger/runs';
import { when } from './screen';

/** For a run that is held or paused: what becomes of it, and the commands to type, one a line. */
export function nextCommands(run: RunRecord): string[] {
  if (run.state === 'paused')
    return [commandLine('go on', `resume ${run.sync}`), commandLine('drop', `discard ${run.sync}`)];
  return run.state === 'held' ? [...outOfHold(run), commandLine('drop', `discard ${run.sync}`)] : [];
}

/** A guard and a new key are a person's decision; the cause of everything else is fixed first. */
function outOfHold({ sync, run, hold, holdCause, requests }: RunRecord): string[] {
  switch (holdCause) {
    case 'guard': {
      // Braze has answered: what it refused is the reason.
      const inspect = requests > 0 ? `rejected ${sync}` : `preview ${sync} --run ${run}`;
      return [commandLine('look', inspect), commandLine('send', `approve ${sync}`)];
    }
    case 'unseen-key':
      return [
        commandLine('look', 'check'),
        commandLine('rotated', `approve ${sync} --hold ${hold}`),
        commandLine('put back', `retry ${sync}`),
      ];
    case null:
      // Held by an older version, which did not say why.
      return [commandLine('mended', `retry ${sync}`), commandLine('send', `approve ${sync}`)];
    default:
      return [commandLine('look', 'check'), commandLine('mended', `retry ${sync}`)];
  }
}

function commandLine(word: string, command: string): string {
  return `  ${word.padEnd(8)} peak-braze ${command}`;
}

/**
 * What is lost (nothing), and what happens if nobody does anything.
 *
 * @param configuredHoldForMs for a run that was stopped before it had its own copy of the sync; null: not at hand
 */
export function holdDeadlineLine(
  { stoppedAt, settings, requests }: RunRecord,
  configuredHoldForMs: number | null,
): string {
  const lost = requests > 0 ? 'What was accepted stays, nothing is lost.' : 'Nothing was sent, nothing is lost.';
  const holdForMs = settings?.holdForMs ?? configuredHoldForMs;
  if (stoppedAt === null || holdForMs === null) return lost;
  const endsAt = new Date(Date.parse(stoppedAt) + holdForMs);
  const found = requests > 0 ? 'what is left' : 'the same changes';
  return `${lost} Left alone it ends ${when(endsAt)}; the next run finds ${found}.`;
}
