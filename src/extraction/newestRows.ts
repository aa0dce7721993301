import { checkCustomerId, type CustomerIdProblem } from '../braze/object';
import { hashValue, type NewRejection } from '../ledger/rejections';
import type { TenantRow } from '../tenant/store';
import type { Identifier } from '../types/settings';
import type { StorePage } from './pages';

/** The rows of a page, one for each customer. */
export interface NewestRows {
  newest: ReadonlyMap<string, TenantRow>;
  /** How many older rows a customer has on the page; absent: none. */
  duplicates: ReadonlyMap<string, number>;
  /** Rows whose customer id Braze does not accept. */
  unsendable: readonly UnsendableRow[];
}

interface UnsendableRow {
  /** The id as the source table has it. */
  customerId: string;
  rejection: NewRejection;
}

/** The newest row of each customer; rows whose id cannot be sent are set apart as rejections. */
export function newestRows(identifier: Identifier, rows: readonly TenantRow[]): NewestRows {
  const newest = new Map<string, TenantRow>();
  const duplicates = new Map<string, number>();
  const unsendable: UnsendableRow[] = [];
  for (const row of rows) {
    const customerId = row.customerId ?? '';
    const problem = checkCustomerId(identifier, customerId);
    if (problem !== null) {
      unsendable.push({ customerId, rejection: idRejection(identifier, customerId, problem) });
      continue;
    }
    if (newest.has(customerId)) duplicates.set(customerId, (duplicates.get(customerId) ?? 0) + 1);
    // Rows come oldest first, so the last row of a customer is the newest.
    newest.set(customerId, row);
  }
  return { newest, duplicates, unsendable };
}

/** A page as if the source table did not have the suppressed customers. */
export function withoutSuppressed(
  page: Pick<StorePage, 'rows' | 'missing' | 'withoutId'>,
  suppressed: ReadonlySet<string>,
): Pick<StorePage, 'rows' | 'missing' | 'withoutId'> {
  if (suppressed.size === 0) return page;
  return {
    rows: page.rows.filter(({ customerId }) => customerId === null || !suppressed.has(customerId)),
    missing: page.missing.filter((customerId) => !suppressed.has(customerId)),
    withoutId: page.withoutId,
  };
}

function idRejection(identifier: Identifier, customerId: string, problem: CustomerIdProblem): NewRejection {
  return {
    customerId: toStoredId(customerId),
    attribute: null,
    reason: problem,
    message: idProblemSentence(problem, identifier),
    valueHash: '',
  };
}

/** An index of Postgres takes no more than 2,704 bytes. */
const MAX_STORED_ID_BYTES = 2_000;

/** An id too long for an index is stored as its beginning and its hash. */
function toStoredId(customerId: string): string {
  if (Buffer.byteLength(customerId) <= MAX_STORED_ID_BYTES) return customerId;
  return `${customerId.slice(0, 500)}… ${hashValue(customerId)}`;
}

function idProblemSentence(problem: CustomerIdProblem, { kind }: Identifier): string {
  switch (problem) {
    case 'no-customer-id':
      return 'The id is blank, so there is no profile to send it to.';
    case 'customer-id-too-long':
      return `The id is longer than Braze accepts for ${kind}.`;
    case 'not-an-email':
      return 'The id is not an e-mail address, although the identifier is email.';
    case 'not-a-phone':
      return 'The id is not a phone number, although the identifier is phone.';
  }
}
