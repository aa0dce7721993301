import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DEFAULT_KEY } from '../../emulators/braze/emulator';
import { openRuns } from '../../src/ledger/runs';
import { applySchedules, scheduleState } from '../../src/temporal/schedules';
import { peakBraze, runningPeakBraze } from '../commandLine';
import { createEnvironment, eventually, fillStore, PROJECT, type TestEnvironment } from '../environment';
import { startProxy } from './proxy';

let world: TestEnvironment;
let sync: string;
beforeEach(async () => {
  sync = `churn-${randomUUID().slice(0, 8)}`;
  world = await createEnvironment({ syncName: sync });
});
afterEach(() => world.close());

const touchAll = () =>
  world.tenant.raw(
    `update predictive_attributes set next_best_product = next_best_product || '!', updated_at = clock_timestamp()`,
  );

const state = async () => (await openRuns(world.ledger, sync))[0]?.state ?? null;

test('run --json ends with one object, runs --json lists it, status and rejected read the ledger', async () => {
  await world.startWorker();
  await fillStore(world, 150);
  await world.tenant.raw(`update predictive_attributes set churn_probability = 'NaN' where customer_id = 'c000001'`);

  const ran = await peakBraze(world, 'run', sync, '--json');
  expect(ran.code).toBe(0);
  const summary = JSON.parse(ran.stdout);
  expect(summary).toMatchObject({
    run: 1,
    sync,
    mode: 'changes',
    state: 'completed-with-rejections',
    modelRun: null,
    windowFrom: null,
    candidates: 150,
    changed: 150,
    accepted: 150,
    rejected: 2,
    requests: 2,
    valuesSent: 598,
    valuesAvoided: 2,
  });
  expect(summary.workflowId).toMatch(new RegExp(`^peak-braze/${sync}/run-`));
  for (const key of ['temporalRunId', 'windowTo', 'startedAt', 'finishedAt'])
    expect(summary[key]).toEqual(expect.any(String));

  const runs = JSON.parse((await peakBraze(world, 'runs', sync, '--json')).stdout);
  expect(runs).toEqual([summary]);
  const rejected = JSON.parse((await peakBraze(world, 'rejected', sync, '--json')).stdout);
  expect(rejected).toHaveLength(2);
  expect(rejected[0]).toMatchObject({
    run: 1,
    customerId: 'c000001',
    attribute: 'churn_probability',
    reason: 'not-finite',
    open: true,
  });
  const status = await peakBraze(world, 'status');
  expect(status.stdout).toMatch(new RegExp(`${sync} +completed-with-rejections`));
  expect(status.stdout).toContain(`List them: npx peak-braze rejected ${sync}`);

  const again = await peakBraze(world, 'run', sync);
  expect(again.code).toBe(0);
  expect(again.stdout).toMatch(/completed-with-rejections {3}150 candidates {3}0 changed/);
});

test('a held run: exit 3 with --no-wait-held, why and the next steps, then approve; decisions that do not apply are refused', async () => {
  await world.startWorker();
  await fillStore(world, 200);
  await world.run();
  world.configure({ guards: { maxChangedShare: 0.1 } });
  await touchAll();

  const held = await peakBraze(world, 'run', sync, '--no-wait-held', '--json');
  expect(held.code).toBe(3);
  expect(JSON.parse(held.stdout)).toMatchObject({ state: 'held', accepted: 0 });
  expect(held.stderr).toContain('limit 10 %');
  expect(held.stderr).toContain(`npx peak-braze approve ${sync}`);

  const status = await peakBraze(world, 'status', sync);
  expect(status.stdout).toMatch(/HELD/);
  expect(status.stdout).toMatch(
    /run 2, hold 1, needs approval: 100\.0 % of customers would change, limit 10 %\.\nNothing was sent; no data is lost\. If you do nothing, this run ends \w{3} \d+ \w{3,4} \d\d:\d\d and the next one finds the same changes\.\n/,
  );
  expect(status.stdout).toContain(`  inspect  npx peak-braze preview ${sync} --run 2 --config ${world.configPath}\n`);
  expect(status.stdout).toContain(`guard  HOLD  changed 100.0 % (limit 10 %)`);
  const staged = await peakBraze(world, 'preview', sync, '--run', '2', '--samples', '3');
  expect(staged.stdout).toMatch(/staged +200 +\d+ +3 /);
  expect(staged.stdout.match(/^sample c\d{6} /gm)).toHaveLength(3);
  // What it found stays the same however often it is tried again.
  expect(await peakBraze(world, 'retry', sync)).toMatchObject({ code: 2 });
  expect((await peakBraze(world, 'approve', sync, '--hold', '9')).code).toBe(2);
  const approved = await peakBraze(world, 'approve', sync);
  expect(approved.code).toBe(0);
  expect(approved.stdout).toMatch(/^ok {4}\S+: run 2 approved\nok {4}\S+, run 2: completed {3}/);
  await eventually(async () => (await state()) === null, 'the run to end');

  const nothing = await peakBraze(world, 'approve', sync);
  expect(nothing.code).toBe(2);
  expect(nothing.stderr).toContain('no open run');
});

