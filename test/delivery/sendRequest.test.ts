import fc from 'fast-check';
import type { Answer } from '../../src/braze/response';
import { sendRequest, type RequestContext, type RequestEnd } from '../../src/delivery/sendRequest';
import type { SendableRow } from '../../src/ledger/outbox';
import type { Receipt } from '../../src/ledger/receipts';
import { FakeBraze, rateLimited, refused, rows, taken, unavailable, unexpected, unknownKey } from './fakeBraze';

/** The drawn part of every backoff: 0 ends each wait at once. */
let drawn = 0;
beforeEach(() => {
  drawn = 0;
  jest.spyOn(Math, 'random').mockImplementation(() => drawn);
});
afterEach(() => void jest.restoreAllMocks());

/** Everything a request needs but Braze, without waits; what it reports is kept in `said`. */
class FakeContext implements RequestContext {
  readonly client: FakeBraze;
  readonly chunk = 0;
  readonly halt = new AbortController();
  readonly stop = this.halt.signal;
  readonly said: string[] = [];
  readonly suppressed = new Set<number>();
  slots = 0;
  assertFresh = async () => {};
  readonly progress = { mark() {} };
  readonly rateLimiter = {
    take: async () => (this.slots += 1),
    postpone: async (ms: number) => void this.said.push(`postponed ${ms}`),
    observe: () => {},
  };
  readonly suppression = {
    without: async <Row extends { seq: number }>(objects: readonly Row[]) =>
      objects.filter(({ seq }) => !this.suppressed.has(seq)),
  };
  readonly outage = {
    failed: (what: string) => void this.said.push(what),
    answered: () => void this.said.push('answered'),
  };

  constructor(answer: (seqs: number[], before: number) => Answer | Promise<Answer>) {
    this.client = new FakeBraze(answer);
  }

  send(objects: SendableRow[] = rows(1, 3), toSeq = objects.at(-1)!.seq): Promise<RequestEnd> {
    return sendRequest({ fromSeq: objects[0]!.seq, toSeq, objects }, this);
  }
}

/** A Braze that gives these answers and then takes everything. */
const answering = (...answers: Answer[]) => new FakeContext((_, before) => answers[before] ?? taken);

const receipt = (more: Partial<Receipt> = {}): Receipt => ({
  fromSeq: 1,
  toSeq: 3,
  requests: 1,
  requestIds: ['r1'],
  accepted: 3,
  valuesSent: 9,
  refused: [],
  ...more,
});

test.each<[string, Answer[], Partial<Receipt>, string[]]>([
  ['taken', [], {}, ['answered']],
  ['503, then taken', [unavailable], { requests: 2, requestIds: ['r2'] }, ['Braze 503', 'answered']],
  [
    'no answer, then taken',
    [{ kind: 'transient', code: 'timeout' }],
    { requests: 2, requestIds: ['r2'] },
    ['Braze timeout', 'answered'],
  ],
  [
    '429 with a reset, then taken',
    [rateLimited(7_000)],
    { requests: 2, requestIds: ['r2'] },
    ['Braze 429', 'postponed 7000', 'answered'],
  ],
  [
    'one object refused',
    [{ kind: 'answered', rejected: [{ index: 1, message: 'bad' }], unknown: [] }],
    { accepted: 2, valuesSent: 6, refused: [{ seq: 2, message: 'bad' }] },
    ['answered'],
  ],
  ['refused whole, then each part taken', [refused], { requests: 3, requestIds: ['r1', 'r2', 'r3'] }, ['answered']],
  [
    'nine successes that are none, then taken',
    Array<Answer>(9).fill(unexpected),
    { requests: 10, requestIds: ['r10'] },
    [...Array<string>(9).fill('Braze not JSON'), 'answered'],
  ],
])('%s: every row is decided, in one receipt', async (_, answers, more, said) => {
  const context = answering(...answers);
  expect(await context.send()).toEqual({ kind: 'decided', receipts: [receipt(more)] });
  expect(context.said).toEqual(said);
  expect(context.slots).toBe(context.client.sent.length);
});

