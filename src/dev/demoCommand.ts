import { access } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { changedAttributes } from '../../demo/expectedProfiles';
import { openShop, type ShopSource, type TwoWeeks } from '../../demo/weeks';
import { LOCAL_FOLDER } from '../cli/shared/context';
import { CliProblem, EXIT } from '../cli/shared/problem';
import { count, displayValue, print, printJson, note } from '../cli/shared/screen';
import { forgetServersOfShell, keepLoopbackOffProxies } from '../cli/shared/shellServers';
import { wholeNumber } from '../cli/shared/wholeNumber';
import { typed } from '../invocation';
import type { DemoEnvironment } from './demoEnvironment';
import { claimDemoFolder, leaveDemoFolder } from './demoFolder';
import { playDemo, type Example, type DemoVerdict, type Week } from './demoStory';
import { untilInterrupted, type Session } from './session';

interface DemoOptions {
  transactions?: string;
  customers: string;
  seed: string;
  keep?: boolean;
  json?: boolean;
}

const FEWEST_CUSTOMERS = 50;
const MOST_CUSTOMERS = 1_000_000;

/** `demo`: two weekly syncs of a simulated shop, verified profile by profile. */
export function addDemo(program: Command): void {
  program
    .command('demo')
    .description(
      'Run a demo on this machine: simulate a shop, fit a model, sync two weekly model runs, and compare every profile',
    )
    .option(
      '--transactions <file>',
      'read a purchase log in the format of CDNOW_master.txt instead of simulating a shop',
    )
    .option('--customers <n>', 'simulate a shop of this many customers', '23570')
    .option('--seed <n>', 'use this random seed for the simulated shop', '1')
    .option('--keep', 'keep the servers running until Ctrl-C, to explore')
    .option('--json', 'print JSON')
    .option('--verbose', 'include stack traces')
    .addHelpText('after', '\nExample:\n  npm run demo -- --transactions CDNOW_master.txt --keep')
    .exitOverride()
    .action(runDemo);
}

async function runDemo(options: DemoOptions): Promise<void> {
  const write = options.json ? note : print;
  write('nothing leaves this machine · Ctrl-C stops everything');
  forgetServersOfShell();
  keepLoopbackOffProxies();
  const source = await shopSource(options);
  const dir = join(process.cwd(), LOCAL_FOLDER, 'demo');
  await untilInterrupted(async (session) => {
    session.onStop(() => leaveDemoFolder(dir));
    await claimDemoFolder(dir);
    note('      starting Temporal, Postgres and an emulator of Braze');
    await present({ dir, source, options, write }, session);
  });
}

interface Presentation {
  dir: string;
  source: ShopSource;
  options: DemoOptions;
  write: (line: string) => void;
}

async function present({ dir, source, options, write }: Presentation, session: Session): Promise<void> {
  const { startDemoEnvironment } = await import('./demoEnvironment.js');
  const environment = await startDemoEnvironment(dir, session, ({ what, where }) =>
    write(`ok  ${what.padEnd(11)} ${where}`),
  );
  note('      opening the shop, fitting the model, scoring its customers');
  const shop = await shopOf(source);
  const widths = { customers: 0, requests: 0 };
  const result = await playDemo(environment, shop, {
    week: (week) => {
      for (const line of weekLines(week, widths)) write(line);
    },
    example: (example) => write(exampleLine(example)),
  });
  for (const line of verdictLines(result.verdict)) write(line);
  process.exitCode = result.verdict.differing === 0 ? EXIT.ok : EXIT.failed;
  if (options.json) {
    const { configPath: config, uiUrl, braze } = environment;
    printJson({ ...result, config, uiUrl, brazeUrl: braze.url, braze: braze.summary() });
  }
  if (!options.keep) {
    return write(`next: npm run demo -- --keep (explore) · ${typed('init')} (connect your own tenant)`);
  }
  for (const line of keptDemoLines(environment, result.example)) write(line);
  await session.stay();
}

