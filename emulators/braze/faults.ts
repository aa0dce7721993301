import type { IncomingHttpHeaders } from 'node:http';
import type { Reply } from './answers';
import { randomFrom } from './random';

/**
 * `429`, `500`, `503`, `504`, `html-502`, `empty-503`, `reset` (alias `reset-before`) and `hang` (no answer) apply nothing.
 * `reset-after-apply` and `truncated` (half a body) apply the request and lose the answer. `queued-202`, `empty-201` and
 * `errors-null` apply it and answer in an unusual form. `errors-strings` refuses the last object without naming it.
 */
export const FAULT_KINDS = [
  '429',
  '500',
  '503',
  '504',
  'html-502',
  'empty-503',
  'reset',
  'reset-before',
  'reset-after-apply',
  'hang',
  'truncated',
  'queued-202',
  'empty-201',
  'errors-null',
  'errors-strings',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** What happens to one request instead of its answer. */
export interface Fault {
  kind: FaultKind;
  /** Of a '429': the wait in its headers. */
  retryAfterSeconds: number;
}

/** The share of requests that get each fault, from 0 to 1; at most 1 in total. The same seed gives the same faults. */
export type FaultShares = Partial<Record<FaultKind, number>> & { seed?: number; retryAfterSeconds?: number };

interface ScriptedRequest {
  headers: IncomingHttpHeaders;
  body: string;
  ids: string[];
}

/** A scripted answer, or null for the emulator's own. Scripted answers apply nothing. */
export type Script = (request: ScriptedRequest) => Reply | null;

/** The problem with these shares, or null. */
export function shareProblem(shares: FaultShares): string | null {
  let sum = 0;
  for (const [name, value] of Object.entries(shares)) {
    if (name === 'seed' || name === 'retryAfterSeconds') {
      if (!Number.isFinite(value)) return `${name} must be a number`;
      continue;
    }
    if (!FAULT_KINDS.includes(name as FaultKind)) return `There is no fault ${name}: ${FAULT_KINDS.join(', ')}`;
    if (typeof value !== 'number' || !(value >= 0 && value <= 1)) return `The share of ${name} is a number from 0 to 1`;
    sum += value;
  }
  // A sum of decimals: 0.1 ten times is a little less or more than 1.
  return sum > 1 + 1e-9 ? 'The shares are more than 1 together' : null;
}

/** The faults that were ordered. */
export class Faults {
  latencyMs: number;
  /** At most this much more, drawn for each request. */
  jitterMs: number;
  script: Script | null = null;
  readonly poisoned = new Set<string>();
  readonly refusedWhole = new Set<string>();
  #queue: { fault: Fault; left: number }[] = [];
  #shares: [share: number, fault: Fault][] = [];
  #drawFault = randomFrom(1);
  readonly #drawJitter = randomFrom(1);
  #outageUntilMs = 0;

  constructor(latencyMs: number, jitterMs: number) {
    this.latencyMs = latencyMs;
    this.jitterMs = jitterMs;
  }

  get outage(): boolean {
    return this.#outageUntilMs > 0 && Date.now() < this.#outageUntilMs;
  }

  setOutage(on: boolean, forMs: number = Number.POSITIVE_INFINITY): void {
    this.#outageUntilMs = on ? Date.now() + forMs : 0;
  }

  /** The next `count` requests get this fault, after those already queued. */
  failNext(count: number, kind: FaultKind, retryAfterSeconds = 1): void {
    if (count > 0) this.#queue.push({ fault: { kind, retryAfterSeconds }, left: count });
  }

  /** @throws RangeError if `shareProblem` finds a problem */
  setShares({ seed = 1, retryAfterSeconds = 1, ...shares }: FaultShares): void {
    const problem = shareProblem(shares);
    if (problem !== null) throw new RangeError(problem);
    this.#shares = Object.entries(shares).map(([kind, share]) => [
      share,
      { kind: kind as FaultKind, retryAfterSeconds },
    ]);
    this.#drawFault = randomFrom(seed);
  }

  /** The fault of this request: the next of the queue, else one drawn by the shares. */
  next(): Fault | null {
    const head = this.#queue[0];
    if (head === undefined) return this.#shares.length === 0 ? null : this.#drawn();
    head.left -= 1;
    if (head.left === 0) this.#queue.shift();
    return head.fault;
  }

  /** How long this request's answer takes. */
  delayMs(): number {
    return this.jitterMs === 0 ? this.latencyMs : this.latencyMs + this.#drawJitter() * this.jitterMs;
  }

  heal(ids: Iterable<string>): void {
    for (const id of ids) {
      this.poisoned.delete(id);
      this.refusedWhole.delete(id);
    }
  }

  /** Latency stays, because it is not a fault. */
  clear(): void {
    this.setOutage(false);
    this.script = null;
    this.poisoned.clear();
    this.refusedWhole.clear();
    this.#queue = [];
    this.#shares = [];
  }

  #drawn(): Fault | null {
    let drawn = this.#drawFault();
    for (const [share, fault] of this.#shares) {
      drawn -= share;
      if (drawn < 0) return fault;
    }
    return null;
  }
}
