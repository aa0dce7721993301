import fc from 'fast-check';
import { REQUEST_LIMITS } from '../../src/braze/limits';
import { unsentRequests, type OutboxReader, type SeqRange } from '../../src/delivery/unsentRequests';
import type { SendableRow } from '../../src/ledger/outbox';
import { row } from './fakeBraze';

/** A chunk's outbox in memory. */
class FakeOutbox implements OutboxReader {
  readonly #gaps: SeqRange[];
  readonly #rows: SendableRow[];
  reads = 0;

  constructor(gaps: SeqRange[], all: SendableRow[]) {
    this.#gaps = gaps;
    this.#rows = all;
  }

  gaps = async () => this.#gaps;

  rows = async ({ fromSeq, toSeq }: SeqRange, limit: number) => {
    this.reads += 1;
    return this.#rows.filter(({ seq }) => seq >= fromSeq && seq <= toSeq).slice(0, limit);
  };
}

async function requestsOf(outbox: OutboxReader) {
  const requests = [];
  for await (const request of unsentRequests(outbox)) requests.push(request);
  return requests;
}

const numbersOf = (ranges: SeqRange[]) =>
  ranges.flatMap(({ fromSeq, toSeq }) => Array.from({ length: toSeq - fromSeq + 1 }, (_, n) => fromSeq + n));

/** Stretches that do not touch, as receipts leave them. */
const gapsOf = (lengths: [between: number, long: number][]) => {
  let last = 0;
  return lengths.map(([between, long]) => {
    const fromSeq = last + between + 1;
    last = fromSeq + long - 1;
    return { fromSeq, toSeq: last };
  });
};

test('requests cover every number of each gap exactly once, and carry every row with something to send', async () => {
  const gaps = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 400 })), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(gaps, fc.nat(6), fc.nat(6), fc.nat(100), async (lengths, missing, empty, offset) => {
      const ranges = gapsOf(lengths);
      // Of seven numbers so many have no row, and so many a row without anything to send; scattered by the offset.
      const part = (seq: number) => ((seq + offset) * 3) % 7;
      const all = numbersOf(ranges)
        .filter((seq) => part(seq) >= missing)
        .map((seq) => (part(seq) >= missing + empty ? row(seq) : { ...row(seq), body: '' }));
      const requests = await requestsOf(new FakeOutbox(ranges, all));

      expect(numbersOf(requests)).toEqual(numbersOf(ranges));
      const sendable = all.filter(({ body }) => body !== '').map(({ seq }) => seq);
      expect(requests.flatMap(({ objects }) => objects.map(({ seq }) => seq))).toEqual(sendable);
      for (const { fromSeq, toSeq, objects } of requests) {
        expect(objects.length).toBeLessThanOrEqual(REQUEST_LIMITS.objects);
        expect(objects.every(({ seq }) => seq >= fromSeq && seq <= toSeq)).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});

test('a gap is read in pages, and a request closes no earlier because one ends', async () => {
  const gap = { fromSeq: 1, toSeq: 5_000 };
  const outbox = new FakeOutbox(
    [gap],
    numbersOf([gap]).map((seq) => row(seq)),
  );
  const requests = await requestsOf(outbox);
  expect(outbox.reads).toBe(3);
  expect(requests.map(({ objects }) => objects.length)).toEqual([...Array<number>(66).fill(75), 50]);
});

test('a gap without any row is one request with nothing to send', async () => {
  expect(await requestsOf(new FakeOutbox([{ fromSeq: 3, toSeq: 9 }], []))).toEqual([
    { fromSeq: 3, toSeq: 9, objects: [] },
  ]);
});
