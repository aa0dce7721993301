import { CancellationScope, continueAsNew, isCancellation, patched, sleep, workflowInfo } from '@temporalio/workflow';
import type { JudgeResult } from '../types/activities';
import type { EndedState, LeaseKind, RunSummary } from '../types/run';
import type { CarriedState, SyncInput } from '../types/workflow';
import {
  askForLease,
  closeRun,
  extractChanges,
  giveBackWorkspace,
  judgeRun,
  openRun,
  prepareRun,
  waitForLease,
  waitForModelRun,
} from './activities';
import { ContinueRun, EndRun } from './controlFlow';
import { registerHandlers } from './handlers';
import { initialState } from './initialState';
import { Lanes, type LanesEnd } from './lanes';
import { RunControl } from './runControl';
import type { Stoppable } from './stoppable';

/**
 * One run of one sync: wait for the model run, find what changed, judge it, post it, record it. Its history has numbers only;
 * customers stay in the ledger. It never fails for an operational reason: it waits, or holds for a person.
 */
export async function syncPredictiveAttributes(given: SyncInput): Promise<RunSummary> {
  // Before `openRun` has read it, the input may be anything that a person can type; without one Temporal passes nothing.
  const input: SyncInput = typeof given === 'object' && given !== null ? given : { sync: '' };
  // State that a person typed would skip steps, a guard among them.
  const isContinued = workflowInfo().continuedFromExecutionRunId !== undefined;
  const state: CarriedState = { ...initialState(), ...(isContinued ? input.carried : undefined) };
  const control = new RunControl(input.sync, state);
  registerHandlers(control);
  try {
    if (state.run === 0) await open(input, given, state);
    control.status.showState();
    if (state.step === 'wait-for-model-run') await awaitModelRun(input, state, control);
    if (state.step === 'prepare') await prepare(state, control);
    if (state.step === 'extract') await extract(state, control);
    if (state.step === 'judge') await judge(state, control);
    if (state.step === 'deliver') await deliver(input, state, control);
    return await record(state, control);
  } catch (error) {
    if (error instanceof ContinueRun)
      return await continueAsNew<typeof syncPredictiveAttributes>({ ...input, carried: state });
    if (error instanceof EndRun) return await CancellationScope.nonCancellable(() => end(state, control, error.end));
    if (isCancellation(error) && state.run !== 0)
      await CancellationScope.nonCancellable(() => end(state, control, 'cancelled'));
    throw error;
  }
}

async function open(input: SyncInput, given: unknown, state: CarriedState): Promise<void> {
  const opened = await openRun({
    firstRunId: workflowInfo().firstExecutionRunId,
    raw: given ?? null,
    sync: input.sync,
    mode: input.mode ?? 'changes',
    modelRun: input.modelRun ?? 'next',
    since: input.since ?? null,
    until: input.until ?? null,
    selection: input.selection ?? null,
    resend: input.resend ?? false,
    attributes: input.attributes ?? null,
    clear: input.clear ?? null,
  });
  state.run = opened.run;
  state.startedAt = opened.startedAt;
  state.holdForMs = opened.holdForMs;
  state.searchAttributes = opened.searchAttributes;
}

async function awaitModelRun(input: SyncInput, state: CarriedState, control: RunControl): Promise<void> {
  if (input.mode !== 'backfill') {
    const answer = await control.runStep('waiting-for-model-run', () => waitForModelRun({ run: state.run }));
    if (answer.kind === 'none') throw new EndRun('no-new-model-run');
    state.modelRun = answer.kind === 'ready' ? answer.modelRun : await announcement(state, control, answer.timeoutMs);
  }
  state.step = 'prepare';
}

/** The model run of a sync that is notified by signal. The signal ends the wait; one that came earlier was kept. */
async function announcement(state: CarriedState, control: RunControl, timeoutMs: number): Promise<string | null> {
  const deadlineMs = Date.now() + timeoutMs;
  return control.runStep('waiting-for-model-run', async () => {
    if (state.announced === null) await sleep(Math.max(0, deadlineMs - Date.now()));
    if (state.announced === null) throw new EndRun('no-new-model-run');
    return state.announced.modelRun;
  });
}

