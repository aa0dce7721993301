import type { IsoTime } from '../types/values';
import type { Ledger } from './open';
import { query } from './query';

/** How an attribute is summarised: by its values, by its range, or by its oldest and newest. */
export type SummaryKind = 'values' | 'range' | 'dates';

/** What Braze has accepted of one attribute, over all customers of a target. */
export interface Distribution {
  name: string;
  /** Customers who have a value. */
  withValue: number;
  /** Kind `values`: how many different ones, and the most frequent. */
  distinct: number;
  top: { value: string; customers: number }[];
  /** Kind `range`. */
  range: { min: number; mean: number; max: number } | null;
  /** Kind `dates`. */
  dates: { oldest: IsoTime; newest: IsoTime } | null;
}

/** More would be a list, not a picture. */
export const VALUES_SHOWN = 20;

interface Row {
  name: string;
  value: string | null;
  customers: number;
  distinct: number;
  withValue: number;
  min: number | null;
  max: number | null;
  mean: number | null;
  oldest: string | null;
  newest: string | null;
}

/**
 * Summarises acknowledged values in one pass over the table. Postgres groups and, where a group needs more than its memory,
 * spills to disk; it returns at most {@link VALUES_SHOWN} rows per attribute. A million customers with five attributes took 15
 * s on two busy cores, 23 s when every customer had a different string.
 */
export async function distributions(
  ledger: Ledger,
  targetId: number,
  attributes: readonly { name: string; kind: SummaryKind }[],
): Promise<Map<string, Distribution>> {
  const namesOf = (kind: SummaryKind) => attributes.filter((one) => one.kind === kind).map(({ name }) => name);
  const { rows } = await query<Row>(
    ledger,
    `with cells as (
       select e.key as name, e.value #>> '{}' as text, json_typeof(e.value) as type
         from acknowledged a, json_each(a.values::json) e
        where a.target_id = :targetId and e.key = any(:names::text[]) and json_typeof(e.value) <> 'null'
     ), counted as (
       select name, case when name = any(:listed::text[]) then text end as value, count(*) as customers,
              -- A value of another type is of an older mapping.
              min(text::float8) filter (where type = 'number' and name = any(:ranges::text[])) as min,
              max(text::float8) filter (where type = 'number' and name = any(:ranges::text[])) as max,
              avg(text::float8) filter (where type = 'number' and name = any(:ranges::text[])) as mean,
              min(text collate "C") filter (where type = 'string' and name = any(:dates::text[])) as oldest,
              max(text collate "C") filter (where type = 'string' and name = any(:dates::text[])) as newest
         from cells group by 1, 2
     ), ranked as (
       select *, row_number() over (partition by name order by customers desc, value) as place,
              count(*) over (partition by name) as different, sum(customers) over (partition by name) as all_of_it
         from counted
     )
     select name, value, customers::int, different::int as distinct, all_of_it::int as "withValue", min, max, mean, oldest, newest
       from ranked where place <= :valuesShown order by name, place`,
    {
      targetId,
      valuesShown: VALUES_SHOWN,
      names: attributes.map(({ name }) => name),
      listed: namesOf('values'),
      ranges: namesOf('range'),
      dates: namesOf('dates'),
    },
  );
  const found = new Map<string, Distribution>();
  for (const { name, kind } of attributes) {
    const ofAttribute = rows.filter((row) => row.name === name);
    found.set(name, summary(name, kind, ofAttribute));
  }
  return found;
}

function summary(name: string, kind: SummaryKind, rows: Row[]): Distribution {
  const [first] = rows;
  const listed = kind === 'values';
  return {
    name,
    withValue: first?.withValue ?? 0,
    distinct: listed ? (first?.distinct ?? 0) : 0,
    top: listed ? rows.map(({ value, customers }) => ({ value: value!, customers })) : [],
    range: first === undefined || first.min === null ? null : { min: first.min, mean: first.mean!, max: first.max! },
    dates: first === undefined || first.oldest === null ? null : { oldest: first.oldest, newest: first.newest! },
  };
}
