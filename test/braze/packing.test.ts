import fc from 'fast-check';
import type { RequestLimits } from '../../src/braze/limits';
import { type OutgoingRow, type PackedRequest, Packer, renderRequest } from '../../src/braze/packing';

function pack(rows: OutgoingRow[], limits?: RequestLimits): PackedRequest[] {
  const packer = new Packer(limits);
  return [...rows.map((row) => packer.push(row)), packer.end()].filter((request) => request !== null);
}

const rows = (count: number, body = '{"external_id":"c"}', from = 1): OutgoingRow[] =>
  Array.from({ length: count }, (_, i) => ({ seq: from + i, body }));

const ranges = (requests: PackedRequest[]) => requests.map((r) => [r.fromSeq, r.toSeq, r.objects.length]);

test('fills requests with 75 objects', () => {
  expect(ranges(pack(rows(160)))).toEqual([
    [1, 75, 75],
    [76, 150, 75],
    [151, 160, 10],
  ]);
});

test('packs by bytes, frame and commas included, to the last byte', () => {
  const body = '{"a":"é"}';
  const two = Buffer.byteLength(renderRequest([body, body]));
  expect(ranges(pack(rows(4, body), { objects: 75, bytes: two + 1 }))).toEqual([
    [1, 2, 2],
    [3, 4, 2],
  ]);
  expect(pack(rows(4, body), { objects: 75, bytes: two - 1 })).toHaveLength(4);
});

test('an object longer than a whole request travels alone', () => {
  const long = { seq: 3, body: 'x'.repeat(500) };
  expect(ranges(pack([...rows(2), long, ...rows(2, 'y', 4)], { objects: 75, bytes: 100 }))).toEqual([
    [1, 2, 2],
    [3, 3, 1],
    [4, 5, 2],
  ]);
});

test('a row with nothing left to send belongs to the request around it', () => {
  const some = [...rows(74), { seq: 75, body: '' }, ...rows(1, 'x', 76), { seq: 77, body: '' }, ...rows(1, 'x', 78)];
  expect(ranges(pack(some))).toEqual([
    [1, 77, 75],
    [78, 78, 1],
  ]);
});

test('rows with nothing to send alone make a request without objects', () => {
  expect(ranges(pack(rows(200, '')))).toEqual([[1, 200, 0]]);
});

test('leading empty rows belong to the first request', () => {
  expect(ranges(pack([...rows(2, ''), ...rows(1, 'x', 3)]))).toEqual([[1, 3, 1]]);
  const long = [...rows(2, ''), ...rows(1, 'x'.repeat(500), 3)];
  expect(ranges(pack(long, { objects: 75, bytes: 100 }))).toEqual([[1, 3, 1]]);
});

test('a range does not cover a number it was not given: that row has its receipt already', () => {
  expect(ranges(pack([...rows(2), ...rows(2, 'x', 10), ...rows(1, '', 20)]))).toEqual([
    [1, 2, 2],
    [10, 11, 2],
    [20, 20, 0],
  ]);
});

test('no rows, no request; and after its end a packer is as new', () => {
  const packer = new Packer({ objects: 75, bytes: 40 });
  expect(packer.end()).toBeNull();
  packer.push({ seq: 1, body: 'x'.repeat(20) });
  packer.end();
  packer.push({ seq: 2, body: 'x'.repeat(20) });
  expect(packer.end()).toMatchObject({ fromSeq: 2, toSeq: 2 });
});

test('whatever the rows: each once, in order, ranges without holes, within limits, as full as they can be', () => {
  const limits = { objects: 5, bytes: 120 };
  const bodies = fc.array(fc.oneof(fc.constant(''), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 })));
  fc.assert(
    fc.property(bodies, (some) => {
      const given = some.map((body, i) => ({ seq: i + 1, body }));
      const requests = pack(given, limits);
      expect(requests.flatMap((r) => r.objects)).toEqual(given.filter((row) => row.body !== ''));
      let last = 0;
      for (const { fromSeq, toSeq, objects } of requests) {
        expect(fromSeq).toBe(last + 1);
        expect(objects.every(({ seq }) => seq >= fromSeq && seq <= toSeq)).toBe(true);
        expect(objects.length).toBeLessThanOrEqual(limits.objects);
        if (objects.length > 1) expect(bytesOf(objects)).toBeLessThanOrEqual(limits.bytes);
        last = toSeq;
      }
      expect(last).toBe(given.length);
      requests.slice(1).forEach((request, i) => {
        const before = requests[i]?.objects ?? [];
        const oneMore = [...before, ...request.objects.slice(0, 1)];
        // The room is counted with one comma more than there is: at most one byte is given away.
        expect(oneMore.length > limits.objects || bytesOf(oneMore) > limits.bytes - 1).toBe(true);
      });
    }),
  );

  function bytesOf(objects: OutgoingRow[]): number {
    return Buffer.byteLength(renderRequest(objects.map(({ body }) => body)));
  }
});

test('renders one JSON document', () => {
  expect(JSON.parse(renderRequest(['{"external_id":"a"}', '{"external_id":"b"}']))).toEqual({
    attributes: [{ external_id: 'a' }, { external_id: 'b' }],
  });
});
