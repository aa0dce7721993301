import { withClient } from './postgresClient';

/** What a profile at Braze holds: attributes by name. */
export type Profile = Readonly<Record<string, string | number>>;
type Profiles = ReadonlyMap<string, Profile>;

/** A customer's row with all decimals done by the database; the rules below only choose. */
interface StoreRow {
  id: string;
  probability: number;
  value: number;
  product: string;
  scoredAt: string;
  band: string;
  /** Which bands a customer who is in them would keep. */
  keeps: string[];
}

/** By way of its text: the cast from double precision to numeric would cut digits. */
const PROBABILITY = 'churn_probability::text::numeric';

const STORE = `
  select customer_id as "id", round(p, 2)::float8 as "probability", round(predicted_value)::float8 as "value",
         next_best_product as "product",
         to_char(scored_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "scoredAt",
         case when p >= 0.8 then 'high' when p >= 0.5 then 'medium' else 'low' end as "band",
         array_remove(array[
           case when p < 0.53 then 'low' end,
           case when p >= 0.47 and p < 0.83 then 'medium' end,
           case when p >= 0.77 then 'high' end], null) as "keeps"
    from predictive_attributes cross join lateral (select ${PROBABILITY} as p) exact`;

/**
 * What every profile at Braze should hold once the store is synced, given what they held before. The rules of the demo's
 * config, written anew and on purpose without a line of src/attributes: the demo proves that program, so it cannot be asked.
 */
export async function expectedProfiles(tenantUrl: string, before: Profiles): Promise<Map<string, Profile>> {
  const rows = await withClient(tenantUrl, async (client) => (await client.query<StoreRow>(STORE)).rows);
  return new Map(rows.map((row) => [row.id, expectedProfile(row, before.get(row.id))]));
}

/** Attributes in the config's order. */
function expectedProfile(row: StoreRow, before: Profile | undefined): Profile {
  const { probability, value, band, product, scoredAt } = row;
  const fresh = {
    churn_probability: probability,
    churn_risk: band,
    predicted_value: value,
    next_best_product: product,
    churn_scored_at: scoredAt,
  };
  if (before === undefined) return fresh;

  const kept: Record<string, string | number> = { ...before };
  // In hundredths: 0.55 − 0.5 is a little more than 0.05 in binary.
  if (Math.round(Math.abs(probability - Number(before.churn_probability)) * 100) >= 5) {
    kept.churn_probability = probability;
  }
  if (!row.keeps.includes(String(before.churn_risk))) kept.churn_risk = band;
  if (Math.abs(value - Number(before.predicted_value)) >= 5) kept.predicted_value = value;
  kept.next_best_product = product;
  if (changedAttributes(before, kept).length > 0) kept.churn_scored_at = scoredAt;
  return kept;
}

/** Names of the attributes in which two profiles differ, in either's order. */
export function changedAttributes(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>) {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]);
}

/** Customers whose profile is not as expected, is missing, or should not be there. */
export function differingProfiles(
  expected: Profiles,
  found: Iterable<readonly [id: string, profile: Readonly<Record<string, unknown>>]>,
): string[] {
  const missing = new Set(expected.keys());
  const differing: string[] = [];
  for (const [id, profile] of found) {
    missing.delete(id);
    const wanted = expected.get(id);
    if (wanted === undefined || changedAttributes(wanted, profile).length > 0) differing.push(id);
  }
  return [...differing, ...missing];
}