test('a row without anything to send is covered by the receipt, and so is one that was suppressed meanwhile', async () => {
  const context = answering();
  context.suppressed.add(2);
  const end = await context.send(rows(1, 3), 9);
  expect(end).toEqual({ kind: 'decided', receipts: [receipt({ toSeq: 9, accepted: 2, valuesSent: 6 })] });
  expect(context.client.sent).toEqual([[1, 3]]);
});

test('without a reset a 429 postpones by a backoff that doubles up to thirty seconds', async () => {
  drawn = 0.5;
  const context = answering(...Array<Answer>(9).fill(rateLimited(null)));
  await context.send();
  const postponed = context.said.filter((said) => said.startsWith('postponed'));
  expect(postponed.map((said) => Number(said.split(' ')[1]) * 2)).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
  ]);
});

test.each<[string, Answer[], { lost: boolean; problem: string; message: string }]>([
  [
    'a key that Braze does not know',
    [unknownKey],
    { lost: false, problem: 'unknown-key', message: 'Braze does not know it' },
  ],
  [
    'the same after an answer that never came',
    [unavailable, unknownKey],
    { lost: true, problem: 'unknown-key', message: 'Braze does not know it' },
  ],
  [
    'ten successes in a row that are none',
    Array<Answer>(10).fill(unexpected),
    {
      lost: true,
      problem: 'unexpected-answer',
      message:
        'restEndpoint returned 10 successes in a row that are not from Braze (not JSON): check that no proxy answers in its place',
    },
  ],
])('%s ends the request without a receipt', async (_, answers, { lost, problem, message }) => {
  const context = answering(...answers);
  expect(await context.send()).toMatchObject({
    kind: 'misconfigured',
    receipts: [],
    lost,
    problem: { kind: 'configuration', problem, message },
  });
  expect(context.client.sent).toHaveLength(answers.length);
});

test('successes that are none count only in a row', async () => {
  const nine = Array<Answer>(9).fill(unexpected);
  expect(await answering(...nine, unavailable, ...nine).send()).toMatchObject({ kind: 'decided' });
});

test('what was decided before the key was refused has its receipts, and what it cost counts once', async () => {
  // 1..4 is refused whole; 1..2 is taken, 3 taken alone, 4 meets the key.
  const context = answering(refused, taken, refused, taken, unknownKey);
  const end = await context.send(rows(1, 4));
  expect(context.client.sent).toEqual([[1, 2, 3, 4], [1, 2], [3, 4], [3], [4]]);
  expect(end).toMatchObject({ kind: 'misconfigured', lost: false });
  expect(end.receipts).toEqual([receipt({ requests: 5, requestIds: ['r1', 'r2', 'r3', 'r4'], valuesSent: 2 + 3 + 4 })]);
});

test('a stop during the wait after a failure ends it at once, and the answer counts as lost', async () => {
  drawn = 0.999;
  const context = new FakeContext(() => unavailable);
  const sending = context.send();
  setImmediate(() => context.halt.abort());
  expect(await sending).toEqual({ kind: 'stopped', receipts: [], lost: true });
  expect(context.client.sent).toHaveLength(1);
});

test('a stop while a request is in flight lets its answer count', async () => {
  const context = new FakeContext((_, before) => {
    if (before === 1) context.halt.abort();
    return before === 0 ? refused : taken;
  });
  expect(await context.send(rows(1, 4))).toEqual({
    kind: 'stopped',
    receipts: [receipt({ toSeq: 2, requests: 2, requestIds: ['r1', 'r2'], accepted: 2, valuesSent: 5 })],
    lost: false,
  });
});

test('stopped while it waits for a slot, it sends nothing', async () => {
  const context = answering();
  context.rateLimiter.take = () => {
    context.halt.abort();
    return Promise.reject(context.stop.reason as Error);
  };
  expect(await context.send()).toEqual({ kind: 'stopped', receipts: [], lost: false });
  expect(context.client.sent).toEqual([]);
});

