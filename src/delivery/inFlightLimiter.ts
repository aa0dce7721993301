/**
 * Requests of one run that were started in this process and have no committed receipt. A full window stops the next one.
 *
 * Each chunk may have its share, and the lowest of them all that is free: it sends first, and when the chunk before it
 * ends, the next one fills the gap alone.
 */
export class InFlightLimiter {
  /** Requests of all chunks together. */
  capacity: number;
  readonly #share: number;
  readonly #onEmpty: () => void;
  #lanes: SlotGroup[] = [];

  constructor(share: number, onEmpty: () => void) {
    this.capacity = share;
    this.#share = share;
    this.#onEmpty = onEmpty;
  }

  /** The claims of the chunks that send in this process. */
  get claims(): string[] {
    return this.#lanes.map(({ claim }) => claim);
  }

  open(chunk: number, claim: string): SlotGroup {
    const lane: SlotGroup = {
      chunk,
      claim,
      underWay: 0,
      exhausted: false,
      waiting: [],
      enter: () =>
        new Promise<void>((enter) => {
          lane.waiting.push(enter);
          this.#admit();
        }),
      leave: () => {
        lane.underWay -= 1;
        this.#admit();
      },
      exhaust: () => {
        lane.exhausted = true;
        this.#admit();
      },
      close: () => {
        this.#lanes = this.#lanes.filter((one) => one !== lane);
        if (this.#lanes.length === 0) this.#onEmpty();
        else this.#admit();
      },
    };
    this.#lanes = [...this.#lanes, lane].toSorted((a, b) => a.chunk - b.chunk);
    return lane;
  }

  /** Lets in who waits, the lowest chunk first. */
  #admit(): void {
    for (const lane of this.#lanes) {
      while (lane.waiting.length > 0 && this.#hasRoomFor(lane)) {
        lane.underWay += 1;
        lane.waiting.shift()!();
      }
    }
  }

  #hasRoomFor(lane: SlotGroup): boolean {
    const underWay = this.#lanes.reduce((sum, one) => sum + one.underWay, 0);
    if (underWay >= this.capacity) return false;
    return lane.underWay < this.#share || lane === this.#lanes.find(({ exhausted }) => !exhausted);
  }
}

/** One chunk's part of the window. */
export interface SlotGroup {
  readonly chunk: number;
  readonly claim: string;
  underWay: number;
  exhausted: boolean;
  readonly waiting: (() => void)[];
  /** Resolves when one more request may start. */
  enter(): Promise<void>;
  /** Its receipt is committed, or it came to nothing. */
  leave(): void;
  /** No more of its requests begin; those under way still count. */
  exhaust(): void;
  /** Nothing of it is under way any more. */
  close(): void;
}

/** One window a run in this process. */
export function createInFlightLimiters(): (run: number, share: number) => InFlightLimiter {
  const windows = new Map<number, InFlightLimiter>();
  return (run, share) => {
    const window = windows.get(run) ?? new InFlightLimiter(share, () => windows.delete(run));
    windows.set(run, window);
    return window;
  };
}
