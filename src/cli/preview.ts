import type { Command } from 'commander';
import { HoldError } from '../activities/failure';
import type { Config } from '../config/config';
import { sayWhileWaiting } from '../local/say';
import type { Ledger } from '../ledger/open';
import { openTenant } from '../tenant/open';
import { lineFinder } from './check/configFile';
import { lookAtLedger } from './check/ledger';
import { typed } from './check/typed';
import { standingFindings, usedWorkspaces } from './check/workspaces';
import { command } from './command';
import { readConfig, requireSync, type CommonOptions } from './context';
import { previewLines } from './preview/previewLines';
import { previewSync, type Preview } from './preview/previewSync';
import { CliProblem, EXIT } from './problem';
import { finding, print, printJson, say } from './screen';

interface PreviewOptions extends CommonOptions {
  full?: boolean;
}

export function addPreview(program: Command): void {
  command(
    program,
    'preview <sync>',
    'What a run would send now; nothing is sent or written',
    'peak-braze preview churn',
  )
    .option('--full', 'compare the whole store, as run --full does')
    .action(async (sync: string, options: PreviewOptions) => {
      const config = readConfig(options);
      requireSync(config, sync);
      await withReadableLedger(config, async (ledger) => {
        const preview = await readAndCompare(config, sync, ledger, options.full === true);
        const warnings = await holdsOf(config, sync, ledger);
        if (options.json) return printJson({ ...preview, warnings: warnings.map(({ message }) => message) });
        const next = typed(`peak-braze run ${sync}${options.full ? ' --full' : ''}`, config.path);
        for (const line of previewLines(preview, config.syncs[sync]!, next)) print(line);
        for (const { level, about, message } of warnings) print(finding(level, about, message));
      });
    });
}

async function readAndCompare(config: Config, sync: string, ledger: Ledger | null, full: boolean): Promise<Preview> {
  const settings = config.syncs[sync]!;
  const tenant = openTenant(config.sourceUrl(settings.source).value);
  try {
    return await sayWhileWaiting(`the comparison with ${settings.source}`, say, () =>
      previewSync({ settings, tenant, ledger, mode: full ? 'full' : 'changes' }),
    );
  } catch (error) {
    // What would hold a run is told here as it is there.
    if (error instanceof HoldError) throw new CliProblem(`${error.message} All at once: peak-braze check`, EXIT.usage);
    throw error;
  } finally {
    await tenant.close();
  }
}

/** Works with an unreachable Temporal and without any worker; null where no run has ever been. */
export async function withReadableLedger<T>(config: Config, work: (ledger: Ledger | null) => Promise<T>): Promise<T> {
  const look = await lookAtLedger(config);
  try {
    const { level, message, mend } = look.finding;
    if (level !== 'ok') throw new CliProblem(message, mend === 'config' ? EXIT.usage : EXIT.failed);
    return await work(look.ledger);
  } finally {
    await look.close();
  }
}

/** What else would hold the run: another endpoint, a key not seen before. */
async function holdsOf(config: Config, sync: string, ledger: Ledger | null) {
  const workspace = usedWorkspaces(config).find(({ name }) => name === config.syncs[sync]!.workspace.name);
  return workspace === undefined ? [] : standingFindings(workspace, ledger, lineFinder(config.path));
}
