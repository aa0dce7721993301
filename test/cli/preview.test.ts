import { readRun } from '../../src/ledger/runs';
import type { StagedPreview } from '../../src/reports/preview/previewStaged';
import type { Preview } from '../../src/reports/preview/previewSync';
import { createEnvironment, eventually, fillStore, type TestEnvironment } from '../environment';
import { peakBraze, peakBrazeJson } from './peakBraze';

let world: TestEnvironment;
afterEach(() => world.close());

const preview = (...more: string[]) =>
  peakBrazeJson<Preview & { warnings: string[] }>(world, ['preview', 'churn', ...more]);

/** Everything in a database but its statistics, to see that nothing was written. */
async function snapshot(): Promise<unknown> {
  const tables = ['settings', 'workspaces', 'workspace_keys', 'targets', 'runs', 'outbox', 'receipts', 'acknowledged'];
  const more = ['uncertain', 'rejections', 'leases', 'lease_line', 'knex_migrations'];
  const ledger = await Promise.all([...tables, ...more].map((table) => world.ledger(table).select()));
  return JSON.stringify([ledger, await world.tenant('predictive_attributes').select()]);
}

const workspacesWith = (billing: 'mau' | 'data-points') => ({
  'shop-eu': { restEndpoint: world.braze.url, apiKey: '${BRAZE_API_KEY}', billing },
});

/** What a run then counted, in the words of a preview. */
async function asRun(mode: 'changes' | 'full' = 'changes') {
  const run = await world.run({ mode, modelRun: 'latest' });
  return {
    state: run.state,
    candidates: run.candidates,
    wouldSend: { customers: run.changed, values: run.valuesSent, requests: run.requests },
  };
}

test('before the first run everything counts as new, and nothing is sent or written', async () => {
  world = await createEnvironment();
  await world.tenant.raw(`
    insert into predictive_attributes (customer_id, churn_probability, predicted_value, next_best_product, updated_at) values
      ('a', 0.91, 12.5, 'tea', now()), ('b', 0.1, null, 'tea', now()), ('c', 'NaN', 3, null, now()), ('d', -1, 4.4, 'mug', now()),
      (' ', 0.5, 1, 'tea', now()), ('late', 0.5, 1, 'tea', now() + interval '1 hour')`);
  world.configure({ modelRun: { table: 'model_runs', model: 'churn' }, guards: { maxValues: 10 } });
  const before = await snapshot();

  const { exitCode, lines, stderr } = await peakBraze(world, ['preview', 'churn']);
  expect(stderr).toBe('');
  expect(lines).toEqual([
    'nothing is sent · times UTC',
    'No model run has completed yet: a run started now ends without sending. First run, so the whole source table: 5 rows',
    '              customers   values   requests',
    'would send            4       11          1      under 1 s at 985 requests/s',
    'unchanged             0        2          -      timestamp sync: 13 values',
    'rejected              1        7          -      NaN or infinite (2), below the lowest band (1), no customer id (1)',
    'churn_probability 3 change   -1 to 0.91, mean 0.00333   without 25 %',
    'churn_risk        2 change   low 50 %   medium 0 %   high 50 %   without 50 %',
    'predicted_value   3 change   3 to 13, mean 6.67   without 25 %',
    'next_best_product 3 change   tea 67 %   mug 33 %   without 25 %',
    "warn  churn      1 row dated later than the tenant's clock, left for a later run",
    'guard  ok    changed not judged (first run: nothing to compare with; no limit)',
    '       ok    cleared not judged (first run: nothing to compare with; limit 5 %)',
    '       ok    rejected not judged (below 100 customers; limit 5 %)',
    '       HOLD  values 11 (limit 10)',
    '       the run would be held until it is approved',
    'cost   4 customers, 4 of them for the first time this month (billing: mau)',
    'next: npx peak-braze run churn · --samples 5 · --send-when (what decimals, bands, hysteresis would save)',
  ]);
  expect(exitCode).toBe(0);
  expect(await snapshot()).toBe(before);
  expect(world.braze.requests).toHaveLength(0);
});

