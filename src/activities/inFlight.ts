/**
 * Requests of one run that were started in this process and have no committed receipt. A full window stops the next one.
 *
 * Each chunk may have its share, and the lowest of them all that is free: it sends first, and when the chunk before it
 * ends, the next one fills the gap alone.
 */
export class RunWindow {
  /** Requests of all chunks together. */
  capacity: number;
  readonly #share: number;
  readonly #onEmpty: () => void;
  #lanes: Lane[] = [];
  #underWay = 0;
  #waiting: { lane: Lane; enter: () => void }[] = [];

  constructor(share: number, onEmpty: () => void) {
    this.capacity = share;
    this.#share = share;
    this.#onEmpty = onEmpty;
  }

  /** The claims of the chunks that send in this process. */
  get claims(): string[] {
    return this.#lanes.map(({ claim }) => claim);
  }

  open(chunk: number, claim: string): Lane {
    const lane: Lane = {
      ...{ chunk, claim, underWay: 0, exhausted: false },
      enter: () => this.#enter(lane),
      leave: () => {
        lane.underWay -= 1;
        this.#underWay -= 1;
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

  async #enter(lane: Lane): Promise<void> {
    if (this.#hasRoomFor(lane)) this.#count(lane);
    else await new Promise<void>((enter) => this.#waiting.push({ lane, enter }));
  }

  #admit(): void {
    for (const lane of this.#lanes) {
      for (const one of this.#waiting.filter((waiting) => waiting.lane === lane)) {
        if (!this.#hasRoomFor(lane)) break;
        this.#waiting.splice(this.#waiting.indexOf(one), 1);
        this.#count(lane);
        one.enter();
      }
    }
  }

  #hasRoomFor(lane: Lane): boolean {
    if (this.#underWay >= this.capacity) return false;
    return lane.underWay < this.#share || lane === this.#lanes.find(({ exhausted }) => !exhausted);
  }

  #count(lane: Lane): void {
    lane.underWay += 1;
    this.#underWay += 1;
  }
}

/** One chunk's part of the window. */
export interface Lane {
  readonly chunk: number;
  readonly claim: string;
  underWay: number;
  exhausted: boolean;
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
export function createRunWindows(): (run: number, share: number) => RunWindow {
  const windows = new Map<number, RunWindow>();
  return (run, share) => {
    const window = windows.get(run) ?? new RunWindow(share, () => windows.delete(run));
    windows.set(run, window);
    return window;
  };
}
