import { REQUEST_LIMITS, type RequestLimits } from './limits';

/** One outbox row to send: its number and its Braze object as JSON text; '' when nothing is left to send. */
export interface OutgoingRow {
  seq: number;
  body: string;
}

/** One request: every row from `fromSeq` to `toSeq`, of which `objects` are those with a body (perhaps none). */
export interface PackedRequest<Row extends OutgoingRow = OutgoingRow> {
  fromSeq: number;
  toSeq: number;
  objects: Row[];
}

const OPENING = '{"attributes":[';
const CLOSING = ']}';
const FRAME_BYTES = OPENING.length + CLOSING.length;

/** The body of a request. */
export function renderRequest(objects: readonly string[]): string {
  return OPENING + objects.join(',') + CLOSING;
}

/**
 * Packs rows, given in seq order, into requests that are as full as the limits allow. Rows come in pages: a request closes only
 * when the next row does not fit, so the end of a page leaves no request half full. A row without a body takes no room and
 * belongs to the range around it. An object longer than a whole request is sent alone (Braze then refuses only that one).
 *
 * A missing seq closes the request as well: rows with a receipt are not read again, and a range must not cover them.
 */
export class Packer<Row extends OutgoingRow> {
  readonly #limits: RequestLimits;
  #open: PackedRequest<Row> | null = null;
  #bytes = FRAME_BYTES;

  constructor(limits: RequestLimits = REQUEST_LIMITS) {
    this.#limits = limits;
  }

  /** Adds the next row; returns the request that it closed, if it closed one. */
  push(row: Row): PackedRequest<Row> | null {
    const bytes = row.body === '' ? 0 : Buffer.byteLength(row.body) + 1;
    const closed = this.#open !== null && !this.#fits(this.#open, row.seq, bytes) ? this.end() : null;
    this.#open ??= { fromSeq: row.seq, toSeq: row.seq, objects: [] };
    this.#open.toSeq = row.seq;
    if (bytes > 0) {
      this.#open.objects.push(row);
      this.#bytes += bytes;
    }
    return closed;
  }

  /** Closes the open request: after the last row. The packer is empty again. */
  end(): PackedRequest<Row> | null {
    const closed = this.#open;
    this.#open = null;
    this.#bytes = FRAME_BYTES;
    return closed;
  }

  #fits(open: PackedRequest<Row>, seq: number, bytes: number): boolean {
    if (seq !== open.toSeq + 1) return false;
    if (bytes === 0 || open.objects.length === 0) return true;
    return open.objects.length < this.#limits.objects && this.#bytes + bytes <= this.#limits.bytes;
  }
}
