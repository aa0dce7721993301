import { Packer, type PackedRequest } from '../braze/packing';
import type { SendableRow } from '../ledger/outbox';
import { prefetch } from '../prefetch';

/** Outbox rows read at once: enough for thirty requests. */
const READ_ROWS = 2_250;

/** A stretch of the outbox, both ends included. */
export interface SeqRange {
  fromSeq: number;
  toSeq: number;
}

/** One chunk of the outbox, as the ledger has it. */
export interface OutboxReader {
  /** The stretches of the chunk that have no receipt yet, in order. */
  gaps(): Promise<SeqRange[]>;
  /** Its rows in sequence order, at most `limit`. A number whose row was replaced has none. */
  rows(range: SeqRange, limit: number): Promise<SendableRow[]>;
}

/** The requests of a chunk that have no receipt yet, in sequence order. Together they cover every number of each gap once. */
export async function* unsentRequests(outbox: OutboxReader): AsyncGenerator<PackedRequest<SendableRow>> {
  for (const gap of await outbox.gaps()) {
    const packer = new Packer<SendableRow>();
    let covered = gap.fromSeq - 1;
    // Numbers without a row belong to the request after them.
    const cover = (request: PackedRequest<SendableRow>): PackedRequest<SendableRow> => {
      const covering = { ...request, fromSeq: covered + 1 };
      covered = request.toSeq;
      return covering;
    };
    for await (const rows of prefetch(outboxPages(outbox, gap))) {
      for (const row of rows) {
        const closed = packer.push(row);
        if (closed !== null) yield cover(closed);
      }
    }
    const last = packer.end();
    if (last !== null) yield cover({ ...last, toSeq: gap.toSeq });
    else if (covered < gap.toSeq) yield cover({ fromSeq: covered + 1, toSeq: gap.toSeq, objects: [] });
  }
}

async function* outboxPages(outbox: OutboxReader, { fromSeq, toSeq }: SeqRange): AsyncGenerator<SendableRow[]> {
  for (let from = fromSeq; from <= toSeq;) {
    const rows = await outbox.rows({ fromSeq: from, toSeq }, READ_ROWS);
    if (rows.length > 0) yield rows;
    from = rows.length < READ_ROWS ? toSeq + 1 : rows.at(-1)!.seq + 1;
  }
}
