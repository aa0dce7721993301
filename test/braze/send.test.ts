import fc from 'fast-check';
import type { TrackAnswer } from '../../src/braze/client';
import type { OutgoingRow } from '../../src/braze/packing';
import type { Answer } from '../../src/braze/response';
import { sendObjects } from '../../src/braze/send';

const rows = (count: number): OutgoingRow[] =>
  Array.from({ length: count }, (_, i) => ({ seq: i + 1, body: `{"external_id":"customer-${i + 1}"}` }));

const seqOf = (body: string) => Number(/customer-(\d+)/.exec(body)?.[1]);
const never = new AbortController().signal;

/** A road of which `answer` decides; keeps the seqs of every request. */
function road(answer: (seqs: number[], request: number) => Answer) {
  const sent: number[][] = [];
  const track = (bodies: readonly string[]): Promise<TrackAnswer> => {
    const seqs = bodies.map(seqOf);
    sent.push(seqs);
    return Promise.resolve({ ...answer(seqs, sent.length), requestId: `r${sent.length}`, budget: null });
  };
  return { track, sent };
}

const allTaken: Answer = { kind: 'answered', rejected: [], unknown: [] };
const refused: Answer = { kind: 'refused', message: 'no', rejected: [] };
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('one request when Braze takes everything', async () => {
  const client = road(() => allTaken);
  await expect(sendObjects(client, rows(75), never)).resolves.toEqual({
    accepted: range(1, 75),
    rejected: [],
    undecided: [],
    stop: null,
    requests: 1,
    requestIds: ['r1'],
  });
});

test('no objects, no request', async () => {
  const client = road(() => allTaken);
  await expect(sendObjects(client, [], never)).resolves.toMatchObject({ requests: 0, stop: null });
});

test('a refused object costs itself only, and its words no value', async () => {
  const client = road(() => ({
    kind: 'answered',
    rejected: [{ index: 1, message: 'customer-2 is bad' }],
    unknown: [],
  }));
  await expect(sendObjects(client, rows(3), never)).resolves.toMatchObject({
    accepted: [1, 3],
    rejected: [{ seq: 2, message: '[value] is bad' }],
    requests: 1,
  });
});

test.each(['refused', 'too-large'] as const)(
  'a request that is %s is halved until the offender is alone',
  async (kind) => {
    const answer: Answer = kind === 'refused' ? refused : { kind };
    const client = road((seqs) => (seqs.includes(50) ? answer : allTaken));
    const delivery = await sendObjects(client, rows(75), never);
    expect(delivery.accepted.toSorted((a, b) => a - b)).toEqual(range(1, 75).filter((seq) => seq !== 50));
    expect(delivery.rejected).toEqual([{ seq: 50, message: expect.any(String) }]);
    expect(delivery.requests).toBeLessThanOrEqual(15);
  },
);

test('when everything is refused each is rejected, in 149 requests', async () => {
  const client = road(() => refused);
  const delivery = await sendObjects(client, rows(75), never);
  expect(delivery.rejected.map(({ seq }) => seq)).toEqual(range(1, 75));
  expect(delivery).toMatchObject({ accepted: [], requests: 149, stop: null });
});

test('a refusal that names its objects needs no halving', async () => {
  const client = road((seqs) =>
    seqs.includes(2) ? { kind: 'refused', message: 'no', rejected: [{ index: 1, message: 'bad' }] } : allTaken,
  );
  await expect(sendObjects(client, rows(75), never)).resolves.toMatchObject({
    rejected: [{ seq: 2, message: 'bad' }],
    requests: 2,
  });
});

test('what Braze did not account for is sent again alone, and is not called synced when it fails again', async () => {
  const client = road((seqs) =>
    seqs.length > 1
      ? { kind: 'answered', rejected: [{ index: 0, message: 'bad' }], unknown: [1, 2] }
      : { kind: 'answered', rejected: [], unknown: seqs.includes(3) ? [0] : [] },
  );
  await expect(sendObjects(client, rows(3), never)).resolves.toMatchObject({
    accepted: [2],
    rejected: [
      { seq: 1, message: 'bad' },
      { seq: 3, message: 'Braze accepted the request without counting this object' },
    ],
    requests: 3,
  });
  expect(client.sent).toEqual([[1, 2, 3], [2], [3]]);
});

