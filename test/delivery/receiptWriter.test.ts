import { ReceiptWriter } from '../../src/delivery/receiptWriter';
import { FencedError, type Receipt } from '../../src/ledger/receipts';
import { SENDING } from '../../src/types/sendingTimes';

/** What waits for the ledger's answer. */
interface Question {
  receipts: number[] | null;
  answer: (stillOurs?: boolean) => void;
  fail: (error: unknown) => void;
}

/** A ledger that answers when the test says so, or at once. */
class FakeStore {
  /** The first numbers of each group that was recorded. */
  readonly groups: number[][] = [];
  renewals = 0;
  readonly open: Question[] = [];
  atOnce = true;
  readonly fenced: unknown[] = [];

  record = (receipts: Receipt[]) => {
    const seqs = receipts.map(({ fromSeq }) => fromSeq);
    this.groups.push(seqs);
    return this.#ask(seqs).then(() => undefined);
  };

  renew = () => {
    this.renewals += 1;
    return this.#ask(null);
  };

  writer(window = 8): ReceiptWriter {
    return new ReceiptWriter({ store: this, window, onFenced: (error) => this.fenced.push(error) });
  }

  #ask(receipts: number[] | null): Promise<boolean> {
    if (this.atOnce) return Promise.resolve(true);
    return new Promise((resolve, fail) => {
      this.open.push({ receipts, answer: (stillOurs = true) => resolve(stillOurs), fail });
    });
  }
}

const receipt = (seq: number): Receipt => ({
  fromSeq: seq,
  toSeq: seq,
  requests: 1,
  requestIds: [],
  accepted: 1,
  valuesSent: 1,
  refused: [],
});

const GATHER_MS = 30;

let store: FakeStore;
let writer: ReceiptWriter;
beforeEach(() => {
  jest.useFakeTimers();
  store = new FakeStore();
  writer = store.writer();
});
afterEach(() => {
  writer.close();
  jest.useRealTimers();
});

/** What a promise rejects with; null when it resolves. */
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

test('receipts that come together are recorded together, after 30 ms', async () => {
  const first = writer.record(receipt(1));
  await pass(GATHER_MS - 1);
  expect(store.groups).toEqual([]);
  await pass(1);
  await first;
  expect(store.groups).toEqual([[1]]);
});

test('a quarter of the window is a group, and waits for no more', async () => {
  await Promise.all([writer.record(receipt(1)), writer.record(receipt(2))]);
  expect(store.groups).toEqual([[1, 2]]);
});

test('one group is recorded at a time, and what comes meanwhile is the next', async () => {
  store.atOnce = false;
  const done: number[] = [];
  for (const seq of [1, 2, 3, 4, 5]) void writer.record(receipt(seq)).then(() => done.push(seq));
  await pass(0);
  expect(store.groups).toEqual([[1, 2, 3, 4, 5]]);
  for (const seq of [6, 7]) void writer.record(receipt(seq)).then(() => done.push(seq));
  await pass(1_000);
  expect(store.groups).toHaveLength(1);
  expect(done).toEqual([]);

  store.open[0]!.answer();
  await pass(0);
  expect(done).toEqual([1, 2, 3, 4, 5]);
  expect(store.groups).toEqual([
    [1, 2, 3, 4, 5],
    [6, 7],
  ]);
});

test('the first failure is final: pending receipts and later ones reject with it, and no request may start', async () => {
  store.atOnce = false;
  const first = failureOf(writer.record(receipt(1)));
  await pass(GATHER_MS);
  const pending = failureOf(writer.record(receipt(2)));
  const failure = new Error('disk full');
  store.open[0]!.fail(failure);
  expect(await first).toBe(failure);
  await pass(GATHER_MS);
  expect(await pending).toBe(failure);
  await expect(writer.record(receipt(3))).rejects.toThrow('disk full');
  await expect(writer.assertFresh()).rejects.toThrow('disk full');
  expect(store.groups).toEqual([[1]]);
});

test('before the first request the claim is renewed, then not for five seconds', async () => {
  await writer.assertFresh();
  await writer.assertFresh();
  expect(store.renewals).toBe(1);
});

test('a group that is recorded renews the claim too', async () => {
  await Promise.all([writer.record(receipt(1)), writer.record(receipt(2))]);
  await writer.assertFresh();
  expect(store.renewals).toBe(0);
});

test('no request starts on a claim that was renewed too long ago: a renewal is requested and awaited', async () => {
  await writer.assertFresh();
  store.atOnce = false;
  await pass(SENDING.renewalGoodForMs);
  let mayStart = false;
  void writer.assertFresh().then(() => (mayStart = true));
  await pass(0);
  expect(mayStart).toBe(false);
  for (const { answer } of store.open) answer();
  await pass(0);
  expect(mayStart).toBe(true);
});

test('an answer that took as long as a renewal is good for says nothing about now: it is asked again', async () => {
  store.atOnce = false;
  let mayStart = false;
  void writer.assertFresh().then(() => (mayStart = true));
  await pass(0);
  const [slow] = store.open.splice(0);
  await pass(SENDING.renewalGoodForMs);
  store.atOnce = true;
  const before = store.renewals;
  slow!.answer();
  await pass(0);
  expect(store.renewals).toBe(before + 1);
  expect(mayStart).toBe(true);
});

test('a claim that has passed to another: no request starts', async () => {
  store.atOnce = false;
  const asked = failureOf(writer.assertFresh());
  await pass(0);
  store.open[0]!.answer(false);
  expect(await asked).toBeInstanceOf(FencedError);
});

test('with nothing to record the claim is renewed every second', async () => {
  await writer.assertFresh();
  await pass(10_000);
  expect(store.renewals).toBeGreaterThanOrEqual(8);
  expect(store.renewals).toBeLessThanOrEqual(11);
  expect(store.fenced).toEqual([]);
});

test('a renewal that finds the claim with another is reported once, and nothing more can be recorded', async () => {
  await writer.assertFresh();
  store.atOnce = false;
  await pass(1_000);
  store.open.splice(0)[0]!.answer(false);
  await pass(0);
  expect(store.fenced).toEqual([expect.any(FencedError)]);
  await expect(writer.record(receipt(1))).rejects.toThrow(FencedError);
  expect(store.groups).toEqual([]);
});

test('a ledger that is away when the claim is renewed is no failure: it may come back', async () => {
  await writer.assertFresh();
  store.atOnce = false;
  await pass(1_000);
  store.open.splice(0)[0]!.fail(new Error('away'));
  store.atOnce = true;
  await pass(1_000);
  await Promise.all([writer.record(receipt(1)), writer.record(receipt(2))]);
  expect(store.groups).toEqual([[1, 2]]);
  expect(store.fenced).toEqual([]);
});

test('closed, it renews nothing any more', async () => {
  writer.close();
  expect(jest.getTimerCount()).toBe(0);
  await pass(10_000);
  expect(store.renewals).toBe(0);
});
