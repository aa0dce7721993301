import fc from 'fast-check';
import { compileAttributes } from '../../src/attributes/compile';
import { type DiffInput, clearingValues, diffCustomer } from '../../src/attributes/diff';
import type { AttributeRule } from '../../src/types/settings';
import type { ValueSet } from '../../src/types/values';
import { RISK_BANDS, rule } from './rules';

/** The mapping of contract/peak-braze.yaml. */
const RULES: AttributeRule[] = [
  rule({ name: 'churn_probability', column: 'churn_probability', type: 'number', decimals: 2 }),
  rule({ name: 'churn_risk', column: 'churn_probability', bands: RISK_BANDS, hysteresis: '0.03' }),
  rule({ name: 'predicted_value', column: 'predicted_value', type: 'number', decimals: 0 }),
  rule({ name: 'next_best_product', column: 'next_best_product', type: 'string' }),
  rule({ name: 'churn_scored_at', column: 'scored_at', type: 'date', onlyWithOthers: true }),
];
const COLUMN_TYPES = {
  churn_probability: 'number',
  predicted_value: 'number',
  next_best_product: 'string',
  scored_at: 'date',
} as const;
const attributes = compileAttributes(RULES, COLUMN_TYPES);

function row(churn: string | null, value: string | null, product: string | null, scoredAt: string | null) {
  return [churn, churn, value, product, scoredAt];
}

function diff(input: Partial<DiffInput> & Pick<DiffInput, 'row'>) {
  return diffCustomer({ attributes, acknowledged: undefined, uncertain: undefined, resend: false, ...input });
}

const first = row('0.4712', '120.49', 'album', '2026-11-01 05:00:00+00');
const acknowledged: ValueSet = {
  churn_probability: 0.47,
  churn_risk: 'low',
  predicted_value: 120,
  next_best_product: 'album',
  churn_scored_at: '2026-11-01T05:00:00.000Z',
};

describe('diffCustomer', () => {
  test('a customer never sent gets every value, in the order of the rules', () => {
    const result = diff({ row: first });
    expect(result).toEqual({ changes: acknowledged, newValues: acknowledged, refused: [], cleared: 0 });
    expect(Object.keys(result.changes)).toEqual(RULES.map(({ name }) => name));
  });

  test('what differs less than rounding and hysteresis is not sent, nor is a new timestamp alone', () => {
    const result = diff({ row: row('0.4651', '119.50', 'album', '2026-11-08 05:00:00+00'), acknowledged });
    expect(result).toEqual({ changes: {}, newValues: acknowledged, refused: [], cleared: 0 });
  });

  test('one changed attribute is sent alone, with the timestamp that travels with others', () => {
    const result = diff({ row: row('0.4712', '121.5', 'album', '2026-11-08 05:00:00+00'), acknowledged });
    expect(result.changes).toEqual({ predicted_value: 122, churn_scored_at: '2026-11-08T05:00:00.000Z' });
    expect(result.newValues).toEqual({ ...acknowledged, ...result.changes });
  });

  test('an unchanged timestamp does not travel', () => {
    const result = diff({ row: row('0.4712', '121.5', 'album', '2026-11-01 05:00:00+00'), acknowledged });
    expect(result.changes).toEqual({ predicted_value: 122 });
  });

  test('a missing value is sent only where one was acknowledged before', () => {
    const nothing = row(null, null, null, null);
    expect(diff({ row: nothing })).toMatchObject({ changes: {}, newValues: {}, cleared: 0 });
    const cleared = diff({ row: row('0.4712', null, 'album', '2026-11-01 05:00:00+00'), acknowledged });
    expect(cleared).toMatchObject({ changes: { predicted_value: null }, cleared: 1 });
    expect(diff({ row: row('0.4712', null, 'album', null), acknowledged: cleared.newValues }).changes).toEqual({});
    expect(diff({ row: nothing, uncertain: new Set(['churn_risk']) }).changes).toEqual({ churn_risk: null });
  });

  test('an uncertain attribute is sent again although nothing differs, and its band is judged afresh', () => {
    const uncertain = new Set(['churn_risk']);
    const result = diff({ row: row('0.51', '120', 'album', null), acknowledged, uncertain });
    expect(result.changes).toEqual({ churn_probability: 0.51, churn_risk: 'medium', churn_scored_at: null });
    expect(diff({ row: first, acknowledged, uncertain }).changes).toEqual({ churn_risk: 'low' });
  });

  test('a refused value costs that attribute only, and its acknowledged value stays', () => {
    const result = diff({ row: row('NaN', '99', 'album', 'soon'), acknowledged });
    expect(result.changes).toEqual({ predicted_value: 99 });
    expect(result.refused.map(({ attribute, reason }) => [attribute, reason])).toEqual([
      ['churn_probability', 'not-finite'],
      ['churn_risk', 'not-finite'],
      ['churn_scored_at', 'not-a-date'],
    ]);
    expect(result.newValues).toEqual({ ...acknowledged, predicted_value: 99 });
  });

  test('attributes no longer in the mapping are carried along', () => {
    const result = diff({ row: row('0.9', '99', null, null), acknowledged: { ...acknowledged, retired: 7 } });
    expect(result.newValues).toMatchObject({ retired: 7, next_best_product: null });
  });

  test('resend sends every value, and null only where one was acknowledged', () => {
    const result = diff({ row: row('0.4712', '120.49', null, null), acknowledged, resend: true });
    expect(result.changes).toEqual({
      churn_probability: 0.47,
      churn_risk: 'low',
      predicted_value: 120,
      next_best_product: null,
      churn_scored_at: null,
    });
    expect(diff({ row: row('0.4712', null, null, null), resend: true }).changes).toEqual({
      churn_probability: 0.47,
      churn_risk: 'low',
    });
  });

  test('an attribute may have the name of an object’s method', () => {
    const odd = compileAttributes([rule({ name: 'constructor', type: 'string' })], { score: 'string' });
    expect(diff({ attributes: odd, row: [null], acknowledged: {} }).changes).toEqual({});
    expect(diff({ attributes: odd, row: ['x'], acknowledged: {} }).changes).toEqual({ constructor: 'x' });
  });
});

