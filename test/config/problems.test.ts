import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  errorOf,
  linesOf,
  load,
  removeConfigs,
  withAttribute,
  withSetting,
  withSync,
  WITHOUT_SYNCS,
} from './tempConfig';

afterEach(removeConfigs);

const DURATION = 'such as 30s, 15m, 1h, 6d or 2w';

test('every problem of a file is reported at once, by line, without a secret', () => {
  const yaml = readFileSync(join(__dirname, 'fixtures/everythingWrong.txt'), 'utf8');
  const lines = linesOf(yaml, { env: { BRAZE_API_KEY: 'hunter2' } });
  expect(lines).toEqual([
    'temporal.adress (peak-braze.yaml:1): unknown key. Did you mean address?',
    'ledger.url (peak-braze.yaml:2): found an address, expected embedded, or postgres://user:password@host:5432/name.',
    `ledger.retention (peak-braze.yaml:2): found "90", expected a duration above 0s ${DURATION}. Add a unit: write 30s for 30 seconds.`,
    'workspaces.shop-eu.restEndpoint (peak-braze.yaml:4): found ${BRAZE_REST_ENDPOINT} without quotes inside braces. Quote it: "${BRAZE_REST_ENDPOINT}"',
    'workspaces.shop-eu.restEndpoint (peak-braze.yaml:4): the variable BRAZE_REST_ENDPOINT is not set. Set it in the environment or in .env beside this file.',
    'workspaces.shop-eu.rateLimit.… (peak-braze.yaml:4): unknown key. Known keys: requests, perSeconds, requestsPerHour, share.',
    'workspaces.shop-us.restEndpoint (peak-braze.yaml:6): found "https://dashboard-01.braze.eu/…", expected the address of Braze\'s REST API such as https://rest.fra-01.braze.eu. This is the dashboard. Write https://rest.fra-01.braze.eu.',
    'workspaces.shop-us.apiKey (peak-braze.yaml:7): found a string, expected a Braze API key. It contains a space or a line break.',
    'workspaces.shop-us.billing (peak-braze.yaml:9): this key is a duplicate of the one at line 8. Remove one of them.',
    'sources.tenant.url (peak-braze.yaml:11): no space after the colon. Write url: and a space.',
    'sources.other (peak-braze.yaml:12): found an address, expected a mapping with url.',
    'syncs.churn.source (peak-braze.yaml:14): found nothing, expected one of tenant, other.',
    'syncs.churn.workspace (peak-braze.yaml:15): found "shop-uk", expected one of shop-eu, shop-us. Did you mean shop-us?',
    'syncs.churn.tabel (peak-braze.yaml:16): unknown key. Did you mean table?',
    `syncs.churn.overlap (peak-braze.yaml:17): found "30", expected a duration ${DURATION}. Add a unit: write 30s for 30 seconds.`,
    'syncs.churn.refreshAfter (peak-braze.yaml:18): found "always", expected never, or a duration above 0s such as 30d.',
    'syncs.churn.updateExistingOnly (peak-braze.yaml:19): found "yes", expected true or false.',
    'syncs.churn.attributes.churn_risk (peak-braze.yaml:21): found "strng", expected number, string, boolean, date, or a mapping such as { type: number, decimals: 2 }. Did you mean string?',
    'syncs.churn.attributes.churn.decimals (peak-braze.yaml:22): found "two", expected a whole number from 0 to 15.',
    'syncs.churn.attributes.churn.hysteresis (peak-braze.yaml:22): found hysteresis without bands, expected bands, or minChange for a number.',
    'syncs.churn.schedule.day (peak-braze.yaml:23): found nothing, expected the day of the week, such as monday.',
    'syncs.churn.schedule.at (peak-braze.yaml:23): found "25:00", expected a time of day from "00:00" to "23:59".',
    'syncs.churn.schedule.timeZone (peak-braze.yaml:23): found "europe/berlin", expected an IANA time zone such as Europe/Berlin. Write Europe/Berlin.',
    'syncs.churn.guards.maxChangedShare (peak-braze.yaml:24): found "20%", expected a share from 0 to 1. For 20 %, write 0.2.',
    'syncs.churn.notifi (peak-braze.yaml:25): unknown key. Did you mean notify?',
    'syncs.value (peak-braze.yaml:26): found a list, expected a mapping with table and attributes.',
  ]);
  expect(lines.join('\n')).not.toContain('hunter2');
});

