import type { Ledger } from '../../ledger/open';
import { toSummary } from '../../ledger/runSummary';
import type { RunRecord } from '../../ledger/runs';
import type { TemporalAccess } from '../../temporal/connect';
import type { RunSummary } from '../../types/run';
import type { CommonOptions } from '../shared/context';
import { follow } from '../shared/follow';
import type { ExitCode } from '../shared/problem';

/** Options of the commands that signal; commander gives each command those it has. */
export interface SignalOptions extends CommonOptions {
  run?: string;
  hold?: string;
  all?: boolean;
  detach?: boolean;
  waitHeld: boolean;
}

/** One line of what was done. */
export interface Done {
  sync: string;
  what: string;
  failed?: boolean;
}

/** The run that a command followed after its signal. */
export interface FollowedDone {
  exitCode: ExitCode;
  /** Null: no worker has begun it. */
  run: RunSummary | null;
}

/** Follows a run that a signal has just let continue; `stopped` is the run as it was before. */
export async function followAfter(
  temporal: TemporalAccess,
  ledger: Ledger,
  stopped: RunRecord,
  { json, waitHeld }: SignalOptions,
): Promise<FollowedDone> {
  const run = { workflowId: stopped.workflowId, firstRunId: stopped.temporalRunId };
  const { exitCode, record } = await follow(temporal, ledger, run, {
    ...(json !== undefined && { json }),
    waitHeld,
    stoppedSince: stopped.stateSince,
  });
  return { exitCode, run: record === null ? null : toSummary(record) };
}