test('a preview counts what the run then does: window, retried rejections, requests', async () => {
  world = await createEnvironment();
  await fillStore(world, 6_000);
  await world.tenant.raw(`
    insert into model_runs values ('m1', 'churn', 'completed', now() - interval '3 hours', now() - interval '2 hours');
    update predictive_attributes set churn_probability = 'NaN' where customer_id in ('c000007', 'c005999')`);
  world.configure({
    modelRun: { table: 'model_runs', model: 'churn' },
    overlap: '0s',
    delivery: { settle: '0s', chunkCustomers: 1_000 },
    guards: { maxRejectedShare: 1 },
  });
  await world.startWorker();
  const first = await preview();
  expect(first).toMatchObject({
    wholeStoreBecause: 'first-run',
    windowFrom: null,
    modelRun: { id: 'm1', syncedBefore: false },
  });
  expect(await asRun()).toEqual({
    state: 'completed-with-rejections',
    candidates: first.candidates,
    wouldSend: first.wouldSend,
  });

  // One of the two rejected rows is updated again, the other is due anyway; a hundred customers change one value.
  await world.tenant.raw(`
    update predictive_attributes set updated_at = now() where customer_id <= 'c003000';
    update predictive_attributes set predicted_value = predicted_value + 9 where customer_id <= 'c000100'`);
  const before = await snapshot();
  const second = await preview();
  expect(second).toMatchObject({
    wholeStoreBecause: null,
    modelRun: { id: 'm1', syncedBefore: true },
    candidates: 3_001,
    wouldSend: { customers: 100, values: 100, requests: 2 },
    unchanged: { customers: 2_900, values: 3_001 * 4 - 100 - 4 },
    rejected: { customers: 1, values: 4, reasons: [{ reason: 'not-finite', count: 4 }] },
    unseen: { undated: 0, later: 0 },
    warnings: [],
  });
  expect(second.attributes).toMatchObject([
    { name: 'churn_probability', change: 0 },
    { name: 'churn_risk', change: 0 },
    { name: 'predicted_value', change: 100 },
    { name: 'next_best_product', change: 0 },
  ]);
  expect(second.guards.map(({ text }) => text)).toEqual([
    'changed 1.7 % (no limit)',
    'cleared 0.0 % (limit 5 %)',
    'rejected 0.0 % (limit 100 %)',
    ...['churn_probability', 'churn_risk', 'predicted_value', 'next_best_product'].map(
      (name) => `without ${name} 0.0 % (no limit)`,
    ),
    'rows not judged (the model run states no row count; no limit)',
    'customers 100 (no limit)',
    'values 100 (no limit)',
    'first time 0 (no limit)',
  ]);
  expect(await snapshot()).toBe(before);
  expect((await asRun()).wouldSend).toEqual(second.wouldSend);

  const nothing = await preview();
  expect(nothing.wouldSend).toEqual({ customers: 0, values: 0, requests: 0 });
});

test('--full, a changed mapping and data points are shown in words', async () => {
  world = await createEnvironment();
  await fillStore(world, 200);
  await world.startWorker();
  await world.run();
  await world.tenant.raw('delete from predictive_attributes where customer_id <= ?', ['c000050']);
  world.configure({ departedCustomers: 'clear' }, { workspaces: workspacesWith('data-points') });

  const full = await peakBraze(world, ['preview', 'churn', '--full']);
  expect(full.lines).toEqual([
    'nothing is sent · times UTC',
    'The whole source table: 150 rows',
    '              customers   values   requests',
    'would send           50      200          1      under 1 s at 985 requests/s',
    'unchanged           150      600          -      timestamp sync: 800 values',
    'rejected              0        0          -',
    'churn_probability 50 change   0.05 to 0.2, mean 0.126 (last run 0.126)',
    'churn_risk        50 change   low 100 %   medium 0 %   high 0 %',
    'predicted_value   50 change   51 to 200, mean 126 (last run 126)',
    'next_best_product 50 change   product 2 15 %   product 3 15 %   product 4 15 %   product 0 14 %   product 1 14 %   others 28 %',
    'guard  ok    changed 25.0 % (no limit)',
    '       HOLD  cleared 25.0 % (limit 5 %)',
    '       ok    rejected not judged (below 100 customers; limit 5 %)',
    '       the run would be held until it is approved',
    'cost   200 data points (billing: data-points)',
    'next: npx peak-braze run churn --full · --samples 5 · --send-when (what decimals, bands, hysteresis would save)',
  ]);

  world.configure({ attributes: { churn_probability: { decimals: 1 } } });
  const { lines } = await peakBraze(world, ['preview', 'churn']);
  expect(lines[1]).toBe('The mapping has changed since run 1, so the whole source table: 150 rows');
  expect(lines[3]).toBe('would send          134      134          2      under 1 s at 985 requests/s');
});

