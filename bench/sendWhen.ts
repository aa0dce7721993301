import { noPurchaseProbability } from '../demo/model/bgNbd';
import { fitBgNbd } from '../demo/model/fit';
import { purchaseHistories } from '../demo/model/purchaseHistories';
import type { Transaction } from '../demo/transactions';
import { compileAttributes } from '../src/attributes/compile';
import { diffCustomer } from '../src/attributes/diff';
import { loadConfig } from '../src/config/load';
import type { ValueSet } from '../src/types/values';

/** One column, `churn_probability`, with every definition of "changed". They differ only in configuration. */
export const SEND_WHEN_CONFIG = `
workspaces: { shop: { restEndpoint: http://127.0.0.1:1, apiKey: none } }
sources: { tenant: { url: postgres://127.0.0.1:1/none } }
syncs:
  churn:
    table: predictive_attributes
    attributes:
      raw: { column: churn_probability, type: number }
      four_decimals: { column: churn_probability, type: number, decimals: 4 }
      three_decimals: { column: churn_probability, type: number, decimals: 3 }
      two_decimals: { column: churn_probability, type: number, decimals: 2 }
      moved: { column: churn_probability, type: number, minChange: 0.05 }
      bands: { column: churn_probability, bands: { low: 0, medium: 0.5, high: 0.8 } }
      steady_bands: { column: churn_probability, bands: { low: 0, medium: 0.5, high: 0.8 }, hysteresis: 0.03 }
`;

const WEEKS_OF_90_DAYS = 90 / 7;

/** What weekly runs would send with each definition of "changed". */
export interface Campaign {
  customers: number;
  weeks: number;
  /** Customers sent over all weeks, by attribute, without the first run, which sends all customers. */
  sent: Record<string, number>;
  /** … whose steady band or number changed. */
  steadyBandsOrMoved: number;
}

/**
 * Runs a model weekly over a shop's log, trained again each week, and applies the rules of the pipeline: sent values are
 * acknowledged and carried over from week to week.
 *
 * @param firstDay day of the first run, in days since 1970-01-01
 */
export function sendWhenCampaign(
  log: readonly Transaction[],
  { firstDay, weeks, configPath }: { firstDay: number; weeks: number; configPath: string },
): Campaign {
  const { churn } = loadConfig(configPath, { env: {} }).syncs;
  const attributes = compileAttributes(churn!.attributes, { churn_probability: 'number' });
  const acknowledged = new Map<string, ValueSet>();
  const sent = Object.fromEntries(attributes.map(({ name }) => [name, 0]));
  let steadyBandsOrMoved = 0;
  for (let week = 0; week <= weeks; week++) {
    const histories = purchaseHistories(log, firstDay + 7 * week);
    const parameters = fitBgNbd(histories);
    for (const history of histories) {
      const text = String(noPurchaseProbability(parameters, history, WEEKS_OF_90_DAYS));
      const { customerId } = history;
      const { changes, newValues } = diffCustomer({
        attributes,
        row: attributes.map(() => text),
        acknowledged: acknowledged.get(customerId),
        uncertain: undefined,
        resend: false,
      });
      acknowledged.set(customerId, newValues);
      if (week === 0) continue;
      for (const name of Object.keys(changes)) sent[name]! += 1;
      if ('steady_bands' in changes || 'moved' in changes) steadyBandsOrMoved += 1;
    }
  }
  return { customers: acknowledged.size, weeks, sent, steadyBandsOrMoved };
}
