import type { Ledger } from '../ledger/open';
import { sentTypes } from '../ledger/sentTypes';
import { lastSync, lowerBound, type LastSync } from '../ledger/watermark';
import type { TenantStore } from '../tenant/store';
import type { Mode, RunRequest } from '../types/run';
import type { AttributeType, SyncSettings } from '../types/settings';
import { readColumnTypes, outgoingTypes, changedTypes } from './columnTypes';
import { decideWindow, type WindowDecision } from './decideWindow';
import type { EngineDeps } from './engineDeps';
import { HoldError } from './holdError';

/** What a run is planned from. */
export interface PlanInput {
  settings: SyncSettings;
  mode: Mode;
  request: Pick<RunRequest, 'since' | 'until' | 'selection' | 'clear'>;
  /** Null: this sync has never run against this target. */
  targetId: number | null;
  /** The sync with all its attributes, where `settings` has some of them only. */
  whole?: SyncSettings;
}

/** What a run works with, apart from how it was requested. Window bounds are the tenant's own text. */
export interface RunPlan {
  /** Database type of each column that is read. */
  types: Record<string, string>;
  fingerprint: string;
  wholeStore: boolean;
  /** Inclusive; null: from the beginning. */
  windowFrom: string | null;
  /** Inclusive. */
  windowTo: string;
  /** What the window and the fingerprint were measured against; null: no recorded run. */
  last: LastSync | null;
}

/**
 * Plans a run: its window and its mapping, from what the ledger and the tenant hold now. Only reads, so that a preview plans
 * as a run does. Without a ledger every customer is new.
 *
 * @throws HoldError when the tenant's columns do not fit the mapping, or an attribute would change its type
 * @throws TenantProblem when the tenant cannot be read
 */
export async function planRun(
  { ledger, fingerprint }: { ledger: Ledger | null; fingerprint: EngineDeps['fingerprint'] },
  tenant: TenantStore,
  input: PlanInput,
): Promise<RunPlan> {
  const { settings, mode, request, targetId } = input;
  if (request.clear != null) return planClearing(tenant);
  const types = await readColumnTypes(tenant, settings);
  const outgoing = outgoingTypes(settings, types);
  if (ledger !== null) await refuseChangedTypes(ledger, settings, outgoing);
  const mapping = (await wholeMapping(fingerprint, tenant, input)) ?? fingerprint(settings, outgoing);
  const names = settings.attributes.map(({ name }) => name);
  const last = ledger === null || targetId === null ? null : await lastSync(ledger, targetId, names);
  // The tenant's own clock, when extraction starts; rows stamped later wait for a later run.
  const clock = await tenant.clock();
  const { wholeStore, from, to } = decideWindow({ mode, request, last, fingerprint: mapping, clock });
  const windowFrom = await readLowerBound(ledger, tenant, settings, from);
  return { types, fingerprint: mapping, wholeStore, windowFrom, windowTo: to, last };
}

/** The fingerprint of the whole mapping, of which a run uses a part. Null where it is not known: the next run then compares everything. */
async function wholeMapping(
  fingerprint: EngineDeps['fingerprint'],
  tenant: TenantStore,
  { settings, whole }: PlanInput,
): Promise<string | null> {
  if (whole === undefined || whole.attributes.length === settings.attributes.length) return null;
  try {
    return fingerprint(whole, outgoingTypes(whole, await readColumnTypes(tenant, whole)));
  } catch (error) {
    // Something is wrong with the other attributes, which this run does not use.
    if (error instanceof HoldError) return null;
    throw error;
  }
}

/**
 * A run that removes an attribute compares nothing: the ledger has its customers. It has no mapping either, so while the
 * attribute is mapped the next run compares everything.
 */
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

/** Braze keeps the type of the first value, and drops values of another type silently. */
async function refuseChangedTypes(
  ledger: Ledger,
  settings: SyncSettings,
  outgoing: Record<string, AttributeType>,
): Promise<void> {
  const [changed] = changedTypes(await sentTypes(ledger, settings.workspace.name), outgoing);
  if (changed !== undefined)
    throw new HoldError({ cause: 'invalid-config', because: `Attribute ${changed}, then retry.` });
}

async function readLowerBound(
  ledger: Ledger | null,
  tenant: TenantStore,
  { modelRun: rule, overlapMs }: SyncSettings,
  from: WindowDecision['from'],
): Promise<string | null> {
  if ('time' in from) return from.time;
  // Only a ledger has a last sync.
  if (ledger === null) return null;
  const { windowTo, modelRunCompletedAt } = from.watermarkOf;
  // One long transaction stamps its rows with its start, which may be far before the last upper bound.
  const start =
    rule.kind === 'table' || rule.kind === 'query' ? await tenant.earliestStart(rule, modelRunCompletedAt) : null;
  return lowerBound(ledger, windowTo, overlapMs, start);
}