describe('for any content of the source table', () => {
  const decimal = fc
    .tuple(fc.integer({ min: -200, max: 1400 }), fc.integer({ min: 0, max: 999 }))
    .map(([units, rest]) => `${(units / 1000).toFixed(3)}${rest}`);
  const number = fc.option(fc.oneof(decimal, fc.constantFrom('NaN', 'Infinity', '1e-07', 'abc', '1e99')));
  const product = fc.option(fc.string({ maxLength: 300 }));
  const scoredAt = fc.option(fc.constantFrom('2026-11-01', '2026-11-08 05:00:00.5+00', 'infinity'));
  const anyRow = fc.tuple(number, number, product, scoredAt).map((columns) => row(...columns));

  test('a second diff against the new values is empty', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 5 }), (rows) => {
        let known: ValueSet | undefined;
        for (const one of rows) {
          known = diff({ row: one, acknowledged: known }).newValues;
          expect(diff({ row: one, acknowledged: known })).toMatchObject({ changes: {}, newValues: known, cleared: 0 });
        }
      }),
    );
  });

  test('applying every change in turn leaves a profile equal to the acknowledged values', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 5 }), (rows) => {
        const profile: ValueSet = {};
        let known: ValueSet | undefined;
        for (const one of rows) {
          const { changes, newValues } = diff({ row: one, acknowledged: known });
          for (const [name, value] of Object.entries(changes)) {
            if (value === null) delete profile[name];
            else profile[name] = value;
          }
          known = newValues;
        }
        const held = Object.entries(known ?? {}).filter(([, value]) => value !== null);
        expect(profile).toEqual(Object.fromEntries(held));
      }),
    );
  });

  test('a removed customer is cleared of exactly what Braze has or may have', () => {
    fc.assert(
      fc.property(anyRow, (one) => {
        const { newValues } = diff({ row: one });
        const changes = clearingValues(newValues, new Set(['retired']));
        const known = Object.keys(newValues).filter((name) => newValues[name] !== null);
        expect(Object.keys(changes).sort()).toEqual([...known, 'retired'].sort());
        expect(Object.values(changes).every((value) => value === null)).toBe(true);
      }),
    );
  });
});

test('a mapping that went through JSON compiles to the same rules', () => {
  const again = compileAttributes(JSON.parse(JSON.stringify(RULES)), JSON.parse(JSON.stringify(COLUMN_TYPES)));
  expect(diff({ attributes: again, row: first, acknowledged: { ...acknowledged, churn_risk: 'high' } })).toEqual(
    diff({ row: first, acknowledged: { ...acknowledged, churn_risk: 'high' } }),
  );
});
