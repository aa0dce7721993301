import { withClient } from './postgresClient';

/** The attributes of a profile at Braze, by name. */
export type Profile = Readonly<Record<string, string | number>>;
type Profiles = ReadonlyMap<string, Profile>;

/** A customer's row, rounded by the database; the rules below only choose. */
interface SourceRow {
  id: string;
  probability: number;
  value: number;
  product: string;
  scoredAt: string;
  band: string;
  /** The bands that a customer who is already in them keeps. */
  keeps: string[];
}

/** Through text: a cast from double precision to numeric cuts digits. */
const PROBABILITY = 'churn_probability::text::numeric';

const SOURCE_ROWS = `
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
 * The profiles that Braze should hold after a sync of the source table, given those it held before. This implements the rules
 * of the demo's config a second time and uses nothing of src/attributes, because the demo verifies that code.
 */
export async function expectedProfiles(tenantUrl: string, before: Profiles): Promise<Map<string, Profile>> {
  const rows = await withClient(tenantUrl, async (client) => (await client.query<SourceRow>(SOURCE_ROWS)).rows);
  return new Map(rows.map((row) => [row.id, expectedProfile(row, before.get(row.id))]));
}

/** Attributes in the order of the config. */
function expectedProfile(row: SourceRow, before: Profile | undefined): Profile {
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

/** Names of the attributes in which two profiles differ. */
export function changedAttributes(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>) {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]);
}

/** Customers whose profile differs from the expected one, is missing, or is unexpected. */
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
