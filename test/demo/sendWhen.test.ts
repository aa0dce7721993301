import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SEND_WHEN_CONFIG, sendWhenCampaign, type Campaign } from '../../bench/sendWhen';
import { SHOP_OPENED, simulateTransactions } from '../../demo/shop';
import { dayOf } from '../../demo/transactions';
import { describeOnCdnow, wholeLog } from './cdnow';
import { emptyFolder } from './terminal';

// Forty trainings of the model on the whole log.
jest.setTimeout(240_000);

function configured(): string {
  const configPath = join(emptyFolder(), 'peak-braze.yaml');
  writeFileSync(configPath, SEND_WHEN_CONFIG);
  return configPath;
}

/** Customers a run, as the table of the facts prints them. */
function perRun({ sent, weeks }: Campaign): Record<string, number> {
  return Object.fromEntries(Object.entries(sent).map(([name, total]) => [name, Math.round(total / weeks)]));
}

describeOnCdnow('39 weekly runs over the real log, by configuration alone', () => {
  test('send what was published for each definition of changed', async () => {
    const firstDay = dayOf('1997-09-30');
    const campaign = sendWhenCampaign(await wholeLog(), { firstDay, weeks: 39, configPath: configured() });
    expect(campaign.customers).toBe(23_570);
    const { four_decimals, three_decimals, ...printed } = perRun(campaign);
    expect(printed).toEqual({ raw: 23_570, two_decimals: 6_673, moved: 1_275, bands: 365, steady_bands: 261 });
    // Published: 1,325, for a rule that sends number and band together whenever either fires, so that the number starts again.
    // Here each attribute keeps its own.
    expect(Math.round(campaign.steadyBandsOrMoved / 39)).toBe(1_371);
    // Fine digits hang on the last digits of each fit: 23,532 and 19,836 were published.
    expect(Math.abs(four_decimals! - 23_532)).toBeLessThanOrEqual(2);
    expect(Math.abs(three_decimals! - 19_836)).toBeLessThanOrEqual(8);
  });
});

test('a simulated shop has the same order, with figures of its own', () => {
  const log = simulateTransactions({ seed: 7, customers: 3_000, weeks: 52 });
  const firstDay = SHOP_OPENED + 39 * 7;
  const campaign = sendWhenCampaign(log, { firstDay, weeks: 8, configPath: configured() });
  expect(campaign.customers).toBe(3_000);
  expect(perRun(campaign)).toEqual({
    raw: 3_000,
    four_decimals: 2_998,
    three_decimals: 2_977,
    two_decimals: 1_107,
    moved: 150,
    bands: 66,
    steady_bands: 35,
  });
});
