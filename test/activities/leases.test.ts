import { randomUUID } from 'node:crypto';
import { ApplicationFailureCategory } from '@temporalio/common';
import { renewClaim } from '../../src/ledger/claims';
import { readRun } from '../../src/ledger/runs';
import type { LeaseKind } from '../../src/types/run';
import { SENDING } from '../../src/types/sendingTimes';
import { fillStore } from '../environment';
import { createHarness, type ActivityHarness } from './harness';

let stage: ActivityHarness;
beforeEach(async () => {
  stage = await createHarness();
});
afterEach(() => stage.close());

const ask = (run: number, kind: LeaseKind = 'sync') => stage.call('askForLease', { run, kind });
const state = async (run: number) => (await readRun(stage.ledger, run)).state;

/** Opens a run and asks for the sync at once, so that the order of calls is the order of the line. */
async function inLine(input: Parameters<ActivityHarness['open']>[0] = {}): Promise<number> {
  const run = await stage.open(input);
  await ask(run);
  return run;
}

/** A run that sends: both leases, and a claim as old as said. Its workflow can be made to vanish. */
async function sender(claim: { ageMs: number; released: boolean } | null, sync = 'churn') {
  const firstRunId = randomUUID();
  const run = await stage.prepared({ firstRunId, sync });
  await stage.call('extractChanges', { run });
  await ask(run, 'workspace');
  if (claim !== null) {
    await stage.ledger.raw(
      `insert into claims (run, chunk, claim, from_seq, to_seq, renewed_at, released)
       values (?, 0, 'its-own', 1, 50000, clock_timestamp() - make_interval(secs => ?), ?)`,
      [run, claim.ageMs / 1000, claim.released],
    );
  }
  return { run, vanish: () => void stage.gone.add(firstRunId) };
}

/** Lets the wait of a takeover pass. */
function passTime(ms: number) {
  return stage.ledger.raw('update leases set ready_at = ready_at - make_interval(secs => ?)', [ms / 1000]);
}

test('a lease is one run’s, asking again keeps it, and a waiting run learns which run is ahead', async () => {
  const first = await inLine();
  expect(await ask(first)).toEqual({ granted: true, behind: null });
  expect(await state(first)).toBe('extracting');

  const second = await stage.open();
  expect(await ask(second)).toEqual({ granted: false, behind: `sync churn, in use by run ${first} of churn` });
  expect(await readRun(stage.ledger, second)).toMatchObject({
    state: 'queued',
    heldBecause: `Waiting for sync churn, in use by run ${first} of churn.`,
  });
  await expect(stage.call('waitForLease', { run: second, kind: 'sync' })).rejects.toMatchObject({
    type: 'NotYet',
    nonRetryable: false,
    nextRetryDelay: 1_000,
    category: ApplicationFailureCategory.BENIGN,
  });

  await stage.call('closeRun', { run: first, end: 'cancelled' });
  expect(await stage.call('waitForLease', { run: second, kind: 'sync' })).toEqual({ granted: true, behind: null });
});

test('the line is first come first served, backfills last, and asking again keeps the place', async () => {
  const holder = await inLine();
  const backfill = await inLine({ mode: 'backfill' });
  const second = await inLine();
  const third = await inLine();
  await ask(second);
  await stage.call('closeRun', { run: holder, end: 'cancelled' });

  expect(await ask(third)).toEqual({ granted: false, behind: 'sync churn: another run is queued before this one' });
  expect((await ask(backfill)).granted).toBe(false);
  expect((await ask(second)).granted).toBe(true);
  await stage.call('closeRun', { run: second, end: 'cancelled' });
  expect((await ask(backfill)).granted).toBe(false);
  expect((await ask(third)).granted).toBe(true);
  await stage.call('closeRun', { run: third, end: 'cancelled' });
  expect((await ask(backfill)).granted).toBe(true);
});

test('who gives the workspace back takes it again only when nobody waits', async () => {
  stage.world.configure({}, { syncs: twoSyncs() });
  const churn = await stage.prepared();
  const value = await stage.prepared({ sync: 'value' });
  expect((await ask(churn, 'workspace')).granted).toBe(true);
  expect(await ask(value, 'workspace')).toEqual({
    granted: false,
    behind: `workspace shop-eu, in use by run ${churn} of churn`,
  });
  await stage.call('giveBackWorkspace', { run: churn });
  expect((await ask(churn, 'workspace')).granted).toBe(false);
  expect((await ask(value, 'workspace')).granted).toBe(true);
  // Releasing a lease that another run has by now changes nothing.
  await stage.call('giveBackWorkspace', { run: churn });
  expect((await ask(value, 'workspace')).granted).toBe(true);
});

function twoSyncs(): Record<string, unknown> {
  const sync = {
    table: 'predictive_attributes',
    attributes: { next_best_product: 'string' },
    delivery: { settle: '0s' },
  };
  return { churn: sync, value: sync };
}

test('a run that waits no more does not block the line', async () => {
  const holder = await inLine();
  const dead = await inLine();
  const waiting = await inLine();
  await stage.call('closeRun', { run: holder, end: 'cancelled' });
  expect((await ask(waiting)).granted).toBe(false);

  await stage.ledger.raw(`update lease_line set seen_at = seen_at - interval '11 seconds' where run = ?`, [dead]);
  expect((await ask(waiting)).granted).toBe(true);
});

test('a run that ends while it waits leaves the line at once', async () => {
  const holder = await inLine();
  const cancelled = await inLine();
  const waiting = await inLine();
  await stage.call('closeRun', { run: cancelled, end: 'cancelled' });
  await stage.call('closeRun', { run: holder, end: 'cancelled' });
  expect((await ask(waiting)).granted).toBe(true);
});

