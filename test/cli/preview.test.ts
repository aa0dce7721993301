import type { Preview } from '../../src/cli/preview/previewSync';
import { createWorld, fillStore, type World } from '../world';
import { peakBraze, peakBrazeJson } from './peakBraze';

let world: World;
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
  world = await createWorld();
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
    'No model run has completed yet: a run started now ends without sending. First run, so the whole store: 5 rows',
    '              customers   values   requests',
    'would send            4       11          1      under 1 s at 985 requests/s',
    'unchanged             0        2          -',
    'rejected              1        7          -      NaN or infinite (2), below the lowest band (1), no customer id (1)',
    'churn_probability 3 change',
    'churn_risk        2 change',
    'predicted_value   3 change',
    'next_best_product 3 change',
    "warn  churn      1 row dated later than the tenant's clock, left for a later run",
    'guard  ok changed not judged below 100 customers (no limit)   ok cleared not judged below 100 customers (limit 5 %)   ok rejected not judged below 100 customers (limit 5 %)   HOLD values 11 (limit 10)   the run would hold until it is approved',
    'cost   11 data points (billing: data-points)',
    'next: peak-braze run churn',
  ]);
  expect(exitCode).toBe(0);
  expect(await snapshot()).toBe(before);
  expect(world.braze.requests).toHaveLength(0);
});

test('a preview is what the run then does: window, rejections tried again, requests', async () => {
  world = await createWorld();
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

  // One of the refused is touched again, the other is due without that; a hundred change one value.
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
  expect(second.attributes).toEqual([
    { name: 'churn_probability', change: 0 },
    { name: 'churn_risk', change: 0 },
    { name: 'predicted_value', change: 100 },
    { name: 'next_best_product', change: 0 },
  ]);
  expect(second.guards.map(({ text }) => text)).toEqual([
    'changed 1.7 % (no limit)',
    'cleared 0.0 % (limit 5 %)',
    'rejected 0.0 % (limit 100 %)',
    'customers 100 (no limit)',
    'values 100 (no limit)',
  ]);
  expect(await snapshot()).toBe(before);
  expect((await asRun()).wouldSend).toEqual(second.wouldSend);

  const nothing = await preview();
  expect(nothing.wouldSend).toEqual({ customers: 0, values: 0, requests: 0 });
});

test('--full, a changed mapping and mau are told in words', async () => {
  world = await createWorld();
  await fillStore(world, 200);
  await world.startWorker();
  await world.run();
  await world.tenant.raw('delete from predictive_attributes where customer_id <= ?', ['c000050']);
  world.configure(
    { departedCustomers: 'clear' },
    { workspaces: { 'shop-eu': { restEndpoint: world.braze.url, apiKey: '${BRAZE_API_KEY}', billing: 'mau' } } },
  );

  const full = await peakBraze(world, ['preview', 'churn', '--full']);
  expect(full.lines).toEqual([
    'nothing is sent · times UTC',
    'The whole store: 150 rows',
    '              customers   values   requests',
    'would send           50      200          1      under 1 s at 985 requests/s',
    'unchanged           150      600          -',
    'rejected              0        0          -',
    'churn_probability 50 change',
    'churn_risk        50 change',
    'predicted_value   50 change',
    'next_best_product 50 change',
    'guard  ok changed 25.0 % (no limit)   HOLD cleared 25.0 % (limit 5 %)   ok rejected not judged below 100 customers (limit 5 %)   the run would hold until it is approved',
    'cost   50 customers (billing: mau; whoever is updated counts as active in that month)',
    'next: peak-braze run churn --full',
  ]);

  world.configure({ attributes: { churn_probability: { decimals: 1 } } });
  const { lines } = await peakBraze(world, ['preview', 'churn']);
  expect(lines[1]).toBe('The mapping is another than that of run 1, so the whole store: 150 rows');
  expect(lines[3]).toBe('would send          134      134          2      under 1 s at 985 requests/s');
});

test('what a run would hold for, or cannot reach, is one sentence', async () => {
  world = await createWorld();
  const told = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await peakBraze(world, ['preview', ...args]);
    return { exitCode, stdout, stderr };
  };
  expect(await told('chrun')).toMatchObject({
    exitCode: 2,
    stderr: 'error peak-braze.yaml has no sync chrun. It has: churn.\n',
  });

  world.configure({ attributes: { nobody: 'string' } });
  expect(await told('churn')).toEqual({
    exitCode: 2,
    stdout: '',
    stderr:
      "error The tenant's store has no column nobody. Mend the store or the config, then retry. All at once: peak-braze check\n",
  });

  world.configure({ table: 'nowhere' });
  expect(await told('churn')).toMatchObject({
    exitCode: 2,
    stderr: "error nowhere does not exist in the tenant's store. Check its name and schema.\n",
  });

  const { LEDGER_URL } = world.env;
  world.env.TENANT_URL = world.env.LEDGER_URL = 'postgres://u:hunter2@127.0.0.1:1/x';
  expect(await told('churn')).toMatchObject({
    exitCode: 1,
    stderr: 'error postgres on 127.0.0.1:1 does not answer (ECONNREFUSED). Start it, or check ledger.url.\n',
  });
  world.env.LEDGER_URL = LEDGER_URL!;
  expect(await told('churn')).toMatchObject({
    exitCode: 1,
    stderr: "error The tenant's database does not answer (ECONNREFUSED).\n",
  });
  delete world.env.TENANT_URL;
  const missing = await told('churn');
  expect(missing.exitCode).toBe(2);
  expect(missing.stderr).toContain(
    'the variable TENANT_URL is not set. Set it in the environment or in .env beside this file.',
  );
});

test('an empty ledger and no Braze key are no obstacle', async () => {
  world = await createWorld();
  await fillStore(world, 100);
  await world.ledger.raw('drop schema peak_braze cascade');
  delete world.env.BRAZE_API_KEY;
  const { wouldSend, wholeStoreBecause } = await preview();
  expect(wholeStoreBecause).toBe('first-run');
  // No column of the hundred is empty; products are nobody's null.
  expect(wouldSend).toEqual({ customers: 100, values: 400, requests: 2 });
  const { rows } = await world.ledger.raw("select count(*)::int as n from pg_namespace where nspname = 'peak_braze'");
  expect(rows[0].n).toBe(0);
});
