import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { Runtime } from '@temporalio/worker';
import { pino } from 'pino';
import { listRejections } from '../../src/ledger/rejections';
import { findRun, listRuns } from '../../src/ledger/runs';
import type { StartedRun } from '../../src/temporal/runs';
import { startWorker } from '../../src/worker';
import { createEnvironment, eventually, PROJECT, type TestEnvironment } from '../environment';
import { payloads, readable } from '../histories/readable';

/** Of what may be nowhere but in the ledger and at Braze, each kind with a mark that nothing else contains. */
const CUSTOMER = 'zz-customer';
const VALUE = 'zz-value';
const AMOUNT = '7771777';
const KEY = 'zz-secret-key-of-today';
const NEW_KEY = 'zz-secret-key-of-tomorrow';
const SECRETS = [CUSTOMER, VALUE, AMOUNT, KEY, NEW_KEY, 'zz-secret'];

let world: TestEnvironment;
let log: string;
beforeEach(async () => {
  log = '';
  world = await createEnvironment({ braze: { keys: { [KEY]: ['users.track'], [NEW_KEY]: ['users.track'] } } });
  world.env.BRAZE_API_KEY = KEY;
  world.configure({ guards: { maxRejectedShare: 1 } });
  await world.tenant.raw(
    `insert into predictive_attributes (customer_id, churn_probability, predicted_value, next_best_product, model_version, updated_at)
     select '${CUSTOMER}-' || n || '@example.test', 0.5, ${AMOUNT}000 + n, '${VALUE}-' || n, '1', now() from generate_series(1, 200) n`,
  );
});
afterEach(() => world.close());

/** A worker of which everything that is said is kept, by us and by the SDK. */
async function worker<T>(work: () => Promise<T>): Promise<T> {
  const keep = (message: string, meta?: unknown) => void (log += `${message} ${inspect(meta, { depth: 10 })}\n`);
  Runtime.install({ logger: { log() {}, trace: keep, debug: keep, info: keep, warn: keep, error: keep } });
  const running = await startWorker({
    configPath: world.configPath,
    env: world.env,
    ledgerUrl: world.ledgerUrl,
    temporal: {
      address: process.env.TEST_TEMPORAL_ADDRESS!,
      namespace: 'default',
      taskQueue: world.temporal.taskQueue,
    },
    log: pino({ level: 'trace' }, { write: (line: string) => void (log += line) }),
    workflowBundle: { code: readFileSync(join(PROJECT, 'lib/workflow-bundle.js'), 'utf8') },
  });
  try {
    return await work();
  } finally {
    // The last worker of a process takes the runtime with it: the next one says again who listens.
    await running.stop();
  }
}

const handle = (run: StartedRun) => world.temporal.client.workflow.getHandle(run.workflowId);

/** All that Temporal holds of a run, in one text. */
async function everythingOf(run: StartedRun): Promise<string> {
  const history: unknown = JSON.parse(historyToJSON(await handle(run).fetchHistory()));
  const { raw, memo, searchAttributes } = await handle(run).describe();
  const described = JSON.stringify(raw, (_key, value: unknown) =>
    value instanceof Uint8Array || Buffer.isBuffer(value) ? Buffer.from(value).toString() : value,
  );
  // A check that finds nothing because it reads nothing would always pass.
  expect(payloads(history).join()).toContain('"sync":"churn"');
  expect(searchAttributes).toMatchObject({ SyncName: ['churn'] });
  return [readable(history), described, JSON.stringify(memo)].join('\n');
}

function expectNothingPrivate(text: string): void {
  const found = SECRETS.filter((secret) => text.includes(secret));
  const places = found.map((secret) => text.slice(text.indexOf(secret) - 200, text.indexOf(secret) + 60));
  expect(places).toEqual([]);
  for (const url of [world.tenantUrl, world.ledgerUrl]) expect(text).not.toContain(new URL(url).password);
}

function change(set: string, where = 'true') {
  return world.tenant.raw(`update predictive_attributes set ${set}, updated_at = clock_timestamp() where ${where}`);
}

test('a normal run leaves no customer, value or key in Temporal', () =>
  worker(async () => {
    const run = await world.start();
    expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 200 });
    expectNothingPrivate(await everythingOf(run));
    expectNothingPrivate(log);
    expect(log).toContain('RUNNING');
  }));

test('nor does one whose values are rejected, here and by Braze in words that quote them', () =>
  worker(async () => {
    world.configure({
      attributes: {
        churn_probability: { type: 'number', decimals: 2 },
        predicted_value: { column: 'model_version', type: 'number' },
        next_best_product: 'string',
      },
    });
    await change(`model_version = '${VALUE} is no number'`, `customer_id like '%1@example.test'`);
    await change(`next_best_product = repeat('${VALUE}', 100)`, `customer_id like '%2@example.test'`);
    world.braze.respond(({ ids }) =>
      ids.length < 75
        ? null
        : {
            status: 201,
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({
              message: 'success',
              attributes_processed: ids.length - 1,
              errors: [{ type: `'${VALUE}-7' of ${ids[0]} is invalid`, input_array: 'attributes', index: 0 }],
            }),
          },
    );
    const run = await world.start();
    const ended = await world.ended(run);
    expect(ended.state).toBe('completed-with-rejections');
    const reasons = (await listRejections(world.ledger, 'churn', { limit: 1_000 })).map(({ reason }) => reason);
    expect(new Set(reasons)).toEqual(new Set(['not-a-number', 'too-long', 'refused-by-braze']));
    expectNothingPrivate(await everythingOf(run));
    expectNothingPrivate(log);
  }));

