import { randomUUID } from 'node:crypto';
import { DEFAULT_KEY } from '../../emulators/braze/emulator';
import { peakBraze } from '../commandLine';
import { createEnvironment, eventually, fillStore, type TestEnvironment } from '../environment';
import { startReceiver, type Receiver } from '../notices/receiver';

let world: TestEnvironment;
let receiver: Receiver;
let sync: string;
beforeEach(async () => {
  sync = `churn-${randomUUID().slice(0, 8)}`;
  receiver = await startReceiver();
  world = await createEnvironment({ syncName: sync });
  world.env.WEBHOOK = receiver.url;
  world.configure({ notify: { webhook: '${WEBHOOK}' } });
  await world.startWorker();
});
afterEach(async () => {
  await world.close();
  await receiver.close();
});

const notified = () => receiver.received.map(({ run, state }) => `${run} ${state}`);

test('a hold, its end and the first success after it are notified once each; a normal run is not', async () => {
  await fillStore(world, 200);
  expect(await world.run()).toMatchObject({ state: 'completed' });
  expect(receiver.tries).toBe(0);

  world.braze.revokeKey(DEFAULT_KEY);
  const run = await world.start({ mode: 'backfill', everything: true, resend: true });
  await world.reaches(run, 'held');
  await eventually(async () => receiver.received.length === 1, 'the notification of the hold');
  expect(receiver.received[0]).toMatchObject({
    sync,
    run: 2,
    state: 'held',
    hold: 1,
    command: `npx peak-braze retry ${sync}`,
    counts: { changed: 200, accepted: 0, rejected: 0 },
    workflowId: run.workflowId,
  });
  // A pause in between is the person's own doing, and the same hold after it is no news.
  await world.signal(run, 'pause');
  await world.reaches(run, 'paused');
  await world.signal(run, 'resume');
  await world.reaches(run, 'held');

  world.braze.restoreKey(DEFAULT_KEY);
  await world.signal(run, 'retry');
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 200 });
  expect(notified()).toEqual(['2 held', '2 delivering', '2 completed']);
  expect(receiver.received[1]!.text).toContain(`${sync}, run 2 resumed: delivering.`);

  await world.run();
  expect(receiver.received).toHaveLength(3);
});

test('no new model run, rejections, an end as incomplete, and the first success after each', async () => {
  await fillStore(world, 200);
  world.configure({ modelRun: { table: 'model_runs', model: 'churn', poll: '1s', timeout: '1s' } });
  await world.run({ modelRun: 'next' });
  world.configure({ modelRun: 'none' });
  await world.run();
  await world.tenant.raw(
    `update predictive_attributes set churn_probability = 'NaN', updated_at = now() where customer_id = 'c000001'`,
  );
  await world.run();
  world.configure({ holdFor: '1s', guards: { maxChangedShare: 0.2 } });
  await world.tenant.raw(`update predictive_attributes set next_best_product = 'new', updated_at = clock_timestamp()`);
  await world.run();
  expect(notified()).toEqual([
    '1 no-new-model-run',
    '2 completed',
    '3 completed-with-rejections',
    '4 held',
    '4 incomplete',
  ]);
  const texts = receiver.received.map(({ text }) => text);
  expect(texts[2]).toContain(`npx peak-braze rejected ${sync}`);
  expect(texts[3]).toContain(`npx peak-braze approve ${sync}`);
  expect(texts[4]).toContain(`npx peak-braze run ${sync}`);
  expect(JSON.stringify(receiver.received)).not.toMatch(/c\d{6}|product|emulator-key/);
});

test('an invalid file is notified to the webhook that the file named before', async () => {
  await fillStore(world, 10);
  world.configure({ overlap: 'an hour' });
  const run = await world.start();
  await world.reaches(run, 'held');
  await eventually(async () => receiver.received.length === 1, 'the notification of the hold');
  expect(receiver.received[0]!.because).toMatch(/overlap/);
});

test('a webhook that fails never hurts the run, shows in status, and its address is nowhere', async () => {
  await fillStore(world, 200);
  receiver.answer = 500;
  world.configure({ guards: { maxCustomers: 10 } });
  const run = await world.start();
  await world.reaches(run, 'held');
  await world.signal(run, 'approve');
  receiver.answer = 'hang';
  expect(await world.ended(run)).toMatchObject({ state: 'completed', accepted: 200 });
  expect(receiver.received).toHaveLength(0);

  const status = await peakBraze(world, 'status', sync);
  expect(status).toMatchObject({ code: 0 });
  expect(status.stdout).toMatch(
    new RegExp(`warn +${sync} +notification of run 1 \\(completed\\) did not arrive: timeout, .*notify\\.webhook`),
  );
  const json = JSON.parse((await peakBraze(world, 'status', sync, '--json')).stdout);
  expect(json.syncs[0].failedNotice).toMatchObject({ run: 1, change: 'completed', code: 'timeout' });

  const history = JSON.stringify(await world.temporal.client.workflow.getHandle(run.workflowId).fetchHistory());
  const ledger = await Promise.all(
    ['runs', 'notices', 'settings', 'worker_configs'].map((table) => world.ledger.raw(`select * from ${table}`)),
  );
  const everywhere = history + JSON.stringify(ledger.map(({ rows }) => rows)) + status.stdout + status.stderr;
  expect(everywhere).not.toContain(receiver.secret);
  expect(everywhere).not.toContain(Buffer.from(receiver.secret).toString('base64').slice(0, 16));
}, 90_000);