async function prepare(state: CarriedState, control: RunControl): Promise<void> {
  await acquireLease(state, control, 'sync', 'extracting');
  const prepared = await control.runStep('extracting', () =>
    prepareRun({ run: state.run, modelRun: state.modelRun, keyConfirmed: state.keyConfirmed }),
  );
  state.windowFrom = prepared.windowFrom;
  state.windowTo = prepared.windowTo;
  state.holdForMs = prepared.holdForMs;
  state.lanes = prepared.lanes;
  state.step = 'extract';
}

async function extract(state: CarriedState, control: RunControl): Promise<void> {
  const extracted = await control.runStep('extracting', () => extractChanges({ run: state.run }));
  state.candidates = extracted.candidates;
  state.changed = extracted.changed;
  state.rejected = extracted.rejected;
  state.chunks = extracted.chunks;
  state.step = 'judge';
}

/** A guard that trips holds the run; once it is approved, the others judge again. */
async function judge(state: CarriedState, control: RunControl): Promise<void> {
  for (;;) {
    const { hold = null } = await control.runStep('extracting', () => verdict(state));
    if (hold === null) break;
    await control.hold(hold);
  }
  state.step = 'deliver';
}

/**
 * Since 2026-11-27 the verdict is a result, not a failure. The patch marker keeps workers of an earlier version away from such
 * a run: they read no verdict, and would send despite the guard. It becomes `deprecatePatch` when none of them is left.
 */
function verdict({ run, approvedGuards }: CarriedState): Promise<JudgeResult> {
  return judgeRun({ run, approvedGuards, verdict: patched('verdict-is-a-result') ? 'result' : undefined });
}

/** In rounds, each with the workspace to itself. Acquiring it is a step, and a long history ends where a step would begin. */
async function deliver(input: SyncInput, state: CarriedState, control: RunControl): Promise<void> {
  const chunksAtOnce = input.mode === 'backfill' ? state.lanes : Number.POSITIVE_INFINITY;
  while (state.chunksDone < state.chunks) {
    await acquireLease(state, control, 'workspace', 'delivering');
    const round = await deliverRound(state, control, chunksAtOnce);
    await giveBackWorkspace({ run: state.run });
    if (round.stopped) continue;
    if (round.value.hold !== null) await control.hold(round.value.hold);
    // The sync's lease was taken over (workflow reset, or presumed dead): acquire it again; a run closed meanwhile ends there.
    if (round.value.leaseLost) await acquireLease(state, control, 'sync', 'delivering');
  }
  state.step = 'record';
}

async function deliverRound(state: CarriedState, control: RunControl, chunks: number): Promise<Stoppable<LanesEnd>> {
  // A pause arrived while the lease was being acquired: the workspace is released at once.
  if (state.paused) return { stopped: true };
  control.status.enter('delivering');
  return control.stoppable(() => new Lanes(state, control, chunks).postChunks());
}

async function record(state: CarriedState, control: RunControl): Promise<RunSummary> {
  const summary = await control.runStep('recording', () => closeRun({ run: state.run, end: 'completed' }));
  return ended(state, control, summary);
}

async function end(state: CarriedState, control: RunControl, how: EndedState): Promise<RunSummary> {
  return ended(state, control, await closeRun({ run: state.run, end: how }));
}

function ended(state: CarriedState, control: RunControl, summary: RunSummary): RunSummary {
  state.accepted = summary.accepted;
  state.rejected = summary.rejected;
  state.requests = summary.requests;
  state.paused = false;
  state.hold = null;
  control.status.enter(summary.state);
  return summary;
}

/**
 * Acquires a lease, or is queued for it. The first request is its own activity, so that only a run that waits is shown as
 * queued.
 */
async function acquireLease(
  state: CarriedState,
  control: RunControl,
  kind: LeaseKind,
  shown: 'extracting' | 'delivering',
): Promise<void> {
  const asked = await control.runStep(shown, () => askForLease({ run: state.run, kind }));
  if (asked.granted) return;
  state.behind = asked.behind;
  await control.runStep('queued', () => waitForLease({ run: state.run, kind }));
  state.behind = null;
}