test('a key that is no plain name is shown nowhere: it may be an address that lost its key', () => {
  const { problems } = errorOf(() => load(withSetting('postgres://peak:hunter2@db/x: y')));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ line: 8, path: 'syncs.churn.…', found: 'an unknown key' });
  expect(JSON.stringify(problems)).not.toContain('hunter2');
});

test('a problem is data, too: line, column, path, found, expected', () => {
  expect(errorOf(() => load(withAttribute('score: { decimals: two }'))).problems).toEqual([
    {
      line: 9,
      column: 26,
      path: 'syncs.churn.attributes.score.decimals',
      found: '"two"',
      expected: 'a whole number from 0 to 15',
      message: 'found "two", expected a whole number from 0 to 15.',
    },
  ]);
});

test.each([
  ['tabel: x', 'syncs.churn.tabel', 'unknown key. Did you mean table?'],
  ['customer_id: id', 'syncs.churn.customer_id', 'unknown key. Did you mean customerId?'],
  [
    'overlap: 30',
    'syncs.churn.overlap',
    `found "30", expected a duration ${DURATION}. Add a unit: write 30s for 30 seconds.`,
  ],
  ['overlap: 99999w', 'syncs.churn.overlap', `found "99999w", expected a duration ${DURATION}.`],
  ['overlap:', 'syncs.churn.overlap', `found no value, expected a duration ${DURATION}.`],
  ['holdFor: 0s', 'syncs.churn.holdFor', `found "0s", expected a duration above 0s ${DURATION}.`],
  ['updateExistingOnly: "on"', 'syncs.churn.updateExistingOnly', 'found "on", expected true or false.'],
  [
    'refreshAfter: 30',
    'syncs.churn.refreshAfter',
    'found "30", expected never, or a duration above 0s such as 30d. Add a unit: write 30d for 30 days.',
  ],
  ['query: select 1', 'syncs.churn.query', 'found both table and query, expected one of them.'],
  ['workspace: shop-uk', 'syncs.churn.workspace', 'found "shop-uk", expected shop-eu. Did you mean shop-eu?'],
  ['source: tenants', 'syncs.churn.source', 'found "tenants", expected tenant. Did you mean tenant?'],
  [
    'identifier: extrenal_id',
    'syncs.churn.identifier',
    'found "extrenal_id", expected external_id, braze_id, email, phone or { alias: <label> }. Did you mean external_id?',
  ],
  ['identifier: {}', 'syncs.churn.identifier.alias', 'found nothing, expected the label of the alias.'],
  [
    'identifier: [ email ]',
    'syncs.churn.identifier',
    'found a list, expected external_id, braze_id, email, phone or { alias: <label> }.',
  ],
  ['departedCustomers: drop', 'syncs.churn.departedCustomers', 'found "drop", expected one of keep, clear.'],
  [
    'modelRun: signals',
    'syncs.churn.modelRun',
    'found "signals", expected none, signal, { table: …, model: … } or { query: … }. Did you mean signal?',
  ],
  ['modelRun: { timeout: 1h }', 'syncs.churn.modelRun', 'found none of table, query, signal, expected one of them.'],
  ['modelRun: { table: model_runs }', 'syncs.churn.modelRun.model', 'found nothing, expected the name of a model.'],
  [
    'modelRun: { table: m, model: c, query: select 1 }',
    'syncs.churn.modelRun.query',
    'found query together with table, expected table, model, rowCount, timeout, poll only.',
  ],
  [
    'modelRun: { query: select 1, model: c }',
    'syncs.churn.modelRun.model',
    'found model together with query, expected query, rowCount, timeout, poll only.',
  ],
  [
    'modelRun: { signal: true, poll: 1s }',
    'syncs.churn.modelRun.poll',
    'found poll together with signal, expected signal, timeout only.',
  ],
  ['modelRun: { signal: false }', 'syncs.churn.modelRun.signal', 'found "false", expected true.'],
  [
    'modelRun: { query: select 1, poll: 0s }',
    'syncs.churn.modelRun.poll',
    `found "0s", expected a duration above 0s ${DURATION}.`,
  ],
  [
    'schedule: daily',
    'syncs.churn.schedule',
    'found "daily", expected a mapping such as { every: day, at: "06:00", timeZone: Europe/Berlin }.',
  ],
  [
    'schedule: { every: month, at: "06:00" }',
    'syncs.churn.schedule.every',
    'found "month", expected one of day, week.',
  ],
  [
    'schedule: { every: day }',
    'syncs.churn.schedule.at',
    'found nothing, expected a time of day from "00:00" to "23:59".',
  ],
  [
    'schedule: { every: week, at: "06:00" }',
    'syncs.churn.schedule.day',
    'found nothing, expected the day of the week, such as monday.',
  ],
  [
    'schedule: { every: week, day: mon, at: "06:00" }',
    'syncs.churn.schedule.day',
    'found "mon", expected one of sunday, monday, tuesday, wednesday, thursday, friday, saturday. Did you mean monday?',
  ],
  [
    'schedule: { every: day, day: monday, at: "06:00" }',
    'syncs.churn.schedule.day',
    'found a day together with every: day, expected no day, or every: week.',
  ],
  [
    'schedule: { every: day, at: 6am }',
    'syncs.churn.schedule.at',
    'found "6am", expected a time of day from "00:00" to "23:59".',
  ],
  [
    'schedule: { every: day, at: "06:00", timeZone: Berlin }',
    'syncs.churn.schedule.timeZone',
    'found "Berlin", expected an IANA time zone such as Europe/Berlin.',
  ],
  [
    'schedule: { every: day, at: "06:00", timeZone: Europe/berlin }',
    'syncs.churn.schedule.timeZone',
    'found "Europe/berlin", expected an IANA time zone such as Europe/Berlin. Write Europe/Berlin.',
  ],
  [
    'schedule: { every: day, at: "06:00", timeZone: US/eastern }',
    'syncs.churn.schedule.timeZone',
    'found "US/eastern", expected an IANA time zone such as Europe/Berlin. Write America/New_York.',
  ],
  [
    'schedule: { every: day, at: "06:00", timeZone: "+01:00" }',
    'syncs.churn.schedule.timeZone',
    'found "+01:00", expected an IANA time zone such as Europe/Berlin.',
  ],
  [
    'guards: { maxChangedShare: 20 }',
    'syncs.churn.guards.maxChangedShare',
    'found "20", expected a share from 0 to 1. For 20 %, write 0.2.',
  ],
  [
    'guards: { maxCustomers: -1 }',
    'syncs.churn.guards.maxCustomers',
    'found "-1", expected a whole number of 1 or more.',
  ],
  [
    'guards: { maxChangeShare: 0.2 }',
    'syncs.churn.guards.maxChangeShare',
    'unknown key. Did you mean maxChangedShare?',
  ],
  [
    'guards: { maxNullShare: often }',
    'syncs.churn.guards.maxNullShare',
    'found "often", expected a share from 0 to 1, or a mapping of attribute names to shares.',
  ],
  [
    'guards: { maxNullShare: { scor: 0.2 } }',
    'syncs.churn.guards.maxNullShare.scor',
    'found a name that is not an attribute of this sync, expected score. Did you mean score?',
  ],
  [
    'guards: { maxNullShare: { score: 20 } }',
    'syncs.churn.guards.maxNullShare.score',
    'found "20", expected a share from 0 to 1. For 20 %, write 0.2.',
  ],
  [
    'guards: { maxOutOfRangeShare: 0.1 }',
    'syncs.churn.guards.maxOutOfRangeShare',
    'found no attribute with a range, expected a range on an attribute.',
  ],
  [
    'guards: { minRowShare: 0.9 }',
    'syncs.churn.guards.minRowShare',
    'found no modelRun.rowCount, expected the column with the count.',
  ],
  ['guards: { maxProfile: 1 }', 'syncs.churn.guards.maxProfile', 'unknown key. Did you mean maxProfiles?'],
  [
    'modelRun: { signal: true, rowCount: n }',
    'syncs.churn.modelRun.rowCount',
    'found rowCount together with signal, expected signal, timeout only.',
  ],
  ['delivery: { lanes: 21 }', 'syncs.churn.delivery.lanes', 'found "21", expected a whole number from 1 to 20.'],
  [
    'delivery: { chunkCustomers: 1e5 }',
    'syncs.churn.delivery.chunkCustomers',
    'found "1e5", expected a whole number of 1 or more.',
  ],
  ['delivery: { pause: 5s }', 'syncs.churn.delivery.pause', 'unknown key. Known keys: chunkCustomers, lanes, settle.'],
  [
    'webhooks: crm',
    'syncs.churn.webhooks',
    expect.stringMatching(/^unknown key\. Known keys: workspace, source, table/) as string,
  ],
  [
    'notify: https://hooks.example.com/T0/B0',
    'syncs.churn.notify',
    'found an address, expected a mapping with webhook.',
  ],
  [
    'notify: { webhook: http://hooks.example.com/T0 }',
    'syncs.churn.notify.webhook',
    'found an address, expected the URL of a webhook, starting with https://. http:// is only for a server on this machine; use https://.',
  ],
  [
    'notify: { webhook: T0SECRET }',
    'syncs.churn.notify.webhook',
    'found a string, expected the URL of a webhook, starting with https://.',
  ],
  [
    'schedule: { every: day, at: "06:00", jitter: 5 }',
    'syncs.churn.schedule.jitter',
    `found "5", expected a duration above 0s ${DURATION}. Add a unit: write 30s for 30 seconds.`,
  ],
  ['customerId: { column: id }', 'syncs.churn.customerId', 'found a mapping, expected the name of a column.'],
])('a wrong setting: %s', (setting, path, message) => {
  const { problems } = errorOf(() => load(withSetting(setting)));
  expect(problems).toEqual([expect.objectContaining({ line: 8, path, message })]);
});

