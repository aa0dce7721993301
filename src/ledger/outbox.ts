import type { Client } from 'pg';
import { copyField, copyIn, copyJson } from './copy';
import type { Ledger } from './open';
import { query, withConnection, withTransaction, type Transaction } from './query';
import { closeRejections, closeUnnamedRejections, recordRejections, type NewRejection } from './rejections';
import type { ExtractionFigures } from './runs';

/** A customer to be sent to Braze. */
export interface OutboxRow {
  customer: string;
  /** The complete Braze object as text; empty when nothing is left to send. */
  body: string;
  /** The customer's whole value set once Braze has accepted the body, as JSON text. */
  newValues: string;
  valueCount: number;
  /** Braze has acknowledged values of this customer, and the body changes one … */
  previouslySent: boolean;
  /** … or removes one. */
  clears: boolean;
  /** Nothing changed: the values are sent again because of their age. */
  refresh: boolean;
  /** The body contains every value of the customer. */
  whole: boolean;
}

/** Where extraction is: which part of the source table it is reading, and the last row it read there. */
export interface Cursor {
  phase: 'window' | 'undated' | 'listed' | 'refresh' | 'departed' | 'clear' | 'end';
  updatedAt: string | null;
  customer: string | null;
}

/** What one page adds to the counts of its run. */
export interface PageCounts {
  candidates: number;
  changed: number;
  plannedValues: number;
  rejected: number;
  newlyRejected: number;
}

/** One page of an extraction, compared and ready to be committed. */
export interface ExtractedPage {
  run: number;
  targetId: number;
  /** Where this page began; null at the very beginning. */
  cursor: Cursor | null;
  next: Cursor;
  rows: OutboxRow[];
  /** Customers with nothing to send: a row of such a customer that was staged before must not be sent either. */
  unchanged: string[];
  rejections: NewRejection[];
  /** Whether the run counts rows without an id: only then do they replace those of earlier runs. */
  countsUnnamed: boolean;
  /** Rejections this page found to be void. */
  resolvedRejections: { customerId: string; attribute: string | null }[];
  counts: PageCounts;
  /** Figures of the run up to the end of this page. */
  figures: ExtractionFigures;
}

/** Another attempt has moved the cursor: this one stops without a result. */
export class CursorMovedError extends Error {
  override readonly name = 'CursorMovedError';
}

/**
 * Commits one page: outbox rows, rejections, counts and the next cursor in one transaction, so that a retry continues exactly
 * after it.
 *
 * @throws {CursorMovedError} the cursor is no longer where the page began; nothing was written
 */
export async function commitPage(ledger: Ledger, page: ExtractedPage): Promise<void> {
  await withTransaction(ledger, async (transaction) => {
    // A page lost in a crash of Postgres takes its cursor with it and is read again; finishExtraction waits for the disk.
    await query(transaction, 'set local synchronous_commit to off');
    const first = await advanceCursor(transaction, page);
    if (page.cursor === null && page.countsUnnamed) await closeUnnamedRejections(transaction, page.targetId);
    await stage(transaction.connection, page.run, first, page.rows);
    if (first > 1 && page.unchanged.length > 0) await emptyEarlier(transaction, page.run, page.unchanged);
    await recordRejections(transaction, page.targetId, page.run, page.rejections);
    await closeRejections(transaction, page.targetId, page.resolvedRejections);
  });
}

/** Moves the cursor and claims sequence numbers; returns the first of them. */
async function advanceCursor(transaction: Transaction, page: ExtractedPage): Promise<number> {
  const { counts } = page;
  const { rows } = await query<{ staged: number }>(
    transaction,
    `update runs set cursor = :next, staged = staged + :staged, candidates = candidates + :candidates, changed = changed + :changed,
            planned_values = planned_values + :plannedValues, rejected_before_sending = rejected_before_sending + :rejected,
            newly_rejected = newly_rejected + :newlyRejected, figures = :figures
      where number = :run and cursor is not distinct from :cursor::jsonb and not extracted and finished_at is null
      returning staged`,
    {
      run: page.run,
      cursor: page.cursor === null ? null : JSON.stringify(page.cursor),
      next: JSON.stringify(page.next),
      staged: page.rows.length,
      candidates: counts.candidates,
      changed: counts.changed,
      plannedValues: counts.plannedValues,
      rejected: counts.rejected,
      newlyRejected: counts.newlyRejected,
      figures: JSON.stringify(page.figures),
    },
  );
  const [row] = rows;
  if (row === undefined) throw new CursorMovedError('Another attempt has read this page.');
  return row.staged - page.rows.length + 1;
}

const COLUMNS = 'run, seq, customer, body, new_values, value_count, known, clears, refresh, whole';

