import type { Command } from 'commander';
import type { Config } from '../config/config';
import type { Ledger } from '../ledger/open';
import { sayWhileWaiting } from '../local/say';
import { HoldError } from '../planning/holdError';
import { describeSync, type Dictionary } from '../reports/dictionary';
import { openTenant } from '../tenant/open';
import { BRAZE_TYPES } from './check/report';
import { dictionaryMarkdown } from './dictionary/markdown';
import { command } from './shared/command';
import { readConfig, requireSync, type CommonOptions } from './shared/context';
import { withReadableLedger } from './shared/ledgerAccess';
import { CliProblem, EXIT } from './shared/problem';
import { print, printJson, note } from './shared/screen';

export function addDictionary(program: Command): void {
  command(
    program,
    'dictionary <sync>',
    'What each attribute means, holds and is good for, as Markdown for the people who use them',
    'peak-braze dictionary churn > churn.md',
  ).action(async (sync: string, options: CommonOptions) => {
    const config = readConfig(options);
    requireSync(config, sync);
    await withReadableLedger(config, async (ledger) => {
      const dictionary = await read(config, sync, ledger);
      if (options.json) return printJson(toJson(dictionary));
      for (const line of dictionaryMarkdown(dictionary)) print(line);
    });
  });
}

async function read(config: Config, sync: string, ledger: Ledger | null): Promise<Dictionary> {
  const settings = config.syncs[sync]!;
  const tenant = openTenant(config.sourceUrl(settings.source).value);
  try {
    return await sayWhileWaiting('the figures of every attribute', note, () => describeSync(settings, tenant, ledger));
  } catch (error) {
    if (error instanceof HoldError) throw new CliProblem(`${error.message} All at once: peak-braze check`, EXIT.usage);
    throw error;
  } finally {
    await tenant.close();
  }
}

function toJson({ settings, customers, lastRun, modelRun, schedule, entries }: Dictionary): unknown {
  const { sync, workspace, identifier, updateExistingOnly } = settings;
  return {
    sync,
    workspace: workspace.name,
    identifier,
    updateExistingOnly,
    customers,
    freshness: { lastRun, modelRun, schedule },
    attributes: entries.map(({ name, type, rule, withValue, withoutValue, distinct, top, range, dates }) => ({
      name,
      type,
      brazeType: BRAZE_TYPES[type],
      description: rule.description ?? null,
      column: rule.column,
      onlyWithOthers: rule.onlyWithOthers,
      bands: rule.bands ?? null,
      withValue,
      withoutValue,
      distinct,
      values: top,
      range,
      dates,
    })),
  };
}