test.each([
  ['score: { type: string, range: { min: 0 } }', 'score.range', 'found range with this type, expected type: number.'],
  ['score: { range: {} }', 'score.range', 'found neither min nor max, expected one of them.'],
  [
    'score: { range: { min: 1, max: 0 } }',
    'score.range',
    'found a min above the max, expected the lower bound as min.',
  ],
  ['score: { range: { low: 1 } }', 'score.range.low', 'unknown key. Known keys: min, max.'],
  [
    'score: strng',
    'score',
    'found "strng", expected number, string, boolean, date, or a mapping such as { type: number, decimals: 2 }. Did you mean string?',
  ],
  [
    'score:',
    'score',
    'found no value, expected number, string, boolean, date, or a mapping such as { type: number, decimals: 2 }.',
  ],
  ['score: { type: float }', 'score.type', 'found "float", expected one of number, string, boolean, date.'],
  ['score: { colunm: x }', 'score.colunm', 'unknown key. Did you mean column?'],
  [
    'score: { meaning: how likely }',
    'score.meaning',
    'unknown key. Known keys: column, type, decimals, bands, hysteresis, minChange, range, onlyWithOthers, standardField, description.',
  ],
  ['score: { decimals: 16 }', 'score.decimals', 'found "16", expected a whole number from 0 to 15.'],
  ['score: { decimals: 1.5 }', 'score.decimals', 'found "1.5", expected a whole number from 0 to 15.'],
  ['score: { decimals: 2, type: string }', 'score.decimals', 'found decimals with this type, expected type: number.'],
  ['score: { minChange: 2, type: date }', 'score.minChange', 'found minChange with this type, expected type: number.'],
  [
    'score: { hysteresis: 0.1 }',
    'score.hysteresis',
    'found hysteresis without bands, expected bands, or minChange for a number.',
  ],
  [
    'score: { bands: { a: 0 }, decimals: 2 }',
    'score.decimals',
    'found decimals together with bands, expected one of them: a band is sent as its name.',
  ],
  [
    'score: { bands: { a: 0 }, minChange: 2 }',
    'score.minChange',
    'found minChange together with bands, expected hysteresis, which keeps a band.',
  ],
  [
    'score: { bands: { a: 0 }, type: boolean }',
    'score.type',
    'found a type other than string or number together with bands, expected no type, or number where the column is text.',
  ],
  [
    'score: { bands: { a: 0 }, hysteresis: -0.1 }',
    'score.hysteresis',
    'found "-0.1", expected a number of 0 or more, such as 0.03.',
  ],
  [
    'score: { bands: {} }',
    'score.bands',
    'found an empty mapping, expected a mapping of band names to lower bounds, at least one.',
  ],
  [
    'score: { bands: { a: 0.5, b: 0.50 } }',
    'score.bands.b',
    'found the same lower bound as a, expected a different one.',
  ],
  ['score: { bands: { a: 1e-1 } }', 'score.bands.a', 'found "1e-1", expected a number such as 0.5.'],
  [
    'score: { bands: { a: "0,5" } }',
    'score.bands.a',
    'found "0,5", expected a number such as 0.5. Use a decimal point, not a comma.',
  ],
])('a wrong attribute: %s', (attribute, path, message) => {
  const { problems } = errorOf(() => load(withAttribute(attribute)));
  expect(problems).toEqual([expect.objectContaining({ line: 9, path: `syncs.churn.attributes.${path}`, message })]);
});

