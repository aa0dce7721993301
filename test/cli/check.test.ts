import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { DEFAULT_KEY } from '../../emulators/braze/emulator';
import { LEDGER_VERSION } from '../../src/ledger/migrate';
import { openTenant } from '../../src/tenant/open';
import { createEnvironment, fillStore, type TestEnvironment } from '../environment';
import { peakBraze, peakBrazeJson } from './peakBraze';

let world: TestEnvironment;
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await world.close();
});

/** Replaces these sections of the config file. */
function rewrite(sections: Record<string, unknown>): void {
  const config = parse(readFileSync(world.configPath, 'utf8')) as Record<string, unknown>;
  writeFileSync(world.configPath, stringify({ ...config, ...sections }));
}

const host = () => new URL(world.braze.url).host;
const temporalAddress = () => process.env.TEST_TEMPORAL_ADDRESS!;
const ledgerHost = () => new URL(world.ledgerUrl).host;

const CREATE =
  'Create in Braze first: churn_probability Number · churn_risk String · predicted_value Number · next_best_product String';

/** The line numbers of these keys in the config file. */
function linesOf(...keys: string[]): string {
  const lines = readFileSync(world.configPath, 'utf8').split('\n');
  return keys.map((key) => lines.findIndex((line) => line.trimStart().startsWith(key)) + 1).join(', ');
}

/** The contents of every table of the ledger, to see that nothing was written. */
async function ledgerRows(): Promise<Record<string, number>> {
  const tables = ['workspaces', 'workspace_keys', 'targets', 'runs', 'outbox', 'acknowledged', 'leases'];
  const counts = await Promise.all(tables.map((table) => world.ledger(table).count('* as n').first()));
  return Object.fromEntries(tables.map((table, index) => [table, Number(counts[index]!.n)]));
}

test('a correct setup prints ok on every line, and nothing is changed', async () => {
  world = await createEnvironment({ braze: { knownProfiles: [] } });
  await fillStore(world, 1_234);
  await world.startWorker();

  const { exitCode, lines, stderr } = await peakBraze(world, ['check']);
  expect(lines).toEqual([
    'ok    config     peak-braze.yaml: 1 workspace, 1 source, 1 sync',
    `ok    ledger     postgres on ${ledgerHost()}, schema ${LEDGER_VERSION}, current`,
    `ok    temporal   ${temporalAddress()}, namespace default, 1 worker on ${world.temporal.taskQueue}`,
    `ok    braze      shop-eu: ${host()} accepts the key (users.track). Types not compared: needs custom_attributes.get`,
    'ok    tenant     predictive_attributes: 1,234 rows, index on (updated_at, customer_id)',
    CREATE,
    'No errors. next: npx peak-braze preview churn',
  ]);
  expect(exitCode).toBe(0);
  // On a busy machine it prints what it waits for.
  expect(stderr.replace(/^(waiting for .*|.*: took [\d.]+ s)\n/gm, '')).toBe('');
  expect(world.braze.summary()).toMatchObject({ requests: 1, profiles: 0, dataPoints: 0, withoutProfile: 1 });
  expect(Object.values(await ledgerRows())).toEqual([0, 0, 0, 0, 0, 0, 0]);
});