test('pause and resume act on the run and the schedule, also before a worker is there; cancel ends it with exit 1', async () => {
  await fillStore(world, 100);
  await applySchedules(
    world.temporal,
    new Map([[sync, { every: 'day', hour: 4, minute: 30, timeZone: 'UTC' } as const]]),
    {
      dryRun: false,
    },
  );
  const following = runningPeakBraze(world, 'run', sync);
  await eventually(async () => following.soFar.stderr.includes('No worker polls'), 'the report of the missing worker');
  expect(following.soFar.stderr).toContain('npx peak-braze worker');

  const paused = await peakBraze(world, 'pause', sync);
  expect(paused).toMatchObject({ code: 0, stdout: `ok    ${sync}: 1 run paused, schedule paused\n` });
  expect((await scheduleState(world.temporal, sync))!.paused).toBe(true);
  await world.startWorker();
  await eventually(async () => (await state()) === 'paused', 'the run to be paused');
  expect((await peakBraze(world, 'retry', sync)).stderr).toContain(`npx peak-braze resume ${sync}`);
  expect(world.braze.requests).toHaveLength(0);

  expect((await peakBraze(world, 'cancel', sync)).code).toBe(0);
  const ended = await following.ended;
  expect(ended.code).toBe(1);
  expect(ended.stdout).toContain('cancelled');
  expect(ended.stdout).toContain('No data is lost');

  const resumed = await peakBraze(world, 'resume', sync);
  expect(resumed.stdout).toBe(`ok    ${sync}: no open run, schedule resumed\n`);
  await applySchedules(world.temporal, new Map(), { dryRun: false });
});

test('runs that no worker has begun are shown, and cancel says how to reach them', async () => {
  await fillStore(world, 10);
  for (let n = 0; n < 2; n += 1) expect((await peakBraze(world, 'run', sync, '--detach')).code).toBe(0);
  const shown = async () =>
    (await peakBraze(world, 'status', sync)).stdout.includes(`${sync}: 2 runs that no worker has begun yet`);
  await eventually(shown, 'both to be listed');
  const cancelled = await peakBraze(world, 'cancel', sync);
  expect(cancelled.code).toBe(2);
  expect(cancelled.stderr).toMatch(
    /2 open runs: peak-braze\/\S+ \(no worker has begun it\), .*temporal workflow cancel --workflow-id/,
  );
  await world.startWorker();
  await eventually(async () => !(await shown()), 'a worker to begin them');
});

test('whoever follows a run waits with it while the ledger is away', async () => {
  await fillStore(world, 3_000);
  const { host } = new URL(world.ledgerUrl);
  const wire = await startProxy(host);
  try {
    await world.startWorker();
    world.braze.setLatency(2_000);
    const direct = world.env.LEDGER_URL!;
    world.env.LEDGER_URL = direct.replace(host, wire.address);
    const following = runningPeakBraze(world, 'run', sync, '--json');
    world.env.LEDGER_URL = direct;
    await eventually(async () => following.soFar.stderr.includes('delivering'), 'the run');
    wire.cut();
    await eventually(async () => following.soFar.stderr.includes('does not answer'), 'the report of the outage');
    wire.repair();
    const ended = await following.ended;
    expect(ended).toMatchObject({ code: 0 });
    expect(JSON.parse(ended.stdout)).toMatchObject({ state: 'completed', accepted: 3_000 });
  } finally {
    await wire.close();
  }
});

test('a reader who closes the pipe early is no error', async () => {
  const command = `${process.execPath} ${join(PROJECT, 'bin/peak-braze.js')} help run | head -1`;
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', `set -o pipefail; ${command}`], {
    cwd: world.dir,
  });
  expect({ lines: stdout.trim().split('\n').length, stderr }).toEqual({ lines: 1, stderr: '' });
});

test('Ctrl-C leaves the run alone', async () => {
  await fillStore(world, 100);
  world.braze.revokeKey(DEFAULT_KEY);
  await world.startWorker();
  const following = runningPeakBraze(world, 'run', sync);
  await eventually(async () => following.soFar.stderr.includes('held'), 'the hold to be shown');
  following.child.kill('SIGINT');
  const ended = await following.ended;
  expect(ended.code).toBe(0);
  expect(ended.stderr).toContain('Detached; the run continues.');
  expect(ended.stderr + ended.stdout).not.toContain(DEFAULT_KEY);
  expect(await state()).toBe('held');

  world.braze.restoreKey(DEFAULT_KEY);
  expect((await peakBraze(world, 'retry', sync)).code).toBe(0);
  await eventually(async () => (await state()) === null, 'the run to end');
});

