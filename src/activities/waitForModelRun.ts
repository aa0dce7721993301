import { ApplicationFailure } from '@temporalio/activity';
import { setModelRun, setRunState } from '../ledger/runState';
import { lastModelRun } from '../ledger/watermark';
import { requireConfiguredSync } from '../planning/configuredSync';
import { HoldError } from '../planning/holdError';
import { findModelRunProblem } from '../planning/modelRunProblem';
import { readOpenRun } from '../planning/preparedRun';
import type { ModelRunAnswer } from '../types/activities';
import type { Deps } from './dependencies';

/**
 * Checks once for the model run. "Not yet" is a benign failure with the poll interval as its retry delay, so waiting occupies
 * no slot and adds no history. Each check reads the config file again.
 */
export async function waitForModelRun(deps: Deps, { run }: { run: number }): Promise<ModelRunAnswer> {
  const { ledger } = deps;
  const record = await readOpenRun(ledger, run);
  // A workflow that was reset comes here with its window decided: a newer model run belongs to the next run.
  if (record.settings !== null) return { kind: 'ready', modelRun: record.modelRun };
  const { settings, configuration } = requireConfiguredSync(deps, record.sync);
  const rule = settings.modelRun;
  const latest = record.request.modelRun === 'latest';
  if (rule.kind === 'none') return { kind: 'ready', modelRun: null };
  if (rule.kind === 'signal')
    return latest ? { kind: 'ready', modelRun: null } : { kind: 'await-signal', timeoutMs: rule.timeoutMs };

  const tenant = deps.tenant(configuration.sourceUrl(settings.source).value);
  const after = latest ? null : ((await lastModelRun(ledger, record.sync))?.completedAt ?? null);
  const found = await tenant.latestModelRun(rule, after);
  if (found !== null) {
    const problem = await findModelRunProblem(tenant, rule);
    if (problem !== null) throw new HoldError({ cause: 'tenant', because: `modelRun: ${problem} Then retry.` });
    // After a model run was synced once, the window finds few of its rows: its count says nothing here.
    const before = await lastModelRun(ledger, record.sync);
    const rows = before?.id === found.id ? null : found.rows;
    await setModelRun(ledger, run, { id: found.id, completedAt: found.completedAt, rows });
    return { kind: 'ready', modelRun: found.id };
  }
  await setRunState(ledger, run, 'waiting-for-model-run');
  const waitedMs = Date.now() - Date.parse(record.startedAt);
  if (latest || waitedMs >= rule.timeoutMs) return { kind: 'none' };
  throw ApplicationFailure.create({
    type: 'NotYet',
    message:
      after === null
        ? 'No model run has completed yet'
        : 'No model run newer than the one last synced has completed yet',
    nextRetryDelay: Math.min(rule.pollMs, rule.timeoutMs - waitedMs),
    category: 'BENIGN',
  });
}
