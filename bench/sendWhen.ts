import { noPurchaseProbability } from '../demo/model/bgNbd';
import { fitBgNbd } from '../demo/model/fit';
import { purchaseHistories } from '../demo/model/purchaseHistories';
import type { Transaction } from '../demo/transactions';
import { compileAttributes } from '../src/attributes/compile';
import { diffCustomer } from '../src/attributes/diff';
import { loadConfig } from '../src/config/load';
import type { ValueSet } from '../src/types/values';

/** One column, `churn_probability`, under every definition of "changed": what differs between them is configuration alone. */
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

/** What weekly runs under each definition of "changed" would send. */
export interface Campaign {
  customers: number;
  weeks: number;
  /** Customers sent over all weeks, by attribute; the first run, which sends everybody, not counted. */
  sent: Record<string, number>;
  /** … of whom the steady band changed or the number moved. */
  steadyBandsOrMoved: number;
}

/**
 * Weekly model runs over a shop's log, each trained anew, through the rules of the pipeline: values that were sent are
 * acknowledged and carried from week to week.
 *
 * @param firstDay of the first run, days since 1970-01-01
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
