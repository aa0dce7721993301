import { columnType, outgoingType, typeProblem } from '../attributes/columnType';
import {
  lastSync,
  lowerBound,
  prepareRun as keep,
  readRun,
  setModelRun,
  type LastSync,
  type RunRecord,
} from '../ledger/runs';
import { knownWorkspace, targetOf } from '../ledger/workspaces';
import type { TenantStore } from '../tenant/store';
import type { AttributeType, PreparedRun, SyncSettings } from '../types';
import { syncOf } from './configured';
import type { Deps } from './deps';
import { HoldError } from './failure';
import { preparedRun } from './runSettings';
import { workspaceAccess } from './workspaceAccess';

export interface PrepareRunInput {
  run: number;
  /** From a signal; a run that polls has it in its row already. */
  modelRun: string | null;
  keyConfirmed: boolean;
}

/** Requests of one run that may be sent and not yet receipted, over all its lanes. */
const IN_FLIGHT_CAP = 256;

/**
 * Settles what this run works with, now that it has the sync to itself: the sync as configured, the tenant's column types,
 * the window, the mapping's fingerprint. Kept in the run's row; every later step uses that copy.
 */
export async function prepareRun(deps: Deps, input: PrepareRunInput): Promise<PreparedRun> {
  const { ledger } = deps;
  const record = await readRun(ledger, input.run);
  if (record.settings === null) await prepare(deps, record, input);
  const { settings, windowFrom, windowTo } = await preparedRun(ledger, input.run);
  return { windowFrom, windowTo, holdForMs: settings.holdForMs, lanes: settings.delivery.lanes };
}

async function prepare(deps: Deps, record: RunRecord, { run, modelRun, keyConfirmed }: PrepareRunInput): Promise<void> {
  const { ledger } = deps;
  if (modelRun !== null && record.modelRun === null) await setModelRun(ledger, run, modelRun, null);
  const { settings, configuration } = syncOf(deps, record.sync);
  await workspaceAccess(deps, settings.workspace, keyConfirmed);
  const tenant = deps.tenant(configuration.sourceUrl(settings.source).value);

  const types = await columnTypes(tenant, settings);
  const fingerprint = deps.fingerprint(settings, outgoingTypes(settings, types));
  const workspace = await knownWorkspace(ledger, settings.workspace.name, settings.workspace.endpoint);
  const targetId = await targetOf(ledger, workspace.id, settings.sync, settings.identifier);
  const last = await lastSync(ledger, targetId);

  // The tenant's own clock, at the moment extraction starts; rows stamped later wait for a later run.
  const clock = await tenant.clock();
  await keep(ledger, run, {
    targetId,
    settings,
    types,
    fingerprint,
    wholeStore: isWholeStore(record, last, fingerprint),
    windowFrom: await windowFrom(deps, tenant, record, settings, last, fingerprint),
    windowTo: record.request.until ?? clock,
    inFlightPerChunk: Math.max(1, Math.floor(IN_FLIGHT_CAP / settings.delivery.lanes)),
  });
}

/** Whether everything is compared: asked for, or because the mapping says something else than last time. */
function isWholeStore({ mode, request }: RunRecord, last: LastSync | null, fingerprint: string): boolean {
  if (mode === 'full') return true;
  if (mode === 'changes') return last === null || last.fingerprint !== fingerprint;
  return request.since === null && request.until === null && request.selection === null;
}

async function windowFrom(
  deps: Deps,
  tenant: TenantStore,
  record: RunRecord,
  settings: SyncSettings,
  last: LastSync | null,
  fingerprint: string,
): Promise<string | null> {
  if (record.mode === 'backfill') return record.request.since;
  if (last === null || isWholeStore(record, last, fingerprint)) return null;
  const rule = settings.modelRun;
  // One long transaction stamps its rows with its start, which may lie far before the last upper bound.
  const start =
    rule.kind === 'table' || rule.kind === 'query' ? await tenant.earliestStart(rule, last.modelRunCompletedAt) : null;
  return lowerBound(deps.ledger, last.windowTo, settings.overlapMs, start);
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
  for (const rule of settings.attributes) {
    const problem = typeProblem(rule, columnType(columns.get(rule.column)!));
    if (problem !== null) {
      throw new HoldError({ cause: 'tenant', because: `Attribute ${rule.name}: ${problem}` });
    }
  }
  return Object.fromEntries(needed.map((name) => [name, columns.get(name)!]));
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
