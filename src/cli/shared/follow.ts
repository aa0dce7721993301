import { setTimeout as sleep } from 'node:timers/promises';
import { typed } from '../../invocation';
import type { Ledger } from '../../ledger/open';
import { findRun, type RunRecord } from '../../ledger/runs';
import type { TemporalAccess } from '../../temporal/connect';
import { isRunOpen } from '../../temporal/isRunOpen';
import type { StartedRun } from '../../temporal/runs';
import { hasEnded } from '../../types/run';
import { exitCodeOf, progressLine, summaryLines } from './followLines';
import { holdDeadlineLine, nextCommands } from './nextCommands';
import { EXIT, type ExitCode } from './problem';
import { print, note } from './screen';

interface FollowOptions {
  /** The summary of the end is not printed. */
  json?: boolean;
  /** Commander's spelling of --no-wait-held. */
  waitHeld: boolean;
  /** `stateSince` of a stop that a signal has just ended: the run has not acted on the signal while it still shows this one. */
  stoppedSince?: string;
}

interface Followed {
  exitCode: ExitCode;
  /** As it was last seen; null: no worker has begun it. */
  record: RunRecord | null;
}

const POLL_EVERY_MS = 250;

/** A worker begins a run, and acts on a signal, at once: after two seconds the screen says that none did. */
const POLLS_BEFORE_NOTE = 8;

/** Every few seconds: whether Temporal still has the workflow. */
const POLLS_PER_TEMPORAL_CHECK = 12;

/**
 * Shows a run's progress and waits for its end. A hold prints its reason and the next commands, once. Ctrl-C ends the command and
 * not the run.
 */
export async function follow(
  temporal: TemporalAccess,
  ledger: Ledger,
  run: StartedRun,
  { json, waitHeld, stoppedSince }: FollowOptions,
): Promise<Followed> {
  const detached = detachOnInterrupt();
  let shown = '';
  let record: RunRecord | null = null;
  for (let polls = 1; ; polls += 1) {
    const snapshot = await readSnapshot(temporal.client, ledger, run, polls % POLLS_PER_TEMPORAL_CHECK === 0);
    record = snapshot === null ? record : snapshot.record;
    const isOld = record !== null && record.stateSince === stoppedSince;
    const line = lineOf(snapshot, isOld, polls);
    if (line !== shown) {
      // The end has lines of its own.
      if (line !== '' && !(record !== null && hasEnded(record.state))) note(line);
      if (!isOld && snapshot?.record?.state === 'held')
        for (const next of [holdDeadlineLine(snapshot.record, null), ...nextCommands(snapshot.record)]) note(next);
      shown = line;
    }
    if (snapshot !== null && record !== null && !isOld) {
      if (hasEnded(record.state)) {
        if (!json) for (const summary of summaryLines(record)) print(summary);
        return { exitCode: exitCodeOf(record), record };
      }
      if (record.state === 'held' && !waitHeld) return { exitCode: EXIT.held, record };
    }
    if (snapshot?.unrecorded) {
      note(
        'error The workflow ended without recording the run. No data is lost: the next run closes it and sends the rest.',
      );
      return { exitCode: EXIT.failed, record };
    }
    if (detached()) {
      note(`Detached; the run continues. Its state: ${typed(record === null ? 'status' : `status ${record.sync}`)}`);
      return { exitCode: EXIT.ok, record };
    }
    await sleep(POLL_EVERY_MS);
  }
}

interface Snapshot {
  /** Null: no worker has begun the run. */
  record: RunRecord | null;
  /** The workflow has ended and the run has not; asked only now and then. */
  unrecorded: boolean;
}

/** Null while the ledger or Temporal does not answer: the run retries until they do, and so does this. */
async function readSnapshot(
  client: TemporalAccess['client'],
  ledger: Ledger,
  run: StartedRun,
  alsoAtTemporal: boolean,
): Promise<Snapshot | null> {
  try {
    const record = await findRun(ledger, run.firstRunId);
    return { record, unrecorded: alsoAtTemporal && (await hasEndedUnrecorded(client, ledger, run)) };
  } catch {
    return null;
  }
}

function lineOf(snapshot: Snapshot | null, isOld: boolean, polls: number): string {
  if (snapshot === null)
    return 'note  The ledger or Temporal does not answer. The run waits for it too; this command keeps trying.';
  if (snapshot.record !== null && !isOld) return progressLine(snapshot.record);
  if (polls < POLLS_BEFORE_NOTE) return '';
  return isOld
    ? `note  No worker has received the signal yet. Start one: ${typed('worker')}`
    : `note  No worker has begun the run yet. Start one: ${typed('worker')}`;
}

function detachOnInterrupt(): () => boolean {
  let interrupted = false;
  process.once('SIGINT', () => {
    interrupted = true;
  });
  return () => interrupted;
}

/** A workflow that was terminated, or failed before it had opened its run, records nothing. */
async function hasEndedUnrecorded(
  client: TemporalAccess['client'],
  ledger: Ledger,
  { workflowId, firstRunId }: StartedRun,
): Promise<boolean> {
  const namespace = client.options.namespace;
  if (await isRunOpen(client, { namespace, workflowId, firstRunId })) return false;
  const now = await findRun(ledger, firstRunId);
  return now === null || !hasEnded(now.state);
}