/**
 * COPY straight into the outbox. It fails on a customer that this run has read before; the rows are then replaced one by one.
 */
async function stage(connection: Client, run: number, first: number, rows: OutboxRow[]): Promise<void> {
  if (rows.length === 0) return;
  let lines = '';
  // The hot path of an extraction: one growing text, which is quicker than a list of lines.
  for (const [index, row] of rows.entries()) {
    lines +=
      `${run}\t${first + index}\t${copyField(row.customer)}\t${copyJson(row.body)}\t${copyJson(row.newValues)}\t` +
      `${row.valueCount}\t${row.previouslySent}\t${row.clears}\t${row.refresh}\t${row.whole}\n`;
  }
  await connection.query('savepoint staging');
  try {
    await copyIn(connection, `copy outbox (${COLUMNS}) from stdin`, lines);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    await connection.query('rollback to savepoint staging');
    await replace(connection, lines);
  }
}

/** The earlier row keeps its number and gets the newer body; the later number becomes a row with nothing to send. */
async function replace(connection: Client, lines: string): Promise<void> {
  await connection.query('create temp table staging (like outbox) on commit drop');
  await copyIn(connection, `copy staging (${COLUMNS}) from stdin`, lines);
  await connection.query(
    `insert into outbox (${COLUMNS}) select ${COLUMNS} from staging
     on conflict (run, customer) do update
        set body = excluded.body, new_values = excluded.new_values, value_count = excluded.value_count,
            known = excluded.known, clears = excluded.clears, refresh = excluded.refresh, whole = excluded.whole`,
  );
}

async function emptyEarlier(transaction: Transaction, run: number, customers: string[]): Promise<void> {
  await query(
    transaction,
    `update outbox set body = '', value_count = 0 where run = :run and customer = any(:customers::text[]) and body <> ''`,
    { run, customers },
  );
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}

/** Which of these customers are already in the outbox of this run. */
export async function stagedCustomers(ledger: Ledger, run: number, customers: string[]): Promise<Set<string>> {
  const { rows } = await query<{ customer: string }>(
    ledger,
    'select customer from outbox where run = :run and customer = any(:customers::text[])',
    { run, customers },
  );
  return new Set(rows.map(({ customer }) => customer));
}

/** What a request takes from an outbox row; an empty body is a row with nothing to send. */
export interface SendableRow {
  seq: number;
  body: string;
  valueCount: number;
}

/** A stretch of a run's outbox, both ends included. */
export interface Stretch {
  run: number;
  fromSeq: number;
  toSeq: number;
}

/** Outbox rows of a stretch in sequence order, at most `limit`. */
export async function readOutbox(
  ledger: Ledger,
  { run, fromSeq, toSeq }: Stretch,
  limit: number,
): Promise<SendableRow[]> {
  // The hot path of a delivery: rows as arrays cost less than objects.
  const rows = await withConnection(ledger, async (connection) => {
    const answer = await connection.query<[number, string, number]>({
      text: 'select seq, body, value_count from outbox where run = $1 and seq between $2 and $3 order by seq limit $4',
      values: [run, fromSeq, toSeq, limit],
      rowMode: 'array',
    });
    return answer.rows;
  });
  return rows.map(([seq, body, valueCount]) => ({ seq, body, valueCount }));
}

/** A staged customer with everything known about what is sent. */
export interface StagedRow extends SendableRow {
  customer: string;
  newValues: string;
}

/** Rows of a run that have something to send, after a number, at most `limit`, for display. */
export async function readStaged(ledger: Ledger, run: number, after: number, limit: number): Promise<StagedRow[]> {
  const { rows } = await query<StagedRow>(
    ledger,
    `select seq, customer, body, new_values as "newValues", value_count as "valueCount" from outbox
      where run = :run and seq > :after and body <> '' order by seq limit :limit`,
    { run, after, limit },
  );
  return rows;
}

/**
 * Numbers of the rows of a stretch that were emptied, when a customer was forgotten within the last `seconds`; else none. Five
 * minutes are added, because a forgotten customer is visible at commit, but dated at the start of the transaction.
 */
export async function emptiedRows(
  ledger: Ledger,
  { run, fromSeq, toSeq }: Stretch,
  seconds: number,
): Promise<number[]> {
  const { rows } = await query<{ seq: number }>(
    ledger,
    `select seq from outbox where run = :run and seq between :fromSeq and :toSeq and body = ''
        and (select exists (select from suppressed where at > clock_timestamp() - make_interval(secs => :seconds, mins => 5)))`,
    { run, fromSeq, toSeq, seconds },
  );
  return rows.map(({ seq }) => seq);
}
