import type { TrackAnswer } from '../../src/braze/client';
import type { Answer } from '../../src/braze/response';
import type { SendableRow } from '../../src/ledger/outbox';

/** Rows from..to with something to send each. */
export function rows(from: number, to: number): SendableRow[] {
  return Array.from({ length: to - from + 1 }, (_, index) => row(from + index));
}

export function row(seq: number): SendableRow {
  return { seq, body: `{"external_id":"customer-${seq}"}`, valueCount: (seq % 5) + 1 };
}

export const seqOf = (body: string) => Number(/customer-(\d+)/.exec(body)![1]);

export const taken: Answer = { kind: 'answered', rejected: [], unknown: [] };
export const refused: Answer = { kind: 'refused', message: 'no', rejected: [] };
export const unavailable: Answer = { kind: 'transient', code: '503' };
export const unexpected: Answer = { kind: 'transient', code: 'not JSON', unexpected: true };
export const unknownKey: Answer = { kind: 'configuration', problem: 'unknown-key', message: 'Braze does not know it' };
export const rateLimited = (afterMs: number | null): Answer => ({ kind: 'rate-limited', afterMs });

/** A Braze of which `answer` decides, by the sequence numbers of a request and how many came before it. */
export class FakeBraze {
  /** The sequence numbers of each request. */
  readonly sent: number[][] = [];
  readonly #answer: (seqs: number[], before: number) => Answer | Promise<Answer>;

  constructor(answer: (seqs: number[], before: number) => Answer | Promise<Answer>) {
    this.#answer = answer;
  }

  async track(bodies: readonly string[]): Promise<TrackAnswer> {
    const seqs = bodies.map(seqOf);
    const n = this.sent.push(seqs);
    return { ...(await this.#answer(seqs, n - 1)), requestId: `r${n}`, budget: null };
  }
}
