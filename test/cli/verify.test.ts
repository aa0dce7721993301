import { DEFAULT_KEY } from '../../emulators/braze/emulator';
import { createEnvironment, fillStore, type TestEnvironment, type TestEnvironmentOptions } from '../environment';
import { peakBraze, peakBrazeJson } from './peakBraze';

interface Report {
  sync: string;
  workspace: string;
  sampled: number;
  agree: number;
  differ: number;
  missingProfiles: number;
  notYet: number;
  unread: number;
  attributes: Record<string, { compared: number; agree: number; differ: number; probableCause?: string }>;
  differences: { customerId: string; attribute: string; acknowledged: unknown; atBraze: unknown }[];
  missing: string[];
  notCompared: string[];
  neverAcknowledged: string[];
}

let world: TestEnvironment;
afterEach(() => world.close());

const PERMISSIONS = ['users.track', 'users.export.ids', 'custom_attributes.get'];

async function synced(
  customers: number,
  options: TestEnvironmentOptions = {},
  permissions = PERMISSIONS,
): Promise<void> {
  world = await createEnvironment({ ...options, braze: { keys: { [DEFAULT_KEY]: permissions }, ...options.braze } });
  await world.startWorker();
  await fillStore(world, customers);
}

/** Braze's 201 is only final after some minutes. */
const anHourPasses = () => world.ledger.raw(`update acknowledged set at = at - interval '1 hour'`);

const verify = (...args: string[]) => peakBrazeJson<Report>(world, ['verify', 'churn', ...args]);

test('a random sample agrees; its calls are few, spaced out, and ask only for the needed fields', async () => {
  await synced(300, {
    sync: { attributes: { predicted_value: { type: 'number' }, scored: { column: 'updated_at', type: 'date' } } },
  });
  await world.run();

  const report = await verify('--sample', '120');
  expect(report).toEqual({
    sync: 'churn',
    workspace: 'shop-eu',
    sampled: 120,
    agree: 120,
    differ: 0,
    missingProfiles: 0,
    notYet: 0,
    unread: 0,
    attributes: {
      predicted_value: { compared: 120, agree: 120, differ: 0 },
      scored: { compared: 120, agree: 120, differ: 0 },
    },
    differences: [],
    missing: [],
    notCompared: [],
    neverAcknowledged: [],
  });
  const calls = world.braze.reads;
  expect(calls.map(({ endpoint, identifiers }) => [endpoint, identifiers])).toEqual([
    ['/users/export/ids', 50],
    ['/users/export/ids', 50],
    ['/users/export/ids', 20],
  ]);
  // 250 a minute at most.
  expect(calls[2]!.receivedAtMs - calls[0]!.receivedAtMs).toBeGreaterThanOrEqual(440);

  const { exitCode, lines } = await peakBraze(world, ['verify', 'churn', '--sample', '10']);
  expect(exitCode).toBe(0);
  expect(lines).toEqual([
    'churn: 10 customers read back from shop-eu',
    'ok    agree      10 customers',
    'ATTRIBUTE        COMPARED  AGREE  DIFFER  PROBABLE CAUSE',
    'predicted_value        10     10       0',
    'scored                 10     10       0',
  ]);
});

