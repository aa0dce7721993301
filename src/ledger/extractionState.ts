import type { Ledger } from './open';
import type { Cursor } from './outbox';
import { query } from './query';
import { RunNotFoundError, type ExtractionFigures } from './runs';
import { EMPTIED, isSuppressed } from './suppressed';

/** How far extraction of a run has come. */
export interface ExtractionState {
  /** Null: nothing was committed yet. */
  cursor: Cursor | null;
  extracted: boolean;
  figures: ExtractionFigures | null;
}

/**
 * How far extraction of a run is, for the next attempt.
 *
 * @throws {RunNotFoundError} there is no such run
 */
export async function extractionCursor(ledger: Ledger, run: number): Promise<ExtractionState> {
  const { rows } = await query<ExtractionState>(
    ledger,
    'select cursor, extracted, figures from runs where number = :run',
    { run },
  );
  const [row] = rows;
  if (row === undefined) throw new RunNotFoundError(run);
  return row;
}

/**
 * Ends extraction: counts what the outbox contains, and updates the planner's statistics (without them it reads the outbox at a
 * fifth of the speed). Durable: from here on deliveries rely on it. Customers who were forgotten while pages were read are
 * emptied here; from here on forgetting does it. `onStep` is called between its statements, which may take minutes each.
 */
export async function finishExtraction(
  ledger: Ledger,
  run: number,
  knownCustomers: number,
  onStep?: () => void,
): Promise<void> {
  const { rows } = await query<{ any: boolean }>(ledger, 'select staged > 0 as any from runs where number = :run', {
    run,
  });
  if (rows[0]!.any) {
    await query(
      ledger,
      `update outbox set ${EMPTIED} where run = :run and body <> '' and ${isSuppressed('outbox.customer')}
          and (select exists (select from suppressed where at > (select started_at - interval '5 minutes' from runs where number = :run)))`,
      { run },
    );
    onStep?.();
    await query(ledger, 'analyze outbox');
    onStep?.();
  }
  await query(
    ledger,
    `update runs set extracted = true, known_customers = :knownCustomers,
            changed = o.changed, planned_values = o.values, known_changed = o.known, known_cleared = o.clears, refreshed = o.refresh
       from (select count(*)::int as changed, coalesce(sum(value_count), 0)::int as values, count(*) filter (where known)::int as known,
                    count(*) filter (where clears)::int as clears, count(*) filter (where refresh)::int as refresh
               from outbox where run = :run and body <> '') o
      where number = :run and not extracted`,
    { knownCustomers, run },
  );
}