test('all problems of a sync are reported at once, with the lines to fix', async () => {
  world = await createEnvironment();
  await world.tenant.raw(`
    create schema publish;
    create table publish.scores (customer_id text, note text, score double precision, worth numeric(12,2), whole numeric(9,0),
      "Ltv" real, tags jsonb, segment text, updated_at timestamp);
    insert into publish.scores (customer_id, updated_at) values ('a', now()), ('b', null), ('c', null), ('d', now() + interval '1 day');
    insert into model_runs values ('m1', 'churn', 'running', now(), null);`);
  world.configure({
    table: 'publish.scores',
    modelRun: { table: 'model_runs', model: 'chrun' },
    attributes: {
      segmnt: 'string',
      risk: { column: 'scoree', bands: { low: 0 } },
      bands_of_text: { column: 'segment', bands: { low: 0 } },
      tags: {},
      email: { column: 'segment', type: 'string' },
      _merge_objects: { column: 'segment', type: 'string' },
      score: 'number',
      worth: {},
      whole: 'number',
      Ltv: { minChange: 0 },
      steady: { column: 'score', minChange: 0.1 },
    },
  });

  const { exitCode, lines } = await peakBraze(world, ['check']);
  expect(lines.slice(2)).toEqual([
    `warn  temporal   ${temporalAddress()}, namespace default, no worker on ${world.temporal.taskQueue}; runs stay queued until one is available. Start one: npx peak-braze worker`,
    `ok    braze      shop-eu: ${host()} accepts the key (users.track). Types not compared: needs custom_attributes.get`,
    'warn  tenant     publish.scores: 4 rows, no index on (updated_at, customer_id): every run reads the whole table. To add one: create index on publish.scores (updated_at, customer_id);',
    'warn  churn      2 rows without updated_at, seen by a full run only: npx peak-braze run churn --full',
    "warn  churn      1 row dated later than the tenant's clock, left for a later run",
    'error churn      attributes.segmnt: the table has no such column. Did you mean segment?',
    'error churn      attributes.risk.column: the table has no column scoree. Did you mean score?',
    'error churn      attributes.bands_of_text: bands need numbers, and column segment is text. Set type: number if it holds numbers.',
    'error churn      attributes.tags: column tags has a type that cannot be sent as it is. Set type: string, or cast it in a query.',
    'error churn      attributes.email: the name is a standard field of every Braze profile, and a run would overwrite it. Choose another, such as predicted_email. To write the standard field, set standardField: true.',
    'error churn      attributes._merge_objects: the name is a control key of Braze requests. Choose another.',
    'warn  churn      score: double precision without decimals, nearly every customer is sent in every run. Try decimals: 2',
    'warn  churn      worth: numeric without decimals, nearly every customer is sent in every run. Try decimals: 0',
    'warn  churn      Ltv: real without decimals, nearly every customer is sent in every run. Try decimals: 2',
    'warn  churn      modelRun: no completed model run yet of chrun (did you mean churn?): a run waits for one',
    'Create in Braze first: score Number · worth Number · whole Number · Ltv Number · steady Number',
    `6 errors, 8 warnings. Fix peak-braze.yaml, lines ${linesOf('segmnt:', 'risk:', 'bands_of_text:', 'tags:', 'email:', '_merge_objects:')}, then run check again.`,
  ]);
  expect(exitCode).toBe(2);
});

test('unknown names: the nearest one is suggested', async () => {
  world = await createEnvironment();
  const churn = { attributes: { next_best_product: 'string' } };
  rewrite({
    syncs: {
      churn: { ...churn, table: 'predictive_atributes' },
      keys: { ...churn, table: 'predictive_attributes', customerId: 'custmer_id', updatedAt: 'moment' },
      text: { ...churn, table: 'predictive_attributes', updatedAt: 'model_version' },
      runs: { ...churn, table: 'predictive_attributes', modelRun: { table: 'predictive_attributes', model: 'x' } },
      query: { ...churn, query: 'select customer_id, updated_at from predictive_attributes' },
      broken: { ...churn, query: 'select from from', modelRun: { query: 'select id from model_runs' } },
      gone: { ...churn, table: 'predictive_attributes', modelRun: { table: 'model_run', model: 'x' } },
      epoch: {
        ...churn,
        table: 'predictive_attributes',
        modelRun: { query: 'select id, 1 as completed_at from model_runs' },
      },
    },
  });

  const { exitCode, lines } = await peakBraze(world, ['check']);
  expect(lines.filter((line) => line.startsWith('error'))).toEqual([
    "error churn      table: predictive_atributes does not exist in the tenant's database. Check its name and schema. Did you mean predictive_attributes?",
    'error keys       customerId: the table has no column custmer_id. Did you mean customer_id?',
    'error keys       updatedAt: the table has no column moment. Its columns: customer_id, churn_probability, predicted_value, next_best_product, expected_purchases, model_version, scored_at, updated_at.',
    'error text       updatedAt: column model_version has type text, which is not a timestamp. Name another column, or cast it in a query.',
    'error runs       modelRun: predictive_attributes has no column id, model, status, started_at, completed_at. Name another table, or use a query that gives id and completed_at.',
    'error query      attributes.next_best_product: the query returns no such column. Its columns: customer_id, updated_at.',
    "error broken     query: The config's query cannot be read as configured (SQLSTATE 42601).",
    'error broken     modelRun: the query gives no column completed_at. It needs id and completed_at.',
    "error gone       modelRun: model_run does not exist in the tenant's database. Check its name and schema.",
    'error epoch      modelRun: completed_at is of type int4, which contains no time. Use a query that returns it as a timestamptz.',
  ]);
  expect(lines).toContain('ok    tenant     query of query: 0 rows');
  expect(exitCode).toBe(2);
});

