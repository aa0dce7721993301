import { readFile } from 'node:fs/promises';

/** One purchase in a shop's log. */
export interface Transaction {
  customerId: string;
  /** Days since 1970-01-01. */
  day: number;
  /** Items bought. */
  quantity: number;
  /** Money paid; 0 for a free item. */
  value: number;
}

const LINE = /^(\d+)\s+(\d{4})(\d\d)(\d\d)\s+(\d+)\s+(\d+(?:\.\d+)?)$/;

/**
 * Reads a log in the format of CDNOW's master file: customer, yyyymmdd, items, value, separated by blanks. Repeats on the same
 * day and zero values are kept; the model interprets them.
 *
 * @throws Error with file and line for a line that is no purchase, and for a log without purchases
 */
export async function readTransactions(file: string): Promise<Transaction[]> {
  const transactions: Transaction[] = [];
  const lines = (await readFile(file, 'utf8')).split('\n');
  for (const [index, line] of lines.entries()) {
    const text = line.trim();
    const isHeading = index === 0 && /^[a-z]/i.test(text);
    if (text === '' || isHeading) continue;
    const match = LINE.exec(text);
    if (match === null) {
      throw new Error(
        `${file}, line ${index + 1}: expected "customer yyyymmdd items value", as in 00001 19970101 1 11.77`,
      );
    }
    const [, customerId, year, month, date, quantity, value] = match;
    const day = dayOf(`${year}-${month}-${date}`);
    // JavaScript reads 30 February as 2 March.
    if (Number.isNaN(day) || !dateOf(day).endsWith(date!))
      throw new Error(`${file}, line ${index + 1}: the day does not exist.`);
    transactions.push({ customerId: customerId!, day, quantity: Number(quantity), value: Number(value) });
  }
  if (transactions.length === 0) throw new Error(`${file} has no purchases.`);
  return transactions;
}

const DAY_MS = 86_400_000;

/** The day number of `2026-11-01`; NaN where there is the day does not exist. */
export function dayOf(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / DAY_MS;
}

/** `2026-11-01` of its day number. */
export function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** The day number of the newest purchase; -Infinity of an empty log. */
export function lastDay(transactions: readonly Transaction[]): number {
  return transactions.reduce((last, { day }) => Math.max(last, day), -Infinity);
}
