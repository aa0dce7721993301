import type { ValueSet } from '../types/values';
import type { Ledger } from './open';
import { query } from './query';

/** What Braze accepted for one customer, for reading it back. */
export interface AcknowledgedCustomer {
  customer: string;
  values: ValueSet;
  /** Since Braze last accepted anything for this customer. */
  ageMs: number;
}

/** `values` as JSON text. */
type SampleRow = Omit<AcknowledgedCustomer, 'values'> & { values: string };

const COLUMNS = `customer, values, (extract(epoch from now() - at) * 1000)::float8 as "ageMs"`;

/**
 * Customers with acknowledged values, picked at random. Reads some random pages of the table, and more until there are enough:
 * as quick on ten million customers as on ten, and no index is needed (each would slow down every receipt).
 */
export async function sampleAcknowledged(
  ledger: Ledger,
  targetId: number,
  size: number,
): Promise<AcknowledgedCustomer[]> {
  const { rows } = await query<{ pages: number }>(
    ledger,
    `select greatest(1, pg_relation_size('acknowledged') / current_setting('block_size')::int)::float8 as pages`,
  );
  // Several times as many pages as customers, because neighbours on a page were sent in one request.
  for (let percent = (400 * size) / rows[0]!.pages; ; percent *= 8) {
    const found = await query<SampleRow>(
      ledger,
      `select ${COLUMNS} from acknowledged tablesample system (least(:percent::real, 100))
        where target_id = :targetId order by random() limit :size`,
      { percent, targetId, size },
    );
    if (found.rows.length === size || percent >= 100) return found.rows.map(parsed);
  }
}

/** These customers, where Braze ever accepted anything for them. */
export async function acknowledgedOf(
  ledger: Ledger,
  targetId: number,
  customers: string[],
): Promise<AcknowledgedCustomer[]> {
  const { rows } = await query<SampleRow>(
    ledger,
    `select ${COLUMNS} from acknowledged where target_id = :targetId and customer = any(:customers::text[])`,
    { targetId, customers },
  );
  return rows.map(parsed);
}

function parsed({ values, ...row }: SampleRow): AcknowledgedCustomer {
  return { ...row, values: JSON.parse(values) as ValueSet };
}
