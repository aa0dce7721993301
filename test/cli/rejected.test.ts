import { randomUUID } from 'node:crypto';
import { createEnvironment, type TestEnvironment } from '../environment';
import { peakBraze, peakBrazeJson } from './peakBraze';

let world: TestEnvironment;
let sync: string;
afterEach(() => world.close());

/** A source with rows that a table with a primary key would refuse. */
async function looseWorld(rows: (string | null)[][]): Promise<void> {
  sync = `churn-${randomUUID().slice(0, 8)}`;
  world = await createEnvironment({ syncName: sync, sync: { table: undefined, query: 'select * from loose' } });
  await world.tenant
    .raw(`create table loose (customer_id text, churn_probability double precision, predicted_value text,
    next_best_product text, updated_at timestamptz)`);
  for (const row of rows)
    await world.tenant.raw('insert into loose values (?, 0.5, ?, ?, clock_timestamp())', row as string[]);
  await world.startWorker();
}

const ROWS = [
  ['good', '12.30', 'shoes'],
  [null, '1', 'no id'],
  ['twin', '1', 'old'],
  ['twin', '1', 'new'],
  ['c1', 'many', 'shoes'],
  ['c2', 'more, much "more"', 'shoes'],
  ['c3', '5', 'y'.repeat(256)],
];

test('the screen lists the reasons with their counts first, then the rows; --reason keeps one reason', async () => {
  await looseWorld(ROWS);
  await world.run();

  const { lines, exitCode } = await peakBraze(world, ['rejected', sync]);
  expect(exitCode).toBe(0);
  expect(lines.slice(0, 7)).toEqual([
    `${sync}: 5 rejections`,
    'REASON          ATTRIBUTE          COUNT  WHY',
    'not-a-number    predicted_value        2  The column does not hold a number.',
    'duplicate-id    -                      1  A newer row of the source table has the same customer id; that row was used.',
    'no-customer-id  -                      1  The row has no customer id, so there is no profile to send it to.',
    'too-long        next_best_product      1  256 characters; Braze accepts at most 255.',
    '',
  ]);
  expect(lines[7]).toMatch(/^RUN +CUSTOMER +ATTRIBUTE +REASON +AT +STATE$/);
  expect(lines.slice(8, -1)).toHaveLength(5);
  expect(lines.at(-1)).toBe(`next, when the cause is fixed: npx peak-braze rejected ${sync} --retry`);

  const one = await peakBraze(world, ['rejected', sync, '--reason', 'too-long']);
  expect(one.lines[0]).toBe(`${sync}: 1 rejection`);
  expect(one.stdout).toContain('c3');
  expect(one.stdout).not.toContain('c1');
  const json = await peakBrazeJson<{ customerId: string }[]>(world, ['rejected', sync, '--reason', 'not-a-number']);
  expect(json.map(({ customerId }) => customerId).toSorted()).toEqual(['c1', 'c2']);

  const unknown = await peakBraze(world, ['rejected', sync, '--reason', 'too-lnog']);
  expect(unknown).toMatchObject({ exitCode: 2, stdout: '' });
  expect(unknown.stderr).toContain('There is no reason too-lnog. Reasons: no-customer-id,');
});

test('--csv quotes fields as RFC 4180 says, and a message of Braze cannot become a formula', async () => {
  await looseWorld([
    ['a,"b"', 'many', 'shoes'],
    ['=1+1', '1', 'shoes'],
    ['c9', '1', 'shoes'],
  ]);
  world.braze.poison(['c9']);
  world.configure({ guards: { maxRejectedShare: 1 } });
  await world.run();
  await world.ledger.raw(`update rejections set message = '=HYPERLINK("x")' where customer = 'c9'`);

  const { stdout, exitCode } = await peakBraze(world, ['rejected', sync, '--csv']);
  expect(exitCode).toBe(0);
  const at = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
  const [header, ...records] = stdout.split('\r\n');
  expect(header).toBe('run,customer_id,attribute,reason,message,at,open,tries');
  expect(records).toEqual([
    expect.stringMatching(
      `^1,"a,""b""",predicted_value,not-a-number,The column does not hold a number\\.,${at},true,1$`,
    ),
    expect.stringMatching(`^1,c9,,refused-by-braze,"'=HYPERLINK\\(""x""\\)",${at},true,1$`),
    '',
  ]);
  const both = await peakBraze(world, ['rejected', sync, '--csv', '--retry']);
  expect(both).toMatchObject({ exitCode: 2, stdout: '' });
});

test('--retry sends what was refused three times and is fixed by now, and leaves out rejections without a single customer to read', async () => {
  await looseWorld(ROWS);
  world.configure({ guards: { maxRejectedShare: 1 } });
  world.braze.poison(['good']);
  for (let run = 0; run < 3; run += 1) await world.run();
  expect(await world.run()).toMatchObject({ requests: 0 });
  world.braze.heal(['good']);

  const { exitCode, stdout, stderr } = await peakBraze(world, [
    'rejected',
    sync,
    '--reason',
    'refused-by-braze',
    '--retry',
  ]);
  expect(exitCode).toBe(0);
  expect(stderr).toContain('Retrying 1 customer.');
  expect(stdout).toMatch(/1 accepted/);
  expect(world.braze.profile('good')).toMatchObject({ predicted_value: 12 });

  await world.tenant.raw(`update loose set predicted_value = '7' where customer_id in ('c1', 'c2')`);
  const rest = await peakBrazeJson<{ mode: string; candidates: number; accepted: number }>(world, [
    'rejected',
    sync,
    '--retry',
  ]);
  expect(rest).toMatchObject({ mode: 'backfill', candidates: 3, accepted: 2 });
  const open = await peakBrazeJson<{ reason: string }[]>(world, ['rejected', sync]);
  expect(open.map(({ reason }) => reason).toSorted()).toEqual(['duplicate-id', 'no-customer-id', 'too-long']);

  const nothing = await peakBraze(world, ['rejected', sync, '--reason', 'not-a-number', '--retry']);
  expect(nothing).toMatchObject({ exitCode: 2, stdout: '' });
  expect(nothing.stderr).toBe(
    `error No open rejection matches; nothing was started. All open rejections: npx peak-braze rejected ${sync}\n`,
  );
  const unnamed = await peakBraze(world, ['rejected', sync, '--reason', 'no-customer-id', '--retry']);
  expect(unnamed.exitCode).toBe(2);
  expect(unnamed.stderr).toContain('Nothing can be retried: 1 rejection without a customer id');
});