test('what would be too long for Braze is refused here: Braze drops it silently', () => {
  const long = 'b'.repeat(256);
  expect(errorOf(() => load(withAttribute(`score: { bands: { low: 0, ? ${long} : 1 } }`))).problems).toEqual([
    expect.objectContaining({
      message: 'found a band name that is too long for Braze, expected up to 255 characters.',
    }),
  ]);
  const label = `identifier: { alias: ${'é'.repeat(119)} }`;
  expect(errorOf(() => load(withSetting(label))).problems).toEqual([
    expect.objectContaining({ message: 'found a label that is too long for Braze, expected up to 236 bytes.' }),
  ]);
  expect(load(withSetting(`identifier: { alias: ${'é'.repeat(118)} }`))).toBeTruthy();
});

test('attributes that all wait for company are refused, one that goes alone suffices', () => {
  expect(linesOf(withAttribute('score: { onlyWithOthers: true }'))).toEqual([
    'syncs.churn.attributes (peak-braze.yaml:8): found onlyWithOthers on every attribute, which never sends anything, expected one without it.',
  ]);
  expect(() => load(withAttribute('score: { onlyWithOthers: true }\n  risk: number'))).not.toThrow();
});

test.each([
  [
    'attributes: { score: number }',
    ['syncs.churn (peak-braze.yaml:6): found neither table nor query, expected one of them.'],
  ],
  [
    'table: scores',
    [
      'syncs.churn.attributes (peak-braze.yaml:6): found nothing, expected a mapping of attribute names to their types.',
    ],
  ],
  [
    'table: scores\nattributes: {}',
    [
      'syncs.churn.attributes (peak-braze.yaml:8): found an empty mapping, expected a mapping of attribute names to their types, at least one.',
    ],
  ],
  [
    'tabel: scores\nattirbutes: { score: number }',
    [
      'syncs.churn.tabel (peak-braze.yaml:7): unknown key. Did you mean table?',
      'syncs.churn.attirbutes (peak-braze.yaml:8): unknown key. Did you mean attributes?',
    ],
  ],
])('a sync that lacks something: %j', (sync, lines) => {
  expect(linesOf(withSync(sync))).toEqual(lines);
});

