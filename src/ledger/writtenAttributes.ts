import type { Ledger } from './open';

/** An attribute that runs of a target sent. */
export interface WrittenAttribute {
  name: string;
  /** The last run that sent it. */
  run: number;
  /** A recorded backfill has removed it since. */
  cleared: boolean;
}

/** Every attribute that a target was ever sent, by what its runs kept: looking through millions of profiles would take minutes. */
export async function writtenAttributes(ledger: Ledger, targetId: number): Promise<WrittenAttribute[]> {
  const { rows } = await ledger.raw(
    `select sent.name, sent.run,
            exists (select from runs c where c.target_id = ? and c.number > sent.run and c.request ->> 'clear' = sent.name
                       and c.state in ('completed', 'completed-with-rejections')) as cleared
       from (select rule ->> 'name' as name, max(r.number) as run
               from runs r, jsonb_array_elements(r.settings -> 'attributes') rule
              where r.target_id = ? and (r.accepted > 0 or r.finished_at is null) group by 1) sent
      order by sent.name`,
    [targetId, targetId],
  );
  return rows;
}
