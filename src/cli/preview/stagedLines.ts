import type { RunRecord } from '../../ledger/runs';
import type { StagedPreview } from '../../reports/preview/previewStaged';
import { attributeLines, sampleLines } from '../shared/attributeLines';
import { guardLines } from '../shared/guardLines';
import { holdWords, nextCommands } from '../shared/nextCommands';
import { costLine, pace, totalLines } from '../shared/previewLines';
import { count, localZone, plural, when } from '../shared/screen';

/** The screen of what a run has staged, with its next commands. */
export function stagedLines(staged: StagedPreview, record: RunRecord): string[] {
  const { run, sync, state, since, hold, heldBecause, candidates, accepted, wouldSend, rejected } = staged;
  const why =
    heldBecause === null
      ? ''
      : hold === null
        ? `. ${heldBecause}`
        : `, hold ${hold}, ${holdWords(record)}: ${heldBecause}`;
  return [
    `nothing is sent by this command · times ${localZone()}`,
    `${sync}, run ${run}: ${state} since ${when(since)}${why}`,
    `${staged.modelRun === null ? '' : `Model run ${staged.modelRun}. `}${plural(candidates, 'row')} compared`,
    ...totalLines([
      ['', ['customers', 'values', 'requests'], ''],
      ['staged', [wouldSend.customers, wouldSend.values, wouldSend.requests].map(count), pace(staged)],
      ...(accepted === 0 ? [] : [['accepted', [count(accepted), '-', '-'], 'of them, so far'] as Row]),
      ['rejected', [count(rejected), '-', '-'], ''],
    ]),
    ...attributeLines(staged.attributes),
    ...sampleLines(staged.samples ?? []),
    ...guardLines(staged.guards),
    costLine(staged.cost),
    ...nextCommands(record),
  ];
}

type Row = Parameters<typeof totalLines>[0][number];
