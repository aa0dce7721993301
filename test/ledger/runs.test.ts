import { closeRun } from '../../src/ledger/close';
import { sinceLastRequest } from '../../src/ledger/receipts';
import { prepareRun, setRunState, setWaitingFor, type Preparation } from '../../src/ledger/runState';
import {
  findRun,
  findRunByNumber,
  openRun,
  readRun,
  RunNotFoundError,
  type NewRun,
  type RunRecord,
} from '../../src/ledger/runs';
import { ensureWorkspace, ensureTarget } from '../../src/ledger/workspaces';
import type { SyncSettings } from '../../src/types/settings';
import { ledgerAlone, type LedgerAlone } from './database';

let alone: LedgerAlone;
beforeAll(async () => {
  alone = await ledgerAlone();
});
afterAll(() => alone.close());

function newRun(firstRunId: string, sync = 'churn'): NewRun {
  return {
    sync,
    mode: 'changes',
    namespace: 'default',
    workflowId: `peak-braze/${sync}/run`,
    firstRunId,
    request: { modelRun: 'next', since: null, until: null, selection: null, resend: false },
  };
}

test('opening twice gives one row, also at the same moment in several processes', async () => {
  const ledgers = Array.from({ length: 4 }, () => alone.another());
  const numbers = await Promise.all(
    ledgers.flatMap((ledger) => [1, 2, 3].map(() => openRun(ledger, newRun('first'), 'waiting-for-model-run'))),
  );
  expect(new Set(numbers).size).toBe(1);
  const { rows } = await alone.ledger.raw(`select count(*)::int as n from runs where first_run_id = 'first'`);
  expect(rows).toEqual([{ n: 1 }]);
});

test('opening again changes nothing of what the run has become', async () => {
  const run = await openRun(alone.ledger, newRun('second'), 'waiting-for-model-run');
  await setRunState(alone.ledger, run, 'delivering');
  const before = await readRun(alone.ledger, run);
  expect(await openRun(alone.ledger, newRun('second'), 'waiting-for-model-run')).toBe(run);
  expect(await findRun(alone.ledger, 'second')).toEqual(before);
});

test('a number that no run has is null for input, and an error for code that relies on it', async () => {
  expect(await findRunByNumber(alone.ledger, 1_000_000)).toBeNull();
  const read = readRun(alone.ledger, 1_000_000);
  await expect(read).rejects.toBeInstanceOf(RunNotFoundError);
  await expect(read).rejects.toThrow('There is no run 1000000 in the ledger.');
});

/** Every field, checked by the compiler: the statement that reads a run knows nothing of the type. */
const FIELDS: Record<keyof RunRecord, true> = {
  run: true,
  sync: true,
  mode: true,
  namespace: true,
  workflowId: true,
  temporalRunId: true,
  request: true,
  state: true,
  stateSince: true,
  hold: true,
  holdCause: true,
  heldBecause: true,
  stoppedAt: true,
  waitingFor: true,
  waitingSince: true,
  targetId: true,
  settings: true,
  types: true,
  fingerprint: true,
  wholeStore: true,
  modelRun: true,
  modelRunCompletedAt: true,
  modelRunRows: true,
  windowFrom: true,
  windowTo: true,
  figures: true,
  extracted: true,
  staged: true,
  inFlightPerLane: true,
  candidates: true,
  changed: true,
  plannedValues: true,
  knownChanged: true,
  knownCleared: true,
  knownCustomers: true,
  newlyRejected: true,
  refreshed: true,
  accepted: true,
  rejected: true,
  requests: true,
  valuesSent: true,
  startedAt: true,
  finishedAt: true,
};

test('a run is read with every field it has, and no other', async () => {
  const run = await openRun(alone.ledger, newRun('whole'), 'queued');
  expect(Object.keys(await readRun(alone.ledger, run)).toSorted()).toEqual(Object.keys(FIELDS).toSorted());
});

test('a run is prepared once: of two attempts the first one’s window and mapping stand', async () => {
  const run = await openRun(alone.ledger, newRun('prepared'), 'extracting');
  const { id } = await ensureWorkspace(alone.ledger, 'shop', 'https://rest.fra-01.braze.eu');
  const targetId = await ensureTarget(alone.ledger, id, 'churn', { kind: 'external_id' });
  const preparation = (windowTo: string): Preparation => ({
    targetId,
    settings: {} as SyncSettings,
    types: {},
    fingerprint: windowTo,
    windowTo,
    wholeStore: true,
    windowFrom: null,
    inFlightPerLane: 128,
  });
  await prepareRun(alone.ledger, run, preparation('2026-01-01'));
  await prepareRun(alone.ledger, run, preparation('2026-02-02'));
  expect(await readRun(alone.ledger, run)).toMatchObject({ windowTo: '2026-01-01', fingerprint: '2026-01-01' });
});

test('an ended run keeps its end, whatever is said later', async () => {
  const run = await openRun(alone.ledger, newRun('third'), 'waiting-for-model-run');
  await closeRun(alone.ledger, run, 'discarded');
  await setRunState(alone.ledger, run, 'delivering');
  expect(await closeRun(alone.ledger, run, 'completed')).toBe('discarded');
  expect(await readRun(alone.ledger, run)).toMatchObject({ state: 'discarded', finishedAt: expect.any(String) });
});

test('a wait is shown since it began, and a new one from its own beginning', async () => {
  const run = await openRun(alone.ledger, newRun('fourth'), 'waiting-for-model-run');
  await setWaitingFor(alone.ledger, run, 'Braze 503');
  await alone.ledger.raw(`update runs set waiting_since = now() - interval '1 hour' where number = ?`, [run]);
  const since = (await readRun(alone.ledger, run)).waitingSince;
  await setWaitingFor(alone.ledger, run, 'Braze 503');
  expect(await readRun(alone.ledger, run)).toMatchObject({ waitingFor: 'Braze 503', waitingSince: since });
  await setWaitingFor(alone.ledger, run, 'Braze 429');
  expect((await readRun(alone.ledger, run)).waitingSince! > since!).toBe(true);
  await setWaitingFor(alone.ledger, run, null);
  expect(await readRun(alone.ledger, run)).toMatchObject({ waitingFor: null, waitingSince: null });
});

test('the distance to the run before counts from its last request, in whatever order its chunks ended', async () => {
  const { ledger } = alone;
  const before = await openRun(ledger, newRun('fifth', 'value'), 'delivering');
  // The second chunk was through an hour ago; the first was taken up again and has just ended.
  await ledger.raw(
    `insert into receipts (run, from_seq, to_seq, requests, accepted, rejected, values_sent, at)
     values (?, 1, 75, 1, 75, 0, 75, clock_timestamp()), (?, 76, 150, 1, 75, 0, 75, clock_timestamp() - interval '1 hour')`,
    [before, before],
  );
  await closeRun(ledger, before, 'cancelled');
  const run = await openRun(ledger, newRun('sixth', 'value'), 'delivering');
  expect(await sinceLastRequest(ledger, 'value', run)).toBeLessThan(60_000);
  expect(await sinceLastRequest(ledger, 'other', before)).toBeNull();
});
