import type { RunState } from '../types/run';
import type { IsoTime, ValueSet } from '../types/values';
import type { Ledger } from './open';
import { query } from './query';
import type { RejectionRecord } from './rejections';
import { ISO } from './sql';

/** What the ledger knows of one customer of one target. */
export interface CustomerState {
  /** What Braze last accepted; null: never anything. */
  acknowledged: { values: ValueSet; at: IsoTime; run: number; modelRun: string | null } | null;
  /** Values on their way in runs that have not ended. */
  outbox: { run: number; state: RunState; values: ValueSet; answered: boolean }[];
  /** Attributes that may have reached Braze without an answer. */
  uncertain: string[];
  /** Open ones first, then the newest. */
  rejections: RejectionRecord[];
}

/** A person reads them. */
const REJECTIONS_SHOWN = 100;

interface AcknowledgedRow {
  /** JSON of a {@link ValueSet}. */
  values: string;
  at: IsoTime;
  run: number;
  modelRun: string | null;
}

type OutboxAbout = Pick<CustomerState['outbox'][number], 'run' | 'state' | 'answered'>;

/** Looks up one customer of a target in everything that the ledger keeps. */
export async function customerState(ledger: Ledger, targetId: number, customer: string): Promise<CustomerState> {
  const bindings = { targetId, customer };
  const [acknowledged, outbox, uncertain, rejections] = await Promise.all([
    query<AcknowledgedRow>(
      ledger,
      `select a.values, to_char(a.at, ${ISO}) as at, a.run, r.model_run as "modelRun"
         from acknowledged a left join runs r on r.number = a.run where a.target_id = :targetId and a.customer = :customer`,
      bindings,
    ),
    query<OutboxAbout & { body: string; newValues: string }>(
      ledger,
      `select o.run, r.state, o.body, o.new_values as "newValues",
              exists (select from receipts c where c.run = o.run and o.seq between c.from_seq and c.to_seq) as answered
         from runs r join outbox o on o.run = r.number
        where r.target_id = :targetId and r.finished_at is null and o.customer = :customer and o.body <> '' order by o.run`,
      bindings,
    ),
    query<{ attributes: string[] }>(
      ledger,
      'select attributes from uncertain where target_id = :targetId and customer = :customer',
      bindings,
    ),
    query<RejectionRecord>(
      ledger,
      `select run, customer as "customerId", attribute, reason, message, to_char(at, ${ISO}) as at, open, tries from rejections
        where target_id = :targetId and customer = :customer order by open desc, id desc limit :limit`,
      { ...bindings, limit: REJECTIONS_SHOWN },
    ),
  ]);
  const [row] = acknowledged.rows;
  return {
    acknowledged: row === undefined ? null : { ...row, values: JSON.parse(row.values) as ValueSet },
    outbox: outbox.rows.map(({ body, newValues, ...rest }) => ({ ...rest, values: valuesIn(body, newValues) })),
    uncertain: uncertain.rows[0]?.attributes ?? [],
    rejections: rejections.rows,
  };
}

/** Only the attributes of a Braze object: its other keys identify the customer and control the request. */
function valuesIn(body: string, newValues: string): ValueSet {
  const names = new Set(Object.keys(JSON.parse(newValues) as ValueSet));
  return Object.fromEntries(Object.entries(JSON.parse(body) as ValueSet).filter(([name]) => names.has(name)));
}