test('nor does one that is held: by a guard, by a 401 that echoes the key, by a new key, by values that cannot be read', () =>
  worker(async () => {
    await world.run();
    world.configure({ guards: { maxChangedShare: 0.1, maxRejectedShare: 1 } });
    await change(`next_best_product = '${VALUE}-new'`);
    world.configure({
      attributes: { product_number: { column: 'n', type: 'number' } },
      table: undefined,
      query: `select customer_id, churn_probability, predicted_value, next_best_product, updated_at,
                     next_best_product::int as n from predictive_attributes`,
    });
    const run = await world.start();
    const unreadable = await world.reaches(run, 'held');
    expect(unreadable.heldBecause).toMatch(/cannot be read as configured \(SQLSTATE 22P02\)/);
    // A run works with its own copy of the sync: this one cannot be fixed.
    expectNothingPrivate(await everythingOf(run));
    await world.signal(run, 'discard');
    await world.ended(run);

    world.configure({
      attributes: { next_best_product: 'string', predicted_value: 'number' },
      query: undefined,
      table: 'predictive_attributes',
    });
    world.env.BRAZE_API_KEY = NEW_KEY;
    world.braze.revokeKey(NEW_KEY);
    const second = await world.start();
    const causes: string[] = [];
    for (const hold of [1, 2, 3]) {
      const held = await eventually(async () => {
        const progress = await world.progress(second);
        return progress.hold === hold ? progress : null;
      }, `hold ${hold}`);
      causes.push(held.heldBecause!);
      if (hold === 3) world.braze.restoreKey(NEW_KEY);
      await world.signal(second, hold === 3 ? 'retry' : 'approve', { hold });
    }
    expect(causes.join()).toMatch(/not the one used before.*would change.*key/s);
    expect(await world.ended(second)).toMatchObject({ state: 'completed' });
    expectNothingPrivate(await everythingOf(second));
    expectNothingPrivate(log);
  }));

test('nor does one that meets databases which quote what they were given', () =>
  worker(async () => {
    // As a unique violation does, in message, detail and hint.
    await world.ledger.raw(`
      create function quote() returns trigger language plpgsql as $$ begin
        raise exception 'no room for % %', new.customer, '${VALUE}' using errcode = '23505', detail = new.customer, hint = '${VALUE}';
      end $$;
      create trigger quote before insert on acknowledged for each row execute function quote()`);
    const run = await world.start();
    const waiting = await eventually(async () => {
      const record = await findRun(world.ledger, run.firstRunId);
      return record?.waitingFor ? record : null;
    }, 'the wait to be shown');
    expect(waiting.waitingFor).toBe('The ledger returned an error (23505)');
    await eventually(async () => {
      const { pendingActivities } = (await handle(run).describe()).raw;
      return pendingActivities?.some(({ lastFailure }) => lastFailure?.message?.includes('23505')) ?? false;
    }, 'a second attempt');
    expectNothingPrivate(await everythingOf(run));

    await world.ledger.raw('drop trigger quote on acknowledged');
    expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 200 });
    expectNothingPrivate(await everythingOf(run));
    expectNothingPrivate(log);
    expectNothingPrivate(
      JSON.stringify((await listRuns(world.ledger, 'churn', 5)).map(({ waitingFor }) => waitingFor)),
    );
  }));

test('nor does one that meets a Braze that quotes, an unusable url and an invalid file', () =>
  worker(async () => {
    world.configure({}, { sources: { tenant: { url: 'mysql://reader:zz-secret@db.example.test/shop' } } });
    const run = await world.start();
    await world.reaches(run, 'held');
    world.configure({ overlap: 'an hour' }, { sources: { tenant: { url: '${TENANT_URL}' } } });
    await world.signal(run, 'retry');
    await eventually(async () => (await world.progress(run)).hold === 2, 'the second hold');
    world.configure({ overlap: '1h' });
    let answers = 0;
    world.braze.respond(({ ids, body }) => {
      answers += 1;
      if (answers > 4) return null;
      return { status: answers > 2 ? 500 : 400, body: JSON.stringify({ message: `${ids.join()} ${body} ${KEY}` }) };
    });
    await world.signal(run, 'retry');
    expect(await world.ended(run)).toMatchObject({ accepted: 200 });
    expectNothingPrivate(await everythingOf(run));
    expectNothingPrivate(log);
  }));
