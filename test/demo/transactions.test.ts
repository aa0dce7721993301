import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { purchaseHistories } from '../../demo/model/purchaseHistories';
import { dateOf, dayOf, lastDay, readTransactions } from '../../demo/transactions';
import { describeOnCdnow, wholeLog } from './cdnow';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'transactions-'))));
afterEach(() => rm(folder, { recursive: true }));

async function log(text: string): Promise<string> {
  const file = join(folder, 'log.txt');
  await writeFile(file, text);
  return file;
}

describe('readTransactions', () => {
  test('reads CDNOW’s format: heading, blanks, CRLF, what was free, two purchases on one day', async () => {
    const file = await log(
      [
        ' customer_id  date number_of_cds  dollar_value',
        ' 00042 19970101 1   11.77',
        ' 00042 19970108 2    0.00',
        ' 00042 19970108 1    20.00',
        '',
      ].join('\r\n'),
    );
    const transactions = await readTransactions(file);
    expect(transactions).toEqual([
      { customerId: '00042', day: dayOf('1997-01-01'), quantity: 1, value: 11.77 },
      { customerId: '00042', day: dayOf('1997-01-08'), quantity: 2, value: 0 },
      { customerId: '00042', day: dayOf('1997-01-08'), quantity: 1, value: 20 },
    ]);
    expect(dateOf(lastDay(transactions))).toBe('1997-01-08');
    expect(purchaseHistories(transactions, dayOf('1997-01-15'))).toEqual([
      { customerId: '00042', x: 1, tx: 1, T: 2, meanSpend: 20, items: 4, spent: 31.77 },
    ]);
  });

  test.each([
    ['00001 19970101 1', /log\.txt, line 1: expected/],
    ['00001 19970101 1 11.77\n00001 0001 19970101 1 11.77', /line 2: expected/],
    ['00001 19970230 1 11.77', /line 1: the day does not exist/],
    ['00001 19971301 1 11.77', /line 1: the day does not exist/],
    ['\r\n', /has no purchases/],
  ])('%p is refused with its line', async (text, message) => {
    await expect(readTransactions(await log(text))).rejects.toThrow(message);
  });
});

test('customers who first bought after a day are not known on it', () => {
  const transactions = [
    { customerId: '00002', day: 20, quantity: 1, value: 5 },
    { customerId: '00001', day: 17, quantity: 1, value: 5 },
    { customerId: '00001', day: 10, quantity: 1, value: 5 },
  ];
  expect(purchaseHistories(transactions, 16)).toMatchObject([{ customerId: '00001', x: 0 }]);
  expect(purchaseHistories(transactions, 24)).toMatchObject([
    { customerId: '00001', x: 1, tx: 1, T: 2 },
    { customerId: '00002', x: 0, tx: 0 },
  ]);
});

describeOnCdnow('the real log', () => {
  test('has 69,659 purchases of 23,570 customers, 80 of them free', async () => {
    const transactions = await wholeLog();
    expect(transactions).toHaveLength(69_659);
    expect(new Set(transactions.map(({ customerId }) => customerId)).size).toBe(23_570);
    expect(transactions.filter(({ value }) => value === 0)).toHaveLength(80);
    expect(dateOf(lastDay(transactions))).toBe('1998-06-30');
  });
});