test('silent drops are found, per attribute and with their probable cause', async () => {
  await synced(40, {
    braze: { knownProfiles: Array.from({ length: 39 }, (_, n) => `c${String(n + 1).padStart(6, '0')}`) },
  });
  world.braze.forceType('predicted_value', 'boolean');
  world.braze.blocklist(['next_best_product']);
  expect(await world.run()).toMatchObject({ state: 'completed', accepted: 40 });
  await anHourPasses();
  // Another writer changes a value.
  const body = { attributes: [{ external_id: 'c000001', churn_risk: 'edited' }] };
  await fetch(`${world.braze.url}/users/track`, {
    method: 'POST',
    headers: { authorization: `Bearer ${DEFAULT_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

  const report = await verify();
  expect(report).toMatchObject({
    sampled: 40,
    agree: 0,
    differ: 39,
    missingProfiles: 1,
    notYet: 0,
    missing: ['c000040'],
  });
  expect(report.attributes).toEqual({
    churn_probability: { compared: 39, agree: 39, differ: 0 },
    churn_risk: { compared: 39, agree: 38, differ: 1, probableCause: 'other-value' },
    predicted_value: { compared: 39, agree: 0, differ: 39, probableCause: 'type-mismatch' },
    next_best_product: { compared: 39, agree: 0, differ: 39, probableCause: 'blocklisted' },
  });
  expect(report.differences).toContainEqual({
    customerId: 'c000001',
    attribute: 'churn_risk',
    acknowledged: 'low',
    atBraze: 'edited',
  });
  expect(report.differences).toContainEqual({
    customerId: 'c000007',
    attribute: 'next_best_product',
    acknowledged: 'product 0',
    atBraze: null,
  });

  const { exitCode, lines, stdout } = await peakBraze(world, ['verify', 'churn']);
  expect(exitCode).toBe(1);
  expect(lines.slice(0, 3)).toEqual([
    'churn: 40 customers read back from shop-eu',
    expect.stringMatching(/^error differ {5}39 customers: \d+ values that Braze accepted and does not have$/),
    'error missing    1 customer without a profile: with updateExistingOnly Braze accepts their values and stores nothing',
  ]);
  expect(stdout).toMatch(/^predicted_value +39 +0 +39 {2}Braze has another type and drops values of this one/m);
  expect(stdout).toMatch(
    /^next, when the cause is fixed: npx peak-braze backfill churn --customer c\d{6}( c\d{6}){9} --resend$/m,
  );
  expect(lines.filter((line) => line.startsWith('  c'))).toHaveLength(10);
  expect(lines.at(-1)).toBe('  … and 30 more: --json');

  // One customer by id, and one of whom Braze has never accepted a value.
  const one = await verify('--customer', 'c000001', 'nobody');
  expect(one).toMatchObject({ sampled: 1, differ: 1, neverAcknowledged: ['nobody'] });
});

test('a value accepted in the last five minutes counts as not there yet, not as dropped', async () => {
  await synced(3);
  await world.run();
  await world.ledger.raw(`update acknowledged set values = jsonb_set(values::jsonb, '{churn_risk}', '"other"')::text`);
  expect(await verify()).toMatchObject({
    sampled: 3,
    agree: 0,
    differ: 0,
    notYet: 3,
    differences: [],
    attributes: {
      churn_risk: { compared: 0, agree: 0, differ: 0 },
      next_best_product: { compared: 3, agree: 3, differ: 0 },
    },
  });
  const { exitCode, lines } = await peakBraze(world, ['verify', 'churn']);
  expect(exitCode).toBe(0);
  expect(lines[1]).toBe(
    'ok    not yet    3 customers not there yet: accepted less than 5 minutes ago. Verify again later',
  );
});

test('a removed value must be gone; an uncertain value is not compared', async () => {
  await synced(2);
  await world.run();
  await world.ledger.raw(
    `update acknowledged set at = now() - interval '1 hour',
        values = jsonb_set(jsonb_set(values::jsonb, '{churn_risk}', 'null'), '{predicted_value}', '-1')::text`,
  );
  await world.ledger.raw(
    `insert into uncertain (target_id, customer, attributes, run) select target_id, customer, '{predicted_value}', run from acknowledged`,
  );
  const { differences, attributes } = await verify();
  expect(differences.map(({ attribute, acknowledged }) => [attribute, acknowledged])).toEqual([
    ['churn_risk', null],
    ['churn_risk', null],
  ]);
  expect(attributes.churn_risk).toEqual({ compared: 2, agree: 0, differ: 2, probableCause: 'not-removed' });
  expect(attributes.predicted_value).toEqual({ compared: 0, agree: 0, differ: 0 });
});

test.each([401, 403])(
  'a refused key is reported with the missing permission or the unknown key (%i)',
  async (status) => {
    await synced(2, {}, ['users.track']);
    await world.run();
    if (status === 401) world.braze.revokeKey(DEFAULT_KEY);
    const { exitCode, stdout, stderr } = await peakBraze(world, ['verify', 'churn']);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(
      status === 403
        ? 'The key of shop-eu may not read profiles (403): it needs the permission users.export.ids.'
        : 'Braze does not know this API key (401)',
    );
    expect(stderr).not.toContain(DEFAULT_KEY);
  },
);

test.each<[Record<string, unknown> | string, number]>([
  [{ alias: 'crm' }, 1],
  ['email', 2],
  ['phone', 2],
  ['braze_id', 2],
])('customers are found by %j', async (identifier, calls) => {
  const ids = identifier === 'email' ? ['a@b.de', 'c@d.de'] : ['+4915112345', '+4915112346'];
  world = await createEnvironment({ sync: { identifier }, braze: { keys: { [DEFAULT_KEY]: PERMISSIONS } } });
  await world.startWorker();
  await fillStore(world, 2);
  await world.tenant.raw(
    `update predictive_attributes set customer_id = case customer_id when 'c000001' then ? else ? end`,
    ids,
  );
  expect(await world.run()).toMatchObject({ accepted: 2 });
  await anHourPasses();
  expect(await verify()).toMatchObject({ sampled: 2, agree: 2, missingProfiles: 0 });
  expect(world.braze.reads).toHaveLength(calls);
});

test('standard fields are compared where Braze returns them', async () => {
  const column = { column: 'next_best_product', type: 'string', standardField: true };
  await synced(2, { sync: { attributes: { home_city: column, image_url: column } } });
  await world.run();
  await anHourPasses();
  expect(await verify()).toMatchObject({
    agree: 2,
    notCompared: ['image_url'],
    attributes: { home_city: { compared: 2, agree: 2, differ: 0 } },
  });
});

test('verify waits at a rate limit; an outage ends it with nothing changed; an invalid option exits 2', async () => {
  await synced(60);
  await world.run();
  world.braze.setExportRateLimit({ requests: 1, perSeconds: 3 });
  // Two calls, of which Braze allows one a window: both are answered, and at most one meets a 429.
  expect(await verify()).toMatchObject({ sampled: 60, agree: 60 });
  expect(world.braze.reads.filter(({ status }) => status === 201).length).toBe(2);
  expect(world.braze.reads.filter(({ status }) => status === 429).length).toBeLessThanOrEqual(1);

  world.braze.setExportRateLimit(null);
  world.braze.outage(true);
  const down = await peakBraze(world, ['verify', 'churn']);
  expect(down).toMatchObject({ exitCode: 1, stdout: '' });
  expect(down.stderr).toContain('Braze does not answer (503). Nothing was changed; try again.');

  const wrong = await peakBraze(world, ['verify', 'churn', '--sample', 'many']);
  expect(wrong).toMatchObject({
    exitCode: 2,
    stderr: 'error --sample many is not a number of customers. Write a number such as 200.\n',
  });
});

test('before the first run there is nothing to compare, and Braze is not asked', async () => {
  world = await createEnvironment({ braze: { keys: { [DEFAULT_KEY]: PERMISSIONS } } });
  const { exitCode, lines } = await peakBraze(world, ['verify', 'churn']);
  expect(exitCode).toBe(0);
  expect(lines).toEqual(['ok    churn      Braze has not accepted anything yet, so there is nothing to compare.']);
  expect(world.braze.reads).toEqual([]);
});