test('every problem of the config file is reported with its line, and checks that do not depend on it still run', async () => {
  world = await createEnvironment();
  await fillStore(world, 3);
  const sound = readFileSync(world.configPath, 'utf8');
  delete world.env.BRAZE_API_KEY;
  const missing = await peakBraze(world, ['check']);
  expect(missing.lines.slice(0, 2)).toEqual([
    `error config     workspaces.shop-eu.apiKey (peak-braze.yaml:${linesOf('apiKey:')}): the variable BRAZE_API_KEY is not set. Set it in the environment or in .env beside this file.`,
    `ok    ledger     postgres on ${ledgerHost()}, schema ${LEDGER_VERSION}, current`,
  ]);
  expect(missing.lines).toContain('ok    tenant     predictive_attributes: 3 rows, index on (updated_at, customer_id)');
  expect(missing.exitCode).toBe(2);

  writeFileSync(world.configPath, sound.replace('table:', 'tabel:').replace('decimals: 2', 'decimals: two'));
  const wrong = await peakBraze(world, ['check', '--json']);
  expect(JSON.parse(wrong.stdout)).toEqual({
    findings: [
      {
        level: 'error',
        about: 'config',
        line: Number(linesOf('apiKey:')),
        message: expect.stringContaining('the variable BRAZE_API_KEY is not set'),
      },
      {
        level: 'error',
        about: 'config',
        line: Number(linesOf('tabel:')),
        message: `syncs.churn.tabel (peak-braze.yaml:${linesOf('tabel:')}): unknown key. Did you mean table?`,
      },
      {
        level: 'error',
        about: 'config',
        line: Number(linesOf('decimals:')),
        message: expect.stringContaining('found "two", expected a whole number from 0 to 15.'),
      },
    ],
    createInBraze: [],
  });
  expect(wrong.exitCode).toBe(2);

  const none = await peakBraze(world, ['check', '--config', 'nowhere.yaml']);
  expect(none.lines[0]).toBe(
    'error config     nowhere.yaml: the config file does not exist. Create one with `npx peak-braze init --config nowhere.yaml`, or name it: --config FILE.',
  );
});

test('each way in which Braze refuses the key has its own sentence', async () => {
  world = await createEnvironment({ braze: { keys: { [DEFAULT_KEY]: ['users.track'], reader: ['users.export'] } } });
  const away = await freePort();
  const elsewhere = createServer((socket) =>
    socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'),
  );
  const elsewherePort = await listen(elsewhere);
  const workspace = (restEndpoint: string, apiKey: string) => ({ restEndpoint, apiKey });
  const names = ['unknown', 'reader', 'elsewhere', 'away'];
  rewrite({
    workspaces: {
      unknown: workspace(world.braze.url, 'hunter2-unknown'),
      reader: workspace(world.braze.url, 'reader'),
      elsewhere: workspace(`http://127.0.0.1:${elsewherePort}`, 'any'),
      away: workspace(`http://127.0.0.1:${away}`, 'any'),
      unused: workspace('http://127.0.0.1:1', 'any'),
    },
    syncs: Object.fromEntries(
      names.map((name) => [
        name,
        { workspace: name, table: 'predictive_attributes', attributes: { next_best_product: 'string' } },
      ]),
    ),
  });

  const { exitCode, stdout, lines } = await peakBraze(world, ['check']);
  expect(lines.filter((line) => line.includes(' braze '))).toEqual([
    'error braze      unknown: Braze does not know this API key (401): check the key, and that restEndpoint is the cluster the key belongs to.',
    'error braze      reader: Braze knows the API key but refuses it (403): the key needs the permission users.track and, if it has an IP allowlist, the address of this machine on that list.',
    'error braze      elsewhere: There is no /users/track at restEndpoint (404): check the address.',
    `error braze      away: 127.0.0.1:${away} does not answer (ECONNREFUSED). Check restEndpoint and the network of this machine.`,
  ]);
  expect(lines.at(-1)).toContain('4 errors, ');
  expect(exitCode).toBe(2);
  expect(stdout).not.toContain('hunter2');
});

