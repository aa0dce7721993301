import { Packer, type PackedRequest } from '../braze/packing';
import type { Ledger } from '../ledger/open';
import { readOutbox, type SendableRow } from '../ledger/outbox';
import { unsettled } from '../ledger/receipts';
import { prefetch } from '../prefetch';

/** Outbox rows read at once: enough for a hundred requests. */
const READ_ROWS = 2_250;

/** The requests of a chunk that have no receipt yet, in sequence order. Together they cover every number of each gap. */
export async function* unsentRequests(
  ledger: Ledger,
  run: number,
  claim: { fromSeq: number; toSeq: number },
): AsyncGenerator<PackedRequest<SendableRow>> {
  for (const gap of await unsettled(ledger, run, claim.fromSeq, claim.toSeq)) {
    const packer = new Packer<SendableRow>();
    let covered = gap.fromSeq - 1;
    // Numbers whose row was replaced have none; they belong to the request after them.
    const cover = (request: PackedRequest<SendableRow>): PackedRequest<SendableRow> => {
      const covering = { ...request, fromSeq: covered + 1 };
      covered = request.toSeq;
      return covering;
    };
    for await (const rows of prefetch(outboxPages(ledger, run, gap))) {
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

async function* outboxPages(
  ledger: Ledger,
  run: number,
  { fromSeq, toSeq }: { fromSeq: number; toSeq: number },
): AsyncGenerator<SendableRow[]> {
  for (let from = fromSeq; from <= toSeq;) {
    const rows = await readOutbox(ledger, { run, fromSeq: from, toSeq }, READ_ROWS);
    if (rows.length > 0) yield rows;
    from = rows.length < READ_ROWS ? toSeq + 1 : rows.at(-1)!.seq + 1;
  }
}
