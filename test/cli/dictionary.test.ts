import { createEnvironment, fillStore, type TestEnvironment } from '../environment';
import { peakBraze, peakBrazeJson } from './peakBraze';

let world: TestEnvironment;
afterEach(() => world.close());

const ATTRIBUTES = {
  churn_probability: { column: 'churn_probability', type: 'number', decimals: 2 },
  churn_risk: {
    column: 'churn_probability',
    bands: { low: 0, medium: 0.5, high: 0.8 },
    hysteresis: 0.03,
    description: 'How likely the customer is to leave | within 90 days',
  },
  next_best_product: 'string',
  churn_scored_at: { column: 'scored_at', type: 'date', onlyWithOthers: true },
};

const dictionary = () => peakBraze(world, ['dictionary', 'churn']);
/** Lines between a heading and the next one. */
const section = (lines: string[], heading: string) => {
  const from = lines.indexOf(heading);
  expect(from).toBeGreaterThanOrEqual(0);
  const rest = lines.slice(from + 1);
  const to = rest.findIndex((line) => /^#+ /.test(line));
  return rest.slice(0, to === -1 ? rest.length : to).filter((line) => line !== '');
};

test('every attribute with its type, meaning, values and shares, and how to use it', async () => {
  world = await createEnvironment({
    sync: {
      attributes: ATTRIBUTES,
      modelRun: { table: 'model_runs', model: 'churn' },
      schedule: { every: 'week', day: 'monday', at: '06:00', timeZone: 'Europe/Berlin' },
    },
  });
  await world.startWorker();
  await fillStore(world, 1_000);
  await world.tenant
    .raw(`update predictive_attributes set scored_at = '2026-11-02T04:05:06Z' where customer_id < 'c000501';
    update predictive_attributes set scored_at = '2026-11-01' where customer_id = 'c000100';
    update predictive_attributes set churn_probability = null where customer_id = 'c000007';
    update predictive_attributes set next_best_product = 'tea | "hot"' where customer_id > 'c000200';
    insert into model_runs values ('m_1', 'churn', 'completed', now(), '2026-11-02T04:06:07Z')`);
  await world.run({ modelRun: 'latest' });

  const { exitCode, stderr, lines } = await dictionary();
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(lines[0]).toBe('# churn: predictive attributes in Braze');
  expect(lines[2]).toContain('accepted for 1,000 customers');
  const fresh = section(lines, '## How fresh it is');
  expect(fresh[0]).toMatch(/^- Last recorded run: 1, \d{4}-\d\d-\d\d \d\d:\d\d UTC, 1,000 customers accepted\.$/);
  expect(fresh.slice(1)).toEqual([
    '- Last model run: m\\_1, completed 2026-11-02 04:06 UTC.',
    '- Schedule: every Monday 06:00 Europe/Berlin.',
  ]);
  expect(section(lines, '## Create in Braze first').slice(3)).toEqual([
    '| `churn_probability` | Number |',
    '| `churn_risk` | String |',
    '| `next_best_product` | String |',
    '| `churn_scored_at` | Time |',
  ]);
  expect(section(lines, '### `churn_probability`')).toEqual([
    'No description yet: add `description` to the attribute in the config.',
    'Number, from column `churn_probability`. Rounded to 2 decimals.',
    'From 0 to 1, mean 0.5005.',
    'Without a value: 1 (0.1 %).',
  ]);
  expect(section(lines, '### `churn_risk`')).toEqual([
    'How likely the customer is to leave \\| within 90 days',
    'String, from column `churn_probability`. A customer changes band only when the number is at least 0.03 beyond the edge of the band.',
    '| Value | From | Customers | Share |',
    '| --- | ---: | ---: | ---: |',
    '| `low` | 0 | 499 | 49.9 % |',
    '| `medium` | 0.5 | 300 | 30.0 % |',
    '| `high` | 0.8 | 200 | 20.0 % |',
    'Without a value: 1 (0.1 %).',
  ]);
  const products = section(lines, '### `next_best_product`');
  expect(products[4]).toBe('| `tea \\| "hot"` | 800 | 80.0 % |');
  expect(products).toHaveLength(13);
  expect(section(lines, '### `churn_scored_at`').slice(1)).toEqual([
    'Time, from column `scored_at`. Sent only together with another change.',
    'From 2026-11-01 00:00 UTC to 2026-11-02 04:05 UTC.',
    'Without a value: 500 (50.0 %).',
  ]);
  const ready = section(lines, '## Ready to use');
  expect(ready).toEqual(
    expect.arrayContaining([
      '- `churn_probability` less than 0.5 **and** `churn_probability` is not blank',
      '- `churn_risk` equals `high`',
      '{% if custom_attribute.${churn_risk} == "high" %}…{% endif %}',
      '{% if custom_attribute.${churn_scored_at} == blank or age_days > 90 %}',
    ]),
  );
  expect(ready.join('\n')).toContain('a customer whose values stay the same keeps an older date');
  const traps = section(lines, '## Pitfalls').join('\n');
  for (const words of ['is not blank', 'first value', 'case-sensitive', 'queued', 'last change that was sent'])
    expect(traps).toContain(words);

  expect(await peakBrazeJson(world, ['dictionary', 'churn'])).toMatchObject({
    sync: 'churn',
    workspace: 'shop-eu',
    customers: 1_000,
    freshness: { lastRun: { run: 1, accepted: 1_000 }, modelRun: { id: 'm_1' }, schedule: { every: 'week' } },
    attributes: [
      {
        name: 'churn_probability',
        type: 'number',
        withValue: 999,
        withoutValue: 1,
        range: { min: 0, max: 1 },
        values: [],
      },
      {
        name: 'churn_risk',
        brazeType: 'String',
        distinct: 3,
        values: [
          { value: 'low', customers: 499 },
          { value: 'medium', customers: 300 },
          { value: 'high', customers: 200 },
        ],
      },
      { name: 'next_best_product', distinct: 8 },
      { name: 'churn_scored_at', dates: { oldest: '2026-11-01T00:00:00.000Z', newest: '2026-11-02T04:05:06.000Z' } },
    ],
  });
});

test('before anything was sent, and without a date, it says what is missing; values of single customers are not listed', async () => {
  world = await createEnvironment({
    sync: {
      attributes: {
        next_best_product: 'string',
        churn_risk: { column: 'churn_probability', bands: { low: 0, high: 0.8 } },
      },
    },
  });
  const before = (await dictionary()).lines;
  expect(section(before, '## How fresh it is')).toEqual([
    '- Nothing has been sent yet.',
    '- Model run: this sync does not wait for one.',
    '- Schedule: none; runs are started manually.',
  ]);
  expect(section(before, '### `churn_risk`').at(-1)).toBe('Braze has not accepted a value yet.');
  expect(section(before, '## Ready to use')).toEqual(
    expect.arrayContaining(['scored_at: { column: scored_at, type: date, onlyWithOthers: true }']),
  );

  await world.startWorker();
  await fillStore(world, 60);
  await world.tenant.raw(`update predictive_attributes set next_best_product = 'only for ' || customer_id`);
  await world.run();
  // The mapping has changed since: a band without customers, and a value that is no longer a band.
  world.configure({
    attributes: {
      next_best_product: 'string',
      churn_risk: { column: 'churn_probability', bands: { calm: 0, high: 0.8 } },
    },
  });
  const { stdout, lines } = await dictionary();
  expect(stdout).not.toContain('only for');
  expect(section(lines, '### `next_best_product`')).toContain(
    '60 different values, nearly one for each customer; they are not listed.',
  );
  expect(section(lines, '### `churn_risk`').slice(4, 7)).toEqual([
    '| `calm` | 0 | 0 | 0.0 % |',
    '| `high` | 0.8 | 0 | 0.0 % |',
    '| `low` | no longer a band | 60 | 100.0 % |',
  ]);
});

test('values of an older type are left out of the figures; a broken mapping exits 2', async () => {
  world = await createEnvironment({ sync: { attributes: { next_best_product: 'string' } } });
  await world.startWorker();
  await fillStore(world, 10);
  await world.run();
  world.configure({ attributes: { next_best_product: { column: 'churn_probability', type: 'number' } } });
  expect(await peakBrazeJson(world, ['dictionary', 'churn'])).toMatchObject({
    attributes: [{ type: 'number', withValue: 10, range: null }],
  });
  world.configure({ attributes: { gone: 'string' } });
  const wrong = await dictionary();
  expect(wrong.exitCode).toBe(2);
  expect(wrong.stderr).toContain('no column gone');
});