test('with a key that may read custom attributes, types, names and the blocklist are compared with Braze', async () => {
  const keys = { [DEFAULT_KEY]: ['users.track', 'custom_attributes.get'] };
  world = await createEnvironment({ braze: { keys } });
  await fillStore(world, 3);
  await world.startWorker();
  for (let n = 0; n < 60; n += 1) world.braze.forceType(`another_${n}`, 'string');
  world.braze.forceType('churn_probability', 'number');
  world.braze.forceType('Churn_Risk', 'string');
  world.braze.forceType('predicted_value', 'string');
  world.braze.blocklist(['next_best_product']);

  const { exitCode, lines } = await peakBraze(world, ['check']);
  expect(lines.slice(3)).toEqual([
    `ok    braze      shop-eu: ${host()} accepts the key (users.track, custom_attributes.get)`,
    'ok    tenant     predictive_attributes: 3 rows, index on (updated_at, customer_id)',
    'warn  churn      attributes.churn_risk: Braze has Churn_Risk, and names are case-sensitive: a run would create a second attribute. If you mean that one, write Churn_Risk.',
    'error churn      attributes.predicted_value: its type is String in Braze and Number here; Braze silently drops values of another type. Change the type in Braze (Data Settings > Custom Attributes), or choose another name.',
    'error churn      attributes.next_best_product: blocklisted in Braze, which silently drops its values. Remove it from the blocklist (Data Settings > Custom Attributes), or from the config.',
    'Create in Braze first: churn_risk String',
    `2 errors, 1 warning. Fix peak-braze.yaml, lines ${linesOf('predicted_value:', 'next_best_product:')}, then run check again.`,
  ]);
  expect(exitCode).toBe(2);
  expect(world.braze.reads.map(({ status }) => status)).toEqual([200, 200]);

  world.braze.setCatalogRateLimit({ requests: 1, perSeconds: 3600 });
  const limited = await peakBraze(world, ['check']);
  expect(limited.lines[3]).toBe(
    `ok    braze      shop-eu: ${host()} accepts the key (users.track). Types not compared: Braze is at its rate limit for that call`,
  );
  expect(limited.exitCode).toBe(0);
});

test('a standard field is sent only with standardField: true, and is not listed as one to create', async () => {
  world = await createEnvironment();
  const column = 'next_best_product';
  const attributes = {
    email: { column, standardField: true },
    frist_name: { column, standardField: true },
    current_location: { column, standardField: true },
    likelihood: { column, standardField: true },
    phone: { column, standardField: false },
    product: { column },
  };
  world.configure({ attributes });
  const { exitCode, lines } = await peakBraze(world, ['check']);
  expect(lines.filter((line) => / churn +attributes/.test(line))).toEqual([
    'error churn      attributes.frist_name.standardField: frist_name is not a standard field of Braze. Did you mean first_name?',
    'error churn      attributes.current_location: current_location is a standard field of every Braze profile that takes an object; this sync sends single values. Choose another name, such as predicted_current_location.',
    'error churn      attributes.likelihood.standardField: likelihood is not a standard field of Braze. Remove standardField.',
    'error churn      attributes.phone: the name is a standard field of every Braze profile, and a run would overwrite it. Choose another, such as predicted_phone. To write the standard field, set standardField: true.',
  ]);
  expect(lines).toContain('Create in Braze first: product String');
  expect(exitCode).toBe(2);

  world.configure({ identifier: 'email', attributes: { email: attributes.email, product: { column } } });
  expect((await peakBraze(world, ['check'])).stdout).toContain(
    'error churn      attributes.email: email is the identifier, which every request already has. Remove it.',
  );
});

