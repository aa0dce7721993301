import { inspect } from 'node:util';
import fc from 'fast-check';
import { loadConfig } from '../../src/config/load';
import { ConfigError } from '../../src/config/problem';
import { removeConfigs, writeConfig } from './tempConfig';

afterEach(removeConfigs);

/** Long enough not to be part of one of our sentences by chance. */
const secret = fc.string({ unit: fc.constantFrom(...Array.from('qxzjkvw0123456789')), minLength: 12, maxLength: 24 });

const TEMPLATE = `ledger: { url: "LEDGER" }
workspaces:
  shop-eu:
    restEndpoint: ENDPOINT
    apiKey: APIKEY
    billing: data-points
sources:
  tenant: { url: "SOURCE" }
syncs:
  churn:
    table: scores
    overlap: 1h
    attributes: { score: number }
    notify: { webhook: "https://hooks.example.com/WEBHOOK" }
`;

/** Ways to break a file, each as likely to move a secret to where it does not belong. */
const damages: ((yaml: string, secret: string) => string)[] = [
  (yaml) => yaml,
  (yaml) => yaml.replace('apiKey: ', 'apikey: '),
  (yaml) => yaml.replace('apiKey: ', 'apiKey:'),
  (yaml) => yaml.replace('apiKey: ', ''),
  (yaml) => yaml.replace('apiKey: ', 'apiKey: {').replace('    billing', '    }\n    billing'),
  (yaml) => yaml.replace('url: "', 'url:"').replaceAll('"', ''),
  (yaml) => yaml.replaceAll('url: ', 'url:'),
  (yaml) => yaml.replaceAll('url: ', ''),
  (yaml) => yaml.replaceAll('"', ''),
  (yaml) => yaml.replaceAll('"', "'").replace("'", '"'),
  (yaml) => yaml.replace('apiKey: ', 'apiKey: &'),
  (yaml) => yaml.replace('apiKey: ', 'apiKey: *'),
  (yaml) => yaml.replace('apiKey: ', 'apiKey: !'),
  (yaml) => yaml.replace('apiKey: ', 'apiKey: @'),
  (yaml) => yaml.replace('apiKey: ', '\tapiKey: '),
  (yaml) => yaml.replace('webhook: ', 'webhok: '),
  (yaml) => yaml.replace('webhook: "https://', 'webhook: "http://'),
  (yaml) => yaml.replace('{ webhook: "https:', '"https:').replace('" }', '"'),
  (yaml) => yaml.replace('sources:', 'sources'),
  (yaml, value) => yaml.replace('billing: data-points', `billing: ${value}`),
  (yaml, value) => yaml.replace('billing: data-points', `${value}: billing`),
  (yaml, value) => yaml.replace('billing: data-points', `rateLimit: { share: ${value} }`),
  (yaml, value) => yaml.replace('1h', `"\${OVERLAP:-${value}}"`),
  (yaml, value) => yaml.replace('1h', `\${OVERLAP-${value}}`),
  (yaml, value) => yaml.replace('1h', `{ a: \${OVERLAP:-${value}} }`),
];

const addressOf = (value: string) =>
  fc.constantFrom(
    value,
    `postgres://peak:${value}@db/x`,
    `https://rest.example.com/${value}`,
    `${value} `,
    `mysql://u:${value}@h`,
  );
const writtenAs = (value: string, name: string) =>
  fc.constantFrom(
    value,
    `"\${${name}}"`,
    `"x\${${name}}"`,
    `"\${MISSING}\${${name}}"`,
    `"\${file:${name}}"`,
    `"\${MISSING:-${value}}"`,
  );

const damagedConfigs = secret.chain((value) =>
  fc.record({
    value: fc.constant(value),
    variables: fc.record({
      KEY: addressOf(value),
      URL: addressOf(value),
      ENDPOINT_OF: addressOf(value),
      OVERLAP: addressOf(value),
    }),
    apiKey: writtenAs(value, 'KEY'),
    endpoint: writtenAs(value, 'ENDPOINT_OF'),
    source: fc.oneof(addressOf(value), fc.constant('${URL}')),
    ledger: fc.oneof(addressOf(value), fc.constant('${URL}')),
    damage: fc.constantFrom(...damages),
    inDotenv: fc.boolean(),
    need: fc.constantFrom('everything' as const, 'when-used' as const),
  }),
);

test('no problem ever holds a secret, whatever is wrong with the file', () => {
  let refused = 0;
  fc.assert(
    fc.property(damagedConfigs, ({ value, variables, apiKey, endpoint, source, ledger, damage, inDotenv, need }) => {
      const yaml = TEMPLATE.replace('LEDGER', ledger)
        .replace('ENDPOINT', endpoint)
        .replace('APIKEY', apiKey)
        .replace('SOURCE', source)
        .replace('WEBHOOK', value);
      const dotenv = Object.entries(variables).map(([name, text]) => `${name}="${text}"\n`);
      const path = writeConfig(damage(yaml, value), { ...variables, '.env': inDotenv ? dotenv.join('') : '' });
      try {
        loadConfig(path, { env: inDotenv ? {} : variables, need });
      } catch (error) {
        refused += 1;
        expect(error).toBeInstanceOf(ConfigError);
        const { message, problems } = error as ConfigError;
        if (`${message}${JSON.stringify(problems)}`.includes(value)) throw error;
      }
      removeConfigs();
    }),
    { numRuns: 1_000 },
  );
  expect(refused).toBeGreaterThan(500);
});

test('a config that is printed, logged or stored shows no secret', () => {
  const yaml = TEMPLATE.replace('LEDGER', 'postgres://peak:hunter2@db/ledger')
    .replace('ENDPOINT', 'https://rest.fra-01.braze.eu')
    .replace('APIKEY', 'hunter2-key')
    .replace('SOURCE', 'postgres://peak:hunter2@db/tenant')
    .replace('WEBHOOK', 'hunter2');
  const config = loadConfig(writeConfig(yaml), { env: {} });
  const secrets = [config.ledgerUrl(), config.apiKey('shop-eu'), config.sourceUrl('tenant'), config.webhook('churn')];
  for (const thing of [config, config.syncs, ...secrets]) {
    expect(inspect(thing, { depth: null, showHidden: true, getters: false })).not.toContain('hunter2');
    expect(JSON.stringify(thing)).not.toContain('hunter2');
    expect(JSON.stringify({ ...(thing as object) })).not.toContain('hunter2');
  }
  expect(String(config.apiKey('shop-eu'))).toBe('[secret from config]');
  expect(config.ledgerUrl()).toMatchObject({ value: 'postgres://peak:hunter2@db/ledger', from: 'config' });
});
