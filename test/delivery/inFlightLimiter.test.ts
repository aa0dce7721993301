import fc from 'fast-check';
import { createInFlightLimiters, type SlotGroup } from '../../src/delivery/inFlightLimiter';

const settled = async (promise: Promise<void>) =>
  Promise.race([promise.then(() => true), new Promise<boolean>((no) => setImmediate(() => no(false)))]);

test('a chunk behind the first has its share, the first one all that is free', async () => {
  const window = createInFlightLimiters()(1, 2);
  window.capacity = 4;
  const [second, first] = [window.open(1, 'b'), window.open(0, 'a')];
  for (let n = 0; n < 2; n += 1) expect(await settled(second.enter())).toBe(true);
  const third = second.enter();
  expect(await settled(third)).toBe(false);
  for (let n = 0; n < 2; n += 1) expect(await settled(first.enter())).toBe(true);
  const full = first.enter();
  expect(await settled(full)).toBe(false);

  second.leave();
  expect(await settled(full)).toBe(true);
  expect(await settled(third)).toBe(false);
});

test('when a chunk has begun its last request, the next one may fill the gap, never over the whole', async () => {
  const window = createInFlightLimiters()(1, 2);
  window.capacity = 4;
  const [first, second] = [window.open(0, 'a'), window.open(1, 'b')];
  for (let n = 0; n < 2; n += 1) await first.enter();
  for (let n = 0; n < 2; n += 1) await second.enter();
  first.exhaust();
  const more = [second.enter(), second.enter(), second.enter()];
  expect(await settled(more[0]!)).toBe(false);
  first.leave();
  expect(await settled(more[0]!)).toBe(true);
  expect(await settled(more[1]!)).toBe(false);
  first.leave();
  first.close();
  expect(await settled(more[1]!)).toBe(true);
  expect(await settled(more[2]!)).toBe(false);
});

test('a window is one a run, as long as a chunk of it sends', () => {
  const windows = createInFlightLimiters();
  const lane = windows(1, 2).open(0, 'a');
  expect(windows(1, 2).claims).toEqual(['a']);
  expect(windows(2, 2).claims).toEqual([]);
  lane.close();
  expect(windows(1, 2).claims).toEqual([]);
});

test('who waits in a chunk that is closed is let through, and counts for nobody', async () => {
  const limiter = createInFlightLimiters()(1, 1);
  const [first, second] = [limiter.open(0, 'a'), limiter.open(1, 'b')];
  await first.enter();
  const waiting = second.enter();
  expect(second.waitsForOthers).toBe(true);
  expect(await settled(waiting)).toBe(false);
  second.close();
  expect(await settled(waiting)).toBe(true);
  expect(await settled(second.enter())).toBe(true);
  second.leave();
  expect(await settled(first.enter())).toBe(false);
});

/** One step of a run's chunks, drawn: which chunk does what. */
const step = fc.tuple(
  fc.nat(3),
  fc.constantFrom('open' as const, 'enter' as const, 'leave' as const, 'exhaust' as const, 'close' as const),
);

test('never more than the capacity is in flight, none waits while there is room for it, and the lowest chunk goes first', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 4 }),
      fc.array(step, { maxLength: 80 }),
      (share, lanes, steps) => {
        const limiter = createInFlightLimiters()(1, share);
        limiter.capacity = share * lanes;
        const groups = new Map<number, SlotGroup>();
        for (const [chunk, action] of steps) {
          const group = groups.get(chunk);
          if (action === 'open' && group === undefined) groups.set(chunk, limiter.open(chunk, `claim ${chunk}`));
          if (group === undefined) continue;
          if (action === 'enter' && !group.exhausted) void group.enter();
          if (action === 'leave' && group.inFlight > 0) group.leave();
          if (action === 'exhaust' && !group.isWaiting) group.exhaust();
          if (action === 'close' && group.inFlight === 0 && !group.isWaiting) {
            group.close();
            groups.delete(chunk);
          }
          expectAdmittedAsTheyShould([...groups.values()], share, limiter.capacity);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

/** What holds after every step, said without the limiter's own rule. */
function expectAdmittedAsTheyShould(groups: SlotGroup[], share: number, capacity: number): void {
  const inFlight = groups.reduce((sum, group) => sum + group.inFlight, 0);
  expect(inFlight).toBeLessThanOrEqual(capacity);
  const byChunk = groups.toSorted((a, b) => a.chunk - b.chunk);
  const lowest = byChunk.find(({ exhausted }) => !exhausted);
  const waiting = byChunk.filter(({ isWaiting }) => isWaiting);
  for (const group of waiting) {
    // Only a full window keeps the lowest waiting, and only a full share the others.
    if (group === lowest) expect(inFlight).toBe(capacity);
    else expect(inFlight === capacity || group.inFlight >= share).toBe(true);
    expect(group.waitsForOthers).toBe(group.inFlight === 0);
  }
}
