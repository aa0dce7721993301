import { acknowledgedOf, sampleAcknowledged } from '../../src/ledger/samples';
import { ledgerAlone, type LedgerAlone } from './database';

let alone: LedgerAlone;
beforeAll(async () => {
  alone = await ledgerAlone();
  // A small target among the pages of a large one.
  await alone.ledger.raw(`
    insert into acknowledged (target_id, customer, values, run, at)
    select case when n % 5000 = 0 then 2 else 1 end, 'c' || n, '{"a":' || n || '}', 1, now() - interval '10 minutes'
      from generate_series(1, 100000) n`);
});
afterAll(() => alone.close());

const sample = async (target: number, size: number) =>
  (await sampleAcknowledged(alone.ledger, target, size)).map(({ customer }) => customer);

test('a sample is as large as asked for, of different customers all over the table, and another one each time', async () => {
  const [one, other] = [await sample(1, 200), await sample(1, 200)];
  expect(new Set(one).size).toBe(200);
  expect(one.toSorted()).not.toEqual(other.toSorted());
  const numbers = one.map((customer) => Number(customer.slice(1)));
  expect(Math.min(...numbers)).toBeLessThan(30_000);
  expect(Math.max(...numbers)).toBeGreaterThan(70_000);
});

test('a target that is a small part of the table is found to its last customer', async () => {
  expect((await sample(2, 200)).length).toBe(20);
  expect((await sample(2, 5)).length).toBe(5);
  expect(await sample(3, 5)).toEqual([]);
});

test('customers by name come with what was accepted and how long ago', async () => {
  const [found, ...others] = await acknowledgedOf(alone.ledger, 1, ['c7', 'c5000', 'nobody']);
  expect(others).toEqual([]);
  expect(found).toEqual({ customer: 'c7', values: { a: 7 }, ageMs: expect.any(Number) });
  expect(found!.ageMs).toBeGreaterThanOrEqual(600_000);
});
