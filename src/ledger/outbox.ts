import type { Client } from 'pg';
import { copyField, copyIn, copyJson } from './copy';
import type { Ledger } from './open';
import { withConnection, withTransaction } from './open';
import { closeRejections, closeUnnamedRejections, recordRejections, type NewRejection } from './rejections';
import type { ExtractionFigures } from './runs';
import { EMPTIED, isForgotten } from './suppressed';

/** A customer on the way to Braze. */
export interface OutboxRow {
  customer: string;
  /** The complete Braze object as text; empty when nothing is left to send. */
  body: string;
  /** The customer's whole value set once Braze has accepted the body, as JSON text. */
  newValues: string;
  valueCount: number;
  /** Braze has acknowledged values of this customer, and the body changes one … */
  known: boolean;
  /** … or removes one. */
  clears: boolean;
  /** Nothing changed: the values are sent again because of their age. */
  refresh: boolean;
  /** The body carries every value there is of the customer. */
  whole: boolean;
}

/** Where extraction stands: which part of the store it is reading, and the last row it read there. */
export interface Cursor {
  phase: 'window' | 'undated' | 'listed' | 'refresh' | 'departed' | 'clear' | 'end';
  updatedAt: string | null;
  customer: string | null;
}

export interface PageCounts {
  candidates: number;
  changed: number;
  plannedValues: number;
  rejected: number;
  newlyRejected: number;
}

export interface ExtractedPage {
  run: number;
  targetId: number;
  /** Where this page began; null at the very beginning. */
  cursor: Cursor | null;
  next: Cursor;
  rows: OutboxRow[];
  /** Customers with nothing to send: an older row of theirs, staged before, must not go out either. */
  unchanged: string[];
  rejections: NewRejection[];
  /** Whether the run counts rows without an id: only then its own stand for those of earlier runs. */
  countsUnnamed: boolean;
  /** Rejections this page found to be void. */
  settled: { customerId: string; attribute: string | null }[];
  counts: PageCounts;
  /** Of the run up to the end of this page. */
  figures: ExtractionFigures;
}

/** Another attempt has moved the cursor on: this one has nothing more to say. */
export class CursorMovedError extends Error {
  override readonly name = 'CursorMovedError';
}

/**
 * Commits one page: outbox rows, rejections, counts and the next cursor in one transaction, so that a retry goes on
 * exactly behind it. Rejects with {@link CursorMovedError} when the cursor is no longer where the page began.
 */
export async function commitPage(ledger: Ledger, page: ExtractedPage): Promise<void> {
  await withTransaction(ledger, async (connection) => {
    // A page lost in a crash of Postgres takes its cursor with it and is read again; finishExtraction waits for the disk.
    await connection.query('set local synchronous_commit to off');
    const first = await advanceCursor(connection, page);
    if (page.cursor === null && page.countsUnnamed) await closeUnnamedRejections(connection, page.targetId);
    await stage(connection, page.run, first, page.rows);
    if (first > 1 && page.unchanged.length > 0) await emptyEarlier(connection, page.run, page.unchanged);
    await recordRejections(connection, page.targetId, page.run, page.rejections);
    await closeRejections(connection, page.targetId, page.settled);
  });
}

/** Moves the cursor and claims sequence numbers; gives the first of them. */
async function advanceCursor(connection: Client, page: ExtractedPage): Promise<number> {
  const { counts } = page;
  const { rows } = await connection.query<{ staged: number }>(
    `update runs set cursor = $3, staged = staged + $4, candidates = candidates + $5, changed = changed + $6,
            planned_values = planned_values + $7, rejected_before_sending = rejected_before_sending + $8,
            newly_rejected = newly_rejected + $9, figures = $10
      where number = $1 and cursor is not distinct from $2::jsonb and not extracted and finished_at is null
      returning staged`,
    [
      page.run,
      page.cursor === null ? null : JSON.stringify(page.cursor),
      JSON.stringify(page.next),
      page.rows.length,
      counts.candidates,
      counts.changed,
      counts.plannedValues,
      counts.rejected,
      counts.newlyRejected,
      JSON.stringify(page.figures),
    ],
  );
  const [row] = rows;
  if (row === undefined) throw new CursorMovedError('Another attempt has read this page.');
  return row.staged - page.rows.length + 1;
}

const COLUMNS = 'run, seq, customer, body, new_values, value_count, known, clears, refresh, whole';

