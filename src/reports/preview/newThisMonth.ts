import type { Ledger } from '../../ledger/open';
import { countUpdatedThisMonth, targetsUpdatedThisMonth } from '../../ledger/updatedThisMonth';
import type { SyncSettings } from '../../types/settings';

/**
 * Counts, page by page, the customers who would be sent and of whom Braze has accepted no update this calendar month (UTC) in any
 * sync of the workspace: Braze bills monthly active users, and a user updated through the API counts once a month. A removal is an
 * update too.
 */
export class NewThisMonth {
  readonly #ledger: Ledger | null;
  readonly #targets: number[];
  #count = 0;
  /** The question about the page before: the next page is read and compared meanwhile. */
  #pending: Promise<void> = Promise.resolve();

  private constructor(ledger: Ledger | null, targets: number[]) {
    this.#ledger = ledger;
    this.#targets = targets;
  }

  /** @param ledger null: no run has ever been, and everyone is new */
  static async in(ledger: Ledger | null, { workspace, identifier }: SyncSettings): Promise<NewThisMonth> {
    const targets = ledger === null ? [] : await targetsUpdatedThisMonth(ledger, workspace.name, identifier);
    return new NewThisMonth(ledger, targets);
  }

  /** @param rows customers of one page who would be sent, each once */
  async add(rows: readonly { customer: string }[]): Promise<void> {
    await this.#pending;
    this.#pending = this.#ask(rows.map(({ customer }) => customer));
    // Its failure is met when it is awaited; until then it must not count as unhandled.
    this.#pending.catch(() => undefined);
  }

  /** After the last page. */
  async count(): Promise<number> {
    await this.#pending;
    return this.#count;
  }

  /** One question to the ledger, or none where no customer can have been updated this month. */
  async #ask(customers: string[]): Promise<void> {
    const updated = this.#ledger === null ? 0 : await countUpdatedThisMonth(this.#ledger, this.#targets, customers);
    this.#count += customers.length - updated;
  }
}
