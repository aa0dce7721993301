import { z } from 'zod';
import { ATTRIBUTE_TYPES } from '../types/settings';
import { DEFAULT_TASK_QUEUE } from '../types/workflow';
import * as scalar from './scalars';

/*
 * The shape of the config file. Every `error` is the phrase after "expected". Rules between keys are in separate files, which
 * report them even while something else is wrong. Defaults are written as in the file (`prefault`).
 */

/** Its known keys are the phrase for an unknown key. */
function mapping<Shape extends z.ZodRawShape>(expected: string, shape: Shape) {
  const keys = Object.keys(shape).join(', ');
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? keys : expected) });
}

function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, { error: listed(values) });
}

function namedBy<Value extends z.ZodType>(expected: string, value: Value) {
  return z
    .record(z.string(), value, { error: expected })
    .refine((entries) => Object.keys(entries).length > 0, { error: `${expected}, at least one` });
}

/** `one of a, b`; one alone as it is. */
export function listed(values: readonly string[]): string {
  return values.length === 1 ? values[0]! : `one of ${values.join(', ')}`;
}

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

const temporal = mapping('a mapping with address, namespace and taskQueue', {
  address: scalar.temporalAddress().prefault('127.0.0.1:7233'),
  namespace: scalar.text().prefault('default'),
  taskQueue: scalar.text().prefault(DEFAULT_TASK_QUEUE),
});

const ledger = mapping('a mapping with url and retention', {
  url: scalar.ledgerUrl().prefault('embedded'),
  retention: scalar.duration({ moreThan0: true }).prefault('90d'),
});

const workspace = mapping('a mapping with restEndpoint and apiKey', {
  restEndpoint: scalar.restEndpoint(),
  apiKey: scalar.apiKey(),
  rateLimit: mapping('a mapping with requests, perSeconds, requestsPerHour and share', {
    requests: scalar.wholeNumber({ from: 1 }).prefault('3000'),
    perSeconds: scalar.positiveNumber().prefault('3'),
    requestsPerHour: scalar.wholeNumber({ from: 1 }).optional(),
    share: scalar.share({ moreThan0: true }).prefault('1'),
  }).prefault({}),
  billing: oneOf(['data-points', 'mau']).prefault('mau'),
});

const source = mapping('a mapping with url', { url: scalar.databaseUrl() });

const attribute = z.union(
  [
    z.enum(ATTRIBUTE_TYPES),
    mapping('a mapping', {
      column: scalar.text('the name of a column').optional(),
      type: oneOf(ATTRIBUTE_TYPES).optional(),
      decimals: scalar.wholeNumber({ from: 0, to: 15 }).optional(),
      bands: namedBy('a mapping of band names to lower bounds', scalar.decimal()).optional(),
      hysteresis: scalar.decimal({ atLeast0: true }).optional(),
      minChange: scalar.decimal({ atLeast0: true }).optional(),
      range: mapping('a mapping with min and max', {
        min: scalar.decimal().optional(),
        max: scalar.decimal().optional(),
      }).optional(),
      onlyWithOthers: scalar.boolean().prefault('false'),
      standardField: scalar.boolean().prefault('false'),
      description: scalar.text('a string that says what it means').optional(),
    }),
  ],
  { error: `${ATTRIBUTE_TYPES.join(', ')}, or a mapping such as { type: number, decimals: 2 }` },
);

const identifier = z.union(
  [
    z.enum(['external_id', 'braze_id', 'email', 'phone']),
    mapping('a mapping', { alias: scalar.text('the label of the alias') }),
  ],
  { error: 'external_id, braze_id, email, phone or { alias: <label> }' },
);

const modelRun = z.union(
  [
    z.enum(['none', 'signal']),
    mapping('a mapping', {
      table: scalar.text('the name of a table').optional(),
      model: scalar.text('the name of a model').optional(),
      query: scalar.text('a select').optional(),
      signal: z.literal('true', { error: 'true' }).meta({ type: 'boolean', const: true }).optional(),
      rowCount: scalar.text('the name of a column').optional(),
      timeout: scalar.duration({ moreThan0: true }).prefault('6h'),
      poll: scalar.duration({ moreThan0: true }).prefault('30s'),
    }),
  ],
  { error: 'none, signal, { table: …, model: … } or { query: … }' },
);

const schedule = mapping('a mapping such as { every: day, at: "06:00", timeZone: Europe/Berlin }', {
  every: oneOf(['day', 'week']),
  day: oneOf(DAYS).optional(),
  at: scalar.timeOfDay(),
  timeZone: scalar.timeZone().prefault('UTC'),
  jitter: scalar.duration({ moreThan0: true }).optional(),
});

const guards = mapping('a mapping of guards to limits', {
  maxChangedShare: scalar.share().optional(),
  maxClearedShare: scalar.share().prefault('0.05'),
  maxRejectedShare: scalar.share().prefault('0.05'),
  maxNullShare: z
    .union([scalar.share(), namedBy('a mapping of attribute names to shares', scalar.share())], {
      error: 'a share from 0 to 1, or a mapping of attribute names to shares',
    })
    .optional(),
  maxOutOfRangeShare: scalar.share().optional(),
  minRowShare: scalar.share({ moreThan0: true }).optional(),
  maxCustomers: scalar.wholeNumber({ from: 1 }).optional(),
  maxValues: scalar.wholeNumber({ from: 1 }).optional(),
  maxProfiles: scalar.wholeNumber({ from: 1 }).optional(),
});

const notify = mapping('a mapping with webhook', { webhook: scalar.webhook() });

const delivery = mapping('a mapping with chunkCustomers, lanes and settle', {
  chunkCustomers: scalar.wholeNumber({ from: 1 }).prefault('50000'),
  lanes: scalar.wholeNumber({ from: 1, to: 20 }).prefault('2'),
  settle: scalar.duration().prefault('5s'),
});

const sync = mapping('a mapping with table and attributes', {
  workspace: scalar.text('the name of a workspace').optional(),
  source: scalar.text('the name of a source').optional(),
  table: scalar.text('the name of a table').optional(),
  query: scalar.text('a select').optional(),
  customerId: scalar.text('the name of a column').prefault('customer_id'),
  updatedAt: scalar.text('the name of a column').prefault('updated_at'),
  overlap: scalar.duration().prefault('1h'),
  identifier: identifier.prefault('external_id'),
  updateExistingOnly: scalar.boolean().prefault('true'),
  refreshAfter: scalar.durationOrNever().prefault('never'),
  modelRun: modelRun.prefault('none'),
  attributes: namedBy('a mapping of attribute names to their types', attribute),
  departedCustomers: oneOf(['keep', 'clear']).prefault('keep'),
  schedule: schedule.optional(),
  holdFor: scalar.duration({ moreThan0: true }).optional(),
  guards: guards.prefault({}),
  notify: notify.optional(),
  delivery: delivery.prefault({}),
});

/** The whole file. */
export const configSchema = mapping('a mapping with workspaces, sources and syncs', {
  temporal: temporal.prefault({}),
  ledger: ledger.prefault({}),
  workspaces: namedBy('a mapping of names to Braze workspaces', workspace),
  sources: namedBy('a mapping of names to databases', source),
  syncs: namedBy('a mapping of names to syncs', sync),
});

/** The file as the schema reads it: defaults filled in, durations in milliseconds, thresholds as decimal text. */
export type ConfigFile = z.output<typeof configSchema>;
export type SyncFile = ConfigFile['syncs'][string];
export type AttributeFile = SyncFile['attributes'][string];
export type ModelRunFile = SyncFile['modelRun'];