/** COPY straight into the outbox; a customer read before in this run makes it fail, and then row by row replacement follows. */
async function stage(connection: Client, run: number, first: number, rows: OutboxRow[]): Promise<void> {
  if (rows.length === 0) return;
  let lines = '';
  // The hot path of an extraction: one growing text, which is quicker than a list of lines.
  for (const [index, row] of rows.entries()) {
    lines +=
      `${run}\t${first + index}\t${copyField(row.customer)}\t${copyJson(row.body)}\t${copyJson(row.newValues)}\t` +
      `${row.valueCount}\t${row.known}\t${row.clears}\t${row.refresh}\t${row.whole}\n`;
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

/** The earlier row keeps its number and gets the newer body; the later number stays behind as a row with nothing to send. */
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

async function emptyEarlier(connection: Client, run: number, customers: string[]): Promise<void> {
  await connection.query(
    `update outbox set body = '', value_count = 0 where run = $1 and customer = any($2::text[]) and body <> ''`,
    [run, customers],
  );
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}

/**
 * Ends extraction: counts what the outbox really holds, and makes the planner know it (unanalysed it reads the outbox at
 * a fifth of the speed). Durable: from here on deliveries rely on it. Whoever was forgotten while pages were under way is
 * emptied here; from here on forgetting does it.
 */
export async function finishExtraction(ledger: Ledger, run: number, knownCustomers: number): Promise<void> {
  const { rows } = await ledger.raw('select staged > 0 as any from runs where number = ?', [run]);
  if (rows[0].any) {
    await ledger.raw(
      `update outbox set ${EMPTIED} where run = ? and body <> '' and ${isForgotten('outbox.customer')}
          and (select exists (select from suppressed where at > (select started_at - interval '5 minutes' from runs where number = ?)))`,
      [run, run],
    );
    await ledger.raw('analyze outbox');
  }
  await ledger.raw(
    `update runs set extracted = true, known_customers = ?,
            changed = o.changed, planned_values = o.values, known_changed = o.known, known_cleared = o.clears, refreshed = o.refresh
       from (select count(*)::int as changed, coalesce(sum(value_count), 0)::int as values, count(*) filter (where known)::int as known,
                    count(*) filter (where clears)::int as clears, count(*) filter (where refresh)::int as refresh
               from outbox where run = ? and body <> '') o
      where number = ? and not extracted`,
    [knownCustomers, run, run],
  );
}

/** Which of these customers already stand in the outbox of this run. */
export async function stagedCustomers(ledger: Ledger, run: number, customers: string[]): Promise<Set<string>> {
  const { rows } = await ledger.raw('select customer from outbox where run = ? and customer = any(?::text[])', [
    run,
    customers,
  ]);
  return new Set(rows.map((row: { customer: string }) => row.customer));
}

export interface SendableRow {
  seq: number;
  body: string;
  valueCount: number;
}

/** Outbox rows from..to (inclusive) in sequence order, at most `limit`. */
export async function readOutbox(
  ledger: Ledger,
  run: number,
  from: number,
  to: number,
  limit: number,
): Promise<SendableRow[]> {
  const rows = await withConnection(ledger, async (connection) => {
    const answer = await connection.query<[number, string, number]>({
      text: 'select seq, body, value_count from outbox where run = $1 and seq between $2 and $3 order by seq limit $4',
      values: [run, from, to, limit],
      rowMode: 'array',
    });
    return answer.rows;
  });
  return rows.map(([seq, body, valueCount]) => ({ seq, body, valueCount }));
}

/** A staged customer with all that is known of what goes out. */
export interface StagedRow extends SendableRow {
  customer: string;
  newValues: string;
}

/** Rows of a run that have something to send, after a number, at most `limit`: for looking at them. */
export async function readStaged(ledger: Ledger, run: number, after: number, limit: number): Promise<StagedRow[]> {
  const { rows } = await ledger.raw(
    `select seq, customer, body, new_values as "newValues", value_count as "valueCount" from outbox
      where run = ? and seq > ? and body <> '' order by seq limit ?`,
    [run, after, limit],
  );
  return rows;
}

/**
 * Numbers of the rows of a stretch that were emptied, when somebody was forgotten within the last `seconds`; else none. Five
 * minutes are added: a forgetting shows when it commits, and is dated when it began.
 */
export async function emptiedRows(
  ledger: Ledger,
  { run, fromSeq, toSeq }: { run: number; fromSeq: number; toSeq: number },
  seconds: number,
): Promise<number[]> {
  const { rows } = await ledger.raw(
    `select seq from outbox where run = ? and seq between ? and ? and body = ''
        and (select exists (select from suppressed where at > clock_timestamp() - make_interval(secs => ?, mins => 5)))`,
    [run, fromSeq, toSeq, seconds],
  );
  return rows.map(({ seq }: { seq: number }) => seq);
}

/** Where extraction of a run stands, for the next attempt. */
export async function extractionCursor(
  ledger: Ledger,
  run: number,
): Promise<{ cursor: Cursor | null; extracted: boolean; figures: ExtractionFigures | null }> {
  const { rows } = await ledger.raw('select cursor, extracted, figures from runs where number = ?', [run]);
  return rows[0];
}
