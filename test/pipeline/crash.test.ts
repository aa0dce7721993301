import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporal as proto } from '@temporalio/proto';
import { listRuns } from '../../src/ledger/runs';
import { startPostgres } from '../../src/local/postgres';
import { startTemporal } from '../../src/local/temporal';
import {
  createEnvironment,
  eventually,
  expectProfilesEqualStore,
  fillStore,
  type TestEnvironment,
  type TestEnvironmentOptions,
} from '../environment';
import { startProxy } from './proxy';

const { PendingActivityState } = proto.api.enums.v1;

/** Heartbeat timeout (20 s), claim (15 s) and Temporal's own timers pass before a lost worker's chunk continues. */
const LONG = 120_000;

const CUSTOMERS_IN_A_REQUEST = 75;
/** What a run may have in flight. */
const WINDOW = 256;

let world: TestEnvironment;
afterEach(() => world.close());

/** About `perSecond` requests a second, answered after `latencyMs`. */
async function slowWorld(
  customers: number,
  perSecond: number,
  latencyMs: number,
  options: TestEnvironmentOptions = {},
): Promise<void> {
  world = await createEnvironment(options);
  await fillStore(world, customers);
  world.braze.setLatency(latencyMs);
  world.configure(
    { delivery: { settle: '0s', chunkCustomers: 3_000, lanes: 2 } },
    {
      workspaces: {
        'shop-eu': {
          restEndpoint: world.braze.url,
          apiKey: '${BRAZE_API_KEY}',
          rateLimit: { requests: perSecond, perSeconds: 1 },
        },
      },
    },
  );
}

/** Whether every activity of a run is in a later attempt, in a worker's hands. */
async function secondAttemptsStarted(workflowId: string): Promise<boolean> {
  const { raw } = await world.temporal.client.workflow.getHandle(workflowId).describe();
  const pending = raw.pendingActivities ?? [];
  return (
    pending.length > 0 &&
    pending.every(({ attempt, state }) => attempt! > 1 && state === PendingActivityState.PENDING_ACTIVITY_STATE_STARTED)
  );
}

const someRequests = (n: number) => eventually(async () => world.braze.requests.length >= n, `${n} requests`);

test(
  'a worker killed in mid-chunk loses nothing, and only what was in flight is sent twice',
  async () => {
    await slowWorld(9_000, 50, 100);
    const worker = await world.spawnWorker();
    const run = await world.start();
    await someRequests(30);
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    // What was on its way has arrived, and been answered to nobody.
    await eventually(async () => Date.now() - world.braze.requests.at(-1)!.receivedAtMs > 300, 'the last request');
    const unanswered = world.braze.requests.length;
    world.braze.setLatency(0);
    await world.spawnWorker();

    expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 9_000, rejected: 0 });
    await expectProfilesEqualStore(world);
    const twice = world.braze.sentTwice().length;
    // 50/s, 100 ms until answered and 30 ms until recorded: some seven requests were in flight.
    expect(twice).toBeLessThanOrEqual(15 * CUSTOMERS_IN_A_REQUEST);
    expect(world.braze.requests.length).toBeLessThanOrEqual(unanswered + 9_000 / CUSTOMERS_IN_A_REQUEST);

    expect(await world.run()).toMatchObject({ changed: 0, requests: 0 });
  },
  LONG,
);

test(
  'a worker killed while it looks for the model run delays the run by a heartbeat timeout, no more',
  async () => {
    await slowWorld(100, 50, 0, {
      sync: { modelRun: { table: 'model_runs', model: 'churn', poll: '1s', timeout: '6h' } },
    });
    const worker = await world.spawnWorker();
    const run = await world.tenant.transaction(async (blocker) => {
      await blocker.raw('lock table model_runs in access exclusive mode');
      const started = await world.start();
      const looks = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      // Not in the transaction: what it sees of others stands still.
      await eventually(async () => (await world.tenant.raw(looks)).rowCount === 1, 'the look');
      worker.kill('SIGKILL');
      await once(worker, 'exit');
      await blocker.raw(`insert into model_runs values ('m1', 'churn', 'completed', now(), now())`);
      return started;
    });
    await world.spawnWorker();
    expect(await world.ended(run)).toMatchObject({ state: 'completed', modelRun: 'm1', accepted: 100 });
  },
  LONG,
);

test(
  'a worker that is stopped finishes what is in flight; the next one continues and sends no customer twice',
  async () => {
    await slowWorld(6_000, 50, 100);
    const worker = await world.spawnWorker();
    const run = await world.start();
    await someRequests(15);
    worker.kill('SIGTERM');
    await world.spawnWorker();

    expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 6_000 });
    expect(world.braze.sentTwice()).toEqual([]);
    await expectProfilesEqualStore(world);
  },
  LONG,
);

test(
  'a worker that lost Temporal but not Braze and another that takes over never send the same customer',
  async () => {
    // 80 requests of the first two chunks take longer than the 20 s after which Temporal gives them to the second worker.
    await slowWorld(9_000, 3, 20);
    const wire = await startProxy(process.env.TEST_TEMPORAL_ADDRESS!);
    try {
      await world.spawnWorker({ temporalAddress: wire.address });
      const run = await world.start();
      await someRequests(4);
      wire.cut();
      await world.spawnWorker();
      // Temporal gives the chunks to the second worker after 20 s without a heartbeat; the first still sends then.
      await eventually(
        () => secondAttemptsStarted(run.workflowId),
        'both chunks to be given to the second worker',
        60_000,
      );
      await someRequests(world.braze.requests.length + 3);

      expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 9_000 });
      expect(world.braze.sentTwice()).toEqual([]);
      await expectProfilesEqualStore(world);
    } finally {
      await wire.close();
    }
  },
  LONG,
);

