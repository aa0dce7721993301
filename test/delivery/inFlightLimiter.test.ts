import { createInFlightLimiters } from '../../src/delivery/inFlightLimiter';

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
