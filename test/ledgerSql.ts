import type { Knex } from 'knex';
import { openLedger, type Ledger } from '../src/ledger/open';

/** A ledger that a test may ask in SQL of its own: for the program the type is opaque, below it is knex. */
export type SqlLedger = Ledger & Knex;

export function openSqlLedger(url: string, options?: { connections?: number }): SqlLedger {
  return openLedger(url, options) as SqlLedger;
}
