import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEnvironment, fillStore, type TestEnvironment } from '../environment';
import { peakBraze, peakBrazeJson } from './peakBraze';

let world: TestEnvironment;
beforeEach(async () => {
  world = await createEnvironment();
});
afterEach(() => world.close());

const backfill = (...args: string[]) => peakBraze(world, ['backfill', 'churn', ...args]);

interface Previewed {
  mode: string;
  candidates: number;
  wouldSend: { customers: number; values: number; requests: number };
  guards: { guard: string; ok: boolean }[];
}

test('a dry run of each part counts what the run would send, and sends and stores nothing', async () => {
  await fillStore(world, 300);
  await world.tenant.raw(
    `update predictive_attributes set updated_at = timestamptz '2026-11-01 00:00Z' where customer_id <= 'c000010'`,
  );
  writeFileSync(join(world.dir, 'ids.txt'), 'c000001\nc000300\nc000001\nnobody\n');
  const parts: [string[], number, number][] = [
    [['--since', '2026-10-31T00:00:00Z', '--until', '2026-11-02T00:00:00Z'], 10, 40],
    [['--customer', 'c000001', 'c000002'], 2, 8],
    [['--customers', 'ids.txt'], 2, 8],
    [['--everything'], 300, 1_200],
    [['--everything', '--attributes', 'churn_risk, churn_probability'], 300, 600],
  ];
  for (const [part, customers, values] of parts) {
    const dry = await peakBrazeJson<Previewed>(world, ['backfill', 'churn', ...part, '--dry-run']);
    expect({ part, mode: dry.mode, ...dry.wouldSend }).toMatchObject({ part, mode: 'backfill', customers, values });
  }
  expect(world.braze.requests).toHaveLength(0);
  const stored = await world.ledger.raw(
    'select (select count(*) from runs)::int + (select count(*) from selections)::int as n',
  );
  expect(stored.rows[0].n).toBe(0);

  const { exitCode, lines } = await backfill('--customer', 'c000001', "o'neill", '--resend', '--dry-run');
  expect(exitCode).toBe(0);
  expect(lines[1]).toBe('Customers named: 1');
  expect(lines.at(-1)).toBe(`next: npx peak-braze backfill churn --customer c000001 'o'\\''neill' --resend`);
});

test('clear has a dry run, announces what it removes, and removes it', async () => {
  await fillStore(world, 200);
  await world.startWorker();
  await world.run();
  expect(await backfill('--clear', 'churn_rsik')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining(
      'churn never sent churn_rsik, so there is nothing to remove. It has sent: churn_',
    ) as string,
  });
  world.configure({ attributes: { churn_risk: { column: 'churn_probability', bands: { low: 0, high: 0.8 } } } });
  const before = world.braze.requests.length;
  const dry = await peakBrazeJson<Previewed>(world, ['backfill', 'churn', '--clear', 'next_best_product', '--dry-run']);
  expect(dry).toMatchObject({ candidates: 200, wouldSend: { customers: 200, values: 200, requests: 3 } });
  expect(dry.guards.find(({ guard }) => guard === 'maxClearedShare')).toMatchObject({ ok: false });
  const screen = await backfill('--clear', 'next_best_product', '--dry-run');
  expect(screen.lines[1]).toBe('Profiles that have next_best_product, which would be removed: 200');
  expect(screen.stdout).toContain('the run would be held until it is approved');

  const held = await backfill('--clear', 'next_best_product', '--no-wait-held');
  expect(held.exitCode).toBe(3);
  expect(held.stderr).toContain('Removes next_best_product from every profile that churn wrote it to.');
  expect(held.stderr).toContain('Above maxClearedShare (5 % of the customers) the run is held.');
  expect(held.stderr).toContain('100.0 % of customers would lose a value, limit 5 %');
  expect(world.braze.requests).toHaveLength(before);
  expect((await peakBraze(world, ['discard', 'churn'])).exitCode).toBe(0);

  world.configure({ guards: { maxClearedShare: 1 } });
  const cleared = await backfill('--clear', 'next_best_product');
  expect(cleared).toMatchObject({ exitCode: 0 });
  expect(world.braze.profile('c000001')).not.toHaveProperty('next_best_product');
  const configured = await backfill('--clear', 'churn_risk', '--dry-run');
  expect(configured.stderr).toContain('churn_risk is still in peak-braze.yaml: later runs send it again.');
});

test('a backfill of named customers says where to find them in Braze', async () => {
  await fillStore(world, 5);
  await world.startWorker();
  const { exitCode, lines } = await backfill('--customer', 'c000001', 'c000002', '--attributes', 'churn_risk');
  expect(exitCode).toBe(0);
  expect(lines.at(-1)).toBe('Find them in Braze: Audience > Search users, by external ID: c000001, c000002');
  expect(world.braze.profile('c000001')).toEqual({ churn_risk: 'low' });
});

test('contradictory options are refused before any server is called', async () => {
  world.configure({
    attributes: { churn_risk: 'string', scored: { column: 'scored_at', onlyWithOthers: true } },
  });
  for (const [args, why] of [
    [['--clear', 'churn_risk', '--everything'], 'Choose one part: --since'],
    [['--clear', 'churn_risk', '--attributes', 'churn_risk'], '--clear excludes --attributes and --resend'],
    [['--clear', 'churn_risk', '--resend'], '--clear excludes --attributes and --resend'],
    [['--attributes', 'churn_risk'], 'Choose one part: --since'],
    [
      ['--everything', '--attributes', 'churn_risk,other'],
      'churn has no attribute other. Its attributes: churn_risk, scored.',
    ],
    [['--everything', '--attributes', ','], '--attributes is empty'],
    [['--everything', '--attributes', 'scored'], 'is sent only with others'],
    [['--clear', 'churn_risk', '--dry-run'], 'It has sent nothing yet.'],
    [['--since', '2026-02-30'], '--since 2026-02-30 is not a time'],
    [['--since', '2026-11-01T10:00:00.5+02:00', '--until', '2026-11-01T08:00:00Z'], 'is later than'],
  ] as const) {
    const refused = await backfill(...args);
    expect({ args, code: refused.exitCode }).toEqual({ args, code: 2 });
    expect(refused.stderr).toContain(why);
  }
});

test('a run fails at once when a field of its input would be ignored', async () => {
  await world.startWorker();
  for (const input of [
    { mode: 'changes', attributes: ['churn_risk'] },
    { until: '2036-11-30T23:59:59Z' },
    { mode: 'changes', since: '2026-11-01' },
    { mode: 'full', selection: 'sel_1' },
    { mode: 'backfill', clear: 'churn_risk', since: '2026-11-01' },
    { mode: 'backfill', attributes: [] },
    { mode: 'backfill', attributes: 'churn_risk' as unknown as string[] },
  ] as const) {
    const run = await world.start(input as Parameters<TestEnvironment['start']>[0]);
    await expect(world.temporal.client.workflow.getHandle(run.workflowId).result()).rejects.toMatchObject({
      cause: { cause: { message: expect.stringContaining('This run cannot start') as string } },
    });
  }
});
