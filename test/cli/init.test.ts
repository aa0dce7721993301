import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load';
import { createEnvironment, type TestEnvironment } from '../environment';
import { peakBraze } from './peakBraze';

let world: TestEnvironment;
/** A folder without a config, and the variables that a newcomer has set. */
let newcomer: { dir: string; env: Record<string, string> };
beforeEach(async () => {
  world = await createEnvironment();
  newcomer = {
    dir: mkdtempSync(join(tmpdir(), 'peak-braze-init-')),
    env: {
      ...world.env,
      BRAZE_REST_ENDPOINT: world.braze.url,
      TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS!,
      TEMPORAL_TASK_QUEUE: world.temporal.taskQueue,
    },
  };
});
afterEach(() => world.close());

const init = (...args: string[]) => peakBraze(newcomer, ['init', ...args]);
const configFile = () => join(newcomer.dir, 'peak-braze.yaml');
const written = () => readFileSync(configFile(), 'utf8');

test('writes a commented config that passes check, and never overwrites a file', async () => {
  await world.tenant.raw(`insert into model_runs values ('m1', 'churn', 'completed', now(), now())`);
  const { exitCode, lines, stderr } = await init();
  expect(stderr).toBe('');
  expect(lines).toEqual([
    'ok    init       peak-braze.yaml: sync predictions of predictive_attributes, by customer_id and updated_at',
    'ok    init       6 attributes: churn_probability, predicted_value, next_best_product, expected_purchases, model_version, scored_at',
    'next: npx peak-braze check',
  ]);
  expect(exitCode).toBe(0);

  const settings = written()
    .split('\n')
    .filter((line) => /\S/.test(line) && !line.startsWith('#') && !/^\w+:$/.test(line) && line !== '  tenant:');
  expect(settings.filter((line) => !/ # \S/.test(line))).toEqual([]);
  expect(written()).toContain('url: ${TENANT_URL}');
  expect(written()).toMatch(/^ {4}billing: mau +# .*data-points/m);
  expect(written()).not.toContain(world.tenantUrl);
  const { modelRun, attributes } = loadConfig(configFile(), { env: newcomer.env }).syncs.predictions!;
  expect(modelRun).toEqual({
    kind: 'table',
    table: 'model_runs',
    model: 'churn',
    timeoutMs: 21_600_000,
    pollMs: 30_000,
  });
  expect(
    attributes.map(({ name, type, decimals, onlyWithOthers }) => ({ name, type, decimals, onlyWithOthers })),
  ).toEqual([
    { name: 'churn_probability', type: 'number', decimals: 2, onlyWithOthers: false },
    { name: 'predicted_value', type: 'number', decimals: 0, onlyWithOthers: false },
    { name: 'next_best_product', type: 'string', onlyWithOthers: false },
    { name: 'expected_purchases', type: 'number', decimals: 2, onlyWithOthers: false },
    { name: 'model_version', type: 'string', onlyWithOthers: true },
    { name: 'scored_at', type: 'date', onlyWithOthers: true },
  ]);

  const check = await peakBraze(newcomer, ['check']);
  expect(check.lines.filter((line) => !line.startsWith('ok'))).toEqual([
    expect.stringMatching(/^warn {2}temporal .* no worker on /),
    'warn  predictions 0 rows: a run has nothing to send',
    'Create in Braze first: churn_probability Number · predicted_value Number · next_best_product String · expected_purchases Number · model_version String · scored_at Time',
    'No errors, 2 warnings. next: npx peak-braze preview predictions',
  ]);
  expect(check.exitCode).toBe(0);

  const before = written();
  expect(await init()).toMatchObject({
    exitCode: 2,
    stdout: '',
    stderr: 'error peak-braze.yaml already exists and is not overwritten. Name another file: --config FILE\n',
  });
  expect(written()).toBe(before);
});

test('says which variables are missing; .env beside the config is read', async () => {
  const { TENANT_URL, LEDGER_URL } = newcomer.env;
  newcomer.env = { LEDGER_URL: LEDGER_URL! };
  expect(await init()).toMatchObject({
    exitCode: 2,
    stdout: '',
    stderr:
      "error TENANT_URL is not set: the address of the tenant's database. Set it in the environment or in .env beside peak-braze.yaml: TENANT_URL=postgres://user:password@host:5432/name\n",
  });
  writeFileSync(join(newcomer.dir, '.env'), `TENANT_URL=${TENANT_URL}\n`);
  const { lines } = await init('--sync', 'churn', '--config', 'other.yaml');
  expect(lines.slice(-2)).toEqual([
    'Set BRAZE_REST_ENDPOINT and BRAZE_API_KEY in the environment or in .env beside it. To try it with an emulator: npx peak-braze dev braze --config other.yaml',
    'next: npx peak-braze check --config other.yaml',
  ]);
  expect(existsSync(configFile())).toBe(false);
});

test('columns that cannot be sent unchanged are commented out, with the reason', async () => {
  await world.tenant.raw(`
    create schema publish;
    create table publish.scores (row_no bigint primary key, "customerId" uuid not null, email text, first_name text, external_id text,
      "$ltv" numeric, tags jsonb, "Next: best #1" text, "null" boolean, "a\${b}" int, "x
y" int, born date, visits int, price numeric(10,2), raw numeric, ratio real, run_id text, "lastModified" timestamptz, created_at timestamp);
    insert into model_runs values ('m1', 'churn', 'completed', now(), now()), ('v1', 'value: 1', 'running', now(), null);`);
  const { exitCode, lines } = await init('--table', 'publish.scores');
  expect(lines.slice(0, 3)).toEqual([
    'ok    init       peak-braze.yaml: sync predictions of publish.scores, by customerId and lastModified',
    'ok    init       10 attributes: row_no, "Next: best #1", "null", born, visits, price, raw, ratio, run_id, created_at',
    'warn  init       commented out, with the reason: email, first_name, external_id, "$ltv", tags, "a${b}", "x\\ny"',
  ]);
  expect(exitCode).toBe(0);

  const text = written();
  const commented = text.split('\n').filter((line) => line.startsWith('      # '));
  expect(commented.map((line) => line.replace(/ +/g, ' ').trim())).toEqual([
    '# predicted_email: { column: email, type: string } # Braze has a profile field of this name: send it under another, if at all',
    '# predicted_first_name: { column: first_name, type: string } # Braze has a profile field of this name: send it under another, if at all',
    '# predicted_external_id: { column: external_id, type: string } # the name is a control key of Braze requests',
    '# ltv: { column: "$ltv", type: number } # the name begins with $',
    '# tags: string # jsonb cannot be sent as it is; as text, remove the #',
    '# "a${b}": number # the name holds ${',
    '# "x\\ny": number # the name contains a control character',
  ]);
  expect(text).toMatch(
    /^ {4}modelRun: none .*\n {4}# modelRun: \{ table: model_runs, model: churn, timeout: 6h, poll: 30s \} .*models: churn, "value: 1"$/m,
  );
  const { attributes, customerId, updatedAt } = loadConfig(configFile(), { env: newcomer.env }).syncs.predictions!;
  expect([customerId, updatedAt]).toEqual(['customerId', 'lastModified']);
  expect(attributes).toContainEqual({
    name: 'price',
    column: 'price',
    type: 'number',
    decimals: 0,
    onlyWithOthers: false,
  });
  expect(attributes).toContainEqual({ name: 'run_id', column: 'run_id', type: 'string', onlyWithOthers: true });
  expect(attributes).toContainEqual({ name: 'born', column: 'born', type: 'date', onlyWithOthers: false });

  const check = await peakBraze(newcomer, ['check']);
  expect(check.lines.filter((line) => line.startsWith('error'))).toEqual([]);
  expect(check.exitCode).toBe(0);

  // With the # removed, each proposal is a valid config.
  writeFileSync(configFile(), text.replace(/^( {6})# (?=predicted_|ltv|tags)/gm, '$1'));
  expect(Object.keys(loadConfig(configFile(), { env: newcomer.env }).syncs.predictions!.attributes)).toHaveLength(15);
});

test('an ambiguous, missing or unsuitable table is reported by name', async () => {
  await world.tenant.raw(`
    create table orders (order_no int primary key, customer_id text, placed_at timestamptz, shipped_on date);
    create table countries (code text primary key, name text);
    create table events (event text, updated_at timestamptz);
    create table visits (user_id int, began_at timestamptz, ended_at timestamptz);
    create table members (id int primary key, updated_at timestamptz);`);
  const printed = async (...args: string[]) => {
    const { exitCode, stderr } = await init(...args);
    expect(exitCode).toBe(2);
    expect(existsSync(configFile())).toBe(false);
    return stderr.trimEnd();
  };
  expect(await printed()).toBe(
    'error Several tables fit: members, orders, predictive_attributes. Choose one: npx peak-braze init --table members',
  );
  expect(await printed('--table', 'predictive_atributes')).toBe(
    'error There is no table predictive_atributes. Did you mean predictive_attributes?',
  );
  expect(await printed('--table', 'events')).toBe(
    'error events has no customer_id, external_id, user_id, id or primary key of one column. It has: event, updated_at.',
  );
  expect(await printed('--table', 'visits')).toBe(
    'error visits has no timestamp such as updated_at that says when a row last changed. It has: user_id, began_at, ended_at.',
  );
  expect(await printed('--table', 'members')).toBe(
    'error members has no column that could be an attribute, besides id and updated_at. Choose another table: npx peak-braze init --table NAME',
  );
  expect(await printed('--sync', 'my sync')).toBe(
    'error --sync takes 1 to 64 letters, digits, dots, hyphens or underscores.',
  );
  newcomer.env.TENANT_URL = 'snowflake://x';
  expect(await printed()).toBe(
    'error The source\'s url begins with "snowflake:"; expected postgres:// or redshift://.',
  );
});

test('a table with timestamps only gets no onlyWithOthers', async () => {
  await world.tenant.raw(
    'create table dates (customer_id text primary key, next_visit timestamptz, updated_at timestamptz)',
  );
  await init('--table', 'dates');
  expect(loadConfig(configFile(), { env: newcomer.env }).syncs.predictions!.attributes).toEqual([
    { name: 'next_visit', column: 'next_visit', type: 'date', onlyWithOthers: false },
  ]);
});
