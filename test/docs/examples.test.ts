import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_KEY } from '../../emulators/braze/emulator';
import { SHAPES, type CommandWithShape } from '../../src/cli/schema/shapes';
import { peakBraze, peakBrazeJson } from '../cli/peakBraze';
import { createEnvironment, fillStore, PROJECT, type TestEnvironment } from '../environment';

/*
 * docs/examples: what the commands print, over one small story, with the figures masked that are others each time. The story
 * is told here; `UPDATE_EXAMPLES=1 npx jest test/docs/examples` writes the files anew, for a change that is meant.
 */

jest.setTimeout(300_000);

const FOLDER = join(PROJECT, 'docs/examples');
const UPDATE = process.env.UPDATE_EXAMPLES !== undefined;

let world: TestEnvironment;
let sync: string;
beforeAll(async () => {
  sync = `tale-${randomUUID().slice(0, 8)}`;
  world = await createEnvironment({
    syncName: sync,
    braze: { keys: { [DEFAULT_KEY]: ['users.track', 'users.export.ids', 'custom_attributes.get'] } },
    sync: {
      modelRun: { table: 'model_runs', model: 'churn' },
      schedule: { every: 'week', day: 'monday', at: '06:00' },
    },
  });
  await world.startWorker();
});
afterAll(() => world.close());

/** What is another each time, by a word for it; the order matters. */
const MASKS: [RegExp, string][] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?/g, '<time>'],
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?(\+00)?/g, '<time>'],
  [/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(-\d+)?Z?/g, '<time>'],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d\d? \w{3} \d\d:\d\d/g, '<day> <time>'],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d\d:\d\d/g, '<day> <time>'],
  [/\b\d{4}-\d\d-\d\d\b/g, '<date>'],
  [/\b127\.0\.0\.1:\d+/g, '127.0.0.1:<port>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}\b/g, '<id>'],
  [/peak-braze-[0-9a-f]{12}/g, 'peak-braze'],
  [/\bup \d+ (s|min|h)\b/g, 'up <time>'],
  // A time of today; the schedule's own stands behind its day.
  [/(?<!day )\b\d\d:\d\d\b/g, '<time>'],
  // Which of a run's steps somebody happens to see.
  [/^churn, run \d+: (waiting-for-model-run|queued|extracting|delivering|recording)\b.*\n/gm, ''],
  [/^sample c\d+ .*$/gm, 'sample <customer>   <attribute> <was> -> <would be>   …'],
  [/^waiting for .*\n|^.*: took \d+\.\d s\n/gm, ''],
  [/\b\d+\.\d s\b/g, '<n> s'],
  [/ +$/gm, ''],
];

function masked(text: string): string {
  // The sync's own name is longer than the one it stands for, which moves columns.
  return MASKS.reduce((all, [what, word]) => all.replace(what, word), text.replaceAll(sync, 'churn'))
    .replace(/(\S) {2,}(?=\S)/g, '$1   ')
    .trimEnd();
}

/** Types a command and compares its screen with the example of this name. */
async function example(name: string, args: string, exitCode = 0): Promise<void> {
  const seen = await peakBraze(world, args.replace(/\bchurn\b/, sync).split(' '));
  const screen = [`$ npx peak-braze ${args}`, masked(seen.stdout), masked(seen.stderr)].filter(Boolean).join('\n');
  expect({ name, exitCode: seen.exitCode, screen }).toMatchObject({ exitCode });
  const file = join(FOLDER, `${name}.txt`);
  if (UPDATE) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(file, `${screen}\n`);
  }
  expect(existsSync(file) ? readFileSync(file, 'utf8') : null).toBe(`${screen}\n`);
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
  await example('approve', 'approve churn --hold 1');
  await example('customer', 'customer churn c000001');
  await example('rejected', 'rejected churn');
  await example('runs', 'runs churn');
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
