import { columnType } from '../../attributes/columnType';
import type { Column } from '../../tenant/store';

/** Names that say whose row it is, the surest first; `customer_id` and `customerId` are one. */
const CUSTOMER_NAMES = ['customerid', 'externalid', 'userid', 'contactid', 'memberid'];

/** Names that say when a row last changed, the surest first. */
const UPDATED_NAMES = [
  'updatedat',
  'modifiedat',
  'lastupdatedat',
  'lastmodifiedat',
  'lastupdated',
  'lastmodified',
  'updated',
  'modified',
  'changedat',
  'scoredat',
  'calculatedat',
];

/** A column named as a customer's id comes first: a primary key may be a number of the row only. */
export function customerIdOf(columns: readonly Column[], primaryKey: readonly string[]): string | null {
  const ids = columns.filter(({ databaseType }) => ['string', 'number'].includes(columnType(databaseType)));
  const named = firstNamed(ids, CUSTOMER_NAMES);
  if (named !== null) return named;
  const [key, ...more] = primaryKey;
  if (more.length === 0 && ids.some(({ name }) => name === key)) return key!;
  return firstNamed(ids, ['id']);
}

/** Null also where several timestamps could be it. */
export function updatedAtOf(columns: readonly Column[]): string | null {
  const timestamps = columns.filter(({ databaseType }) => databaseType.startsWith('timestamp'));
  return firstNamed(timestamps, UPDATED_NAMES) ?? (timestamps.length === 1 ? timestamps[0]!.name : null);
}

function firstNamed(columns: readonly Column[], names: readonly string[]): string | null {
  for (const wanted of names) {
    const found = columns.find(({ name }) => name.toLowerCase().replace(/[\s_-]/g, '') === wanted);
    if (found !== undefined) return found.name;
  }
  return null;
}
