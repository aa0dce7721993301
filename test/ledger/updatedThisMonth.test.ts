import { countUpdatedThisMonth, targetsUpdatedThisMonth } from '../../src/ledger/updatedThisMonth';
import { ledgerAlone, type LedgerAlone } from './database';

let alone: LedgerAlone;
beforeAll(async () => {
  alone = await ledgerAlone();
});
afterAll(() => alone.close());

const MONTH = `date_trunc('month', now() at time zone 'UTC') at time zone 'UTC'`;
const EARLIER = `${MONTH} - interval '1 microsecond'`;

/** A target of a sync of its own, with runs that ended at these times of SQL. */
async function target(workspace: string, identifier: string, label: string, ...ends: string[]): Promise<number> {
  const { rows } = await alone.ledger.raw(
    `with w as (
       insert into workspaces (name, endpoint) values (?, 'e') on conflict (name) do update set name = excluded.name returning id
     ) insert into targets (workspace_id, sync, identifier, alias_label) select id, gen_random_uuid(), ?, ? from w returning id`,
    [workspace, identifier, label],
  );
  for (const end of ends) {
    await alone.ledger.raw(
      `insert into runs (sync, mode, namespace, workflow_id, first_run_id, request, state, target_id, finished_at)
       values ('s', 'full', 'n', 'w', gen_random_uuid(), '{}', 'completed', ?, ${end})`,
      [rows[0].id],
    );
  }
  return rows[0].id;
}

test('a month begins at midnight in UTC, to the microsecond', async () => {
  await alone.ledger.raw(`insert into acknowledged (target_id, customer, values, run, at) values
    (90, 'first', '{}', 1, ${MONTH}), (90, 'before', '{}', 1, ${EARLIER}),
    (91, 'first', '{}', 1, now()), (91, 'before', '{}', 1, ${EARLIER}), (91, 'other', '{}', 1, now()), (92, 'before', '{}', 1, now())`);
  const count = (targets: number[], ...customers: string[]) => countUpdatedThisMonth(alone.ledger, targets, customers);
  expect(await count([90], 'first', 'before', 'nobody')).toBe(1);
  // Two syncs that updated one customer updated one customer.
  expect(await count([90, 91], 'first', 'before', 'nobody')).toBe(1);
  expect(await count([90, 91, 92], 'first', 'before', 'nobody')).toBe(2);
  expect(await count([], 'first')).toBe(0);
  expect(await count([90])).toBe(0);
});

test('targets of the workspace with the same identifier, if one of their runs was open this month', async () => {
  const open = await target('eu', 'alias', 'crm', EARLIER, 'null');
  const ended = await target('eu', 'alias', 'crm', MONTH);
  await target('eu', 'alias', 'crm', EARLIER);
  await target('eu', 'alias', 'crm');
  await target('eu', 'alias', 'shop', 'null');
  await target('us', 'alias', 'crm', 'null');
  const email = await target('eu', 'email', '', 'now()');
  const targets = async (workspace: string, identifier: Parameters<typeof targetsUpdatedThisMonth>[2]) =>
    (await targetsUpdatedThisMonth(alone.ledger, workspace, identifier)).toSorted((a, b) => a - b);
  expect(await targets('eu', { kind: 'alias', label: 'crm' })).toEqual([open, ended]);
  expect(await targets('eu', { kind: 'email' })).toEqual([email]);
  expect(await targets('eu', { kind: 'phone' })).toEqual([]);
});
