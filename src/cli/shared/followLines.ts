import { typed } from '../../invocation';
import { toSummary } from '../../ledger/runSummary';
import type { RunRecord } from '../../ledger/runs';
import { displayDuration } from '../../local/note';
import { holdWords } from './nextCommands';
import { EXIT, type ExitCode } from './problem';
import { count, plural, when } from './screen';

/** Where an open run stands, in one line. */
export function progressLine(record: RunRecord): string {
  const head = `${record.sync}, run ${record.run}: ${record.state}`;
  const waiting =
    record.waitingFor === null ? '' : `; waiting: ${record.waitingFor} since ${when(record.waitingSince)}`;
  switch (record.state) {
    case 'queued':
      return `${head}. ${record.heldBecause ?? ''}`.trimEnd();
    case 'held':
      return `${head}, ${holdWords(record)}. ${record.heldBecause ?? ''}`.trimEnd();
    case 'extracting':
      return `${head}, ${plural(record.candidates, 'candidate')}, ${count(record.changed)} changed${waiting}`;
    case 'delivering':
    case 'paused':
      return `${head}, ${count(record.accepted)} of ${count(record.changed)} accepted${waiting}`;
    default:
      return `${head}${waiting}`;
  }
}

/** What a run that has ended came to. */
export function summaryLines(record: RunRecord): string[] {
  const { sync, run, state, candidates, changed, accepted, rejected, requests, valuesSent, valuesAvoided, ...summary } =
    toSummary(record);
  const tookMs = Date.parse(summary.finishedAt!) - Date.parse(summary.startedAt);
  const lines = [
    `${state === 'completed' ? 'ok   ' : 'note '} ${sync}, run ${run}: ${state}   ${plural(candidates, 'candidate')}   ` +
      `${count(changed)} changed   ${plural(requests, 'request')}   ${count(accepted)} accepted   ${count(rejected)} rejected   ${displayDuration(tookMs)}`,
  ];
  if (summary.modelRun !== null) lines.push(`      model run ${summary.modelRun}`);
  if (valuesSent > 0)
    lines.push(`      values sent ${count(valuesSent)}; a timestamp sync sends ${count(valuesSent + valuesAvoided)}`);
  if (summary.refreshed > 0)
    lines.push(`      ${plural(summary.refreshed, 'customer')} unchanged, sent again after refreshAfter`);
  if (rejected > 0) lines.push(`      why rejected: ${typed(`rejected ${sync}`)}`);
  if (record.heldBecause !== null) lines.push(`      ${record.heldBecause}`);
  if (['incomplete', 'discarded', 'cancelled'].includes(state)) {
    const left = count(Math.max(0, changed - accepted));
    lines.push(`      No data is lost: the next run sends the other ${left}. Start it: ${typed(`run ${sync}`)}`);
  }
  return lines;
}

/** 0 for a run that was recorded or had nothing to do, else 1. */
export function exitCodeOf({ state }: RunRecord): ExitCode {
  switch (state) {
    case 'completed':
    case 'completed-with-rejections':
    case 'no-new-model-run':
      return EXIT.ok;
    default:
      return EXIT.failed;
  }
}
