import { createHash } from 'node:crypto';
import type { SyncSettings } from '../types/settings';

/** Increase it when the same mapping produces other values: every sync then compares its whole source table once. */
const MEANING = 1;

/**
 * Identifies everything that decides which values are sent for a customer, and where. A run whose fingerprint differs from that
 * of the last recorded one compares the whole source table. The order of attributes, and settings that only decide when and how
 * fast, are left out.
 *
 * @param resolvedTypes outgoing type by attribute name, as the columns settled it
 * @returns SHA-256 in hexadecimal
 * @throws Error for an attribute without a type
 */
export function mappingFingerprint(settings: SyncSettings, resolvedTypes: Readonly<Record<string, string>>): string {
  const attributes = settings.attributes
    .map(({ name, column, decimals, bands, hysteresis, minChange, onlyWithOthers }) => {
      const type = resolvedTypes[name];
      if (type === undefined) throw new Error(`Attribute ${name} has no resolved type.`);
      return { name, column, type, decimals, bands, hysteresis, minChange, onlyWithOthers };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const { workspace, source, relation, customerId, updatedAt, identifier } = settings;
  // updatedAt too: times of another column say nothing about how far the last one was read.
  const to = { workspace: workspace.name, customerId, identifier };
  const mapping = { meaning: MEANING, source, relation, updatedAt, ...to, attributes };
  return createHash('sha256').update(canonicalJson(mapping)).digest('hex');
}

/** Keys in one order: settings read back from the ledger may have them in another. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
