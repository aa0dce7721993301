import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load';
import type { SyncSettings } from '../../src/types/settings';
import { ENV, load, removeConfigs, withAttribute, withSetting, withSync, WITHOUT_SYNCS } from './tempConfig';

afterEach(removeConfigs);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const fixture = (name: string) => join(__dirname, 'fixtures', name);

const minimalSync: SyncSettings = {
  sync: 'churn',
  workspace: {
    name: 'shop-eu',
    endpoint: 'https://rest.fra-01.braze.eu',
    rateLimit: { requests: 3000, perSeconds: 3, share: 1 },
    billing: 'mau',
  },
  source: 'tenant',
  relation: { table: 'predictive_attributes' },
  customerId: 'customer_id',
  updatedAt: 'updated_at',
  overlapMs: HOUR_MS,
  identifier: { kind: 'external_id' },
  updateExistingOnly: true,
  attributes: [
    {
      name: 'churn_risk',
      column: 'churn_probability',
      bands: [
        { name: 'low', lower: '0' },
        { name: 'medium', lower: '0.5' },
        { name: 'high', lower: '0.8' },
      ],
      hysteresis: '0.03',
      onlyWithOthers: false,
    },
    { name: 'next_best_product', column: 'next_best_product', type: 'string', onlyWithOthers: false },
  ],
  departedCustomers: 'keep',
  modelRun: { kind: 'none' },
  schedule: null,
  holdForMs: DAY_MS,
  guards: { maxClearedShare: 0.05, maxRejectedShare: 0.05 },
  delivery: { chunkCustomers: 50_000, lanes: 2, settleMs: 5_000 },
};

const completeSync: SyncSettings = {
  ...minimalSync,
  workspace: { ...minimalSync.workspace, billing: 'data-points' },
  attributes: [
    { name: 'churn_probability', column: 'churn_probability', type: 'number', decimals: 2, onlyWithOthers: false },
    minimalSync.attributes[0]!,
    { name: 'predicted_value', column: 'predicted_value', type: 'number', decimals: 0, onlyWithOthers: false },
    { name: 'next_best_product', column: 'next_best_product', type: 'string', onlyWithOthers: false },
    { name: 'churn_scored_at', column: 'scored_at', type: 'date', onlyWithOthers: true },
  ],
  modelRun: { kind: 'table', table: 'model_runs', model: 'churn', timeoutMs: 6 * HOUR_MS, pollMs: 30_000 },
  schedule: { every: 'week', day: 'monday', hour: 6, minute: 0, timeZone: 'Europe/Berlin' },
  holdForMs: 6 * DAY_MS,
  guards: { maxClearedShare: 0.25, maxRejectedShare: 0.25 },
};

test('standardField stands in the mapping only where it is true: stored settings and fingerprints stay as they are', () => {
  const yaml =
    'table: scores\nattributes:\n  email: { standardField: true }\n  a: { standardField: false }\n  b: { type: string }';
  expect(load(withSync(yaml)).syncs.churn!.attributes).toEqual([
    { name: 'email', column: 'email', onlyWithOthers: false, standardField: true },
    { name: 'a', column: 'a', onlyWithOthers: false },
    { name: 'b', column: 'b', type: 'string', onlyWithOthers: false },
  ]);
});

test('ten lines suffice: everything else has its default', () => {
  const config = loadConfig(fixture('minimal.yaml'), { env: ENV });
  expect(config).toMatchObject({
    path: fixture('minimal.yaml'),
    temporal: { address: '127.0.0.1:7233', namespace: 'default', taskQueue: 'peak-braze' },
    ledger: { retentionMs: 90 * DAY_MS },
    sources: ['tenant'],
  });
  expect(config.ledgerUrl()).toBe('embedded');
  expect(Object.keys(config.workspaces)).toEqual(['shop-eu']);
  expect(config.syncs.churn).toStrictEqual(minimalSync);
});

test('a config with every key is read whole', () => {
  const { syncs } = loadConfig(fixture('complete.yaml'), { env: ENV });
  const attributes = completeSync.attributes.map((rule) =>
    rule.name === 'predicted_value'
      ? { ...rule, minChange: '0.1', description: 'What the customer will spend within a year, in euros' }
      : rule,
  );
  const guards = { ...completeSync.guards, maxChangedShare: 0.2, maxCustomers: 1_000_000, maxValues: 5_000_000 };
  expect(syncs.churn).toStrictEqual({ ...completeSync, attributes, guards });
});

describe('the two files of the contract', () => {
  const contract = join(__dirname, '../../../shared/contract');
  test.each([
    ['minimal.yaml', minimalSync],
    ['peak-braze.yaml', completeSync],
  ])('%s works verbatim', (name, sync) => {
    if (!existsSync(join(contract, name))) {
      console.log(`${name} is not beside this checkout: its twin in test/config/fixtures stands in for it.`);
      return;
    }
    expect(loadConfig(join(contract, name), { env: ENV }).syncs.churn).toStrictEqual(sync);
  });
});