test('a sync says which workspace and source where there are several', () => {
  const yaml = `workspaces:
  eu: { restEndpoint: https://rest.fra-01.braze.eu, apiKey: k }
  us: { restEndpoint: https://rest.iad-01.braze.com, apiKey: k }
sources:
  a: { url: postgres://h/a }
  b: { url: postgres://h/b }
syncs:
  churn: { table: scores, attributes: { score: number } }
`;
  expect(linesOf(yaml)).toEqual([
    'syncs.churn.workspace (peak-braze.yaml:8): found nothing, expected one of eu, us.',
    'syncs.churn.source (peak-braze.yaml:8): found nothing, expected one of a, b.',
  ]);
});

test.each([
  ['churn rate', 'syncs.churn rate'],
  ['churn/rate', 'syncs.…'],
  ['a'.repeat(65), 'syncs.…'],
])('a name that cannot be part of an id: %s', (name, path) => {
  expect(linesOf(`${WITHOUT_SYNCS}syncs:\n  ${name}: { table: scores, attributes: { score: number } }\n`)).toEqual([
    `${path} (peak-braze.yaml:6): found a name with other characters, or a longer one, expected a name of 1 to 64 letters, digits, dots, hyphens or underscores.`,
  ]);
});

test('a file without its three sections lacks all of them', () => {
  expect(linesOf('temporal: {}\n')).toEqual([
    'workspaces (peak-braze.yaml:1): found nothing, expected a mapping of names to Braze workspaces.',
    'sources (peak-braze.yaml:1): found nothing, expected a mapping of names to databases.',
    'syncs (peak-braze.yaml:1): found nothing, expected a mapping of names to syncs.',
  ]);
  expect(linesOf(`${WITHOUT_SYNCS}syncs: {}\n`)).toEqual([
    'syncs (peak-braze.yaml:5): found an empty mapping, expected a mapping of names to syncs, at least one.',
  ]);
});