test('on a claim that has passed to another it sends nothing, and says so', async () => {
  const context = answering();
  context.assertFresh = () => Promise.reject(new Error('fenced'));
  await expect(context.send()).rejects.toThrow('fenced');
  expect(context.client.sent).toEqual([]);
});

/** What Braze makes of a request, drawn: `picks` chooses objects of it. */
const drawnAnswer = fc.record({
  kind: fc.constantFrom('taken', 'some', 'refused', 'named', 'too-large', '503', '429', 'key', 'stop' as const),
  picks: fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
});
type DrawnAnswer = typeof drawnAnswer extends fc.Arbitrary<infer T> ? T : never;

/** Answers as drawn, and keeps its own account of which rows it has taken and refused. */
class BookkeepingBraze {
  readonly taken = new Set<number>();
  readonly refused = new Set<number>();

  answer(seqs: number[], { kind, picks }: DrawnAnswer): Answer {
    const indices = [...new Set(picks.map((pick) => pick % seqs.length))];
    const [first, ...others] = indices as [number, ...number[]];
    const named = [{ index: first, message: 'bad' }];
    switch (kind) {
      case 'some': {
        // The first is refused, the others Braze does not account for.
        this.refused.add(seqs[first]!);
        for (const [index, seq] of seqs.entries()) if (!indices.includes(index)) this.taken.add(seq);
        return { kind: 'answered', rejected: named, unknown: others };
      }
      case 'named':
        this.refused.add(seqs[first]!);
        return { kind: 'refused', message: 'bad', rejected: named };
      case 'refused':
      case 'too-large':
        if (seqs.length === 1) this.refused.add(seqs[0]!);
        return kind === 'refused' ? refused : { kind };
      case '503':
        return unavailable;
      case '429':
        return rateLimited(0);
      case 'key':
        return unknownKey;
      default:
        for (const seq of seqs) this.taken.add(seq);
        return taken;
    }
  }
}

const numbersOf = (receipts: Receipt[]) =>
  receipts.flatMap(({ fromSeq, toSeq }) => Array.from({ length: toSeq - fromSeq + 1 }, (_, n) => fromSeq + n));

test('whatever Braze answers, receipts tile exactly the rows that were decided, and no row twice', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 }),
      fc.array(drawnAnswer, { maxLength: 25 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 3 }),
      async (seqs, answers, suppressed) => {
        const objects = seqs.toSorted((a, b) => a - b).flatMap((seq) => rows(seq, seq));
        const braze = new BookkeepingBraze();
        const context = new FakeContext((group, before) => {
          const drawnNow = answers[before] ?? { kind: 'taken' as const, picks: [0] };
          if (drawnNow.kind === 'stop') context.halt.abort();
          return braze.answer(group, drawnNow);
        });
        for (const seq of suppressed) context.suppressed.add(seq);
        const end = await context.send(objects);

        const covered = numbersOf(end.receipts);
        expect(covered).toEqual([...new Set(covered)].toSorted((a, b) => a - b));
        const decided = [...braze.taken, ...braze.refused].toSorted((a, b) => a - b);
        if (end.kind === 'decided') {
          expect(end.receipts).toHaveLength(1);
          expect(covered).toEqual(numbersOf([receipt({ fromSeq: objects[0]!.seq, toSeq: objects.at(-1)!.seq })]));
        } else expect(covered).toEqual(decided);
        const sum = (of: (one: Receipt) => number) => end.receipts.reduce((total, one) => total + of(one), 0);
        expect(sum(({ accepted }) => accepted)).toBe(braze.taken.size);
        const valuesTaken = objects.filter(({ seq }) => braze.taken.has(seq));
        expect(sum(({ valuesSent }) => valuesSent)).toBe(valuesTaken.reduce((n, { valueCount }) => n + valueCount, 0));
        const refused = end.receipts.flatMap((one) => one.refused.map(({ seq }) => seq));
        expect(refused.toSorted((a, b) => a - b)).toEqual([...braze.refused].toSorted((a, b) => a - b));
        if (end.receipts.length > 0) expect(sum(({ requests }) => requests)).toBe(context.client.sent.length);
      },
    ),
    { numRuns: 500 },
  );
});
