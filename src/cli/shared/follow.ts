import { setTimeout as sleep } from 'node:timers/promises';
import { typed } from '../../invocation';
import type { Ledger } from '../../ledger/open';
import { toSummary } from '../../ledger/runSummary';
import { findRun, type RunRecord } from '../../ledger/runs';
import type { TemporalAccess } from '../../temporal/connect';
import { isRunOpen } from '../../temporal/isRunOpen';
import type { StartedRun } from '../../temporal/runs';
import { hasEnded, type RunSummary } from '../../types/run';
import { holdDeadlineLine, nextCommands } from './nextCommands';
import { EXIT, type ExitCode } from './problem';
import { count, plural, print, printJson, note, when } from './screen';

interface FollowOptions {
  json?: boolean;
  /** Commander's spelling of --no-wait-held. */
  waitHeld: boolean;
}

interface Followed {
  exitCode: ExitCode;
  modelRun: string | null;
}

const POLL_EVERY_MS = 250;

/** A worker begins a run at once; after two seconds it is said what is waited for. */
const POLLS_BEFORE_NOT_BEGUN = 8;
const notBegun = () => `note  No worker has begun the run yet. It waits for one: ${typed('worker')}`;

const AWAY =
  'note  The ledger or Temporal does not answer just now. The run waits for them too; this window looks again.';

/** Every few seconds: whether the workflow is still there at all. */
const POLLS_PER_TEMPORAL_CHECK = 12;

/**
 * Shows a run's progress and waits for its end. A hold prints why and the next commands, once. Ctrl-C leaves the run alone and
 * ends the command. Gives the exit code, and the model run that was synced.
 */
export async function follow(
  temporal: TemporalAccess,
  ledger: Ledger,
  run: StartedRun,
  { json, waitHeld }: FollowOptions,
): Promise<Followed> {
  const detached = detachOnInterrupt();
  let shown = '';
  let record: RunRecord | null = null;
  for (let polls = 1; ; polls += 1) {
    const snapshot = await readSnapshot(temporal.client, ledger, run, polls % POLLS_PER_TEMPORAL_CHECK === 0);
    record = snapshot === null ? record : snapshot.record;
    const line = lineOf(snapshot, polls);
    if (line !== shown) {
      if (line !== '') note(line);
      if (snapshot?.record?.state === 'held')
        for (const next of [holdDeadlineLine(snapshot.record, null), ...nextCommands(snapshot.record)]) note(next);
      shown = line;
    }
    if (snapshot !== null && record !== null) {
      if (hasEnded(record.state)) return { exitCode: printEnd(record, json), modelRun: record.modelRun };
      if (record.state === 'held' && !waitHeld) {
        if (json) printJson(toSummary(record));
        return { exitCode: EXIT.held, modelRun: record.modelRun };
      }
    }
    if (snapshot?.unrecorded) {
      note('error The run ended without recording it. Nothing is lost: the next run closes it and finds what is left.');
      if (json && record !== null) printJson(toSummary(record));
      return { exitCode: EXIT.failed, modelRun: null };
    }
    if (detached()) {
      note(`The run goes on without this window. Look: ${typed(record === null ? 'status' : `status ${record.sync}`)}`);
      if (json && record !== null) printJson(toSummary(record));
      return { exitCode: EXIT.ok, modelRun: null };
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

/** Null while the ledger or Temporal does not answer: the run waits such things out, so who watches it does too. */
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

function lineOf(snapshot: Snapshot | null, polls: number): string {
  if (snapshot === null) return AWAY;
  if (snapshot.record !== null) return progressLine(snapshot.record);
  return polls < POLLS_BEFORE_NOT_BEGUN ? '' : notBegun();
}

function detachOnInterrupt(): () => boolean {
  let interrupted = false;
  process.once('SIGINT', () => {
    interrupted = true;
  });
  return () => interrupted;
}

function progressLine(record: RunRecord): string {
  const head = `${record.sync}, run ${record.run}: ${record.state}`;
  const waiting =
    record.waitingFor === null ? '' : `; waiting: ${record.waitingFor} since ${when(record.waitingSince)}`;
  switch (record.state) {
    case 'queued':
    case 'held':
      return `${head}. ${record.heldBecause ?? ''}`.trimEnd();
    case 'extracting':
      return `${head}, ${plural(record.candidates, 'candidate')}, ${count(record.changed)} changed${waiting}`;
    case 'delivering':
    case 'paused':
      return `${head}, ${count(record.accepted)} of ${count(record.changed)} accepted${waiting}`;
    default:
      return `${head}${waiting}`;
  }
}

function printEnd(record: RunRecord, json: boolean | undefined): ExitCode {
  const summary = toSummary(record);
  if (json) printJson(summary);
  else for (const line of endLines(record, summary)) print(line);
  switch (summary.state) {
    case 'completed':
    case 'completed-with-rejections':
    case 'no-new-model-run':
      return EXIT.ok;
    default:
      return EXIT.failed;
  }
}

function endLines(record: RunRecord, summary: RunSummary): string[] {
  const { sync, run, state, candidates, changed, accepted, rejected, requests, valuesSent, valuesAvoided } = summary;
  const seconds = (Date.parse(summary.finishedAt!) - Date.parse(summary.startedAt)) / 1000;
  const lines = [
    `${state === 'completed' ? 'ok   ' : 'note '} ${sync}, run ${run}: ${state}   ${plural(candidates, 'candidate')}   ` +
      `${count(changed)} changed   ${plural(requests, 'request')}   ${count(accepted)} accepted   ${count(rejected)} rejected   ${seconds.toFixed(1)} s`,
  ];
  if (summary.modelRun !== null) lines.push(`      model run ${summary.modelRun}`);
  if (valuesSent > 0)
    lines.push(`      values sent ${count(valuesSent)}; a timestamp sync sends ${count(valuesSent + valuesAvoided)}`);
  if (summary.refreshed > 0)
    lines.push(`      ${plural(summary.refreshed, 'customer')} unchanged, sent again after refreshAfter`);
  if (rejected > 0) lines.push(`      why rejected: ${typed(`rejected ${sync}`)}`);
  if (record.heldBecause !== null) lines.push(`      ${record.heldBecause}`);
  if (['incomplete', 'discarded', 'cancelled'].includes(state)) {
    lines.push(
      `      Nothing is lost: the next run sends the ${count(Math.max(0, changed - accepted))} others. ${typed(`run ${sync}`)}`,
    );
  }
  return lines;
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