test(
  'a worker that was frozen while another took over sends nothing more once it wakes',
  async () => {
    await slowWorld(9_000, 20, 50);
    const frozen = await world.spawnWorker();
    const run = await world.start();
    await someRequests(10);
    frozen.kill('SIGSTOP');
    await world.spawnWorker();
    const atFreeze = world.braze.requests.length;
    // The frozen worker still waits for tasks and is given some: each of those comes back after its timeout only.
    await eventually(async () => world.braze.requests.length > atFreeze + 3, 'the second worker to send', 150_000);
    frozen.kill('SIGCONT');

    expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 9_000 });
    expect(world.braze.sentTwice().length).toBeLessThanOrEqual(8 * CUSTOMERS_IN_A_REQUEST);
    await expectProfilesEqualStore(world);
  },
  2 * LONG,
);

test(
  'temporal workflow terminate in mid-delivery, followed at once by the next run, loses nobody',
  async () => {
    await slowWorld(6_000, 50, 100);
    await world.startWorker();
    const run = await world.start();
    await someRequests(15);
    await world.temporal.client.workflow.getHandle(run.workflowId).terminate('test');
    const next = await world.run();

    expect(next).toMatchObject({ run: 2, state: 'completed' });
    const [, terminated] = await listRuns(world.ledger, 'churn', 2);
    expect(terminated).toMatchObject({ run: 1, state: 'incomplete' });
    expect(terminated!.accepted + next.accepted).toBeGreaterThanOrEqual(6_000);
    expect(terminated!.accepted).toBeGreaterThan(0);
    expect(world.braze.sentTwice().length).toBeLessThanOrEqual(WINDOW * CUSTOMERS_IN_A_REQUEST);
    await expectProfilesEqualStore(world);
    expect(await world.run()).toMatchObject({ changed: 0, requests: 0 });
  },
  LONG,
);

test(
  'a value that reached Braze without a receipt before the run was discarded, and then returns to its old value, is sent',
  async () => {
    await slowWorld(75, 1000, 0);
    await world.startWorker();
    await world.run();
    const old = world.braze.profile('c000001')!.next_best_product;
    await world.tenant.raw(
      `update predictive_attributes set next_best_product = 'briefly', updated_at = clock_timestamp() where customer_id = 'c000001'`,
    );
    // Applied, and the answer lost, again and again.
    world.braze.failNext(6, 'reset-after-apply');
    const run = await world.start();
    await eventually(
      async () => world.braze.profile('c000001')!.next_best_product === 'briefly',
      'the value to be applied',
    );
    await world.signal(run, 'pause');
    await world.reaches(run, 'paused');
    await world.signal(run, 'discard');
    expect(await world.ended(run)).toMatchObject({ state: 'discarded', accepted: 0 });

    // Back to what the ledger holds as acknowledged, and long ago by its own time stamp.
    await world.tenant.raw(
      `update predictive_attributes set next_best_product = ?, updated_at = now() - interval '9 days' where customer_id = 'c000001'`,
      [old as string],
    );
    const recovered = await eventually(async () => {
      const next = await world.run();
      return next.state === 'completed' ? next : null;
    }, 'the next run to be recorded');
    expect(recovered).toMatchObject({ changed: 1, accepted: 1, valuesSent: 1 });
    expect(world.braze.profile('c000001')!.next_best_product).toBe(old);
    expect(await world.run()).toMatchObject({ changed: 0, requests: 0 });
  },
  LONG,
);

test(
  'a restart of Temporal and of Postgres in mid-delivery loses nothing',
  async () => {
    const dir = await mkdtemp(join(tmpdir(), 'peak-braze-restart-'));
    const note = () => undefined;
    let temporal = await startTemporal({ dir: join(dir, 'temporal'), headless: true, note });
    let postgres = await startPostgres({ dir: join(dir, 'postgres'), note });
    try {
      await slowWorld(6_000, 30, 50, { temporalAddress: temporal.address, postgresUrl: postgres.url });
      await world.spawnWorker();
      const run = await world.start();
      await someRequests(10);
      const port = Number(temporal.address.split(':')[1]);
      await temporal.stop();
      temporal = await startTemporal({ dir: join(dir, 'temporal'), headless: true, port, note });
      await someRequests(20);
      await postgres.stop();
      postgres = await startPostgres({ dir: join(dir, 'postgres'), port: postgres.port, note });

      const ended = await eventually(
        async () => {
          const record = await world.ended(run).catch(() => null);
          return record?.finishedAt ? record : null;
        },
        'the run to end',
        90_000,
      );
      expect(ended).toMatchObject({ state: 'completed', accepted: 6_000 });
      await expectProfilesEqualStore(world);
      expect(world.braze.sentTwice().length).toBeLessThanOrEqual(2 * 10 * CUSTOMERS_IN_A_REQUEST);
    } finally {
      await world.close();
      await temporal.stop();
      await postgres.stop();
      await rm(dir, { recursive: true, force: true });
      world = await createEnvironment();
    }
  },
  LONG,
);
