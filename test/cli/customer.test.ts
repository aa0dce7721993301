import { createEnvironment, fillStore, type TestEnvironment } from '../environment';
import { peakBraze, peakBrazeJson } from './peakBraze';

let world: TestEnvironment;
afterEach(() => world.close());

const look = (id: string) => peakBraze(world, ['customer', 'churn', id]);
const json = (id: string) => peakBrazeJson<Record<string, unknown>>(world, ['customer', 'churn', id]);

/** The cells of the attribute table, without padding. */
const cells = (lines: string[]) => {
  const head = lines.findIndex((line) => line.startsWith('ATTRIBUTE'));
  const rest = lines.slice(head + 1);
  return rest
    .slice(
      0,
      rest.findIndex((line) => /^(next|ok|warn|In Braze:) /.test(line)),
    )
    .map((line) => line.split(/ {2,}/));
};

const update = (set: string, id = 'c000520') =>
  world.tenant.raw(`update predictive_attributes set ${set}, updated_at = clock_timestamp() where customer_id = ?`, [
    id,
  ]);

const MAPPING = {
  churn_probability: { column: 'churn_probability', type: 'number', decimals: 2 },
  churn_risk: { column: 'churn_probability', bands: { low: 0, medium: 0.5, high: 0.8 }, hysteresis: 0.03 },
  predicted_value: { column: 'predicted_value', type: 'number', decimals: 0, minChange: 10 },
  next_best_product: 'string',
  model_version: { column: 'model_version', type: 'string' },
  churn_scored_at: { column: 'scored_at', type: 'date', onlyWithOthers: true },
};

test('values computed now beside values that Braze accepted, with a verdict for each attribute', async () => {
  world = await createEnvironment({
    sync: { attributes: MAPPING, modelRun: { table: 'model_runs', model: 'churn' } },
  });
  await world.startWorker();
  await fillStore(world, 600);
  await update(`scored_at = '2026-11-01', model_version = 'v1'`);
  await world.tenant.raw(`insert into model_runs values ('m41', 'churn', 'completed', now(), now())`);
  await world.run({ modelRun: 'latest' });
  await update(`churn_probability = 0.49, predicted_value = 525.4, next_best_product = 'tea', model_version = null`);

  const { exitCode, lines } = await look('c000520');
  expect(exitCode).toBe(0);
  expect(lines[0]).toBe('c000520 in churn, external_id at shop-eu · times UTC');
  expect(lines[1]).toMatch(/^ok {4}source {5}read now from tenant, updated_at \d\d:\d\d$/);
  expect(lines[2]).toMatch(/^ok {4}braze {6}accepted \d\d:\d\d, run 1, model run m41$/);
  expect(cells(lines)).toEqual([
    ['churn_probability', '0.49', '0.52', 'would be sent'],
    ['churn_risk', 'medium', 'medium', 'kept by hysteresis'],
    ['predicted_value', '520', '520', 'kept by minChange'],
    ['next_best_product', 'tea', 'product 2', 'would be sent'],
    ['model_version', '-', 'v1', 'would be removed'],
    ['churn_scored_at', '2026-11-01T00:00:00.000Z', '2026-11-01T00:00:00.000Z', 'same'],
  ]);
  expect(lines.at(-2)).toBe(
    'next  the next run sends 3 values. Send them now: npx peak-braze backfill churn --customer c000520',
  );
  expect(lines.at(-1)).toBe('In Braze: Audience > Search users, by external ID');

  const found = await json('c000520');
  expect(found).toMatchObject({
    customerId: 'c000520',
    sync: 'churn',
    computed: {
      churn_probability: 0.49,
      churn_risk: 'medium',
      predicted_value: 520,
      next_best_product: 'tea',
      model_version: null,
      churn_scored_at: '2026-11-01T00:00:00.000Z',
    },
    acknowledged: {
      churn_probability: 0.52,
      churn_risk: 'medium',
      next_best_product: 'product 2',
      model_version: 'v1',
    },
    acknowledgedRun: 1,
    acknowledgedModelRun: 'm41',
    acknowledgedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    nextRun: 'sends',
    outbox: [],
    uncertain: [],
    rejections: [],
    suppressed: null,
  });

  // What it says is what the next run then sends.
  await world.tenant.raw(`insert into model_runs values ('m42', 'churn', 'completed', now(), now())`);
  expect(await world.run({ modelRun: 'latest' })).toMatchObject({ changed: 1, valuesSent: 3 });
  await update(`scored_at = '2026-11-08'`);
  const calm = await look('c000520');
  expect(cells(calm.lines)[5]!.at(-1)).toBe('differs, sent only with others');
  expect(calm.lines.at(-2)).toBe('next  nothing differs; the next run sends nothing for this customer');
});

