import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_KEY } from '../../emulators/braze/emulator';
import { OUTAGE } from '../../src/delivery/outageTracker';
import { listRejections } from '../../src/ledger/rejections';
import { readRun } from '../../src/ledger/runs';
import { SENDING } from '../../src/types/sendingTimes';
import { eventually, expectProfilesEqualStore, fillStore } from '../environment';
import { atRate, createHarness, customers, hourThatLasts, sentCustomers, type ActivityHarness } from './harness';

const CUSTOMERS_IN_A_REQUEST = 75;

let stage: ActivityHarness;
beforeEach(async () => {
  stage = await createHarness({ sync: { delivery: { settle: '0s', chunkCustomers: 3_000, lanes: 2 } } });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await stage.close();
});

const someRequests = (n: number) => eventually(async () => stage.world.braze.requests.length >= n, `${n} requests`);

/** Until so many statements that name this table wait for a lock. */
const waitForLocks = (table: string, n = 1) =>
  eventually(async () => {
    // Neither in a transaction, which sees no news of others, nor on the activities' connections, which may all be waiting.
    const { rowCount } = await stage.world.ledger.raw(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like ?`,
      [`%${table}%`],
    );
    return rowCount >= n;
  }, `${n} statements about ${table} to wait`);

async function receipts(run: number): Promise<{ from: number; to: number; accepted: number; rejected: number }[]> {
  const { rows } = await stage.ledger.raw(
    'select from_seq as from, to_seq as to, accepted, rejected from receipts where run = ? order by from_seq',
    [run],
  );
  return rows;
}

/** Asserts that receipts cover 1..n, each number once. */
async function expectCovered(run: number, n: number): Promise<void> {
  let next = 1;
  for (const { from, to } of await receipts(run)) {
    expect(from).toBe(next);
    next = to + 1;
  }
  expect(next).toBe(n + 1);
}

/** A claim as another attempt left it. */
async function claimOfAnother(run: number, ageMs: number, released = false): Promise<void> {
  await stage.ledger.raw(
    `insert into claims (run, chunk, claim, from_seq, to_seq, renewed_at, released)
     values (?, 0, 'another', 1, 3000, clock_timestamp() - make_interval(secs => ?), ?)`,
    [run, ageMs / 1000, released],
  );
}

test('a chunk sends what has no receipt and nothing else', async () => {
  await fillStore(stage.world, 300);
  const run = await stage.extracted();
  await stage.ledger.raw(
    `insert into receipts (run, from_seq, to_seq, requests, accepted, rejected, values_sent)
     values (?, 1, 75, 1, 75, 0, 300), (?, 120, 130, 1, 10, 1, 40)`,
    [run, run],
  );

  expect(await stage.post(run)).toEqual({
    done: true,
    hold: null,
    waiting: null,
    leaseLost: false,
    accepted: 299,
    rejected: 1,
    requests: 6,
  });
  expect(sentCustomers(stage).toSorted()).toEqual([...customers(76, 119), ...customers(131, 300)]);
  await expectCovered(run, 300);

  // A retry of a chunk whose end was not reported finds nothing left.
  const before = stage.world.braze.requests.length;
  expect(await stage.post(run)).toMatchObject({ done: true, accepted: 299 });
  expect(stage.world.braze.requests).toHaveLength(before);
});

test('a stop returns normally: no request after it, and everything answered is receipted', async () => {
  await fillStore(stage.world, 3_000);
  atRate(stage, 50);
  stage.world.braze.setLatency(150);
  const run = await stage.extracted();
  const attempt = stage.beginPost(run);
  await someRequests(12);
  attempt.stop();
  const stoppedAtMs = Date.now();

  const result = await attempt.result;
  expect(result).toMatchObject({ done: false, hold: null });
  expect(result.accepted).toBe(stage.world.braze.summary().profiles);
  expect(result.requests).toBe(stage.world.braze.requests.length);
  expect(stage.world.braze.requests.filter(({ receivedAtMs }) => receivedAtMs > stoppedAtMs + 100)).toEqual([]);
  expect(stage.world.braze.requests.every(({ status }) => status === 201)).toBe(true);

  stage.world.braze.setLatency(0);
  atRate(stage, 1_000);
  // The claim was released, so no attempt has to wait for its age.
  const resumedAtMs = Date.now();
  expect(await stage.post(run)).toMatchObject({ done: true, accepted: 3_000 });
  expect(Date.now() - resumedAtMs).toBeLessThan(5_000);
  expect(stage.world.braze.sentTwice()).toEqual([]);
  await expectCovered(run, 3_000);
  await expectProfilesEqualStore(stage.world);
});

test('objects that Braze refuses are rejected in its own words, the rest is accepted', async () => {
  await fillStore(stage.world, 150);
  stage.world.configure({ guards: { maxRejectedShare: 1 } });
  stage.world.braze.poison(['c000007', 'c000100']);
  const run = await stage.extracted();

  expect(await stage.post(run)).toEqual({
    done: true,
    hold: null,
    waiting: null,
    leaseLost: false,
    accepted: 148,
    rejected: 2,
    requests: 2,
  });
  const rejections = await listRejections(stage.ledger, 'churn', { limit: 10 });
  expect(rejections.map(({ customerId }) => customerId)).toEqual(['c000007', 'c000100']);
  expect(rejections[0]).toMatchObject({
    run,
    attribute: null,
    reason: 'refused-by-braze',
    message: 'provided external_id is blacklisted and disallowed',
    open: true,
    tries: 1,
  });
  const { rows } = await stage.ledger.raw(`select count(*)::int as n from acknowledged`);
  expect(rows[0].n).toBe(148);
});

test('a request that is refused whole is split until the offender is alone', async () => {
  await fillStore(stage.world, 150);
  stage.world.configure({ guards: { maxRejectedShare: 1 } });
  stage.world.braze.refuseWhole(['c000042']);
  const run = await stage.extracted();

  expect(await stage.post(run)).toMatchObject({ done: true, hold: null, accepted: 149, rejected: 1 });
  const rejections = await listRejections(stage.ledger, 'churn', { limit: 10 });
  expect(rejections).toMatchObject([{ customerId: 'c000042', reason: 'refused-by-braze', message: 'Bad Request' }]);
  const refused = stage.world.braze.requests.filter(({ status }) => status === 400);
  expect(refused.at(-1)!.ids).toEqual(['c000042']);
  expect(stage.world.braze.summary().profiles).toBe(149);
  await expectCovered(run, 150);
});

test('too many refusals hold the run with the guard; approved, the chunk continues as if nothing had happened', async () => {
  await fillStore(stage.world, 200);
  stage.world.configure({ guards: { maxRejectedShare: 0.05 } });
  stage.world.braze.poison(customers(1, 20));
  const run = await stage.extracted();

  const { done, hold } = await stage.post(run);
  expect(done).toBe(true);
  expect(hold).toMatchObject({ cause: 'guard', guard: 'maxRejectedShare' });
  expect(hold!.because).toContain('Accepted values stay at Braze; the rest is not sent yet.');
  const approved = await stage.call('postChunk', {
    run,
    chunk: 0,
    keyConfirmed: false,
    waitingShown: null,
    approvedGuards: ['maxRejectedShare'],
  });
  expect(approved.hold).toBeNull();
});

test('refusals that were tried again do not count as new ones', async () => {
  await fillStore(stage.world, 200);
  stage.world.configure({ guards: { maxRejectedShare: 1 } });
  stage.world.braze.poison(customers(1, 120));
  await stage.finish(await stage.extracted());

  stage.world.configure({ guards: { maxRejectedShare: 0.05 } });
  const again = await stage.extracted();
  expect(await stage.post(again)).toMatchObject({ done: true, accepted: 0, rejected: 120, hold: null });
});

test('a refused key is a hold that says what to do and not what the key is', async () => {
  await fillStore(stage.world, 150);
  const run = await stage.extracted();
  stage.world.braze.revokeKey(DEFAULT_KEY);

  const result = await stage.post(run);
  expect(result).toMatchObject({ done: false, accepted: 0, hold: { cause: 'refused-key' } });
  expect(result.hold!.because).toContain('retry');
  expect(JSON.stringify(result)).not.toContain(DEFAULT_KEY);

  stage.world.braze.restoreKey(DEFAULT_KEY);
  expect(await stage.post(run)).toMatchObject({ done: true, hold: null, accepted: 150 });
});

test('a claim that another attempt did not release is taken over 15 s after its last renewal', async () => {
  await fillStore(stage.world, 150);
  const run = await stage.extracted();
  await claimOfAnother(run, SENDING.takeOverAfterMs - 2_000);
  const beganAtMs = Date.now();

  expect(await stage.post(run)).toMatchObject({ done: true, accepted: 150 });
  expect(stage.world.braze.requests[0]!.receivedAtMs - beganAtMs).toBeGreaterThan(1_900);
  // The attempt that lost it may have sent what has no receipt.
  const { rows } = await stage.ledger.raw('select claim, released, lost_answers from claims where run = ?', [run]);
  expect(rows).toEqual([{ claim: expect.not.stringMatching('another'), released: true, lost_answers: true }]);
});

test('a claim that was released is acquired at once; an attempt that waits ends on a stop', async () => {
  await fillStore(stage.world, 75);
  const first = await stage.extracted();
  await claimOfAnother(first, 0, true);
  const beganAtMs = Date.now();
  expect(await stage.post(first)).toMatchObject({ done: true, accepted: 75 });
  expect(Date.now() - beganAtMs).toBeLessThan(1_500);
  await stage.call('closeRun', { run: first, end: 'completed' });

  await stage.world.tenant.raw(`update predictive_attributes set next_best_product = 'new', updated_at = now()`);
  const second = await stage.extracted();
  await claimOfAnother(second, 0);
  const waiting = stage.beginPost(second);
  await eventually(async () => waiting.heartbeats.length >= 2, 'two heartbeats');
  waiting.stop();
  expect(await waiting.result).toMatchObject({ done: false, accepted: 0 });
  expect(stage.world.braze.requests).toHaveLength(1);
});

test.each([
  ['the lease of the sync', `update leases set holder = :other where kind = 'sync'`],
  ['the lease of the workspace', `update leases set holder = :other where kind = 'workspace'`],
  ['the claim', `update claims set claim = 'another'`],
  ['all it had, because the run was closed', `delete from claims`],
])('an attempt that loses %s stops, and records nothing more', async (_, takeAway) => {
  await fillStore(stage.world, 3_000);
  atRate(stage, 20);
  const run = await stage.extracted();
  const other = await stage.open();
  const attempt = stage.beginPost(run);
  await someRequests(8);
  await stage.ledger.raw(takeAway, { other });
  const recorded = await receipts(run);
  const sentBefore = stage.world.braze.requests.length;

  expect(await attempt.result).toMatchObject({ done: false, leaseLost: true });
  expect(await receipts(run)).toEqual(recorded);
  // 20 a second, each receipted within 100 ms: the loss is noticed with the next receipt.
  expect(stage.world.braze.requests.length - sentBefore).toBeLessThanOrEqual(5);
  const total = stage.world.braze.requests.length;
  // There is nothing to wait for: six more would have started by then.
  await sleep(300);
  expect(stage.world.braze.requests).toHaveLength(total);
});

test('an attempt that is fenced off leaves no word on a run that ended without it', async () => {
  await fillStore(stage.world, 3_000);
  atRate(stage, 20);
  const run = await stage.extracted();
  const attempt = stage.beginPost(run);
  await someRequests(4);
  await stage.call('closeRun', { run, end: 'cancelled' });
  expect(await attempt.result).toMatchObject({ done: false, leaseLost: true });
  expect(await readRun(stage.ledger, run)).toMatchObject({ state: 'cancelled', waitingFor: null });
});

test('what a fenced attempt had in flight counts as lost', async () => {
  await fillStore(stage.world, 3_000);
  atRate(stage, 20);
  const run = await stage.extracted();
  const other = await stage.open();
  const attempt = stage.beginPost(run);
  await someRequests(4);
  await stage.ledger.raw(`update leases set holder = ? where kind = 'workspace'`, [other]);
  expect(await attempt.result).toMatchObject({ done: false, leaseLost: true });

  const { rows } = await stage.ledger.raw('select lost_answers from claims where run = ?', [run]);
  expect(rows).toEqual([{ lost_answers: true }]);
});

test.each([
  ['a chunk that sends alone may fill the window of both lanes', false, 8],
  ['a chunk beside one of another process keeps to its share', true, 4],
])('%s, unanswered or answered and not yet recorded', async (_, beside, cap) => {
  await fillStore(stage.world, 3_000);
  stage.world.braze.setLatency(60);
  const run = await stage.extracted();
  await stage.ledger.raw('update runs set in_flight_per_chunk = 4 where number = ?', [run]);
  if (beside)
    await stage.ledger.raw(
      `insert into claims (run, chunk, claim, from_seq, to_seq) values (?, 1, 'another', 3001, 6000)`,
      [run],
    );
  const attempt = stage.beginPost(run);
  await someRequests(10);

  // Receipts cannot commit while this is held; what is answered meanwhile stays in flight.
  await stage.world.ledger.transaction(async (blocker) => {
    await blocker.raw('lock table receipts in exclusive mode');
    const { rows } = await blocker.raw(
      'select coalesce(sum(to_seq - from_seq + 1), 0)::int as settled from receipts where run = ?',
      [run],
    );
    const full = rows[0].settled / CUSTOMERS_IN_A_REQUEST + cap;
    await someRequests(full);
    const { requests } = stage.world.braze;
    await eventually(async () => requests.every(({ latencyMs }) => latencyMs !== null), 'all to be answered');
    await waitForLocks('receipts');
    expect(requests).toHaveLength(full);
  });

  expect(await attempt.result).toMatchObject({ done: true, accepted: 3_000 });
  expect(mostAtOnce()).toBe(cap);
  expect(stage.world.braze.sentTwice()).toEqual([]);
});

/** How many requests were unanswered at once at most, by the emulator's log. */
function mostAtOnce(): number {
  const moments = stage.world.braze.requests.flatMap(({ receivedAtMs, latencyMs }) => [
    { atMs: receivedAtMs, step: 1 },
    { atMs: receivedAtMs + latencyMs!, step: -1 },
  ]);
  let now = 0;
  let most = 0;
  for (const { step } of moments.toSorted((a, b) => a.atMs - b.atMs || a.step - b.step)) {
    now += step;
    most = Math.max(most, now);
  }
  return most;
}

const RENEWAL_GOOD_FOR_MS = 500;

/** A chunk under way, slowly (20 requests a second), whose claim is good for half a second after each renewal. */
async function sendingOnBriefClaims() {
  await fillStore(stage.world, 9_000);
  stage.world.configure({ delivery: { settle: '0s', chunkCustomers: 9_000, lanes: 1 } });
  atRate(stage, 20);
  const run = await stage.extracted();
  jest.replaceProperty(SENDING as { renewalGoodForMs: number }, 'renewalGoodForMs', RENEWAL_GOOD_FOR_MS);
  const attempt = stage.beginPost(run);
  await someRequests(5);
  return { run, attempt };
}

/** Until the claim was renewed longer ago than it is good for. */
const claimIsOld = (run: number) =>
  eventually(async () => {
    const { rowCount } = await stage.world.ledger.raw(
      'select from claims where run = ? and renewed_at < clock_timestamp() - make_interval(secs => ?)',
      [run, (1.2 * RENEWAL_GOOD_FOR_MS) / 1_000],
    );
    return rowCount === 1;
  }, 'the claim to be old');

test('no request starts on a claim that could not be renewed for too long', async () => {
  const { run, attempt } = await sendingOnBriefClaims();
  await stage.world.ledger.transaction(async (blocker) => {
    await blocker.raw('select from claims where run = ? for update', [run]);
    await claimIsOld(run);
    const sent = stage.world.braze.requests.length;
    // Each request asks for a renewal before it starts.
    await waitForLocks('claims', 6);
    expect(stage.world.braze.requests.length).toBe(sent);
  });
  // Still its own: it continues.
  await someRequests(stage.world.braze.requests.length + 3);
  attempt.stop();
  expect(await attempt.result).toMatchObject({ done: false });
});

test('nor on one that ran out while something else was waited for', async () => {
  const { run, attempt } = await sendingOnBriefClaims();
  await stage.world.ledger.transaction(async (claims) => {
    await stage.world.ledger.transaction(async (suppressed) => {
      // Each second requests ask who was suppressed: now they wait for the answer.
      await suppressed.raw('lock table suppressed in access exclusive mode');
      await waitForLocks('suppressed');
      await claims.raw('select from claims where run = ? for update', [run]);
      await claimIsOld(run);
    });
    const sent = stage.world.braze.requests.length;
    await waitForLocks('claims', 6);
    expect(stage.world.braze.requests.length).toBe(sent);
  });
  attempt.stop();
  expect(await attempt.result).toMatchObject({ done: false });
});

test('a run that has lost a lease sends nothing, however often it tries', async () => {
  await fillStore(stage.world, 3_000);
  const run = await stage.extracted();
  // Like a release that timed out and arrives late.
  await stage.call('giveBackWorkspace', { run });
  expect(await stage.post(run)).toMatchObject({ done: false, leaseLost: true, hold: null });
  expect(await stage.post(run)).toMatchObject({ done: false, leaseLost: true, hold: null });
  expect(stage.world.braze.requests).toEqual([]);
  await stage.call('askForLease', { run, kind: 'workspace' });
  expect(await stage.post(run)).toMatchObject({ done: true, leaseLost: false, accepted: 3_000 });
});

test('a chunk whose reading and recording both fail has lost answers', async () => {
  stage.world.configure({ delivery: { settle: '0s', chunkCustomers: 25_000, lanes: 1 } });
  await fillStore(stage.world, 6_000);
  stage.world.braze.setLatency(350);
  const run = await stage.extracted();
  // The third page cannot be read, and nothing can be recorded.
  await stage.ledger.raw(`
    alter table outbox rename to outbox_rows;
    create view outbox as select * from outbox_rows where seq <= 4500 or 1 / (seq - seq) = 1;
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'full'; end $$;
    create trigger refuse before insert on receipts for each statement execute function refuse()`);
  await expect(stage.post(run)).rejects.toThrow('The ledger returned an error');
  expect(stage.world.braze.requests.length).toBeGreaterThan(0);
  const { rows } = await stage.ledger.raw('select released, lost_answers from claims where run = ?', [run]);
  expect(rows).toEqual([{ released: true, lost_answers: true }]);
});

test("a worker's clock that is set back stops nothing", async () => {
  await fillStore(stage.world, 3_000);
  atRate(stage, 20);
  const run = await stage.extracted();
  const attempt = stage.beginPost(run);
  await someRequests(5);
  const wallClock = Date.now.bind(Date);
  jest.spyOn(Date, 'now').mockImplementation(() => wallClock() - 3_600_000);
  await someRequests(stage.world.braze.requests.length + 10);
  attempt.stop();
  expect(await attempt.result).toMatchObject({ done: false, waiting: null });
});

test('a 429 is retried inside the activity, which keeps heartbeating; no customer is sent twice after it', async () => {
  await fillStore(stage.world, 750);
  const run = await stage.extracted();
  stage.world.braze.failNext(1, '429', { retryAfterSeconds: 2 });
  const attempt = stage.beginPost(run);
  expect(await attempt.result).toMatchObject({ done: true, accepted: 750, requests: 11 });

  const refused = stage.world.braze.requests.find(({ status }) => status === 429)!;
  const again = stage.world.braze.requests.filter(({ ids }) => ids![0] === refused.ids![0]);
  expect(again).toHaveLength(2);
  // The header names whole seconds; the reset of a 2 s wait lies between one and two seconds away.
  expect(again[1]!.receivedAtMs - refused.receivedAtMs).toBeGreaterThan(900);
  expect(attempt.heartbeats.length).toBeGreaterThan(2);
  expect(attempt.heartbeats.every((details) => details === undefined)).toBe(true);
});

test('the first request of a run keeps its distance from the last of the run before', async () => {
  stage.world.configure({ delivery: { settle: '2s', chunkCustomers: 3_000, lanes: 1 } });
  await fillStore(stage.world, 10);
  await stage.finish(await stage.extracted());
  const firstEndedAtMs = Date.now();
  await stage.world.tenant.raw(`update predictive_attributes set next_best_product = 'new', updated_at = now()`);
  await stage.finish(await stage.extracted());

  const [first, second] = stage.world.braze.requests;
  expect(stage.world.braze.requests).toHaveLength(2);
  expect(second!.receivedAtMs - first!.receivedAtMs).toBeGreaterThanOrEqual(2_000);
  expect(second!.receivedAtMs - firstEndedAtMs).toBeLessThan(4_000);
});

test('and also from one that was never answered', async () => {
  stage.world.configure({ delivery: { settle: '2s', chunkCustomers: 3_000, lanes: 1 } });
  await fillStore(stage.world, 10);
  stage.world.braze.failNext(1, 'reset-after-apply');
  const lost = await stage.extracted();
  // The longest of the drawn waits: a retry before the stop would be answered.
  jest.spyOn(Math, 'random').mockReturnValue(0.999);
  const attempt = stage.beginPost(lost);
  await someRequests(1);
  attempt.stop();
  await attempt.result;
  jest.restoreAllMocks();
  await stage.call('closeRun', { run: lost, end: 'discarded' });
  await stage.finish(await stage.extracted());

  const [first, ...later] = stage.world.braze.requests;
  expect(later.at(-1)!.receivedAtMs - first!.receivedAtMs).toBeGreaterThanOrEqual(2_000);
});

test("Braze's ids of its answers stand in the receipts", async () => {
  await fillStore(stage.world, 200);
  const run = await stage.extracted();
  await stage.post(run);
  const { rows } = await stage.ledger.raw('select request_ids as ids from receipts where run = ?', [run]);
  expect(rows.flatMap(({ ids }: { ids: string }) => ids.split(' ')).toSorted()).toEqual(
    stage.world.braze.requests.map(({ requestId }) => requestId).toSorted(),
  );
});

test('a wait that lasts ends the chunk with what it waits for, and so does its end; a short one does not', async () => {
  jest.replaceProperty(OUTAGE as { recordAfterMs: number }, 'recordAfterMs', 200);
  jest.replaceProperty(OUTAGE as { reportAfterMs: number }, 'reportAfterMs', 800);
  // Drawn short, backoffs are the same backoffs.
  jest.spyOn(Math, 'random').mockReturnValue(0.1);
  await fillStore(stage.world, 150);
  const run = await stage.extracted();
  stage.world.braze.outage(true);
  const first = stage.beginPost(run);
  expect(await first.result).toMatchObject({ done: false, hold: null, waiting: { for: 'Braze 503' } });
  expect(await readRun(stage.ledger, run)).toMatchObject({ waitingFor: 'Braze 503' });

  // The same wait continues: it is shown already, and reported no second time.
  const input = { run, chunk: 0, keyConfirmed: false, approvedGuards: [], waitingShown: 'Braze 503' };
  const second = stage.begin('postChunk', input);
  const failures = stage.world.braze.requests.length;
  await eventually(async () => {
    const [first, ...later] = stage.world.braze.requests.slice(failures);
    return first !== undefined && later.some(({ receivedAtMs }) => receivedAtMs > first.receivedAtMs + 2 * 800);
  }, 'the wait to last twice as long as one that is reported');
  stage.world.braze.outage(false);
  expect(await second.result).toMatchObject({ hold: null, waiting: null });
  expect(await readRun(stage.ledger, run)).toMatchObject({ waitingFor: null });

  stage.world.braze.failNext(1, '503');
  expect(await stage.post(run)).toMatchObject({ done: true, waiting: null, accepted: 150 });
});

test('a success that never says so holds the run in the end, and nothing of it counts as sent', async () => {
  await fillStore(stage.world, 75);
  const run = await stage.extracted();
  // Drawn short, the waits between are over at once.
  jest.spyOn(Math, 'random').mockReturnValue(0);
  stage.world.braze.respond(() => ({ status: 200, body: '{}' }));
  const { done, hold, accepted } = await stage.post(run);
  expect({ done, accepted }).toEqual({ done: false, accepted: 0 });
  expect(hold).toEqual({ cause: 'wrong-endpoint', because: expect.stringContaining('10 successes in a row') });

  stage.world.braze.respond(null);
  expect(await stage.post(run)).toMatchObject({ done: true, accepted: 75 });
});

test('what others use of the budget is left to them, before Braze has to say 429', async () => {
  const [requests, perSeconds] = [600, 3];
  await fillStore(stage.world, 37_500);
  stage.world.configure({ delivery: { settle: '0s', chunkCustomers: 37_500, lanes: 1 } });
  stage.world.configure(
    {},
    {
      workspaces: {
        'shop-eu': {
          restEndpoint: stage.world.braze.url,
          apiKey: '${BRAZE_API_KEY}',
          rateLimit: { requests, perSeconds },
        },
      },
    },
  );
  stage.world.braze.setRateLimit({ requests, perSeconds });
  stage.world.braze.usedByOthers(80);
  const run = await stage.extracted();
  const windowMs = perSeconds * 1_000;
  await eventually(async () => Date.now() % windowMs < windowMs / 10, 'a window of the budget to begin');
  expect(await stage.post(run)).toMatchObject({ done: true, accepted: 37_500 });
  const refused = stage.world.braze.requests.filter(({ status }) => status === 429);
  expect(refused.length).toBeLessThanOrEqual(2);
  // At 197 requests a second, as if alone, a window would be used up after 2.2 of its 3 seconds. How much of what is left is used, and
  // how soon, is in the tests of the limiter and its monitor, on clocks of their own.
  for (const { receivedAtMs } of refused) expect(receivedAtMs % windowMs).toBeGreaterThan(windowMs * 0.9);
});

test("an hour's budget that is used up is a reported wait, and nothing is sent during it", async () => {
  await fillStore(stage.world, 225);
  const { url } = stage.world.braze;
  const rateLimit = { requests: 3_000, perSeconds: 3, requestsPerHour: 2 };
  stage.world.configure(
    {},
    { workspaces: { 'shop-eu': { restEndpoint: url, apiKey: '${BRAZE_API_KEY}', rateLimit } } },
  );
  const run = await stage.extracted();
  await hourThatLasts();
  expect(await stage.post(run)).toMatchObject({
    done: false,
    hold: null,
    accepted: 75,
    waiting: { for: "the workspace's request budget" },
  });
  expect(stage.world.braze.requests).toHaveLength(1);
});

test('ids of answers that decided nothing are not kept: an outage of a week must not fill memory and receipts', async () => {
  await fillStore(stage.world, 75);
  const run = await stage.extracted();
  jest.spyOn(Math, 'random').mockReturnValue(0);
  stage.world.braze.failNext(40, '503');
  expect(await stage.post(run)).toMatchObject({ done: true, accepted: 75, requests: 41 });
  const { rows } = await stage.ledger.raw('select request_ids as ids from receipts where run = ?', [run]);
  expect(rows[0].ids.split(' ')).toHaveLength(1);
});

test('an outage that shows as several failures at once is reported as well', async () => {
  jest.replaceProperty(OUTAGE as { reportAfterMs: number }, 'reportAfterMs', 1_500);
  await fillStore(stage.world, 3_000);
  const run = await stage.extracted();
  let n = 0;
  stage.world.braze.respond(() => ({ status: (n += 1) % 2 === 0 ? 503 : 504, body: '' }) as never);
  expect(await stage.post(run)).toMatchObject({
    done: false,
    waiting: { for: expect.stringMatching(/^Braze 50[34]$/) },
  });
});

test('a claim that passed to another before the first request sends nothing', async () => {
  await fillStore(stage.world, 3_000);
  const run = await stage.extracted();
  const attempt = await stage.world.ledger.transaction(async (blocker) => {
    // What is asked before the first request, when the chunk is claimed, locks the leases.
    await blocker.raw('lock table leases in exclusive mode');
    const waiting = stage.beginPost(run);
    await waitForLocks('leases');
    const { rowCount } = await blocker.raw(`update claims set claim = 'another' where run = ?`, [run]);
    expect(rowCount).toBe(1);
    return waiting;
  });
  expect(await attempt.result).toMatchObject({ done: false, leaseLost: true });
  expect(stage.world.braze.requests).toEqual([]);
});
