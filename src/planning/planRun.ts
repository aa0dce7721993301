import { columnType, outgoingType, typeProblem } from '../attributes/columnType';
import { attributeNameProblem, nameStanding } from '../braze/object';
import type { Ledger } from '../ledger/open';
import { lastSync, lowerBound, type LastSync, type RunRequest } from '../ledger/runs';
import { sentTypes, type SentType } from '../ledger/sentTypes';
import type { TenantStore } from '../tenant/store';
import type { AttributeRule, AttributeType, Identifier, Mode, SyncSettings } from '../types/workflow';
import type { Deps } from '../activities/dependencies';
import { HoldError } from '../activities/failure';

export interface PlanInput {
  settings: SyncSettings;
  mode: Mode;
  request: Pick<RunRequest, 'since' | 'until' | 'selection' | 'clear'>;
  /** Null: this sync has never run against this target. */
  targetId: number | null;
  /** The sync with all its attributes, where `settings` has some of them only. */
  whole?: SyncSettings;
}

/** What a run works with, apart from who asked for it. */
export interface RunPlan {
  /** Database type of each column that is read. */
  types: Record<string, string>;
  fingerprint: string;
  wholeStore: boolean;
  windowFrom: string | null;
  windowTo: string;
  /** What the window and the fingerprint were measured against. */
  last: LastSync | null;
}

/**
 * Settles window and mapping from what the ledger and the tenant say now. Only reads, so that a preview plans as a run
 * does. Without a ledger every customer is new.
 */
export async function planRun(
  { ledger, fingerprint }: { ledger: Ledger | null; fingerprint: Deps['fingerprint'] },
  tenant: TenantStore,
  input: PlanInput,
): Promise<RunPlan> {
  const { settings, request, targetId } = input;
  if (request.clear != null) return planClearing(tenant);
  const types = await columnTypes(tenant, settings);
  const outgoing = outgoingTypes(settings, types);
  if (ledger !== null) await refuseChangedTypes(ledger, settings, outgoing);
  const mapping = (await wholeMapping(fingerprint, tenant, input)) ?? fingerprint(settings, outgoing);
  const names = settings.attributes.map(({ name }) => name);
  const last = ledger === null || targetId === null ? null : await lastSync(ledger, targetId, names);
  const wholeStore = isWholeStore(input, last, mapping);
  // The tenant's own clock, at the moment extraction starts; rows stamped later wait for a later run.
  const clock = await tenant.clock();
  return {
    types,
    fingerprint: mapping,
    wholeStore,
    windowFrom: await windowFrom(ledger, tenant, input, last, wholeStore),
    windowTo: input.mode === 'backfill' ? (request.until ?? clock) : clock,
    last,
  };
}

/** Values of some attributes stand by the mapping they are part of. Null where that is not known: the next run then compares everything. */
async function wholeMapping(
  fingerprint: Deps['fingerprint'],
  tenant: TenantStore,
  { settings, whole }: PlanInput,
): Promise<string | null> {
  if (whole === undefined || whole.attributes.length === settings.attributes.length) return null;
  try {
    return fingerprint(whole, outgoingTypes(whole, await columnTypes(tenant, whole)));
  } catch (error) {
    // Something is wrong with the other attributes, which is no matter here.
    if (error instanceof HoldError) return null;
    throw error;
  }
}

/** Nothing of the store is compared: what is removed stands in the ledger. It is no mapping: while the attribute is mapped, the next run compares everything. */
async function planClearing(tenant: TenantStore): Promise<RunPlan> {
  return {
    types: {},
    fingerprint: '',
    wholeStore: false,
    windowFrom: null,
    windowTo: await tenant.clock(),
    last: null,
  };
}