test('after a run: a changed mapping, another key, another endpoint', async () => {
  world = await createEnvironment({ braze: { keys: { [DEFAULT_KEY]: ['users.track'], rotated: ['users.track'] } } });
  await fillStore(world, 3);
  await world.startWorker();
  await world.run();

  const settled = await peakBraze(world, ['check']);
  expect(settled.stdout).not.toContain('Create in Braze first');
  expect(settled.lines.at(-1)).toBe('No errors. next: npx peak-braze preview churn');

  world.configure({ attributes: { churn_probability: { decimals: 1 }, expected_purchases: { decimals: 1 } } });
  world.env.BRAZE_API_KEY = 'rotated';
  const { exitCode, lines } = await peakBraze(world, ['check']);
  expect(exitCode).toBe(0);
  expect(lines.slice(4)).toEqual([
    'warn  braze      shop-eu: the key is new, so the next run is held once and needs approval. If it belongs to another workspace, give that one a new name. If it was rotated: npx peak-braze approve churn',
    'ok    tenant     predictive_attributes: 3 rows, index on (updated_at, customer_id)',
    'warn  churn      the mapping has changed since run 1: the next run compares the whole source table',
    ...['churn_risk', 'next_best_product', 'predicted_value'].map(
      (name) =>
        `warn  churn      ${name} is no longer in the config, and profiles keep it as run 1 sent it. Remove it: npx peak-braze backfill churn --clear ${name} --dry-run`,
    ),
    'Create in Braze first: expected_purchases Number',
    'No errors, 5 warnings. next: npx peak-braze preview churn',
  ]);

  await world.ledger('workspaces').update({ endpoint: 'https://rest.fra-01.braze.eu' });
  const moved = await peakBraze(world, ['check']);
  expect(moved.lines).toContain(
    `error braze      shop-eu: its runs sent to https://rest.fra-01.braze.eu; the config now has ${world.braze.url}. The next run will be held. Restore restEndpoint, or give the other workspace a new name.`,
  );
  expect(moved.exitCode).toBe(2);
});

test('servers that refuse connections: one sentence each, and no error of the config', async () => {
  world = await createEnvironment();
  const away = await freePort();
  rewrite({ temporal: { address: `127.0.0.1:${away}` } });
  world.env.LEDGER_URL = `postgres://u:hunter2@127.0.0.1:${away}/x`;
  world.env.TENANT_URL = `postgres://u:hunter2@127.0.0.1:${away}/x`;
  await world.braze.close();

  const { exitCode, stdout, stderr, lines } = await peakBraze(world, ['check']);
  expect(lines).toEqual([
    'ok    config     peak-braze.yaml: 1 workspace, 1 source, 1 sync',
    `error ledger     postgres on 127.0.0.1:${away} does not answer (ECONNREFUSED). Start it, or check ledger.url.`,
    `error temporal   Temporal does not answer at 127.0.0.1:${away}. Start it (npx peak-braze dev temporal) or set temporal.address.`,
    `error braze      shop-eu: ${host()} does not answer (ECONNREFUSED). Check restEndpoint and the network of this machine.`,
    "error tenant     The tenant's database does not answer (ECONNREFUSED). Start it, or check sources.tenant.url.",
    '4 errors. Fix the problems above, then run check again.',
  ]);
  expect(exitCode).toBe(1);
  expect(stdout + stderr).not.toMatch(/hunter2|    at /);
});

test('servers that accept a connection and never answer time out within seconds', async () => {
  world = await createEnvironment();
  const silent = createServer(() => undefined);
  const port = await listen(silent);
  rewrite({
    temporal: { address: `127.0.0.1:${port}` },
    workspaces: { 'shop-eu': { restEndpoint: `http://127.0.0.1:${port}`, apiKey: 'any' } },
  });
  world.env.LEDGER_URL = world.env.TENANT_URL = `postgres://u:p@127.0.0.1:${port}/x`;

  const startedAtMs = Date.now();
  const { exitCode, stderr, lines } = await peakBraze(world, ['check']);
  expect(Date.now() - startedAtMs).toBeLessThan(15_000);
  expect(lines.slice(1, -1)).toEqual([
    `error ledger     postgres on 127.0.0.1:${port} does not answer (no connection). Start it, or check ledger.url.`,
    `error temporal   Temporal does not answer at 127.0.0.1:${port}. Start it (npx peak-braze dev temporal) or set temporal.address.`,
    `error braze      shop-eu: 127.0.0.1:${port} does not answer (timeout). Check restEndpoint and the network of this machine.`,
    "error tenant     The tenant's database does not answer (TIMEOUT). Start it, or check sources.tenant.url.",
  ]);
  expect(stderr).toContain('waiting for the ledger, Temporal, Braze and the tenant\n');
  expect(exitCode).toBe(1);
});

