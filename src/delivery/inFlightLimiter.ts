/**
 * Limits the requests of one run that were started in this process and have no committed receipt. When the window is full, the
 * next request waits.
 *
 * Each chunk may have its share in flight. The lowest chunk with requests left may also use everything that is free: it sends
 * first, and when it ends, the next one fills the gap.
 */
export class InFlightLimiter {
  /** The most requests in flight over all chunks. */
  capacity: number;
  readonly #share: number;
  readonly #onEmpty: () => void;
  /** By chunk number, lowest first. */
  #groups: SlotGroup[] = [];

  /** @param onEmpty called when the last group is closed */
  constructor(share: number, onEmpty: () => void) {
    this.capacity = share;
    this.#share = share;
    this.#onEmpty = onEmpty;
  }

  /** The claims of the chunks that send in this process. */
  get claims(): string[] {
    return this.#groups.map(({ claim }) => claim);
  }

  open(chunk: number, claim: string): SlotGroup {
    const group = new SlotGroup(this, chunk, claim);
    this.#groups = [...this.#groups, group].toSorted((a, b) => a.chunk - b.chunk);
    return group;
  }

  /** For its groups: one of them has changed. Admits requests that wait, those of the lowest chunk first. */
  admit(): void {
    for (const group of this.#groups) {
      while (group.isWaiting && this.hasRoomFor(group)) group.admitOne();
    }
  }

  /** For its groups: this one has ended. */
  remove(group: SlotGroup): void {
    this.#groups = this.#groups.filter((one) => one !== group);
    if (this.#groups.length === 0) this.#onEmpty();
    else this.admit();
  }

  hasRoomFor(group: SlotGroup): boolean {
    const inFlight = this.#groups.reduce((sum, one) => sum + one.inFlight, 0);
    if (inFlight >= this.capacity) return false;
    return group.inFlight < this.#share || group === this.#groups.find(({ exhausted }) => !exhausted);
  }
}

/**
 * One chunk's part of the window: *open* (requests enter and leave), then *exhausted* (no request enters any more; those in
 * flight still count, but the next chunk may use what is free), then *closed* (it counts no more, and nothing waits in it).
 */
export class SlotGroup {
  readonly chunk: number;
  readonly claim: string;
  readonly #limiter: InFlightLimiter;
  readonly #waiting: (() => void)[] = [];
  #inFlight = 0;
  #exhausted = false;
  #closed = false;

  constructor(limiter: InFlightLimiter, chunk: number, claim: string) {
    this.#limiter = limiter;
    this.chunk = chunk;
    this.claim = claim;
  }

  /** Its requests that have entered and not left. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get exhausted(): boolean {
    return this.#exhausted;
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** All its requests wait, because those of other chunks fill the window. */
  get waitsForOthers(): boolean {
    return this.isWaiting && this.#inFlight === 0 && !this.#limiter.hasRoomFor(this);
  }

  /** Resolves when one more request may start. */
  enter(): Promise<void> {
    return new Promise((admitted) => {
      this.#waiting.push(admitted);
      if (this.#closed) this.admitOne();
      else this.#limiter.admit();
    });
  }

  /** For the limiter: the request that has waited longest may start. */
  admitOne(): void {
    this.#inFlight += 1;
    this.#waiting.shift()!();
  }

  /** A request that had entered has its receipt, or was abandoned. */
  leave(): void {
    this.#inFlight -= 1;
    this.#limiter.admit();
  }

  /** No request enters any more. */
  exhaust(): void {
    this.#exhausted = true;
    this.#limiter.admit();
  }

  /** It counts no more. Requests that still wait are let through: they have to see that they were stopped. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#limiter.remove(this);
    while (this.isWaiting) this.admitOne();
  }
}

/** One limiter per run in this process, for as long as a chunk of the run sends. */
export function createInFlightLimiters(): (run: number, share: number) => InFlightLimiter {
  const limiters = new Map<number, InFlightLimiter>();
  return (run, share) => {
    const limiter = limiters.get(run) ?? new InFlightLimiter(share, () => limiters.delete(run));
    limiters.set(run, limiter);
    return limiter;
  };
}
