import type { Command } from 'commander';
import type { Config } from '../config/config';
import { typed } from '../invocation';
import type { Ledger } from '../ledger/open';
import { findRunByNumber } from '../ledger/runs';
import { noteWhileWaiting } from '../local/note';
import { type ExtractedRecord, previewStaged } from '../reports/preview/previewStaged';
import { previewSync } from '../reports/preview/previewSync';
import type { SyncSettings } from '../types/settings';
import { stagedLines } from './preview/stagedLines';
import { command } from './shared/command';
import { readConfig, requireSync, type CommonOptions } from './shared/context';
import { withReadableLedger } from './shared/ledgerAccess';
import { lineFinder } from './shared/lineFinder';
import { previewLines } from './shared/previewLines';
import { CliProblem, EXIT } from './shared/problem';
import { runNumber } from './shared/runNumber';
import { statusLine, print, printJson, note } from './shared/screen';
import { readAsRun } from './shared/tenantAccess';
import { workspaceFindings, usedWorkspaces } from './shared/workspaceFindings';

interface PreviewOptions extends CommonOptions {
  full?: boolean;
  run?: string;
  samples?: string;
  sendWhen?: boolean;
}

/** More is a list of customers, not a sample. */
const MOST_SAMPLES = 100;

/** `preview`: what a run would send, or what an open one has staged. */
export function addPreview(program: Command): void {
  command(
    program,
    'preview <sync>',
    'Preview what a run would send now; send and write nothing',
    'preview churn',
    'preview churn --run 41 --samples 5',
  )
    .option('--full', 'compare the whole source table, as run --full does')
    .option('--run <number>', 'show what this open run, such as a held one, has staged')
    .option('--samples <n>', 'show the old and new values of this many customers that would be sent')
    .option('--send-when', 'show what a run would send with other decimals, bands, hysteresis or minChange')
    .action(async (sync: string, options: PreviewOptions) => {
      const config = readConfig(options);
      const settings = requireSync(config, sync);
      const samples = samplesOf(options);
      if (options.run !== undefined) return showStaged(config, sync, options, samples);
      const asked = {
        mode: options.full ? 'full' : 'changes',
        samples,
        sendWhen: options.sendWhen === true,
      } as const;
      await withReadableLedger(config, async (ledger) => {
        const preview = await readAsRun(config.sourceUrl(settings.source).value, (tenant) =>
          noteWhileWaiting(`the comparison with ${settings.source}`, note, () =>
            previewSync({ settings, tenant, ledger, ...asked }),
          ),
        );
        const warnings = await holdsOf(config, settings, ledger);
        if (options.json) return printJson({ ...preview, warnings: warnings.map(({ message }) => message) });
        const next = nextLine(sync, options);
        for (const line of previewLines(preview, settings, next)) print(line);
        for (const { level, about, message } of warnings) print(statusLine(level, about, message));
      });
    });
}

function samplesOf({ samples = '0' }: PreviewOptions): number {
  const size = Number(samples);
  if (Number.isInteger(size) && size >= 0 && size <= MOST_SAMPLES) return size;
  throw new CliProblem(`--samples ${samples} is not a number up to ${MOST_SAMPLES}.`, EXIT.usage);
}

/** The command that sends, and what else could be looked at. */
function nextLine(sync: string, { full, samples, sendWhen }: PreviewOptions): string {
  return [
    typed(`run ${sync}${full ? ' --full' : ''}`),
    ...(samples === undefined ? ['--samples 5'] : []),
    ...(sendWhen ? [] : ['--send-when (what decimals, bands, hysteresis would save)']),
  ].join(' · ');
}

/** What an open run has staged already: read from the ledger, not from the source table. */
async function showStaged(config: Config, sync: string, options: PreviewOptions, samples: number): Promise<void> {
  for (const [given, option] of [
    [options.full, '--full'],
    [options.sendWhen, '--send-when'],
  ]) {
    if (given)
      throw new CliProblem(
        `${option} compares the source table now, and --run shows what a run has staged: use one of them.`,
        EXIT.usage,
      );
  }
  await withReadableLedger(config, async (ledger) => {
    const record = await openRunOf(ledger, sync, runNumber(options.run!));
    const staged = await previewStaged(ledger!, record, samples);
    if (options.json) return printJson(staged);
    for (const line of stagedLines(staged, record)) print(line);
  });
}

async function openRunOf(ledger: Ledger | null, sync: string, run: number): Promise<ExtractedRecord> {
  const record = ledger === null ? null : await findRunByNumber(ledger, run);
  if (record === null || record.sync !== sync) {
    throw new CliProblem(`${sync} has no run ${run}. Its runs: ${typed(`runs ${sync}`)}`, EXIT.usage);
  }
  if (record.finishedAt !== null) {
    const ended = `${sync}, run ${run} has ended as ${record.state}; nothing of it is staged.`;
    throw new CliProblem(`${ended} To see what a run would send now: ${typed(`preview ${sync}`)}`, EXIT.usage);
  }
  const { settings, types, targetId, extracted } = record;
  if (!extracted || settings === null || types === null || targetId === null) {
    throw new CliProblem(`${sync}, run ${run} is ${record.state} and has not staged everything yet.`, EXIT.usage);
  }
  return { ...record, settings, types, targetId };
}

/** What else would hold the run: another endpoint, a key not seen before. */
async function holdsOf(config: Config, settings: SyncSettings, ledger: Ledger | null) {
  const workspace = usedWorkspaces(config).find(({ name }) => name === settings.workspace.name);
  return workspace === undefined ? [] : workspaceFindings(workspace, ledger, lineFinder(config.path));
}