/** Braze keeps the type of the first value, and drops the values of another without a word. */
async function refuseChangedTypes(
  ledger: Ledger,
  settings: SyncSettings,
  outgoing: Record<string, AttributeType>,
): Promise<void> {
  const [changed] = changedTypes(await sentTypes(ledger, settings.workspace.name), outgoing);
  if (changed !== undefined)
    throw new HoldError({ cause: 'invalid-config', because: `Attribute ${changed}, then retry.` });
}

/** Each attribute that went out as another type before, as the end of "attribute …", with the way on. */
export function changedTypes(
  sent: ReadonlyMap<string, SentType>,
  outgoing: Readonly<Record<string, AttributeType>>,
): string[] {
  return Object.entries(outgoing).flatMap(([name, type]) => {
    const before = sent.get(name);
    if (before === undefined || before.type === type) return [];
    const was = `${name} was sent as ${before.type} since run ${before.run} and would now be sent as ${type}`;
    return [
      `${was}; Braze keeps the first type and drops other values silently. Send it as ${before.type}, or under a new name`,
    ];
  });
}

/** Whether everything is compared: asked for, or because profiles may stand by another mapping than this one. */
function isWholeStore({ mode, request }: PlanInput, last: LastSync | null, fingerprint: string): boolean {
  if (mode === 'full') return true;
  if (mode === 'changes') return last === null || last.fingerprint !== fingerprint || last.mappingLeft;
  return request.since === null && request.until === null && request.selection === null;
}

async function windowFrom(
  ledger: Ledger | null,
  tenant: TenantStore,
  input: PlanInput,
  last: LastSync | null,
  wholeStore: boolean,
): Promise<string | null> {
  if (input.mode === 'backfill') return input.request.since;
  if (ledger === null || last === null || wholeStore) return null;
  const { modelRun: rule, overlapMs } = input.settings;
  // One long transaction stamps its rows with its start, which may lie far before the last upper bound.
  const start =
    rule.kind === 'table' || rule.kind === 'query' ? await tenant.earliestStart(rule, last.modelRunCompletedAt) : null;
  return lowerBound(ledger, last.windowTo, overlapMs, start);
}

/** Database types of the columns this sync reads; a missing column, or one that can never fit, holds the run. */
async function columnTypes(tenant: TenantStore, settings: SyncSettings): Promise<Record<string, string>> {
  const columns = new Map(
    (await tenant.columns(settings.relation)).map(({ name, databaseType }) => [name, databaseType]),
  );
  const needed = [settings.customerId, settings.updatedAt, ...settings.attributes.map(({ column }) => column)];
  const missing = needed.filter((name) => !columns.has(name));
  if (missing.length > 0) {
    throw new HoldError({
      cause: 'tenant',
      because: `The tenant's store has no column ${missing.join(', ')}. Mend the store or the config, then retry.`,
    });
  }
  if (columnType(columns.get(settings.updatedAt)!) !== 'date') {
    throw new HoldError({
      cause: 'tenant',
      because: `Column ${settings.updatedAt} holds no time, so it cannot tell what was updated. Set updatedAt, then retry.`,
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

function nameProblem(rule: AttributeRule, identifier: Identifier): string | null {
  const problem = attributeNameProblem(rule.name);
  if (problem !== null) return `has a name that ${problem}. Give it another`;
  switch (nameStanding(rule, identifier)) {
    case 'standard-field':
      return "is a field of Braze's own. Give the attribute another name, or say standardField: true";
    case 'object-field':
      return "is a field of Braze's own that takes an object. Give the attribute another name";
    case 'no-standard-field':
      return "is no field of Braze's own. Leave standardField out";
    case 'identifier':
      return 'is the identifier, which names the customer. Leave it out';
    case 'free':
      return null;
  }
}

/** What each attribute is sent as. */
export function outgoingTypes(
  settings: SyncSettings,
  columnTypes: Record<string, string>,
): Record<string, AttributeType> {
  return Object.fromEntries(
    settings.attributes.map((rule) => [rule.name, outgoingType(rule, columnType(columnTypes[rule.column]!))!]),
  );
}
