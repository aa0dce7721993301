import { closeRejectionsOutside } from '../ledger/rejections';
import { prepareRun as keep, setModelRun } from '../ledger/runState';
import { readRun, type RunRecord } from '../ledger/runs';
import { selectionExists } from '../ledger/selections';
import { ensureWorkspace, ensureTarget } from '../ledger/workspaces';
import { requireSettingsInScope } from '../planning/backfillScope';
import { requireConfiguredSync } from '../planning/configuredSync';
import { HoldError } from '../planning/holdError';
import { planRun } from '../planning/planRun';
import { readPreparedRun } from '../planning/preparedRun';
import { ensureWorkspaceAccess } from '../planning/workspaceAccess';
import type { PreparedRun, PrepareRunInput } from '../types/activities';
import type { Deps } from './dependencies';

/** Requests that one run may have sent without a receipt, over all its lanes. */
const IN_FLIGHT_CAP = 256;

/**
 * Decides what this run works with, now that it has the sync's lease: the sync as configured, the tenant's column types, the
 * window and the mapping's fingerprint. The run's row keeps them, and every later step uses that copy.
 */
export async function prepareRun(deps: Deps, input: PrepareRunInput): Promise<PreparedRun> {
  const { ledger } = deps;
  const record = await readRun(ledger, input.run);
  if (record.settings === null) await prepare(deps, record, input);
  const { settings, windowFrom, windowTo } = await readPreparedRun(ledger, input.run);
  return { windowFrom, windowTo, holdForMs: settings.holdForMs, lanes: settings.delivery.lanes };
}

async function prepare(deps: Deps, record: RunRecord, { run, modelRun, keyConfirmed }: PrepareRunInput): Promise<void> {
  const { ledger } = deps;
  if (modelRun !== null && record.modelRun === null)
    await setModelRun(ledger, run, { id: modelRun, completedAt: null, rows: null });
  const { settings: whole, configuration } = requireConfiguredSync(deps, record.sync);
  const settings = requireSettingsInScope(whole, record.request);
  const { selection } = record.request;
  if (selection !== null && !(await selectionExists(ledger, selection))) {
    const because = `There is no stored list of customers ${selection}. Discard this run and start the backfill again.`;
    throw new HoldError({ cause: 'invalid-config', because });
  }
  await ensureWorkspaceAccess(deps, settings.workspace, keyConfirmed);
  const tenant = deps.tenant(configuration.sourceUrl(settings.source).value);

  const workspace = await ensureWorkspace(ledger, settings.workspace.name, settings.workspace.endpoint);
  const targetId = await ensureTarget(ledger, workspace.id, settings.sync, settings.identifier);
  const attributes = whole.attributes.map(({ name }) => name);
  const { last: _, ...plan } = await planRun(deps, tenant, { ...record, settings, targetId, whole });
  // Before the run is prepared, so that a crash in between repeats it.
  await closeRejectionsOutside(ledger, targetId, attributes);
  await keep(ledger, run, {
    targetId,
    settings,
    ...plan,
    inFlightPerLane: Math.max(1, Math.floor(IN_FLIGHT_CAP / settings.delivery.lanes)),
  });
}
