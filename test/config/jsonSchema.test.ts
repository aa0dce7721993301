import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { jsonSchema } from '../../src/config/jsonSchema';
import { valueAt } from '../../src/config/path';

const SYNC = ['properties', 'syncs', 'additionalProperties'];

test('an editor learns keys, types and defaults as they stand in the file', () => {
  const schema = jsonSchema();
  expect(valueAt(schema, [...SYNC, 'additionalProperties'])).toBe(false);
  expect(valueAt(schema, [...SYNC, 'properties', 'overlap', 'default'])).toBe('1h');
  expect(valueAt(schema, [...SYNC, 'properties', 'updateExistingOnly'])).toEqual({
    anyOf: [{ type: 'boolean' }, { type: 'string', pattern: '\\$\\{' }],
    default: true,
  });
  expect(valueAt(schema, [...SYNC, 'properties', 'delivery', 'properties', 'lanes'])).toEqual({
    anyOf: [
      { type: 'integer', minimum: 1, maximum: 20 },
      { type: 'string', pattern: '\\$\\{' },
    ],
    default: 2,
  });
});

test('billing defaults to mau; data-points stays available', () => {
  const workspace = ['properties', 'workspaces', 'additionalProperties', 'properties', 'billing'];
  expect(valueAt(jsonSchema(), workspace)).toMatchObject({ default: 'mau' });
  expect(JSON.stringify(valueAt(jsonSchema(), workspace))).toContain('"data-points"');
});

test('an attribute may say what it means', () => {
  const attribute = valueAt(jsonSchema(), [...SYNC, 'properties', 'attributes', 'additionalProperties', 'anyOf']);
  const [, mapping] = attribute as Record<string, unknown>[];
  expect(valueAt(mapping, ['properties', 'description'])).toEqual({ type: 'string', minLength: 1 });
});

test('it knows every key of the complete file', () => {
  const { syncs } = parse(readFileSync(join(__dirname, 'fixtures/complete.yaml'), 'utf8'));
  const known = Object.keys(valueAt(jsonSchema(), [...SYNC, 'properties']) as object);
  expect(known).toEqual(expect.arrayContaining(Object.keys(syncs.churn)));
});
