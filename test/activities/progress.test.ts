import type { BrazeClient } from '../../src/braze/client';
import { OUTAGE } from '../../src/delivery/outageTracker';
import { extractPhase } from '../../src/extraction/extractPhase';
import { noFigures } from '../../src/extraction/figures';
import { shapeOf } from '../../src/extraction/pages';
import { readPreparedRun } from '../../src/planning/preparedRun';
import { SENDING } from '../../src/types/sendingTimes';
import { eventually, fillStore } from '../environment';
import { begin, createHarness, hourThatLasts, type ActivityHarness, type Running } from './harness';

const HEARTBEAT_MS = 250;
const LIMIT_MS = 5 * HEARTBEAT_MS;

let stage: ActivityHarness;
beforeEach(async () => {
  stage = await createHarness({ sync: { delivery: { settle: '0s', chunkCustomers: 3_000, lanes: 1 } } });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await stage.close();
});

function setTime(name: keyof typeof SENDING, ms: number): void {
  jest.replaceProperty(SENDING as Record<typeof name, number>, name, ms);
}

const chunkOf = (run: number, chunk: number, waitingShown: string | null = null) => ({
  run,
  chunk,
  keyConfirmed: false,
  approvedGuards: [],
  waitingShown,
});

function configureWorkspace(rateLimit: object): void {
  const workspace = { restEndpoint: stage.world.braze.url, apiKey: '${BRAZE_API_KEY}', rateLimit };
  stage.world.configure({}, { workspaces: { 'shop-eu': workspace } });
}

test('an attempt that hangs stops heartbeating and lets go of its chunk: the next one delivers it', async () => {
  setTime('progressLimitMs', LIMIT_MS);
  setTime('takeOverAfterMs', 3_000);
  await fillStore(stage.world, 300);
  const run = await stage.extracted();
  const silent: BrazeClient = { track: () => new Promise(() => {}), close: () => Promise.resolve() };
  const hung = begin(stage.elsewhere({ braze: () => silent }), 'postChunk', chunkOf(run, 0));
  await expect(hung.result).rejects.toMatchObject({ type: 'Waiting', message: expect.stringContaining('no progress') });
  const heartbeats = hung.heartbeats.length;
  expect(heartbeats).toBeGreaterThanOrEqual(LIMIT_MS / HEARTBEAT_MS);

  expect(await stage.post(run)).toMatchObject({ done: true, accepted: 300 });
  expect(hung.heartbeats).toHaveLength(heartbeats);
  const { rows } = await stage.ledger.raw('select lost_answers as "lostAnswers" from claims where run = ?', [run]);
  expect(rows).toEqual([{ lostAnswers: true }]);
});

/** Waits that have a cause, however long they are: each begins one and gives the attempt that waits, and those it waits for. */
const WAITS: Record<string, () => Promise<Running<unknown> | Running<unknown>[]>> = {
  async 'an outage of Braze'() {
    await fillStore(stage.world, 150);
    const run = await stage.extracted();
    stage.world.braze.outage(true);
    return stage.begin('postChunk', chunkOf(run, 0, 'Braze 503'));
  },
  async 'a 429'() {
    await fillStore(stage.world, 150);
    const run = await stage.extracted();
    stage.world.braze.failNext(100, '429', { retryAfterSeconds: 60 });
    return stage.begin('postChunk', chunkOf(run, 0, 'Braze 429'));
  },
  async "an hour's budget that is used up"() {
    await fillStore(stage.world, 225);
    configureWorkspace({ requests: 3_000, perSeconds: 3, requestsPerHour: 2 });
    jest.replaceProperty(OUTAGE as { reportAfterMs: number }, 'reportAfterMs', 100);
    const run = await stage.extracted();
    await hourThatLasts();
    expect(await stage.post(run)).toMatchObject({ done: false, accepted: 75 });
    return stage.begin('postChunk', chunkOf(run, 0, "the workspace's request budget"));
  },
  async 'the claim of another attempt'() {
    await fillStore(stage.world, 75);
    const run = await stage.extracted();
    await stage.ledger.raw(
      `insert into claims (run, chunk, claim, from_seq, to_seq, renewed_at) values (?, 0, 'another', 1, 75, clock_timestamp())`,
      [run],
    );
    return stage.beginPost(run);
  },
  async 'the distance from the run before'() {
    await fillStore(stage.world, 75);
    await stage.finish(await stage.extracted());
    stage.world.configure({ delivery: { settle: '60s', chunkCustomers: 3_000, lanes: 1 } });
    await stage.world.tenant.raw(`update predictive_attributes set next_best_product = 'new', updated_at = now()`);
    return stage.beginPost(await stage.extracted());
  },
  async 'requests of another chunk that fill the window'() {
    stage.world.configure({ delivery: { settle: '0s', chunkCustomers: 75, lanes: 1 } });
    await fillStore(stage.world, 150);
    const run = await stage.extracted();
    await stage.ledger.raw('update runs set in_flight_per_chunk = 1 where number = ?', [run]);
    stage.world.braze.outage(true);
    const first = stage.begin('postChunk', chunkOf(run, 0, 'Braze 503'));
    await eventually(async () => stage.world.braze.requests.length > 0, 'the first chunk to send');
    return [stage.begin('postChunk', chunkOf(run, 1, 'Braze 503')), first];
  },
};

test.each(Object.keys(WAITS))('%s is a wait that is known: the attempt keeps heartbeating', async (name) => {
  setTime('progressLimitMs', LIMIT_MS);
  const attempts = [await WAITS[name]!()].flat();
  const [attempt] = attempts as [Running<unknown>];
  const twiceTheLimit = 2 * (LIMIT_MS / HEARTBEAT_MS) + 1;
  await eventually(async () => attempt.heartbeats.length >= twiceTheLimit, `${twiceTheLimit} heartbeats`);
  for (const one of attempts) one.stop();
  expect(await attempt.result).toMatchObject({ done: false, hold: null });
});

test('extraction marks each page that was read, and each that was committed', async () => {
  await fillStore(stage.world, 5_000);
  const run = await stage.prepared();
  const record = await readPreparedRun(stage.ledger, run);
  const tenant = stage.deps.tenant(stage.world.tenantUrl);
  const marks: string[] = [];
  const reader = {
    ledger: stage.ledger,
    tenant,
    record,
    shape: shapeOf(record.settings, record.types),
    refresh: null,
    onProgress: () => void marks.push('read'),
  };
  const onProgress = () => void marks.push('page');
  await extractPhase(
    { ledger: stage.ledger, record, reader, stop: new AbortController().signal, onProgress },
    { cursor: null, figures: noFigures(record.settings.attributes.length) },
  );
  // Three pages: each is read, looked up, and followed by the commit of the one before.
  expect(marks.filter((mark) => mark === 'read')).toHaveLength(3);
  expect(marks.filter((mark) => mark === 'page')).toHaveLength(6);
});
