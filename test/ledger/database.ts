import { randomUUID } from 'node:crypto';
import knex from 'knex';
import { migrateLedger } from '../../src/ledger/migrate';
import { openSqlLedger, type SqlLedger } from '../ledgerSql';

/** An empty database of its own; gives its URL. */
export async function emptyDatabase(): Promise<string> {
  const name = `alone_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const admin = knex({ client: 'pg', connection: process.env.TEST_POSTGRES_URL!, pool: { min: 0, max: 1 } });
  try {
    await admin.raw('create database ??', [name]);
  } finally {
    await admin.destroy();
  }
  const url = new URL(process.env.TEST_POSTGRES_URL!);
  url.pathname = `/${name}`;
  return url.href;
}

export interface LedgerAlone {
  ledger: SqlLedger;
  /** As another process has it: with connections of its own. */
  another(): SqlLedger;
  close(): Promise<void>;
}

/** A migrated ledger without anything around it. */
export async function ledgerAlone(): Promise<LedgerAlone> {
  const url = await emptyDatabase();
  const all: SqlLedger[] = [];
  const another = () => {
    const ledger = openSqlLedger(url, { connections: 4 });
    all.push(ledger);
    return ledger;
  };
  const ledger = another();
  await migrateLedger(ledger);
  return {
    ledger,
    another,
    close: async () => void (await Promise.all(all.map((one) => one.destroy()))),
  };
}
