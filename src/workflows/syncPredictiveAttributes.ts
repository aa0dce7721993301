import { CancellationScope, isCancellation, sleep, workflowInfo } from '@temporalio/workflow';
import type { EndedState, RunSummary } from '../types/run';
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
import { postChunks } from './lanes';
import { EndRun, takeControl, type Control } from './runControl';

/**
 * One run of one sync: wait for the model run, find what changed, judge it, post it, record it. Holds numbers only; customers
 * stay in the ledger. Never fails for an operational reason: it waits, or holds for a person.
 */
export async function syncPredictiveAttributes(input: SyncInput): Promise<RunSummary> {
  // An older execution carried what there was then: what it does not know begins here.
  const state = Object.assign(atTheBeginning(), input.carried);
  const control = takeControl(input, state);
  try {
    if (state.run === 0) await open(input, state);
    control.showState();
    if (state.step === 'wait-for-model-run') await awaitModelRun(input, state, control);
    if (state.step === 'prepare') await prepare(state, control);
    if (state.step === 'extract') await extract(state, control);
    if (state.step === 'judge') await judge(state, control);
    if (state.step === 'deliver') await deliver(input, state, control);
    return await record(state, control);
  } catch (error) {
    if (error instanceof EndRun) return await CancellationScope.nonCancellable(() => end(state, control, error.end));
    if (isCancellation(error) && state.run !== 0) {
      await CancellationScope.nonCancellable(() => end(state, control, 'cancelled'));
    }
    throw error;
  }
}

async function open(input: SyncInput, state: CarriedState): Promise<void> {
  const opened = await openRun({
    firstRunId: workflowInfo().firstExecutionRunId,
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
  Object.assign(state, opened);
}

async function awaitModelRun(input: SyncInput, state: CarriedState, control: Control): Promise<void> {
  if (input.mode !== 'backfill') {
    const answer = await control.step('waiting-for-model-run', () => waitForModelRun({ run: state.run }));
    if (answer.kind === 'none') throw new EndRun('no-new-model-run');
    state.modelRun = answer.kind === 'ready' ? answer.modelRun : await announcement(state, control, answer.timeoutMs);
  }
  state.step = 'prepare';
}

/** The model run of a sync that is told by signal. The signal ends the wait; one that came before it was kept. */
async function announcement(state: CarriedState, control: Control, timeoutMs: number): Promise<string | null> {
  const deadlineMs = Date.now() + timeoutMs;
  return control
    .step('waiting-for-model-run', async () => {
      if (state.announced === null) await sleep(Math.max(0, deadlineMs - Date.now()));
      if (state.announced === null) throw new EndRun('no-new-model-run');
      return { modelRun: state.announced.modelRun };
    })
    .then(({ modelRun }) => modelRun);
}

async function prepare(state: CarriedState, control: Control): Promise<void> {
  await takeLease(state, control, 'sync', 'extracting');
  const prepared = await control.step('extracting', () =>
    prepareRun({ run: state.run, modelRun: state.modelRun, keyConfirmed: state.keyConfirmed }),
  );
  Object.assign(state, prepared);
  state.step = 'extract';
}

async function extract(state: CarriedState, control: Control): Promise<void> {
  const extracted = await control.step('extracting', () => extractChanges({ run: state.run }));
  Object.assign(state, extracted);
  state.step = 'judge';
}

async function judge(state: CarriedState, control: Control): Promise<void> {
  await control.step('extracting', () => judgeRun({ run: state.run, approvedGuards: state.approvedGuards }));
  state.step = 'deliver';
}

async function deliver(input: SyncInput, state: CarriedState, control: Control): Promise<void> {
  const chunksAtOnce = input.mode === 'backfill' ? state.lanes : Number.POSITIVE_INFINITY;
  while (state.chunksDone < state.chunks) {
    await takeLease(state, control, 'workspace', 'delivering');
    // A pause may have come while the lease was on its way: then it goes straight back.
    const delivery = state.paused ? null : await deliverRound(state, control, chunksAtOnce);
    await giveBackWorkspace({ run: state.run });
    if (delivery?.hold) await control.hold(delivery.hold);
    // Whose workflow was taken for gone, or reset, stands in line again; whose run was closed meanwhile ends there.
    if (delivery?.leaseLost) await takeLease(state, control, 'sync', 'delivering');
  }
  state.step = 'record';
}

async function deliverRound(state: CarriedState, control: Control, chunks: number) {
  control.enter('delivering');
  return control.stoppable(() => postChunks(state, control, chunks));
}

async function record(state: CarriedState, control: Control): Promise<RunSummary> {
  const summary = await control.step('recording', () => closeRun({ run: state.run, end: 'completed' }));
  return ended(state, control, summary);
}

async function end(state: CarriedState, control: Control, how: EndedState): Promise<RunSummary> {
  return ended(state, control, await closeRun({ run: state.run, end: how }));
}

function ended(state: CarriedState, control: Control, summary: RunSummary): RunSummary {
  const { accepted, rejected, requests } = summary;
  Object.assign(state, { accepted, rejected, requests, paused: false, hold: null });
  control.enter(summary.state);
  return summary;
}

/** Takes a lease, or stands in line for it. The first look is its own activity, so that only a run that waits says so. */
async function takeLease(
  state: CarriedState,
  control: Control,
  kind: 'sync' | 'workspace',
  shown: 'extracting' | 'delivering',
): Promise<void> {
  const asked = await control.step(shown, () => askForLease({ run: state.run, kind }));
  if (asked.granted) return;
  state.behind = asked.behind;
  await control.step('queued', () => waitForLease({ run: state.run, kind }));
  state.behind = null;
}

function atTheBeginning(): CarriedState {
  const now = new Date(Date.now()).toISOString();
  return {
    run: 0,
    step: 'wait-for-model-run',
    state: 'waiting-for-model-run',
    since: now,
    startedAt: now,
    searchAttributes: false,
    behind: null,
    modelRun: null,
    windowFrom: null,
    windowTo: null,
    candidates: 0,
    changed: 0,
    chunks: 0,
    nextChunk: 0,
    unfinished: [],
    chunksDone: 0,
    lanes: 1,
    accepted: 0,
    rejected: 0,
    requests: 0,
    deliveredMs: 0,
    waiting: null,
    paused: false,
    hold: null,
    holds: 0,
    approvedGuards: [],
    keyConfirmed: false,
    stoppedSince: null,
    holdForMs: 24 * 60 * 60 * 1000,
    ignored: [],
    announced: null,
  };
}
