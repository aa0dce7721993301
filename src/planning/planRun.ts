import type { Ledger } from '../ledger/open';
import { sentTypes } from '../ledger/sentTypes';
import { lastSync, lowerBound, type LastSync } from '../ledger/watermark';
import type { TenantStore } from '../tenant/store';
import type { Mode, RunRequest } from '../types/run';
import type { AttributeType, SyncSettings } from '../types/settings';
import { columnTypes, outgoingTypes, changedTypes } from './columnTypes';
import type { EngineDeps } from './engineDeps';
import { HoldError } from './holdError';

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
  { ledger, fingerprint }: { ledger: Ledger | null; fingerprint: EngineDeps['fingerprint'] },
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
  fingerprint: EngineDeps['fingerprint'],
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
