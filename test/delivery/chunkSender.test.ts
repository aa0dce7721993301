import type { Answer } from '../../src/braze/response';
import type { ChunkLedger } from '../../src/delivery/chunkLedger';
import { ChunkSender, type ChunkSending, type SendingEnd } from '../../src/delivery/chunkSender';
import { InFlightLimiter } from '../../src/delivery/inFlightLimiter';
import type { SeqRange } from '../../src/delivery/unsentRequests';
import { FencedError, type Receipt } from '../../src/ledger/receipts';
import { FakeBraze, rows, taken, unknownKey } from './fakeBraze';

const CUSTOMERS_IN_A_REQUEST = 75;

/** A chunk of so many rows, and the receipts of it. */
class FakeLedger implements ChunkLedger {
  readonly recorded: Receipt[] = [];
  readonly waitingFor: (string | null)[] = [];
  renewals = 0;
  elsewhere = 0;
  stillOurs = true;
  failure: Error | null = null;
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  gaps = async () => [{ fromSeq: 1, toSeq: this.#count }];
  rows = async ({ fromSeq, toSeq }: SeqRange, limit: number) => rows(fromSeq, Math.min(toSeq, fromSeq + limit - 1));
  record = async (receipts: Receipt[]) => {
    if (this.failure !== null) throw this.failure;
    this.recorded.push(...receipts);
  };
  renew = async () => {
    this.renewals += 1;
    return this.stillOurs;
  };
  emptiedRows = async () => [];
  claimsElsewhere = async () => this.elsewhere;
  setWaitingFor = async (what: string | null) => void this.waitingFor.push(what);

  get settledRows(): number {
    return this.recorded.reduce((sum, { fromSeq, toSeq }) => sum + toSeq - fromSeq + 1, 0);
  }
}

let ledger: FakeLedger;
let stop: AbortController;
let stalled: boolean;
let limiter: InFlightLimiter;
beforeEach(() => {
  jest.useFakeTimers();
  ledger = new FakeLedger(10 * CUSTOMERS_IN_A_REQUEST);
  stop = new AbortController();
  stalled = false;
  limiter = new InFlightLimiter(4, () => {});
});
afterEach(() => void jest.useRealTimers());

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

/** The sender of the chunk; Braze answers as `answer` says. */
function senderWith(answer: (seqs: number[], before: number) => Answer | Promise<Answer>, more: object = {}) {
  const braze = new FakeBraze(answer);
  let slot = 0;
  const sending: ChunkSending = {
    ledger,
    client: braze,
    keyAdvice: 'Check the key.',
    rateLimiter: { take: async () => (slot += 1), postpone: async () => {}, observe() {}, nextInMs: () => 0 },
    inFlightLimiter: limiter,
    chunk: 0,
    claim: 'ours',
    share: 4,
    lanes: 1,
    waitingShown: null,
    stop: stop.signal,
    progress: {
      mark() {},
      get stalled() {
        return stalled;
      },
    },
    ...more,
  };
  return { braze, sender: new ChunkSender(sending) };
}

async function endOf(sender: ChunkSender): Promise<SendingEnd> {
  let end: SendingEnd | null = null;
  void sender.send().then((ended) => (end = ended));
  for (let n = 0; n < 100 && end === null; n += 1) await pass(100);
  return end!;
}

const answeredAfter = (ms: number) => async () => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return taken;
};

test('everything is sent in order, at most a share at once, and each answer has its receipt', async () => {
  let [inFlight, most] = [0, 0];
  const { braze, sender } = senderWith(async () => {
    most = Math.max(most, (inFlight += 1));
    await answeredAfter(50)();
    inFlight -= 1;
    return taken;
  });
  expect(await endOf(sender)).toEqual({ ended: 'all-sent', lostAnswers: false, waiting: null });
  expect(braze.sent.map(([first]) => first)).toEqual(Array.from({ length: 10 }, (_, n) => 75 * n + 1));
  expect(ledger.settledRows).toBe(750);
  expect(most).toBe(4);
  expect(jest.getTimerCount()).toBe(0);
});

test('the shares of lanes that no other process uses are its own', async () => {
  const { braze, sender } = senderWith(answeredAfter(1_500), { lanes: 3 });
  ledger.elsewhere = 1;
  void sender.send();
  await pass(100);
  expect(braze.sent).toHaveLength(8);
  ledger.elsewhere = 0;
  await pass(1_000);
  expect(limiter.capacity).toBe(12);
});

test('a stop starts no further request, and records what is in flight', async () => {
  const { braze, sender } = senderWith(async (_, before) => {
    await answeredAfter(50)();
    if (before === 1) stop.abort();
    return taken;
  });
  expect(await endOf(sender)).toEqual({ ended: 'stopped', lostAnswers: false, waiting: null });
  expect(braze.sent.length).toBeLessThan(10);
  expect(ledger.settledRows).toBe(75 * braze.sent.length);
});

test('a refused key is a hold: nothing more starts, what was taken is recorded', async () => {
  const { braze, sender } = senderWith((seqs) => (seqs[0] === 151 ? unknownKey : taken));
  expect(await endOf(sender)).toMatchObject({
    ended: 'hold',
    hold: { cause: 'refused-key', because: 'Braze does not know it. Check the key.' },
  });
  expect(braze.sent.length).toBeLessThan(10);
  expect(ledger.settledRows).toBe(75 * (braze.sent.length - 1));
});

test.each([
  ['the ledger fails', new Error('disk full'), { ended: 'failed', error: new Error('disk full') }],
  ['the claim has passed to another', new FencedError('gone'), { ended: 'fenced' }],
])('when %s, answers that could not be recorded are lost', async (_, failure, end) => {
  const { braze, sender } = senderWith(answeredAfter(50));
  ledger.failure = failure;
  expect(await endOf(sender)).toMatchObject({ ...end, lostAnswers: true });
  expect(braze.sent).toHaveLength(4);
});

test('on a claim that was lost before the first request nothing is sent, and nothing is lost', async () => {
  const { braze, sender } = senderWith(() => taken);
  ledger.stillOurs = false;
  expect(await endOf(sender)).toMatchObject({ ended: 'fenced', lostAnswers: false });
  expect(braze.sent).toEqual([]);
});

test('a wait that lasts halts it, so that the workflow learns what is waited for', async () => {
  const { sender } = senderWith(answeredAfter(100), {
    rateLimiter: {
      take: (signal: AbortSignal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
      postpone: async () => {},
      observe() {},
      nextInMs: () => 60_000,
    },
  });
  expect(await endOf(sender)).toMatchObject({
    ended: 'stopped',
    waiting: { for: "the workspace's request budget" },
  });
  expect(ledger.waitingFor).toEqual(["the workspace's request budget"]);
});

test('an attempt that counts as hung renews its claim no more, and leaves the window to others', async () => {
  const { braze, sender } = senderWith(() => new Promise<never>(() => {}));
  void sender.send();
  await pass(3_000);
  expect(braze.sent).toHaveLength(4);
  expect(ledger.renewals).toBeGreaterThan(1);
  stalled = true;
  await pass(1_000);
  const { renewals } = ledger;
  expect(limiter.claims).toEqual([]);
  expect(jest.getTimerCount()).toBe(0);
  await pass(60_000);
  expect(ledger.renewals).toBe(renewals);
  expect(braze.sent).toHaveLength(4);
});
