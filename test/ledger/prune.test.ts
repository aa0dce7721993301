import { migrateLedger } from '../../src/ledger/migrate';
import { openLedger } from '../../src/ledger/open';
import { pruneLedger } from '../../src/ledger/prune';
import { createEnvironment, fillStore, type TestEnvironment } from '../environment';

let world: TestEnvironment;
beforeEach(async () => {
  world = await createEnvironment();
});
afterEach(() => world.close());

const counts = async () => {
  const { rows } = await world.ledger.raw(`select (select count(*)::int from receipts) as receipts,
    (select count(*)::int from rejections) as rejections, (select count(*)::int from selections) as selections,
    (select count(*)::int from runs) as runs, (select count(*)::int from acknowledged) as acknowledged`);
  return rows[0];
};

test('what is older than the retention goes; runs, open rejections and acknowledged values stay', async () => {
  await world.startWorker();
  await fillStore(world, 100);
  await world.run();
  await world.ledger
    .raw(`insert into selections values ('sel_old', 'c000001', now() - interval '91 days'), ('sel_new', 'c000001', now());
    insert into rejections (target_id, customer, reason, message, value_hash, run, at, open) values
      (1, 'a', 'not-a-number', '', '', 1, now() - interval '91 days', false), (1, 'b', 'not-a-number', '', '', 1, now() - interval '91 days', true)`);
  const ninetyDays = 90 * 24 * 60 * 60 * 1000;

  await pruneLedger(world.ledger, ninetyDays);
  expect(await counts()).toMatchObject({ selections: 1, rejections: 1, runs: 1, acknowledged: 100 });
  expect((await counts()).receipts).toBeGreaterThan(0);

  await world.ledger.raw(`update runs set finished_at = now() - interval '91 days'`);
  await pruneLedger(world.ledger, ninetyDays);
  expect(await counts()).toMatchObject({ receipts: 0, runs: 1, acknowledged: 100 });
});

test('pruning an empty ledger changes nothing', async () => {
  const ledger = openLedger(world.ledgerUrl);
  await migrateLedger(ledger);
  await expect(pruneLedger(ledger, 1)).resolves.toBeUndefined();
  await ledger.destroy();
});
