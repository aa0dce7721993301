import type { CarriedState } from '../types/workflow';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The initial state of a run. Also supplies the fields that an execution of an earlier version did not carry. */
export function initialState(): CarriedState {
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
    holdForMs: DAY_MS,
    ignored: [],
    announced: null,
  };
}