test('backfill takes ids, a file or standard input, and refuses what is not one clear part', async () => {
  await world.startWorker();
  await fillStore(world, 60);
  const byName = await peakBraze(world, 'backfill', sync, '--customer', 'c000001', 'c000002', '--json');
  expect(JSON.parse(byName.stdout)).toMatchObject({ mode: 'backfill', candidates: 2, accepted: 2 });

  writeFileSync(join(world.dir, 'ids.txt'), 'c000003\r\nc000004\n\nc000004\n');
  const byFile = await peakBraze(world, 'backfill', sync, '--customers', 'ids.txt', '--json');
  expect(JSON.parse(byFile.stdout)).toMatchObject({ candidates: 2, accepted: 2 });

  const byInput = runningPeakBraze(world, 'backfill', sync, '--customers', '-', '--json');
  byInput.child.stdin.end('c000005\n');
  expect(JSON.parse((await byInput.ended).stdout)).toMatchObject({ candidates: 1, accepted: 1 });

  const everything = await peakBraze(world, 'backfill', sync, '--everything', '--json');
  expect(JSON.parse(everything.stdout)).toMatchObject({ candidates: 60, changed: 55, accepted: 55 });

  for (const [args, why] of [
    [[], 'Choose one part'],
    [['--everything', '--since', '2026-01-01'], 'Choose one part'],
    [['--since', 'yesterday'], 'is not a time'],
    [['--since', '2026-02-01', '--until', '2026-01-01'], 'is later than'],
    [['--customers', 'nowhere.txt'], 'There is no file nowhere.txt'],
    [['--customer', ...Array.from({ length: 51 }, (_, n) => `c${n}`)], 'up to 50'],
  ] as const) {
    const refused = await peakBraze(world, 'backfill', sync, ...args);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(why);
  }
});

test('wrong commands and failing services are reported in one sentence, without a stack', async () => {
  const wideFile = join(world.dir, 'wide.txt');
  writeFileSync(wideFile, Buffer.from('c000001\nc000002\n', 'utf16le'));
  const cases: [string[], number, string][] = [
    [['run', 'chrun'], 2, 'has no sync chrun'],
    [['run'], 2, "missing required argument 'sync'"],
    [['fly'], 2, "unknown command 'fly'"],
    [['runs', sync, '--last', 'many'], 2, 'is not a count'],
    [['runs', sync, '--last', '1e20'], 2, 'is not a count'],
    [['runs', sync, '--month', '0000-01'], 2, 'is not a month'],
    [['rejected', sync, '--run', '99999999999'], 2, "is not a run's number"],
    [['preview', sync, '--run', '99999999999'], 2, "is not a run's number"],
    [['cancel', sync, '--run', 'abc'], 2, "is not a run's number"],
    [['backfill', sync, '--customer', ' '], 2, 'The id is blank'],
    [['backfill', sync, '--customers', wideFile], 2, 'Save the list as UTF-8'],
  ];
  for (const [args, code, why] of cases) {
    const ended = await peakBraze(world, ...args);
    expect({ args, code: ended.code }).toEqual({ args, code });
    expect(ended.stderr).toContain(why);
    expect(ended.stderr).not.toMatch(/\n +at /);
  }
  world.configure({}, { temporal: { address: '127.0.0.1:1', taskQueue: 'nowhere' } });
  const away = await peakBraze(world, 'run', sync);
  expect(away).toMatchObject({ code: 1 });
  expect(away.stderr).toContain('Temporal does not answer at 127.0.0.1:1');
  const status = await peakBraze(world, 'status');
  expect(status).toMatchObject({ code: 0 });
  expect(status.stdout).toContain('Temporal does not answer');

  world.env.LEDGER_URL = 'postgres://nobody:secret-word@127.0.0.1:1/nowhere';
  const noLedger = await peakBraze(world, 'status');
  expect(noLedger.code).toBe(1);
  expect(noLedger.stderr).toContain('The ledger does not answer (ECONNREFUSED)');
  expect(noLedger.stderr).not.toContain('secret-word');
  world.configure({}, { temporal: { address: process.env.TEST_TEMPORAL_ADDRESS, taskQueue: 'nowhere' } });
  const worker = await peakBraze(world, 'worker');
  expect(worker).toMatchObject({ code: 1 });
  expect(worker.stderr).toContain('The ledger does not answer (ECONNREFUSED)');
});