async function shopSource({ transactions, customers, seed }: DemoOptions): Promise<ShopSource> {
  if (transactions === undefined) {
    return {
      customers: requireNumber('--customers', customers, FEWEST_CUSTOMERS, MOST_CUSTOMERS),
      seed: requireNumber('--seed', seed, 0, 2 ** 31 - 1),
    };
  }
  await access(transactions).catch(() => {
    throw new CliProblem(`--transactions ${transactions}: the file does not exist or cannot be read.`, EXIT.usage);
  });
  return { file: transactions };
}

function requireNumber(option: string, written: string, from: number, to: number): number {
  const value = wholeNumber(written, from, to);
  if (value !== null) return value;
  throw new CliProblem(`${option} takes a whole number from ${count(from)} to ${count(to)}.`, EXIT.usage);
}

async function shopOf(source: ShopSource): Promise<TwoWeeks> {
  try {
    return await openShop(source);
  } catch (error) {
    // It names file and line, and does not quote the line.
    throw new CliProblem((error as Error).message, EXIT.usage);
  }
}

/** Figures in columns, those of the second week below those of the first. */
function weekLines({ week, scored, sync, tookMs }: Week, widths: { customers: number; requests: number }): string[] {
  widths.customers = Math.max(widths.customers, count(scored).length);
  widths.requests = Math.max(widths.requests, count(sync.requests).length);
  const customers = (n: number) => count(n).padStart(widths.customers);
  const figures = [
    `${customers(scored)} scored`,
    `${customers(sync.changed)} changed`,
    `${count(sync.requests).padStart(widths.requests)} ${sync.requests === 1 ? 'request ' : 'requests'}`,
    `${customers(sync.accepted)} accepted`,
    ...(sync.rejected > 0 ? [`${count(sync.rejected)} rejected`] : []),
    `${(tookMs / 1000).toFixed(1)} s`,
  ];
  const lines = [`week ${week}   ${figures.join('   ')}`];
  if (week === 2) {
    const byTimestamp = count(sync.valuesSent + sync.valuesAvoided);
    lines.push(`         values sent ${count(sync.valuesSent)}; a timestamp sync sends ${byTimestamp}`);
  }
  return lines;
}

/** At most two changes: the band, which marketers use, and the probability that it is made of or else the next change. */
function exampleLine({ customerId, before, after }: Example): string {
  const changed = changedAttributes(before, after);
  const rank = (name: string) => ['churn_risk', 'churn_probability'].toReversed().indexOf(name);
  const shown = changed.toSorted((a, b) => rank(b) - rank(a)).slice(0, 2);
  const changes = shown.map((name) => `${name} ${attributeValue(before[name])} -> ${attributeValue(after[name])}`);
  return `customer ${customerId} at Braze   ${changes.join('   ')}`;
}

/** A time by its day: the model runs at midnight. */
function attributeValue(value: unknown): string {
  const shown = typeof value === 'string' ? value.replace(/T00:00:00\.000Z$/, '') : value;
  return displayValue(typeof shown === 'string' || typeof shown === 'number' ? shown : null, 'nothing');
}

function verdictLines({ profiles, differing }: DemoVerdict): string[] {
  if (differing === 0) return [`ok  ${count(profiles)} of ${count(profiles)} profiles at Braze match the source table`];
  return [
    `error ${count(differing)} of ${count(profiles)} profiles at Braze differ from the source table.`,
    'next: npm run demo -- --keep, then in a second terminal:',
    `  ${typed('rejected churn', `${LOCAL_FOLDER}/demo/peak-braze.yaml`)}`,
  ];
}

function keptDemoLines({ configPath, uiUrl, braze }: DemoEnvironment, example: Example | null): string[] {
  const config = relative(process.cwd(), configPath);
  const customer = example?.customerId ?? '00001';
  return [
    'Explore in a second terminal; Ctrl-C here stops everything:',
    `  workflows   ${uiUrl}`,
    `  status      ${typed('status', config)}`,
    `  runs        ${typed('runs churn', config)}`,
    `  run again   ${typed('run churn', config)}`,
    `  verify      ${typed('verify churn', config)}`,
    `  a profile   curl ${braze.url}/emulator/profiles/${customer}`,
    `  config      ${config}`,
    `  log         ${join(relative(process.cwd(), join(configPath, '..')), 'worker.log')}`,
  ];
}
