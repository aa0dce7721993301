import { ledgerVersion, LEDGER_VERSION, LedgerVersionError, migrateLedger } from '../../src/ledger/migrate';
import { openSqlLedger, type SqlLedger } from '../ledgerSql';
import { emptyDatabase } from './database';

const open: SqlLedger[] = [];
afterEach(async () => void (await Promise.all(open.splice(0).map((ledger) => ledger.destroy()))));

function connect(url: string): SqlLedger {
  const ledger = openSqlLedger(url, { connections: 2 });
  open.push(ledger);
  return ledger;
}

test('many workers that start at once migrate an empty database once', async () => {
  const url = await emptyDatabase();
  const workers = Array.from({ length: 6 }, () => connect(url));
  expect(await ledgerVersion(workers[0]!)).toBe(0);
  await Promise.all(workers.map((worker) => migrateLedger(worker)));

  const ledger = connect(url);
  expect(await ledgerVersion(ledger)).toBe(LEDGER_VERSION);
  const { rows } = await ledger.raw('select count(*)::int as n from peak_braze.settings');
  expect(rows).toEqual([{ n: 1 }]);
});

test('migrating again keeps everything', async () => {
  const url = await emptyDatabase();
  const ledger = connect(url);
  await migrateLedger(ledger);
  await ledger.raw(`insert into workspaces (name, endpoint) values ('shop', 'https://rest.fra-01.braze.eu')`);
  await migrateLedger(connect(url));
  expect((await ledger.raw('select name from workspaces')).rows).toEqual([{ name: 'shop' }]);
});

test('a ledger of a newer program is refused, and left as it is', async () => {
  const url = await emptyDatabase();
  const ledger = connect(url);
  await migrateLedger(ledger);
  await ledger.raw(
    `insert into peak_braze.knex_migrations (name, batch, migration_time) values ('999_from_the_future', 2, now())`,
  );
  const refused = migrateLedger(connect(url));
  await expect(refused).rejects.toBeInstanceOf(LedgerVersionError);
  await expect(refused).rejects.toThrow(
    `The ledger is at version ${LEDGER_VERSION + 1}, this program knows up to ${LEDGER_VERSION}. Start the newer version of peak-braze-sync.`,
  );
  expect(await ledgerVersion(ledger)).toBe(LEDGER_VERSION + 1);
});

test('a migration that fails leaves nothing behind, and the next one succeeds', async () => {
  const url = await emptyDatabase();
  const ledger = connect(url);
  // In the way of the last table of the first migration.
  await ledger.raw('create schema peak_braze; create table peak_braze.lease_line (n int)');
  await expect(migrateLedger(connect(url))).rejects.toThrow('lease_line');
  expect(await ledgerVersion(ledger)).toBe(0);
  expect((await ledger.raw(`select to_regclass('peak_braze.settings') as there`)).rows).toEqual([{ there: null }]);
  await ledger.raw('drop table peak_braze.lease_line');
  await migrateLedger(connect(url));
  expect(await ledgerVersion(ledger)).toBe(LEDGER_VERSION);
});

test('a ledger shares its database with others', async () => {
  const url = await emptyDatabase();
  const ledger = connect(url);
  await ledger.raw('create table public.runs (mine text)');
  await migrateLedger(ledger);
  const { rows } = await ledger.raw(
    `select table_name as name from information_schema.tables where table_schema = 'public'`,
  );
  expect(rows).toEqual([{ name: 'runs' }]);
});
