import type { Ledger } from './open';
import { query } from './query';
import { COMPLETED } from './sql';

/** An attribute that runs of a target sent. */
export interface WrittenAttribute {
  name: string;
  /** The last run that sent it. */
  run: number;
  /** A recorded backfill has removed it since. */
  cleared: boolean;
}

/**
 * Every attribute that was ever sent to a target, from the records of its runs: searching millions of profiles would take
 * minutes.
 */
export async function writtenAttributes(ledger: Ledger, targetId: number): Promise<WrittenAttribute[]> {
  const { rows } = await query<WrittenAttribute>(
    ledger,
    `select sent.name, sent.run,
            exists (select from runs c where c.target_id = :targetId and c.number > sent.run and c.request ->> 'clear' = sent.name
                       and c.state in ${COMPLETED}) as cleared
       from (select rule ->> 'name' as name, max(r.number) as run
               from runs r, jsonb_array_elements(r.settings -> 'attributes') rule
              where r.target_id = :targetId and (r.accepted > 0 or r.finished_at is null) group by 1) sent
      order by sent.name`,
    { targetId },
  );
  return rows;
}
