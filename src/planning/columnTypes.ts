import { columnType, typeProblem, outgoingType } from '../attributes/columnType';
import { attributeNameProblem, classifyName } from '../braze/object';
import type { SentType } from '../ledger/sentTypes';
import type { TenantStore } from '../tenant/store';
import type { SyncSettings, AttributeRule, Identifier, AttributeType } from '../types/settings';
import { HoldError } from './holdError';

/**
 * Database type of each column that a sync reads, by its name.
 *
 * @throws HoldError when a column is missing or can never hold what its attribute sends, or an attribute has a wrong name
 * @throws TenantProblem when the tenant cannot be read
 */
export async function readColumnTypes(tenant: TenantStore, settings: SyncSettings): Promise<Record<string, string>> {
  const columns = new Map(
    (await tenant.columns(settings.relation)).map(({ name, databaseType }) => [name, databaseType]),
  );
  const needed = [settings.customerId, settings.updatedAt, ...settings.attributes.map(({ column }) => column)];
  const missing = needed.filter((name) => !columns.has(name));
  if (missing.length > 0) {
    throw new HoldError({
      cause: 'tenant',
      because: `The source table has no column ${missing.join(', ')}. Fix the table or the config, then retry.`,
    });
  }
  if (columnType(columns.get(settings.updatedAt)!) !== 'date') {
    throw new HoldError({
      cause: 'tenant',
      because: `Column ${settings.updatedAt} contains no time, so updates cannot be detected. Set updatedAt to another column, then retry.`,
    });
  }
  for (const rule of settings.attributes) {
    const wrongName = nameProblem(rule, settings.identifier);
    if (wrongName !== null) {
      throw new HoldError({ cause: 'invalid-config', because: `Attribute ${rule.name} ${wrongName}, then retry.` });
    }
    const problem = typeProblem(rule, columnType(columns.get(rule.column)!));
    if (problem !== null) {
      throw new HoldError({ cause: 'tenant', because: `Attribute ${rule.name}: ${problem}` });
    }
  }
  return Object.fromEntries(needed.map((name) => [name, columns.get(name)!]));
}

/** Why an attribute cannot have this name at Braze, as the end of "attribute …", or null. */
function nameProblem(rule: AttributeRule, identifier: Identifier): string | null {
  const problem = attributeNameProblem(rule.name);
  if (problem !== null) return `has a name that ${problem}. Rename it`;
  switch (classifyName(rule, identifier)) {
    case 'standard-field':
      return 'is a standard field of Braze. Rename the attribute, or set standardField: true';
    case 'object-field':
      return 'is a standard field of Braze that takes an object. Rename the attribute';
    case 'no-standard-field':
      return 'is not a standard field of Braze. Remove standardField';
    case 'identifier':
      return 'is the identifier of the customer. Remove the attribute';
    case 'free':
      return null;
  }
}

/** The type that each attribute is sent as, by its name; `columnTypes`: database types by column, as found by {@link readColumnTypes}. */
export function outgoingTypes(
  settings: SyncSettings,
  columnTypes: Record<string, string>,
): Record<string, AttributeType> {
  return Object.fromEntries(
    settings.attributes.map((rule) => [rule.name, outgoingType(rule, columnType(columnTypes[rule.column]!))!]),
  );
}

/** Each attribute that was sent as another type before, as the end of "attribute …", with what to do. */
export function changedTypes(
  sent: ReadonlyMap<string, SentType>,
  outgoing: Readonly<Record<string, AttributeType>>,
): string[] {
  return Object.entries(outgoing).flatMap(([name, type]) => {
    const before = sent.get(name);
    if (before === undefined || before.type === type) return [];
    const was = `${name} has been sent as ${before.type} since run ${before.run} and would now be sent as ${type}`;
    return [
      `${was}; Braze keeps the first type and silently drops other values. Send it as ${before.type}, or under a new name`,
    ];
  });
}
