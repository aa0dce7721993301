import { OutageTracker } from '../../src/delivery/outageTracker';

/** What the tracker records and reports, in order. */
let said: (string | null)[];
beforeEach(() => {
  said = [];
  jest.useFakeTimers();
});
afterEach(() => void jest.useRealTimers());

function tracker(shown: string | null = null): OutageTracker {
  return new OutageTracker({
    shown,
    record: (what) => void said.push(what),
    changed: () => void said.push('changed'),
  });
}

const pass = (ms: number) => jest.advanceTimersByTime(ms);

test.each([
  ['a failure that is over within a second is no news', 999, [], []],
  ['one that lasts is recorded, and so is its end', 1_000, ['Braze 503'], ['Braze 503', null]],
  ['below five seconds it is not reported', 4_999, ['Braze 503'], ['Braze 503', null]],
  ['after five it is reported', 5_000, ['Braze 503', 'changed'], ['Braze 503', 'changed', null]],
])('%s', (_, ms, before, after) => {
  const outage = tracker();
  outage.failed('Braze 503');
  expect(outage.current).toMatchObject({ for: 'Braze 503' });
  pass(ms);
  expect(said).toEqual(before);
  outage.answered();
  expect(outage.current).toBeNull();
  pass(60_000);
  expect(said).toEqual(after);
});

test('an outage that answers differently is one wait: since its first failure, named after its last', () => {
  const outage = tracker();
  outage.failed('Braze 503');
  const { since } = outage.current!;
  pass(600);
  outage.failed('Braze 504');
  expect(outage.current).toEqual({ for: 'Braze 504', since });
  pass(400);
  expect(said).toEqual(['Braze 504']);
});

test('failures among answers start from zero each time', () => {
  const outage = tracker();
  for (let n = 0; n < 20; n += 1) {
    outage.failed('Braze 429');
    pass(900);
    outage.answered();
  }
  expect(said).toEqual([]);
});

test('a wait that the run shows already is not reported again, but its end is', () => {
  const outage = tracker('Braze 503');
  outage.failed('Braze 503');
  pass(60_000);
  expect(said).toEqual(['Braze 503']);
  outage.answered();
  expect(said).toEqual(['Braze 503', null, 'changed']);
});

test('a wait that the run shows, and that is over when the chunk begins, is reported as over, once', () => {
  const outage = tracker('Braze 503');
  outage.answered();
  outage.answered();
  expect(said).toEqual([null, 'changed']);
});

test('closed, it says nothing more, and what is waited for stays readable', () => {
  const outage = tracker();
  outage.failed('Braze 503');
  outage.close();
  pass(60_000);
  expect(said).toEqual([]);
  expect(outage.current).toMatchObject({ for: 'Braze 503' });
});