test.each<Answer>([
  { kind: 'rate-limited', afterMs: 1000 },
  { kind: 'transient', code: '503' },
  { kind: 'configuration', problem: 'unknown-key', message: 'no' },
])('a stop inside a split keeps what was decided: $kind', async (stop) => {
  const client = road((seqs, request) => (request === 3 ? stop : seqs.includes(3) ? refused : allTaken));
  const first = await sendObjects(client, rows(4), never);
  expect(first).toMatchObject({ accepted: [1, 2], rejected: [], stop, requests: 3 });
  expect(first.undecided.map(({ seq }) => seq)).toEqual([3, 4]);

  const second = await sendObjects(client, first.undecided, never);
  expect(second).toMatchObject({ accepted: [4], rejected: [{ seq: 3 }], undecided: [], stop: null });
});

test('every HTTP request waits for the pace', async () => {
  const order: string[] = [];
  const client = road((seqs) => {
    order.push(`sent ${seqs.length}`);
    return seqs.length > 1 ? refused : allTaken;
  });
  const beforeRequest = () => Promise.resolve(void order.push('pace'));
  await sendObjects(client, rows(2), never, { beforeRequest });
  expect(order).toEqual(['pace', 'sent 2', 'pace', 'sent 1', 'pace', 'sent 1']);
});

test('an abort stops before the next request and keeps what was decided', async () => {
  const controller = new AbortController();
  const client = road((seqs, request) => {
    if (request === 2) controller.abort();
    return seqs.length > 1 ? refused : allTaken;
  });
  const delivery = await sendObjects(client, rows(2), controller.signal);
  expect(delivery).toMatchObject({ accepted: [1], stop: { kind: 'aborted' }, requests: 2 });
  expect(delivery.undecided.map(({ seq }) => seq)).toEqual([2]);
});

test('an abort while waiting for the pace sends nothing; another failure there comes out', async () => {
  const controller = new AbortController();
  const client = road(() => allTaken);
  const aborted = await sendObjects(client, rows(2), controller.signal, {
    beforeRequest: () => Promise.resolve(controller.abort()),
  });
  expect(aborted).toMatchObject({ stop: { kind: 'aborted' }, requests: 0 });
  const lost = sendObjects(client, rows(2), never, { beforeRequest: () => Promise.reject(new Error('lease lost')) });
  await expect(lost).rejects.toThrow('lease lost');
  expect(client.sent).toEqual([]);
});

test('whatever Braze answers: every object ends in exactly one place, in at most 2n − 1 requests between stops', async () => {
  const answer = (sent: number, choice: number): Answer => {
    const half = range(0, sent - 1).filter((index) => index % 2 === choice % 2);
    const named = half.map((index) => ({ index, message: 'bad' }));
    const others = range(0, sent - 1).filter((index) => !half.includes(index));
    const answers: Answer[] = [
      allTaken,
      refused,
      { kind: 'refused', message: 'no', rejected: named.slice(0, 1) },
      { kind: 'too-large' },
      { kind: 'answered', rejected: named, unknown: [] },
      { kind: 'answered', rejected: named.slice(0, 1), unknown: others },
      { kind: 'answered', rejected: [], unknown: range(0, sent - 1) },
      { kind: 'transient', code: '503' },
      { kind: 'rate-limited', afterMs: null },
    ];
    return answers[choice % answers.length] as Answer;
  };
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.array(fc.nat(1000), { minLength: 1 }), async (n, choices) => {
      let request = 0;
      // A script that runs out of answers ends in success, or a stop could repeat for ever.
      const client = road((seqs) =>
        request < choices.length ? answer(seqs.length, choices[request++] as number) : allTaken,
      );
      const ended: number[] = [];
      let left = rows(n);
      while (left.length > 0) {
        const delivery = await sendObjects(client, left, never);
        const decided = [...delivery.accepted, ...delivery.rejected.map(({ seq }) => seq)];
        const all = [...decided, ...delivery.undecided.map(({ seq }) => seq)];
        expect(all.toSorted((a, b) => a - b)).toEqual(left.map(({ seq }) => seq).toSorted((a, b) => a - b));
        expect(delivery.stop === null).toBe(delivery.undecided.length === 0);
        expect(delivery.requests).toBeLessThanOrEqual(2 * left.length - 1);
        ended.push(...decided);
        left = delivery.undecided;
      }
      expect(ended.toSorted((a, b) => a - b)).toEqual(range(1, n));
    }),
  );
});

test('a request that is too large is cut by size: one long object is alone after one cut', async () => {
  const [long, ...short] = rows(40);
  const client = road((seqs) => (seqs.includes(1) ? { kind: 'too-large' } : allTaken));
  const delivery = await sendObjects(client, [{ ...long!, body: long!.body.padEnd(5_000) }, ...short], never);
  expect(client.sent.map((seqs) => seqs.length)).toEqual([40, 1, 39]);
  expect(delivery.rejected.map(({ seq }) => seq)).toEqual([1]);
  expect(delivery.accepted).toHaveLength(39);
});
