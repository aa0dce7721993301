import fc from 'fast-check';
import {
  attributeNameProblem,
  checkCustomerId,
  IDENTIFIER_MAX_BYTES,
  classifyName,
  type ObjectParts,
  renderObject,
  RESERVED_NAMES,
} from '../../src/braze/object';
import type { Identifier } from '../../src/types/settings';

const parts: ObjectParts = {
  identifier: { kind: 'external_id' },
  customerId: 'c1',
  updateExistingOnly: true,
  values: { churn_risk: 'high', churn_probability: 0.83, next_best_product: null, vip: false },
};

describe('renderObject', () => {
  test('writes identifier, flag and values in that order', () => {
    expect(renderObject(parts)).toBe(
      '{"external_id":"c1","_update_existing_only":true,"churn_risk":"high","churn_probability":0.83,"next_best_product":null,"vip":false}',
    );
  });

  test('writes the flag when it is false: its default is not the same for every identifier', () => {
    expect(renderObject({ ...parts, updateExistingOnly: false, values: { a: 1 } })).toBe(
      '{"external_id":"c1","_update_existing_only":false,"a":1}',
    );
  });

  test('writes an alias as name and label', () => {
    expect(renderObject({ ...parts, identifier: { kind: 'alias', label: 'crm' }, values: { a: 1 } })).toBe(
      '{"user_alias":{"alias_name":"c1","alias_label":"crm"},"_update_existing_only":true,"a":1}',
    );
  });

  test.each(['braze_id', 'email', 'phone'] as const)('writes %s under its own key', (kind) => {
    expect(renderObject({ ...parts, identifier: { kind }, values: { a: 1 } })).toBe(
      `{"${kind}":"c1","_update_existing_only":true,"a":1}`,
    );
  });

  test('is empty when there is nothing to send', () => {
    expect(renderObject({ ...parts, values: {} })).toBe('');
  });

  test.each([Number.NaN, Infinity, -Infinity])('refuses %p: as null it would delete the attribute', (value) => {
    expect(() => renderObject({ ...parts, values: { score: value } })).toThrow('score');
  });

  test('keeps every id, name and value exactly', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
    );
    const names = fc.string({ unit: 'binary', minLength: 1 }).filter((name) => attributeNameProblem(name) === null);
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.dictionary(names, fc.option(value), { minKeys: 1, noNullPrototype: true }),
        (customerId, values) => {
          fc.pre(!Object.keys(values).some((name) => RESERVED_NAMES.has(name)));
          const text = renderObject({ ...parts, customerId, values });
          const normal: unknown = JSON.parse(JSON.stringify(values));
          expect(JSON.parse(text)).toEqual({
            external_id: customerId,
            _update_existing_only: true,
            ...(normal as object),
          });
        },
      ),
    );
  });
});

describe('checkCustomerId', () => {
  test.each(Object.entries(IDENTIFIER_MAX_BYTES))('%s: %i bytes and no more', (kind, bytes) => {
    const identifier = (kind === 'alias' ? { kind, label: 'crm' } : { kind }) as Identifier;
    const longest = kind === 'email' ? `x@${'x'.repeat(bytes - 2)}` : '1'.repeat(bytes);
    expect(checkCustomerId(identifier, longest)).toBeNull();
    expect(checkCustomerId(identifier, `${longest}1`)).toBe('customer-id-too-long');
  });

  test('counts bytes, not characters', () => {
    expect(checkCustomerId({ kind: 'external_id' }, 'é'.repeat(493))).toBeNull();
    expect(checkCustomerId({ kind: 'external_id' }, 'é'.repeat(494))).toBe('customer-id-too-long');
    expect(checkCustomerId({ kind: 'external_id' }, '漢'.repeat(330))).toBe('customer-id-too-long');
  });

  test.each(['a@b', 'Ünal+x@exämple.de', ' a@b.c ', '"a@b"@c.de'])('%p may be an e-mail address', (id) => {
    expect(checkCustomerId({ kind: 'email' }, id)).toBeNull();
  });

  test.each(['c000017', '@', 'a@', '@b', 'a b@c.de', 'a@b, c@d'])('%p is no e-mail address', (id) => {
    expect(checkCustomerId({ kind: 'email' }, id)).toBe('not-an-email');
    expect(checkCustomerId({ kind: 'external_id' }, id)).toBeNull();
  });

  test.each(['+491511234567', '(030) 123-45.67/8', '0049 151 1234'])('%p may be a phone number', (id) => {
    expect(checkCustomerId({ kind: 'phone' }, id)).toBeNull();
  });

  test.each(['c000017', '+', '123', 'a@b.de', '12345x'])('%p is no phone number', (id) => {
    expect(checkCustomerId({ kind: 'phone' }, id)).toBe('not-a-phone');
    expect(checkCustomerId({ kind: 'external_id' }, id)).toBeNull();
  });

  test.each(['', ' ', '\t\n'])('refuses the blank id %p', (id) => {
    expect(checkCustomerId({ kind: 'external_id' }, id)).toBe('no-customer-id');
  });
});

describe('names', () => {
  test.each(['churn_risk', 'Ö attribute', 'a'.repeat(255), 'First_Name', 'price ($)'])('%p is fine', (name) => {
    expect(attributeNameProblem(name)).toBeNull();
  });

  test.each(['', ' ltv', 'ltv ', '$ltv', 'external_id', '_update_existing_only', 'a'.repeat(256), 'a\nb', '__proto__'])(
    '%p is not',
    (name) => {
      expect(attributeNameProblem(name)).toEqual(expect.any(String));
    },
  );

  test('standard fields are reserved in lower case, which is how Braze knows them', () => {
    for (const name of ['email', 'first_name', 'time_zone', 'subscription_groups', 'braze_id']) {
      expect(RESERVED_NAMES.has(name)).toBe(true);
    }
    expect(RESERVED_NAMES.has('First_Name')).toBe(false);
    expect(RESERVED_NAMES.has('churn_risk')).toBe(false);
  });

  test('a standard field is written only where it is meant, never over the identifier', () => {
    const standing = (name: string, standardField?: true, identifier: Identifier = { kind: 'external_id' }) =>
      classifyName({ name, ...(standardField && { standardField }) }, identifier);
    expect(standing('churn_risk')).toBe('free');
    expect(standing('email')).toBe('standard-field');
    expect(standing('email', true)).toBe('free');
    expect(standing('Email', true)).toBe('no-standard-field');
    expect(standing('external_id', true)).toBe('no-standard-field');
    expect(standing('subscription_groups', true)).toBe('object-field');
    expect(standing('subscription_groups')).toBe('object-field');
    expect(standing('Subscription_Groups')).toBe('free');
    expect(standing('email', true, { kind: 'email' })).toBe('identifier');
    expect(standing('phone', true, { kind: 'email' })).toBe('free');
  });
});
