import { hasUncertain } from '../ledger/acknowledged';
import { claimsElsewhere, renewClaim } from '../ledger/claims';
import type { Ledger } from '../ledger/open';
import { emptiedRows, readOutbox } from '../ledger/outbox';
import { recordReceipts, unreceipted } from '../ledger/receipts';
import { hasOpenRejections } from '../ledger/rejections';
import { setWaitingFor } from '../ledger/runState';
import { isPartial } from '../planning/backfillScope';
import type { PreparedRecord } from '../planning/preparedRun';
import type { ReceiptStore } from './receiptWriter';
import type { OutboxReader, SeqRange } from './unsentRequests';

/** One attempt's claim on the rows of a chunk. */
export interface ChunkClaim extends SeqRange {
  run: number;
  chunk: number;
  claim: string;
}

/** What sending one chunk reads from the ledger and records there. */
export interface ChunkLedger extends OutboxReader, ReceiptStore {
  /** Sequence numbers of the chunk's rows without a body, if a customer was suppressed within the last seconds; else none. */
  emptiedRows(withinSeconds: number): Promise<number[]>;
  /** How many chunks of the run other processes send now. `own`: the claims of this process. */
  claimsElsewhere(own: string[]): Promise<number>;
  /** Records what the run waits for, for commands that show it; null: nothing. */
  setWaitingFor(what: string | null): Promise<void>;
}

export async function openChunkLedger(ledger: Ledger, record: PreparedRecord, chunk: ChunkClaim): Promise<ChunkLedger> {
  const { run, fromSeq, toSeq } = chunk;
  const { targetId, settings, request } = record;
  const group = {
    ...chunk,
    targetId,
    clearsUncertain: await hasUncertain(ledger, targetId),
    closesRejections: await hasOpenRejections(ledger, targetId),
    partial: isPartial(request),
  };
  const fence = { sync: settings.sync, workspace: settings.workspace.name };
  return {
    gaps: () => unreceipted(ledger, run, fromSeq, toSeq),
    rows: (range, limit) => readOutbox(ledger, { run, fromSeq: range.fromSeq, toSeq: range.toSeq }, limit),
    record: (receipts) => recordReceipts(ledger, { ...group, receipts }, fence),
    renew: () => renewClaim(ledger, chunk, fence),
    emptiedRows: (withinSeconds) => emptiedRows(ledger, chunk, withinSeconds),
    claimsElsewhere: (own) => claimsElsewhere(ledger, run, own),
    setWaitingFor: (what) => setWaitingFor(ledger, run, what),
  };
}