test('a lease is never taken from a run whose workflow is open, however long it has been silent', async () => {
  await fillStore(stage.world, 10);
  const silent = await sender({ ageMs: 60 * 60 * 1000, released: false });
  const waiting = await stage.open();
  expect((await ask(waiting)).granted).toBe(false);
  expect(await state(silent.run)).toBe('delivering');
});

test('without claims that are out, the lease of a vanished run is taken at once, and it is closed as incomplete', async () => {
  await fillStore(stage.world, 10);
  const vanished = await sender({ ageMs: 0, released: true });
  vanished.vanish();
  const next = await stage.open();
  expect(await ask(next)).toEqual({ granted: true, behind: null });
  expect(await readRun(stage.ledger, vanished.run)).toMatchObject({
    state: 'incomplete',
    heldBecause: `Its workflow ended without closing the run; run ${next} took over.`,
  });
  expect((await stage.ledger.raw('select from uncertain')).rows).toEqual([]);
  // Its workspace is free as well.
  await stage.call('prepareRun', { run: next, modelRun: null, keyConfirmed: false });
  expect((await ask(next, 'workspace')).granted).toBe(true);
});

test('a takeover fences the old sender at once and is ready 15 s after its last renewal', async () => {
  await fillStore(stage.world, 10);
  const vanished = await sender({ ageMs: 5_000, released: false });
  const claim = { run: vanished.run, chunk: 0, claim: 'its-own' };
  const fence = { sync: 'churn', workspace: 'shop-eu' };
  expect(await renewClaim(stage.ledger, claim, fence)).toBe(true);
  await stage.ledger.raw(`update claims set renewed_at = clock_timestamp() - interval '5 seconds'`);
  vanished.vanish();

  const next = await stage.open();
  expect(await ask(next)).toEqual({
    granted: false,
    behind: 'sync churn: requests of a lost run may still reach Braze for 10 s',
  });
  expect(await renewClaim(stage.ledger, claim, fence)).toBe(false);
  expect(await state(vanished.run)).toBe('delivering');

  await passTime(9_000);
  expect((await ask(next)).granted).toBe(false);
  await passTime(1_000);
  expect((await ask(next)).granted).toBe(true);
  expect(await state(vanished.run)).toBe('incomplete');
  // Ten customers may have reached Braze without a receipt.
  expect((await stage.ledger.raw('select count(*)::int as n from uncertain')).rows).toEqual([{ n: 10 }]);
});

test('whoever asks for a lease under takeover waits behind the run that takes it', async () => {
  await fillStore(stage.world, 10);
  const vanished = await sender({ ageMs: 0, released: false });
  vanished.vanish();
  const next = await stage.open();
  await ask(next);
  const later = await stage.open();
  expect(await ask(later)).toEqual({ granted: false, behind: `sync churn, in use by run ${next} of churn` });
});

test('a run that vanishes while it waits to take over passes the rest of the wait on', async () => {
  await fillStore(stage.world, 10);
  const vanished = await sender({ ageMs: 1_000, released: false });
  vanished.vanish();
  const firstRunId = randomUUID();
  const second = await stage.open({ firstRunId });
  expect((await ask(second)).granted).toBe(false);
  stage.gone.add(firstRunId);

  const third = await stage.open();
  expect((await ask(third)).granted).toBe(false);
  await passTime(SENDING.takeOverAfterMs);
  expect((await ask(third)).granted).toBe(true);
  expect([await state(vanished.run), await state(second)]).toEqual(['incomplete', 'incomplete']);
});

test('another sync takes the workspace of a vanished run, after the same wait', async () => {
  await fillStore(stage.world, 10);
  stage.world.configure({}, { syncs: twoSyncs() });
  const vanished = await sender({ ageMs: 0, released: false });
  vanished.vanish();
  const value = await stage.prepared({ sync: 'value' });
  expect((await ask(value, 'workspace')).behind).toMatch(/may still reach Braze for 1[45] s/);
  await passTime(SENDING.takeOverAfterMs);
  expect((await ask(value, 'workspace')).granted).toBe(true);
  expect(await state(vanished.run)).toBe('incomplete');
});

test('a run that was lost before it had a lease is closed by the next one', async () => {
  const lost = randomUUID();
  const waiting = await stage.open({ firstRunId: lost });
  const alive = await stage.open();
  stage.gone.add(lost);
  const next = await stage.open();
  expect((await ask(next)).granted).toBe(true);
  expect(await state(waiting)).toBe('incomplete');
  expect(await state(alive)).toBe('waiting-for-model-run');
});

test.each(['cancelled', 'discarded'] as const)(
  'a run that is %s while a lost sender may still send keeps the next one waiting until 15 s after the last renewal',
  async (end) => {
    // A worker cut off from Temporal continues to send; its chunk ends as a heartbeat timeout, and then the run ends.
    await fillStore(stage.world, 10);
    const { run } = await sender({ ageMs: 1_000, released: false });
    await stage.call('closeRun', { run, end });
    const next = await stage.open();
    expect((await ask(next)).granted).toBe(false);
    await passTime(SENDING.takeOverAfterMs);
    expect((await ask(next)).granted).toBe(true);
  },
);

test('a workspace released while a lost sender may still send keeps another sync waiting', async () => {
  // A pause, with the worker cut off: the workspace is released, the claim is not.
  await fillStore(stage.world, 10);
  stage.world.configure({}, { syncs: twoSyncs() });
  const { run } = await sender({ ageMs: 1_000, released: false });
  await stage.call('giveBackWorkspace', { run });
  const value = await stage.prepared({ sync: 'value' });
  expect((await ask(value, 'workspace')).granted).toBe(false);
  await passTime(SENDING.takeOverAfterMs);
  expect((await ask(value, 'workspace')).granted).toBe(true);
});