test('databases that refuse access: password, database, permission, kind', async () => {
  world = await createEnvironment();
  const reader = `reader_${Date.now()}`;
  await world.tenant.raw(`create role ${reader} login password 'x'`);
  const urlWith = (change: (url: URL) => void) => {
    const url = new URL(world.tenantUrl);
    change(url);
    return url.href;
  };
  const sources = {
    password: urlWith((url) => (url.password = 'wrong')),
    database: urlWith((url) => (url.pathname = '/nowhere')),
    permission: urlWith((url) => ([url.username, url.password] = [reader, 'x'])),
    kind: 'snowflake://somewhere/x',
  };
  const sync = (source: string) => ({
    source,
    table: 'predictive_attributes',
    attributes: { next_best_product: 'string' },
  });
  rewrite({
    temporal: { address: temporalAddress(), namespace: 'nowhere' },
    sources: Object.fromEntries(Object.entries(sources).map(([name, url]) => [name, { url }])),
    syncs: Object.fromEntries(Object.keys(sources).map((name) => [`of-${name}`, sync(name)])),
  });
  world.env.LEDGER_URL = urlWith((url) => (url.pathname = '/nowhere'));

  const { exitCode, lines } = await peakBraze(world, ['check']);
  expect(lines.filter((line) => line.startsWith('error'))).toEqual([
    `error ledger     postgres on ${ledgerHost()} has no such database. Create it, or check ledger.url.`,
    `error temporal   Temporal at ${temporalAddress()} has no namespace nowhere. Create it or set temporal.namespace.`,
    "error password   The tenant's database refuses this user or password. Check the source's url.",
    "error database   The tenant's database does not exist. Check the source's url.",
    'error of-permission table: predictive_attributes cannot be read by this database user. Grant it SELECT.',
    'error kind       The source\'s url begins with "snowflake:"; expected postgres:// or redshift://.',
  ]);
  expect(exitCode).toBe(2);
  await world.tenant.raw(`drop role ${reader}`);
});

test('a ledger that is empty, newer, or embedded and not created yet', async () => {
  world = await createEnvironment();
  const ledgerLine = async () => (await peakBraze(world, ['check'])).lines[1];
  await world.ledger.raw(`insert into peak_braze.knex_migrations (name, batch) values ('999_later', 2)`);
  expect(await ledgerLine()).toBe(
    `error ledger     postgres on ${ledgerHost()}, schema ${LEDGER_VERSION + 1}, and this program supports up to ${LEDGER_VERSION}. Use the newer version of peak-braze-sync.`,
  );
  await world.ledger.raw('drop schema peak_braze cascade');
  expect(await ledgerLine()).toBe(`ok    ledger     postgres on ${ledgerHost()}, empty: a worker sets it up`);

  const folder = mkdtempSync(join(tmpdir(), 'peak-braze-check-'));
  writeFileSync(join(folder, 'peak-braze.yaml'), readFileSync(world.configPath));
  const embedded = { dir: folder, env: { ...world.env, LEDGER_URL: 'embedded' } };
  const { findings } = await peakBrazeJson<{ findings: { about: string; message: string }[] }>(embedded, ['check']);
  expect(findings.find(({ about }) => about === 'ledger')?.message).toBe(
    'embedded Postgres in .peak-braze/postgres, not created yet: a worker creates it',
  );
  expect(existsSync(join(folder, '.peak-braze'))).toBe(false);
});

test('a query to the tenant that takes too long times out, and is cancelled on the server', async () => {
  world = await createEnvironment();
  const tenant = openTenant(world.tenantUrl, { giveUpAfterMs: 200 });
  const shape = {
    customerId: 'id',
    updatedAt: 'at',
    customerIdType: 'text',
    updatedAtType: 'timestamptz',
    columns: [],
  };
  const slow = tenant.countRows({ ...shape, relation: { query: 'select pg_sleep(30), now() as at, 1 as id' } }, 'now');
  await expect(slow).rejects.toMatchObject({ kind: 'unavailable', code: '57014' });
  await tenant.close();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

/** A port that no server listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((done) => server.close(done));
  return port;
}