test.each<[string, Partial<SyncSettings>]>([
  ['identifier: braze_id', { identifier: { kind: 'braze_id' } }],
  ['identifier: email', { identifier: { kind: 'email' } }],
  ['identifier: phone', { identifier: { kind: 'phone' } }],
  ['identifier: { alias: crm }', { identifier: { kind: 'alias', label: 'crm' } }],
  ['modelRun: signal', { modelRun: { kind: 'signal', timeoutMs: 6 * HOUR_MS } }],
  ['modelRun: { signal: true, timeout: 2h }', { modelRun: { kind: 'signal', timeoutMs: 2 * HOUR_MS } }],
  [
    'modelRun: { query: "select 1", poll: 250ms }',
    { modelRun: { kind: 'query', query: 'select 1', timeoutMs: 6 * HOUR_MS, pollMs: 250 } },
  ],
  [
    'schedule: { every: day, at: "06:00", jitter: 5m }',
    {
      schedule: { every: 'day', hour: 6, minute: 0, timeZone: 'UTC', jitterMs: 300_000 },
      holdForMs: 0.85 * DAY_MS,
    },
  ],
  // A secret is no setting.
  ['notify: { webhook: "https://hooks.example.com/T0" }', {}],
  [
    'schedule: { every: day, at: "23:59" }',
    { schedule: { every: 'day', hour: 23, minute: 59, timeZone: 'UTC' }, holdForMs: 0.85 * DAY_MS },
  ],
  [
    'schedule: { every: week, day: sunday, at: 6:05, timeZone: UTC }',
    { schedule: { every: 'week', day: 'sunday', hour: 6, minute: 5, timeZone: 'UTC' }, holdForMs: 5.95 * DAY_MS },
  ],
  ['delivery: { settle: 0s }', { delivery: { chunkCustomers: 50_000, lanes: 2, settleMs: 0 } }],
  ['overlap: 2w', { overlapMs: 14 * DAY_MS }],
  ['departedCustomers: clear', { departedCustomers: 'clear' }],
  [
    'guards: { maxNullShare: 0.3, maxProfiles: 5 }',
    { guards: { maxClearedShare: 0.05, maxRejectedShare: 0.05, maxNullShare: 0.3, maxProfiles: 5 } },
  ],
  ['guards: { maxNullShare: { score: 0.3 } }', { guards: expect.objectContaining({ maxNullShare: { score: 0.3 } }) }],
  [
    'modelRun: { table: runs, model: churn, rowCount: n }\nguards: { minRowShare: 0.9 }',
    { modelRun: expect.objectContaining({ rowCount: 'n' }), guards: expect.objectContaining({ minRowShare: 0.9 }) },
  ],
  ['guards: { maxClearedShare: 1 }', { guards: { maxClearedShare: 1, maxRejectedShare: 0.05 } }],
])('%s', (setting, expected) => {
  expect(load(withSetting(setting)).syncs.churn).toMatchObject(expected);
});

test('a range switches its guard on, whose limit may be another', () => {
  const guardsOf = (more: string) =>
    load(withSync(`table: t\nattributes: { p: { type: number, range: { min: 0, max: 1.0 } } }\n${more}`)).syncs.churn!;
  expect(guardsOf('')).toMatchObject({
    attributes: [{ name: 'p', range: { min: '0', max: '1' } }],
    guards: { maxOutOfRangeShare: 0.05 },
  });
  expect(guardsOf('guards: { maxOutOfRangeShare: 0 }').guards.maxOutOfRangeShare).toBe(0);
});

test('a query stands in for a table', () => {
  const config = load(withSync('query: select * from scores\nattributes: { score: number }'));
  expect(config.syncs.churn!.relation).toEqual({ query: 'select * from scores' });
});

test.each([
  ['0.1', '0.1'],
  ['0.10', '0.1'],
  ['.5', '0.5'],
  ['"0.30000000000000004"', '0.30000000000000004'],
  ['-0', '0'],
  ['12345678901234567890.1', '12345678901234567890.1'],
])('a bound written %s stays the decimal text %s', (written, lower) => {
  const config = load(withAttribute(`score: { bands: { any: ${written} } }`));
  expect(config.syncs.churn!.attributes[0]!.bands).toEqual([{ name: 'any', lower }]);
});

test('bands are in ascending order of their decimals, not of their text', () => {
  const config = load(withAttribute('score: { bands: { c: 10, a: -10, b: 9.5 } }'));
  expect(config.syncs.churn!.attributes[0]!.bands?.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});

test('names that are numbers or words of YAML stay names', () => {
  const config = load(withAttribute('score: { bands: { 1: 0, yes: 5, null: 8 }, column: 5 }'));
  const { bands, column } = config.syncs.churn!.attributes[0]!;
  expect(bands?.map(({ name }) => name)).toEqual(['1', 'yes', 'null']);
  expect(column).toBe('5');
});

test('what an anchor names can be used again', () => {
  const yaml = `${WITHOUT_SYNCS}syncs:
  churn: { table: a, attributes: &all { score: number } }
  value: { table: b, attributes: *all }
`;
  const { syncs } = load(yaml);
  expect(syncs.value!.attributes).toEqual(syncs.churn!.attributes);
});

test('no name finds what only JavaScript knows', () => {
  const config = load(withSetting('overlap: 1h'));
  expect(config.syncs['constructor']).toBeUndefined();
  expect(config.workspaces['toString']).toBeUndefined();
  expect(() => config.apiKey('constructor')).toThrow('The config has no constructor.');
});

test('Windows line ends and a byte order mark do not matter', () => {
  const yaml = `\uFEFF${readFileSync(fixture('minimal.yaml'), 'utf8').replaceAll('\n', '\r\n')}`;
  expect(load(yaml).syncs.churn).toEqual(minimalSync);
});
