import { createWorld, expectProfilesEqualStore, fillStore, type World } from '../world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  await world.startWorker();
});
afterEach(() => world.close());

test('the first run sends every customer, the second sends no request', async () => {
  await fillStore(world, 100);

  const first = await world.run();
  expect(first).toMatchObject({
    state: 'completed',
    candidates: 100,
    changed: 100,
    accepted: 100,
    rejected: 0,
    requests: 2,
  });
  await expectProfilesEqualStore(world);

  const second = await world.run();
  expect(second).toMatchObject({ state: 'completed', changed: 0, accepted: 0, requests: 0 });
  expect(world.braze.requests).toHaveLength(2);
});
