import { openShop, type ShopSource } from '../../demo/weeks';
import { describeOnCdnow, MASTER } from './cdnow';
import { expectedChanges } from './expectedChanges';
import { emptyFolder, type } from './terminal';

// These tests start whole systems, on machines that may be busy.
jest.setTimeout(120_000);

const CUSTOMERS = 23_570;

/** The whole main job, as a person starts it: real servers, the real model, two weekly syncs, every profile compared. */
async function expectMainJob(source: ShopSource, ...args: string[]): Promise<void> {
  const demo = type(emptyFolder(), ['demo', '--json', ...args]);
  // Meanwhile, from the same log and without any of the pipeline.
  const changes = expectedChanges(await openShop(source));
  const { code, stdout, screen } = await demo.ended;
  expect({ code, screen }).toMatchObject({ code: 0 });

  const { weeks, verdict, braze } = JSON.parse(stdout);
  const [first, second] = weeks;
  expect(first).toMatchObject({ scored: CUSTOMERS, expectedChanged: CUSTOMERS });
  expect(first.sync).toMatchObject({
    state: 'completed',
    modelRun: 'm1',
    candidates: CUSTOMERS,
    changed: CUSTOMERS,
    accepted: CUSTOMERS,
    requests: Math.ceil(CUSTOMERS / 75),
    valuesSent: CUSTOMERS * 5,
  });
  expect(second).toMatchObject({ scored: CUSTOMERS, expectedChanged: changes.customers });
  expect(second.sync).toMatchObject({
    state: 'completed',
    modelRun: 'm2',
    candidates: CUSTOMERS,
    changed: changes.customers,
    accepted: changes.customers,
    requests: Math.ceil(changes.customers / 75),
    valuesSent: changes.values,
    valuesAvoided: CUSTOMERS * 5 - changes.values,
  });
  expect(verdict).toEqual({ profiles: CUSTOMERS, differing: 0 });
  // Braze's side of it: nobody else's profile, no value that it held already.
  expect(braze).toMatchObject({
    profiles: CUSTOMERS,
    repeatedObjects: changes.customers,
    unchangedValues: 0,
    dataPoints: CUSTOMERS * 5 + changes.values,
    requests: first.sync.requests + second.sync.requests,
  });
}

test('the main job on a simulated shop: the second week sends only what changed', async () => {
  await expectMainJob({ customers: CUSTOMERS, seed: 7 }, '--customers', String(CUSTOMERS), '--seed', '7');
});

describeOnCdnow('on the CDNOW log', () => {
  test('the main job with 23,570 real customers: the second week sends only what changed', async () => {
    await expectMainJob({ file: MASTER }, '--transactions', MASTER);
  });
});
