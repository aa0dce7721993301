import { withClient } from '../../demo/postgresClient';
import { scoreWeek } from '../../demo/scores';
import { createTenant, publishModelRun } from '../../demo/tenant';
import { openShop } from '../../demo/weeks';

/** Enough for a model to be fitted and for a sync of several requests, and quick to make. */
const CUSTOMERS = 2_000;

/** Makes an empty database a tenant with one model run; leaves one that has tables as it is. Gives its customers. */
export async function ensureSampleTenant(url: string): Promise<number> {
  const found = await withClient(url, async (client) => {
    const { rows } = await client.query(`select to_regclass('predictive_attributes') is not null as "there"`);
    if (!rows[0].there) return null;
    const counted = await client.query(`
      select (select count(*) from predictive_attributes)::int as "customers", (select count(*) from model_runs)::int as "runs"`);
    return counted.rows[0] as { customers: number; runs: number };
  });
  if (found !== null && found.customers > 0) return found.customers;
  if (found === null) await createTenant(url);
  const { transactions, modelRunDays } = await openShop({ customers: CUSTOMERS, seed: 1 });
  // Begun and given up: its number stays taken.
  const id = `m${(found?.runs ?? 0) + 1}`;
  await publishModelRun(url, { id, model: 'churn', scores: scoreWeek(transactions, modelRunDays[1]) });
  return CUSTOMERS;
}
