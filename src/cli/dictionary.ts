import type { Command } from 'commander';
import { noteWhileWaiting } from '../local/note';
import { describeSync, type Dictionary } from '../reports/dictionary';
import { dictionaryMarkdown } from './dictionary/markdown';
import { BRAZE_TYPES } from './shared/brazeNames';
import { command } from './shared/command';
import { readConfig, requireSync, type CommonOptions } from './shared/context';
import { withReadableLedger } from './shared/ledgerAccess';
import { note, printAsItIs, printJson } from './shared/screen';
import { readAsRun } from './shared/tenantAccess';

/** `dictionary`: what each attribute means, as Markdown. */
export function addDictionary(program: Command): void {
  command(
    program,
    'dictionary <sync>',
    'Print what each attribute means, contains and is used for, as Markdown for marketers',
    'dictionary churn > churn.md',
  ).action(async (sync: string, options: CommonOptions) => {
    const config = readConfig(options);
    const settings = requireSync(config, sync);
    await withReadableLedger(config, async (ledger) => {
      const dictionary = await readAsRun(config.sourceUrl(settings.source).value, (tenant) =>
        noteWhileWaiting('the figures of every attribute', note, () => describeSync(settings, tenant, ledger)),
      );
      if (options.json) return printJson(toJson(dictionary));
      for (const line of dictionaryMarkdown(dictionary)) printAsItIs(line);
    });
  });
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