describe('cost by monthly active users', () => {
  /** Twenty customers at Braze, half of them accepted in the month before; since then every product is another or gone. */
  async function afterTheMonthTurned(): Promise<void> {
    world = await createEnvironment({ sync: { overlap: '0s' } });
    await fillStore(world, 20);
    await world.startWorker();
    await world.run();
    world.configure({ guards: { maxValues: 10 } });
    await acceptedLastMonth(`customer <= 'c000010'`);
    await world.tenant.raw(`update predictive_attributes set updated_at = clock_timestamp(),
      next_best_product = case when customer_id <> 'c000001' then 'tea' end`);
  }

  const acceptedLastMonth = (where: string) =>
    world.ledger.raw(
      `update acknowledged set at = date_trunc('month', now()) - interval '1 microsecond' where target_id = 1 and ${where}`,
    );

  /** What another sync of the workspace has had accepted this month, in a run that ended today. */
  async function otherSync(workspace: string, identifier: string, label: string, customers: string[]): Promise<void> {
    await world.ledger.raw(
      `with w as (
         insert into workspaces (name, endpoint) values (?, 'http://127.0.0.1:1') on conflict (name) do update set name = excluded.name returning id
       ), t as (
         insert into targets (workspace_id, sync, identifier, alias_label) select id, 'value', ?, ? from w returning id
       ), r as (
         insert into runs (sync, mode, namespace, workflow_id, first_run_id, request, state, target_id, finished_at)
         select 'value', 'changes', 'default', 'w', gen_random_uuid(), '{}', 'completed', id, now() from t
       )
       insert into acknowledged (target_id, customer, values, run) select id, customer, '{}', 1 from t, unnest(?::text[]) as c(customer)`,
      [workspace, identifier, label, customers],
    );
  }

  const costOf = async (...args: string[]) => (await peakBrazeJson<Preview>(world, args)).cost;

  test('a mau preview counts the customers whom no sync of the workspace has updated this month', async () => {
    await afterTheMonthTurned();
    const before = await snapshot();
    const cost = { billing: 'mau', dataPoints: 20, customers: 20, newThisMonth: 10 };
    expect(await costOf('preview', 'churn')).toEqual(cost);
    expect(await costOf('backfill', 'churn', '--customer', 'c000001', 'c000020', '--resend', '--dry-run')).toEqual({
      ...cost,
      dataPoints: 8,
      customers: 2,
      newThisMonth: 1,
    });
    expect(await snapshot()).toBe(before);

    await otherSync('shop-eu', 'external_id', '', ['c000001', 'c000002', 'c000011', 'nobody']);
    // An id of another kind, or in another workspace, is another customer.
    await otherSync('shop-eu', 'email', '', ['c000003']);
    await otherSync('shop-eu', 'alias', 'crm', ['c000003']);
    await otherSync('shop-us', 'external_id', '', ['c000004']);
    expect(await costOf('preview', 'churn', '--full')).toEqual({ ...cost, newThisMonth: 8 });
    const { lines } = await peakBraze(world, ['preview', 'churn']);
    expect(lines).toContain('cost   20 customers, 8 of them for the first time this month (billing: mau)');

    world.configure({}, { workspaces: workspacesWith('data-points') });
    expect(await costOf('preview', 'churn')).toEqual({ ...cost, billing: 'data-points', newThisMonth: 8 });
    expect((await peakBraze(world, ['preview', 'churn'])).lines).toContain(
      'cost   20 data points (billing: data-points)',
    );
  });

  test('a sync that has never run counts what the others of its workspace have updated', async () => {
    world = await createEnvironment();
    await fillStore(world, 20);
    expect((await preview()).cost).toMatchObject({ customers: 20, newThisMonth: 20 });
    await otherSync('shop-eu', 'external_id', '', ['c000001', 'c000002', 'c000011']);
    expect((await preview()).cost).toMatchObject({ customers: 20, newThisMonth: 17 });
  });

  test('preview --run counts the same of what is staged, without what was answered already', async () => {
    await afterTheMonthTurned();
    const run = await world.start();
    await world.reaches(run, 'held');
    await eventually(async () => (await readRun(world.ledger, 2)).state === 'held', 'the ledger to show it');
    const staged = ['preview', 'churn', '--run', '2'];
    expect(await costOf(...staged)).toEqual({ billing: 'mau', dataPoints: 20, customers: 20, newThisMonth: 10 });
    await otherSync('shop-eu', 'external_id', '', ['c000001', 'c000002', 'c000011', 'nobody']);
    expect((await costOf(...staged)).newThisMonth).toBe(8);
    const { lines } = await peakBraze(world, staged);
    expect(lines).toContain('cost   20 customers, 8 of them for the first time this month (billing: mau)');

    // Answered in the month before, when the run was paused: not sent again. Forgotten: not sent at all.
    await world.ledger.raw(
      `insert into receipts (run, from_seq, to_seq, requests, accepted, rejected, values_sent)
       select 2, seq, seq, 1, 1, 0, 1 from outbox where run = 2 and customer in ('c000003', 'c000012')`,
    );
    expect((await costOf(...staged)).newThisMonth).toBe(7);
    await peakBraze(world, ['forget', 'c000004']);
    expect((await costOf(...staged)).newThisMonth).toBe(6);
  });

  test('nothing to send costs nothing', async () => {
    world = await createEnvironment({ sync: { overlap: '0s' } });
    await fillStore(world, 5);
    await world.startWorker();
    await world.run();
    expect((await preview()).cost).toEqual({ billing: 'mau', dataPoints: 0, customers: 0, newThisMonth: 0 });
    expect((await peakBraze(world, ['preview', 'churn'])).lines).toContain('cost   0 customers (billing: mau)');
  });
});

