import type { Config } from '../config/config';
import { baselineOf } from '../extraction/baseline';
import { figuresOf } from '../extraction/figures';
import { type GuardFigure, allFigures } from '../guards/judge';
import { type FailedNotice, failedNotice } from '../ledger/notices';
import type { Ledger } from '../ledger/open';
import { countRejections } from '../ledger/rejections';
import { type RunRecord, openRuns, listRuns, lastRecorded } from '../ledger/runs';
import { lastModelRun } from '../ledger/watermark';
import { connectTemporal, type TemporalAccess, TemporalProblem } from '../temporal/connect';
import { isRunOpen } from '../temporal/isRunOpen';
import { openWorkflows } from '../temporal/runs';
import { type ScheduleState, scheduleState } from '../temporal/schedules';
import { type PollingWorker, pollingWorkers } from '../temporal/workers';
import { hasEnded } from '../types/run';
import type { TenantTime } from '../types/values';
import { configDrift, type OtherConfig } from './configDrift';

/** A run that has just ended may still look open to Temporal. */
const LATEST = 20;

/** All that `status` has to show. */
export interface StatusReport {
  /** How many workers poll the task queue; null: Temporal does not answer, and `temporalProblem` says so. */
  workers: number | null;
  /** A sentence; null: Temporal answers. */
  temporalProblem: string | null;
  otherConfigs: OtherConfig[];
  syncs: SyncStatus[];
}

/** The model run that a run waits for. */
interface AwaitedModelRun {
  what: string;
  /** When the model run last synced completed; null: none was synced. */
  after: TenantTime | null;
  /** When the run ends without one (ISO 8601). */
  until: string;
}

/** Where one sync stands. */
export interface SyncStatus {
  sync: string;
  run: RunRecord | null;
  /** Runs that wait behind the first. */
  queued: number;
  /** Runs that no worker has begun. */
  notBegun: number;
  /** The run's workflow ended without recording it; the next run closes it. */
  abandoned: boolean;
  /** Of a run that waits for a model run; null: it does not. */
  awaited: AwaitedModelRun | null;
  last: RunRecord | null;
  rejected: number;
  schedule: ScheduleState | null;
  /** How long the config lets a run be stopped. */
  holdForMs: number;
  /** Figures of the run beside their limits and what is usual; none before extraction has ended. */
  guards: GuardFigure[];
  /** The newest notice, when it did not arrive. */
  notice: FailedNotice | null;
}

/** Where these syncs stand. Temporal adds what the ledger cannot know; without it the ledger's answer still stands. */
export async function readStatus(ledger: Ledger, config: Config, syncs: readonly string[]): Promise<StatusReport> {
  let temporalProblem: string | null = null;
  const access = await connectTemporal(config.temporal).catch((error: unknown) => {
    temporalProblem = error instanceof TemporalProblem ? error.message : 'Temporal does not answer.';
    return null;
  });
  try {
    const temporal = access === null ? null : await temporalStatus(access, syncs);
    return {
      workers: temporal?.polling.length ?? null,
      temporalProblem,
      syncs: await Promise.all(syncs.map((sync) => syncStatus(ledger, config, sync, temporal))),
      otherConfigs: await configDrift(ledger, config, temporal?.polling ?? []),
    };
  } finally {
    await access?.close();
  }
}

interface TemporalStatus {
  polling: PollingWorker[];
  schedules: Map<string, ScheduleState | null>;
  /** Workflow ids by sync, also of runs that no worker has begun. */
  open: Map<string, string[]>;
  /** Whether the workflow of an unfinished run is still there. */
  isOpen(run: RunRecord): Promise<boolean>;
}

async function temporalStatus(access: TemporalAccess, syncs: readonly string[]): Promise<TemporalStatus> {
  const schedules = new Map<string, ScheduleState | null>();
  const open = new Map<string, string[]>();
  for (const sync of syncs) {
    schedules.set(sync, await scheduleState(access, sync));
    open.set(sync, await openWorkflows(access, sync));
  }
  return {
    open,
    polling: await pollingWorkers(access),
    schedules,
    isOpen: (run) => isRunOpen(access.client, { ...run, firstRunId: run.temporalRunId }),
  };
}

async function syncStatus(
  ledger: Ledger,
  config: Config,
  sync: string,
  temporal: TemporalStatus | null,
): Promise<SyncStatus> {
  const open = await openRuns(ledger, sync);
  // What works or waits for a person comes before what is merely queued.
  const current = open.find(({ state }) => state !== 'queued' && state !== 'waiting-for-model-run') ?? open[0];
  const latest = await listRuns(ledger, sync, LATEST);
  const run = current ?? latest[0] ?? null;
  const begun = new Set([...open, ...latest].map(({ workflowId }) => workflowId));
  const rejections = await countRejections(ledger, sync);
  return {
    sync,
    run,
    queued: open.filter((one) => one.state === 'queued' && one.run !== run?.run).length,
    notBegun: (temporal?.open.get(sync) ?? []).filter((id) => !begun.has(id)).length,
    abandoned: run !== null && !hasEnded(run.state) && temporal !== null && !(await temporal.isOpen(run)),
    awaited: run?.state === 'waiting-for-model-run' ? await awaitedModelRun(ledger, config, run) : null,
    last: await lastRecorded(ledger, sync),
    rejected: rejections.reduce((sum, one) => sum + one.count, 0),
    schedule: temporal?.schedules.get(sync) ?? null,
    holdForMs: config.syncs[sync]!.holdForMs,
    guards: run === null ? [] : await guardsOf(ledger, run),
    notice: await failedNotice(ledger, sync),
  };
}

/** What a run waits for completes "waiting for …"; as the config says now, which the run reads at each check. */
async function awaitedModelRun(
  ledger: Ledger,
  { syncs }: Config,
  { sync, startedAt }: RunRecord,
): Promise<AwaitedModelRun | null> {
  const { modelRun: rule } = syncs[sync]!;
  if (rule.kind === 'none') return null;
  const until = new Date(Date.parse(startedAt) + rule.timeoutMs).toISOString();
  if (rule.kind === 'signal') return { what: 'the signal modelRunCompleted', after: null, until };
  const last = await lastModelRun(ledger, sync);
  const of = rule.kind === 'table' ? `a run of model ${rule.model}` : 'a model run';
  return { what: last === null ? of : `${of} newer than ${last.id}`, after: last?.completedAt ?? null, until };
}

async function guardsOf(ledger: Ledger, { settings, ...run }: RunRecord): Promise<GuardFigure[]> {
  if (!run.extracted || settings === null || run.targetId === null) return [];
  return allFigures(settings.guards, figuresOf({ ...run, settings }), await baselineOf(ledger, run.targetId));
}
