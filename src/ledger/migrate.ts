import type { Knex } from 'knex';
import * as first from './migrations/001_first';
import * as brazeEdge from './migrations/002_braze_edge';
import * as suppressedAndViews from './migrations/003_suppressed_and_views';
import * as guardFigures from './migrations/004_guard_figures';
import * as notices from './migrations/005_notices';
import { LEDGER_SCHEMA, type Ledger } from './open';
import { knexOf } from './query';

/** In order; a migration that has landed is never edited. */
const MIGRATIONS: { name: string; migration: Knex.Migration }[] = [
  { name: '001_first', migration: first },
  { name: '002_braze_edge', migration: brazeEdge },
  { name: '003_suppressed_and_views', migration: suppressedAndViews },
  { name: '004_guard_figures', migration: guardFigures },
  { name: '005_notices', migration: notices },
];

/** How many migrations this program knows. */
export const LEDGER_VERSION = MIGRATIONS.length;

/** Any fixed number: it names the lock under which ledgers are migrated. */
const MIGRATION_LOCK = 7_311_975;

/** The ledger was migrated by a newer program than this one, or not at all. */
export class LedgerVersionError extends Error {
  override readonly name = 'LedgerVersionError';
}

/**
 * Brings the ledger to this program's version, one process at a time.
 *
 * @throws {LedgerVersionError} the ledger is newer: an old worker would read columns whose meaning has changed
 */
export async function migrateLedger(ledger: Ledger): Promise<void> {
  await knexOf(ledger).transaction(async (lock) => {
    // knex's own lock is a row that a killed process leaves behind; this one dies with its connection.
    await lock.raw('select pg_advisory_xact_lock(:lock)', { lock: MIGRATION_LOCK });
    await lock.schema.createSchemaIfNotExists(LEDGER_SCHEMA);
    refuseNewer(await versionOf(lock));
    await lock.migrate.latest({
      schemaName: LEDGER_SCHEMA,
      disableTransactions: true,
      migrationSource: {
        getMigrations: async () => MIGRATIONS,
        getMigrationName: ({ name }: (typeof MIGRATIONS)[number]) => name,
        getMigration: async ({ migration }: (typeof MIGRATIONS)[number]) => migration,
      },
    });
  });
}

/** How many migrations the ledger has seen; 0 when it has never been migrated. */
export async function ledgerVersion(ledger: Ledger): Promise<number> {
  return versionOf(knexOf(ledger));
}

async function versionOf(db: Knex): Promise<number> {
  // Not `schema.hasTable`: that does not see a table which this user may not read.
  const { rows } = await db.raw<{ rows: { there: boolean }[] }>('select to_regclass(:table) is not null as there', {
    table: `${LEDGER_SCHEMA}.knex_migrations`,
  });
  if (!rows[0]!.there) return 0;
  const [counted] = await db
    .withSchema(LEDGER_SCHEMA)
    .from('knex_migrations')
    .select<{ n: number }[]>(db.raw('count(*)::int as n'));
  return counted!.n;
}

function refuseNewer(version: number): void {
  if (version > LEDGER_VERSION) {
    throw new LedgerVersionError(
      `The ledger is at version ${version}, this program knows up to ${LEDGER_VERSION}. Start the newer version of peak-braze-sync.`,
    );
  }
}