test('staged values, uncertain values, and the reasons of rejections', async () => {
  world = await createEnvironment({ sync: { guards: { maxChangedShare: 0.1 } } });
  await world.startWorker();
  await fillStore(world, 600);
  await world.run();
  await world.tenant.raw(`update predictive_attributes set next_best_product = 'tea', updated_at = clock_timestamp()`);
  await update(`churn_probability = 'NaN'`);
  const run = await world.start();
  await world.reaches(run, 'held');
  await world.ledger.raw(`insert into uncertain values (1, 'c000520', '{predicted_value}', 1)`);

  const { lines } = await look('c000520');
  expect(cells(lines)).toEqual([
    ['churn_probability', '-', '0.52', 'rejected: not-finite: NaN and Infinity cannot be sent.'],
    ['churn_risk', '-', 'medium', 'rejected: not-finite: NaN and Infinity cannot be sent.'],
    ['predicted_value', '520', '520', 'would be sent'],
    ['next_best_product', 'tea', 'product 2', 'would be sent'],
  ]);
  expect(lines).toContain('ok    outbox     run 2 (held): next_best_product staged');
  expect(lines).toContain(
    'warn  uncertain  predicted_value may have reached Braze; its answer was lost, so it is sent again',
  );
  const why = lines.filter((line) => line.startsWith('warn  rejected'));
  expect(why).toHaveLength(2);
  expect(why.join()).toMatch(/churn_risk, not-finite: NaN and Infinity cannot be sent\. Run 2, \d\d:\d\d, 1 try, open/);
  expect(await json('c000520')).toMatchObject({
    computed: { predicted_value: 520, next_best_product: 'tea' },
    outbox: [{ run: 2, state: 'held', values: { next_best_product: 'tea' }, answered: false }],
    uncertain: ['predicted_value'],
    rejections: [
      { attribute: 'churn_risk', reason: 'not-finite', open: true, customerId: 'c000520' },
      { attribute: 'churn_probability', reason: 'not-finite', open: true },
    ],
  });
});

test('it says when no run reads the row, and when no run retries a refused value', async () => {
  world = await createEnvironment({ sync: { guards: { maxRejectedShare: 1 } } });
  await world.startWorker();
  await fillStore(world, 10);
  world.braze.poison(['c000002']);
  for (let n = 0; n < 3; n += 1) await world.run();
  const refused = await look('c000002');
  expect(refused.lines.at(-2)).toBe(
    'next  Braze has refused these values three times, so no run retries them automatically. Retry them: npx peak-braze backfill churn --customer c000002',
  );
  expect(refused.lines.join('\n')).toMatch(
    /warn {2}rejected {3}the whole customer, refused-by-braze: .* 3 tries, open/,
  );

  await world.tenant.raw(
    `update predictive_attributes set next_best_product = 'tea', updated_at = now() - interval '3 days' where customer_id = 'c000003'`,
  );
  expect(await json('c000003')).toMatchObject({ nextRun: 'outside-window' });
  expect(await world.run()).toMatchObject({ accepted: 0 });
  expect((await look('c000003')).lines.at(-2)).toMatch(/^next {2}it differs, but the next run does not read this row/);
});

test('unknown and forgotten customers, with every worker and Temporal down', async () => {
  world = await createEnvironment();
  world.configure({}, { temporal: { address: '127.0.0.1:1', taskQueue: 'nowhere' } });
  await fillStore(world, 5);
  const never = await look('c000002');
  expect(never.exitCode).toBe(0);
  expect(never.lines).toContain('warn  braze      Braze has never accepted a value of c000002 in churn');
  expect(never.lines.at(-2)).toMatch(/^next {2}the next run sends 4 values\./);

  const unknown = await look('nobody');
  expect(unknown.exitCode).toBe(0);
  expect(unknown.lines).toContain('warn  source     tenant has no such customer');
  expect(await json('nobody')).toMatchObject({
    computed: null,
    acknowledged: null,
    rejections: [],
    nextRun: 'not-in-store',
  });

  await peakBraze(world, ['forget', 'c000002']);
  const forgotten = await look('c000002');
  expect(forgotten.lines[1]).toMatch(/^warn {2}forgotten {2}since \d\d:\d\d: no run sends this customer$/);
  expect(forgotten.lines.at(-2)).toBe(
    'next  nothing is sent: the customer is forgotten. Undo it: npx peak-braze forget c000002 --undo',
  );
  expect(await json('c000002')).toMatchObject({ nextRun: 'suppressed', suppressed: expect.stringMatching(/Z$/) });
});

test('without the source table it still shows what Braze accepted, and exits 1; a wrong config exits 2', async () => {
  world = await createEnvironment();
  await world.startWorker();
  await fillStore(world, 5);
  await world.run();
  const url = new URL(world.tenantUrl);
  url.port = '1';
  const away = await peakBraze(world, ['customer', 'churn', 'c000002'], { TENANT_URL: url.href });
  expect(away.exitCode).toBe(1);
  expect(away.lines[1]).toMatch(/^error source {5}The tenant's database does not answer/);
  expect(away.lines.join('\n')).toMatch(/next_best_product {2}product 2/);

  world.configure({ attributes: { gone: 'string' } });
  const wrong = await look('c000002');
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stdout).toContain('The source table has no column gone.');
  expect(wrong.lines.join('\n')).toMatch(/next_best_product {2}product 2/);
});

test('an id is looked up as the source table prints it, and forget warns when the ledger held nothing of the id', async () => {
  world = await createEnvironment({ sync: { table: 'numbered' } });
  await world.startWorker();
  await fillStore(world, 5);
  await world.tenant.raw(`create table numbered as select * from predictive_attributes;
    alter table numbered alter column customer_id type int using substr(customer_id, 2)::int`);
  expect(await world.run()).toMatchObject({ accepted: 5 });
  expect(await json('00002')).toMatchObject({ customerId: '2', nextRun: 'nothing', acknowledgedRun: 1 });
  const forgotten = await peakBraze(world, ['forget', '00002']);
  expect(forgotten.lines.join('\n')).toMatch(
    /warn {2}The ledger held nothing of this id\. .*\n.*npx peak-braze customer <sync> 00002/,
  );
  expect((await peakBraze(world, ['forget', '2'])).lines.join('\n')).not.toContain('warn');
});