test('a sync that cannot be previewed is reported in one sentence', async () => {
  world = await createEnvironment();
  const printed = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await peakBraze(world, ['preview', ...args]);
    return { exitCode, stdout, stderr };
  };
  expect(await printed('chrun')).toMatchObject({
    exitCode: 2,
    stderr: 'error peak-braze.yaml has no sync chrun. Its syncs: churn.\n',
  });

  world.configure({ attributes: { nobody: 'string' } });
  expect(await printed('churn')).toEqual({
    exitCode: 2,
    stdout: '',
    stderr:
      'error The source table has no column nobody. Fix the table or the config, then retry. To see all problems at once: npx peak-braze check\n',
  });

  world.configure({ table: 'nowhere' });
  expect(await printed('churn')).toMatchObject({
    exitCode: 2,
    stderr: "error nowhere does not exist in the tenant's database. Check its name and schema.\n",
  });

  const { LEDGER_URL } = world.env;
  world.env.TENANT_URL = world.env.LEDGER_URL = 'postgres://u:hunter2@127.0.0.1:1/x';
  expect(await printed('churn')).toMatchObject({
    exitCode: 1,
    stderr: 'error postgres on 127.0.0.1:1 does not answer (ECONNREFUSED). Start it, or check ledger.url.\n',
  });
  world.env.LEDGER_URL = LEDGER_URL!;
  expect(await printed('churn')).toMatchObject({
    exitCode: 1,
    stderr: "error The tenant's database does not answer (ECONNREFUSED).\n",
  });
  delete world.env.TENANT_URL;
  const missing = await printed('churn');
  expect(missing.exitCode).toBe(2);
  expect(missing.stderr).toContain(
    'the variable TENANT_URL is not set. Set it in the environment or in .env beside this file.',
  );
});

