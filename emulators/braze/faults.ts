import type { IncomingHttpHeaders } from 'node:http';
import type { Reply } from './answers';

/**
 * `reset-before`: the connection is reset, nothing was applied. `reset-after-apply`: it was, and the answer is lost.
 * `hang`: never answered, not applied. The others are answers, and nothing was applied.
 */
export const FAULT_KINDS = ['429', '500', '503', 'html-502', 'reset-before', 'reset-after-apply', 'hang'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  kind: FaultKind;
  /** Of a '429': the wait its headers name. */
  retryAfterSeconds: number;
}

export interface ScriptedRequest {
  headers: IncomingHttpHeaders;
  body: string;
  ids: string[];
}

/** A scripted answer, or null for the emulator's own. Scripted answers apply nothing. */
export type Script = (request: ScriptedRequest) => Reply | null;

/** What goes wrong on demand. */
export class Faults {
  latencyMs: number;
  outage = false;
  script: Script | null = null;
  readonly poisoned = new Set<string>();
  readonly refusedWhole = new Set<string>();
  #queue: { fault: Fault; left: number }[] = [];

  constructor(latencyMs: number) {
    this.latencyMs = latencyMs;
  }

  /** The next `count` requests meet this fault, after those already in line. */
  failNext(count: number, kind: FaultKind, retryAfterSeconds = 1): void {
    if (count > 0) this.#queue.push({ fault: { kind, retryAfterSeconds }, left: count });
  }

  /** The fault of this request; takes it from the line. */
  next(): Fault | null {
    const head = this.#queue[0];
    if (head === undefined) return null;
    head.left -= 1;
    if (head.left === 0) this.#queue.shift();
    return head.fault;
  }

  heal(ids: Iterable<string>): void {
    for (const id of ids) {
      this.poisoned.delete(id);
      this.refusedWhole.delete(id);
    }
  }

  /** Latency stays: it is a distance, not a fault. */
  clear(): void {
    this.outage = false;
    this.script = null;
    this.poisoned.clear();
    this.refusedWhole.clear();
    this.#queue = [];
  }
}