test.each([
  ['apiKey: k', 'rateLimit: { requests: 0 }', 'rateLimit.requests', 'found "0", expected a whole number of 1 or more.'],
  [
    'apiKey: k',
    'rateLimit: { share: 0 }',
    'rateLimit.share',
    'found "0", expected a share above 0, at most 1. For 20 %, write 0.2.',
  ],
  ['apiKey: k', 'rateLimit: { perSeconds: 0 }', 'rateLimit.perSeconds', 'found "0", expected a number above 0.'],
  ['apiKey: k', 'billing: mao', 'billing', 'found "mao", expected one of data-points, mau. Did you mean mau?'],
  ['apiKey: k', 'apikey: j', 'apikey', 'unknown key. Did you mean apiKey?'],
  ['apiKey: ""', 'billing: mau', 'apiKey', 'found an empty string, expected a Braze API key.'],
  ['apiKey: [ k ]', 'billing: mau', 'apiKey', 'found a list, expected a Braze API key.'],
])('a wrong workspace: %s, %s', (first, second, path, message) => {
  const yaml = `workspaces: { eu: { restEndpoint: https://rest.fra-01.braze.eu, ${first}, ${second} } }
sources: { a: { url: postgres://h/a } }
syncs: { churn: { table: scores, attributes: { score: number } } }
`;
  expect(linesOf(yaml)).toEqual([`workspaces.eu.${path} (peak-braze.yaml:1): ${message}`]);
});

test('Temporal wants an address without a scheme', () => {
  expect(linesOf(`temporal: { address: http://localhost:7233 }\n${withSetting('overlap: 1h')}`)).toEqual([
    'temporal.address (peak-braze.yaml:1): found an address, expected host:port such as 127.0.0.1:7233. Remove the scheme and //.',
  ]);
});