test('a preview needs neither tables in the ledger nor a Braze key', async () => {
  world = await createEnvironment();
  await fillStore(world, 100);
  await world.ledger.raw('drop schema peak_braze cascade');
  delete world.env.BRAZE_API_KEY;
  const { wouldSend, wholeStoreBecause } = await preview();
  expect(wholeStoreBecause).toBe('first-run');
  // None of the hundred customers has an empty value.
  expect(wouldSend).toEqual({ customers: 100, values: 400, requests: 2 });
  const { rows } = await world.ledger.raw("select count(*)::int as n from pg_namespace where nspname = 'peak_braze'");
  expect(rows[0].n).toBe(0);
});

describe('details', () => {
  /** A thousand customers at Braze; since then every probability rose by 0.004, and ten jumped from low to high. */
  async function afterAWeek(): Promise<void> {
    world = await createEnvironment();
    await fillStore(world, 1_000);
    await world.startWorker();
    world.configure({ overlap: '0s' });
    await world.run();
    await world.tenant.raw(`
      update predictive_attributes set churn_probability = churn_probability + 0.004, updated_at = clock_timestamp();
      update predictive_attributes set churn_probability = 0.9 where customer_id <= 'c000010'`);
  }

  test('moves between bands, samples on request, and the usual figure of a guard', async () => {
    await afterAWeek();
    const { attributes, samples } = await preview('--samples', '5');
    // Eight cross an edge and are kept by hysteresis; ten jump from low to high.
    expect(attributes[1]).toMatchObject({ name: 'churn_risk', change: 10, moves: { up: 10, down: 0 } });
    expect(attributes[1]!.values.map(({ value }) => value)).toEqual(['low', 'medium', 'high']);
    expect(samples).toHaveLength(5);
    for (const { customerId, changes } of samples!) {
      expect(customerId).toMatch(/^c\d{6}$/);
      expect(changes.length).toBeGreaterThan(0);
    }
    const jumped = await peakBraze(world, ['preview', 'churn', '--samples', '100']);
    const lines = jumped.lines.filter((line) => line.startsWith('sample '));
    expect(lines).toHaveLength(100);
    expect(lines.toSorted()).toEqual(lines);
    expect((await preview()).samples).toBeUndefined();

    await world.run();
    await world.tenant.raw(
      `update predictive_attributes set predicted_value = 0, updated_at = clock_timestamp() where customer_id <= 'c000020'`,
    );
    const { guards } = await preview();
    expect(guards[0]!.text).toMatch(/^changed 2\.0 % \(no limit, usual \d\d\.\d %\)$/);
  });

  test('--send-when counts what each definition of changed would send, since what Braze has', async () => {
    await afterAWeek();
    const { sendWhen } = await preview('--send-when');
    const [churn, value] = sendWhen!;
    expect(churn).toMatchObject({ column: 'churn_probability' });
    const { rows } = await world.tenant.raw(`
      select count(*) filter (where round(now, 2) <> round(before, 2))::int as two,
             count(*) filter (where abs(round(now, 2) - round(before, 2)) >= 0.05)::int as moved
        from (select churn_probability::text::numeric as now, substr(customer_id, 2)::int % 1000 / 1000.0 as before from predictive_attributes) t`);
    const bands = 'bands low, medium, high';
    expect(Object.fromEntries(churn!.definitions.map(({ definition, customers }) => [definition, customers]))).toEqual({
      // Braze has two digits: what finer definitions would send is unknown.
      'any difference': null,
      '4 decimals': null,
      '3 decimals': null,
      '2 decimals': rows[0].two,
      'change of 0.05 or more': rows[0].moved,
      'change of 0.1 or more': 10,
      // 0.491 … 0.494 and 0.791 … 0.794 cross an edge when they are rounded.
      [bands]: 18,
      [`${bands} + hysteresis 0.03`]: 10,
    });
    expect(churn!.definitions.filter(({ current }) => current).map(({ definition }) => definition)).toEqual([
      '2 decimals',
      `${bands} + hysteresis 0.03`,
    ]);
    expect(value!.definitions.find(({ definition }) => definition === '0 decimals')).toEqual({
      definition: '0 decimals',
      current: true,
      customers: 0,
      of: 1_000,
    });

    const { lines } = await peakBraze(world, ['preview', 'churn', '--send-when']);
    expect(lines).toContain(
      'churn_probability: what one run would send, of 1,000 customers, compared with what Braze has',
    );
    expect(lines).toContainEqual(expect.stringMatching(/^2 decimals \(now\) +\d+ +\d+\.\d % +\d+$/));
  });

  test('--send-when before the first run says that there is nothing to compare with', async () => {
    world = await createEnvironment();
    await fillStore(world, 100);
    const { lines, exitCode } = await peakBraze(world, ['preview', 'churn', '--send-when']);
    expect(exitCode).toBe(0);
    expect(lines).toContain('churn_probability: Braze has nothing to compare with yet. Try again after the first run');
  });

  test('--run shows what a held run has staged, whatever the source table has by now, and the next steps', async () => {
    await afterAWeek();
    world.configure({ overlap: '0s', guards: { maxChangedShare: 0.2 } });
    const run = await world.start();
    await world.reaches(run, 'held');
    await eventually(async () => (await readRun(world.ledger, 2)).state === 'held', 'the ledger to record the hold');
    await world.tenant.raw('update predictive_attributes set churn_probability = 0.1, updated_at = clock_timestamp()');
    const held = await peakBrazeJson<StagedPreview>(world, ['preview', 'churn', '--run', '2', '--samples', '3']);
    expect(held).toMatchObject({
      run: 2,
      state: 'held',
      hold: 1,
      candidates: 1_000,
      accepted: 0,
      attributes: [
        { name: 'churn_probability' },
        { name: 'churn_risk', change: 10, moves: { up: 10, down: 0 } },
        {},
        {},
      ],
    });
    expect(held.wouldSend.customers).toBe(held.attributes[0]!.change);
    expect(held.samples).toHaveLength(3);
    expect(held.guards[0]).toMatchObject({ guard: 'maxChangedShare', ok: false });

    const before = world.braze.requests.length;
    const { lines } = await peakBraze(world, ['preview', 'churn', '--run', '2']);
    expect(lines[1]).toMatch(
      /^churn, run 2: held since .*, hold 1, needs approval: \d\d\.\d % of customers would change, limit 20 %\.$/,
    );
    expect(lines).toContain('  approve  npx peak-braze approve churn');
    expect(lines.join('\n')).not.toMatch(/^sample/m);
    expect(world.braze.requests).toHaveLength(before);

    await world.signal(run, 'approve');
    expect((await world.ended(run)).accepted).toBe(held.wouldSend.customers);
    expect(world.braze.requests.length - before).toBe(held.wouldSend.requests);
    const ended = await peakBraze(world, ['preview', 'churn', '--run', '2']);
    expect(ended).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ended.stderr).toContain('has ended as completed');
  });

  test('contradictory options and unknown runs are refused', async () => {
    world = await createEnvironment();
    for (const args of [
      ['--run', '1'],
      ['--run', '1', '--full'],
      ['--run', '1', '--send-when'],
      ['--samples', 'all'],
    ]) {
      expect(await peakBraze(world, ['preview', 'churn', ...args])).toMatchObject({ exitCode: 2, stdout: '' });
    }
  });
});
