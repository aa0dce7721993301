import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_KEY } from '../../emulators/braze/emulator';
import { SHAPES, type CommandWithShape } from '../../src/cli/schema/shapes';
import { peakBraze, peakBrazeJson } from '../cli/peakBraze';
import { createEnvironment, fillStore, PROJECT, type TestEnvironment } from '../environment';

/*
 * docs/examples: what the commands print, over one small story, 80 columns wide, with figures that differ each time replaced by
 * fixed ones. `UPDATE_EXAMPLES=1 npx jest test/docs/examples` writes the files again after an intended change.
 */

jest.setTimeout(300_000);

const FOLDER = join(PROJECT, 'docs/examples');
const UPDATE = process.env.UPDATE_EXAMPLES !== undefined;

let world: TestEnvironment;
let sync: string;
beforeAll(async () => {
  // As long as the names they stand for, so that nothing moves.
  sync = `q${randomUUID().slice(0, 4)}`;
  world = await createEnvironment({
    syncName: sync,
    taskQueue: `q-${randomUUID().slice(0, 8)}`,
    braze: { keys: { [DEFAULT_KEY]: ['users.track', 'users.export.ids', 'custom_attributes.get'] } },
    sync: {
      modelRun: { table: 'model_runs', model: 'churn' },
      schedule: { every: 'week', day: 'monday', at: '06:00' },
    },
  });
  await world.startWorker();
});
afterAll(() => world.close());

/**
 * What differs each time, by a value of the same width, so that columns and line ends stay where they were; the order matters.
 */
const MASKS: [RegExp, string][] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '2026-11-23T05:02:07.123Z'],
  [/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, '2026-11-23 05:02 UTC'],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d\d? \w{3} \d\d:\d\d/g, 'Sun 29 Nov 06:00'],
  [/\b127\.0\.0\.1:\d+/g, '127.0.0.1:41899'],
  // A time of today; the schedule's own is behind its day.
  [/(?<!day |Nov |[\d:T])\b\d\d:\d\d\b(?!:\d| UTC)/g, '06:04'],
  // Which steps of a run the command happens to see.
  [/^churn, run \d+: (waiting-for-model-run|queued|extracting|delivering|recording)\b.*\n/gm, ''],
  [/^sample c\d+ .*(\n {2,}\S.*)*$/gm, 'sample c000007   next_best_product product 6 -> espresso'],
  [/^waiting for .*\n|^.*: took \d+\.\d s\n/gm, ''],
  [/\b\d+\.\d s\b|\b\d+ min \d+ s\b/g, '1.2 s'],
];

function masked(text: string): string {
  const named = text.replaceAll(sync, 'churn').replaceAll(world.temporal.taskQueue, 'peak-braze');
  return MASKS.reduce((all, [what, value]) => all.replace(what, value), named).trimEnd();
}

const type = (args: string, columns: number) =>
  peakBraze(world, args.replace(/\bchurn\b/, sync).split(' '), { COLUMNS: String(columns) });

/** Types a command and compares its screen, 80 columns wide, with the example of this name. */
async function example(name: string, args: string, exitCode = 0): Promise<void> {
  const seen = await type(args, 80);
  const screen = [`$ npx peak-braze ${args}`, masked(seen.stdout), masked(seen.stderr)].filter(Boolean).join('\n');
  expect({ name, exitCode: seen.exitCode, screen }).toMatchObject({ exitCode });
  expect(tooWide(name, screen, 80)).toEqual([]);
  const file = join(FOLDER, `${name}.txt`);
  if (UPDATE) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(file, `${screen}\n`);
  }
  expect(existsSync(file) ? readFileSync(file, 'utf8') : null).toBe(`${screen}\n`);
}

/** A dictionary is Markdown: its lines are paragraphs, as for every reader of Markdown. */
const tooWide = (name: string, screen: string, columns: number) =>
  name === 'dictionary' ? [] : screen.split('\n').filter((line) => line.length > columns && !line.startsWith('$ '));

/** The screen fits a narrow terminal too. */
async function fits60(args: string): Promise<void> {
  const { stdout } = await type(args, 60);
  expect({ args, lines: tooWide('', stdout, 60) }).toEqual({ args, lines: [] });
}

/** The same with --json, for a command that changes nothing: its shape is the one that `peak-braze schema` prints. */
async function hasShape(args: string): Promise<void> {
  const printed: unknown = await peakBrazeJson(world, args.replace(/\bchurn\b/, sync).split(' '));
  const command = args.split(' ', 1)[0] as CommandWithShape;
  expect({ args, problems: SHAPES[command].safeParse(printed).error?.issues ?? [] }).toEqual({ args, problems: [] });
}

const modelRun = (id: string) =>
  world.tenant.raw(
    `insert into model_runs values (?, 'churn', 'completed', now() - interval '1 minute', clock_timestamp())`,
    [id],
  );
const touch = (set: string, where = 'true') =>
  world.tenant.raw(`update predictive_attributes set ${set}, updated_at = clock_timestamp() where ${where}`);

test('the commands over a small story print what docs/examples says', async () => {
  await fillStore(world, 150);
  await modelRun('m1');
  await example('check', 'check');
  await example('preview-first', 'preview churn');
  await example('apply-dry-run', 'apply --dry-run');
  await example('run', 'run churn');
  await example('status', 'status');

  await touch(
    `next_best_product = 'espresso', churn_probability = least(0.999, churn_probability + 0.4)`,
    `customer_id < 'c000040'`,
  );
  await touch(`churn_probability = 'NaN'`, `customer_id = 'c000041'`);
  await modelRun('m2');
  world.configure({ guards: { maxChangedShare: 0.2 } });
  await example('preview', 'preview churn --samples 2');
  await example('run-held', 'run churn --no-wait-held', 3);
  await example('status-held', 'status churn');
  await example('preview-run', 'preview churn --run 2');
  for (const args of ['status', 'preview churn --run 2 --samples 1']) await hasShape(args);
  for (const args of ['status churn', 'preview churn --run 2']) await fits60(args);
  await example('approve', 'approve churn --hold 1', 0);
  await example('customer', 'customer churn c000001');
  await example('rejected', 'rejected churn');
  // A run that took longer would move the columns.
  await world.ledger.raw(`update peak_braze.runs set started_at = finished_at - interval '1.2 s'`);
  await example('runs', 'runs churn');
  for (const args of ['runs churn', 'rejected churn', 'preview churn']) await fits60(args);
  await example('verify', 'verify churn --sample 20');
  await example('dictionary', 'dictionary churn');
  await example('backfill-dry-run', 'backfill churn --customer c000001 --resend --dry-run');
  await example('pause', 'pause churn');
  await example('resume', 'resume churn');
  await example('retry-not-held', 'retry churn', 2);
  await example('forget', 'forget c000002');

  for (const args of [
    'run churn',
    'runs churn',
    'status',
    'rejected churn',
    'check',
    'apply --dry-run',
    'verify churn',
    'dictionary churn',
    'preview churn --samples 2 --send-when',
    'customer churn c000001',
    'customer churn nobody',
    'pause churn',
    'resume churn',
    'backfill churn --customer c000001 --resend --dry-run',
    'backfill churn --customer c000001 --detach',
    'forget nobody',
  ]) {
    await hasShape(args);
  }
});
