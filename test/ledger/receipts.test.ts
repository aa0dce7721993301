import { claimChunk } from '../../src/ledger/claims';
import { recordReceipts } from '../../src/ledger/receipts';
import { readRun } from '../../src/ledger/runs';
import { createHarness, type ActivityHarness } from '../activities/harness';
import { eventually, fillStore } from '../environment';
import { openSqlLedger } from '../ledgerSql';

const CUSTOMERS = 30_000;

let stage: ActivityHarness;
beforeEach(async () => {
  stage = await createHarness({ sync: { delivery: { settle: '0s' } } });
});
afterEach(() => stage.close());

test('recording answers looks up the rows of those requests and never reads the whole outbox', async () => {
  await fillStore(stage.world, CUSTOMERS);
  // Rows of a second run stand in the room of earlier ones; Postgres then likes to read the whole table.
  await stage.finish(await stage.extracted());
  await stage.world.tenant.raw(
    `update predictive_attributes set next_best_product = 'new', updated_at = clock_timestamp()`,
  );
  const run = await stage.extracted();
  // One connection: the statistics of what it reads become visible to all when it reports them.
  const ledger = openSqlLedger(stage.world.ledgerUrl, { connections: 1 });
  try {
    const readWhole = async (): Promise<number> => {
      await ledger.raw('select pg_stat_force_next_flush()');
      const { rows } = await ledger.raw(
        `select seq_tup_read::int as n from pg_stat_user_tables where relname = 'outbox'`,
      );
      return rows[0].n;
    };
    // The ends of both extractions count it, and their connections report it within ten seconds.
    await eventually(async () => (await readWhole()) >= 2 * CUSTOMERS, 'the figures of the extractions', 20_000);
    const claim = { run, chunk: 0, claim: 'this', fromSeq: 1, toSeq: CUSTOMERS };
    expect(await claimChunk(ledger, claim)).toBe(0);
    const before = await readWhole();

    const { targetId } = await readRun(ledger, run);
    const receipts = [1, 151, 301].map((fromSeq) => ({
      fromSeq,
      toSeq: fromSeq + 74,
      requests: 1,
      requestIds: [],
      accepted: 75,
      valuesSent: 75,
      refused: [],
    }));
    await recordReceipts(
      ledger,
      { ...claim, targetId: targetId!, receipts, clearsUncertain: false, closesRejections: false, partial: false },
      { sync: 'churn', workspace: 'shop-eu' },
    );

    expect(await readWhole()).toBe(before);
    const { rows } = await ledger.raw('select count(*)::int as n from acknowledged where run = ?', [run]);
    expect(rows).toEqual([{ n: 3 * 75 }]);
  } finally {
    await ledger.destroy();
  }
});
