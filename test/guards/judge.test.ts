import fc from 'fast-check';
import { allFigures, judgeDelivery, judgeGuards } from '../../src/guards/judge';
import { quiet } from './figures';

describe('judgeGuards', () => {
  test.each([
    [{ maxChangedShare: 0.2 }, { changedKnown: 7_307 }, '31.0 % of customers would change, limit 20 %'],
    [{ maxClearedShare: 0.05 }, { clearedKnown: 11_785 }, '50.0 % of customers would lose a value, limit 5 %'],
    [{ maxRejectedShare: 0.05 }, { newRejections: 1_325 }, '50.0 % of the changes cannot be sent, limit 5 %'],
    [{ maxCustomers: 1_000 }, {}, '1,325 customers would be sent, limit 1,000'],
    [{ maxValues: 2_000 }, {}, '2,710 values would be sent, limit 2,000'],
  ])('%p holds with its sentence', (limits, figures, sentence) => {
    expect(judgeGuards(limits, { ...quiet, ...figures }, [])).toMatchObject({
      guard: Object.keys(limits)[0],
      limit: Object.values(limits)[0],
      sentence,
    });
  });

  test('a figure at its limit passes, one above it holds', () => {
    expect(judgeGuards({ maxCustomers: 1_325 }, quiet, [])).toBeNull();
    expect(judgeGuards({ maxCustomers: 1_324 }, quiet, [])).not.toBeNull();
    expect(judgeGuards({ maxChangedShare: 0.5 }, { ...quiet, knownCustomers: 2_650 }, [])).toBeNull();
  });

  test('a guard without a limit is off', () => {
    expect(judgeGuards({}, { ...quiet, changedKnown: 23_570, newRejections: 1e6 }, [])).toBeNull();
  });

  test('shares are off below 100 in their denominator, so a first run passes', () => {
    const first = { ...quiet, knownCustomers: 0, changedKnown: 0, changed: 50, newRejections: 49 };
    const limits = { maxChangedShare: 0, maxClearedShare: 0, maxRejectedShare: 0 };
    expect(judgeGuards(limits, first, [])).toBeNull();
    expect(judgeGuards(limits, { ...first, newRejections: 50 }, [])).toMatchObject({ guard: 'maxRejectedShare' });
    expect(judgeGuards(limits, { ...first, knownCustomers: 99, changedKnown: 99 }, [])).toBeNull();
    expect(judgeGuards(limits, { ...first, knownCustomers: 100, changedKnown: 1 }, [])).toMatchObject({
      guard: 'maxChangedShare',
    });
  });

  test('an approved guard is not judged again, the others are', () => {
    const limits = { maxChangedShare: 0.01, maxCustomers: 10 };
    expect(judgeGuards(limits, quiet, ['maxChangedShare'])).toMatchObject({ guard: 'maxCustomers' });
    expect(judgeGuards(limits, quiet, ['maxChangedShare', 'maxCustomers'])).toBeNull();
  });

  test('a figure never looks like the limit it exceeds', () => {
    const trip = judgeGuards({ maxChangedShare: 0.07 }, { ...quiet, knownCustomers: 100_000, changedKnown: 7_004 }, []);
    expect(trip?.sentence).toBe('7.004 % of customers would change, limit 7 %');
  });
});

test('after a chunk the share of what Braze refused is judged', () => {
  const limits = { maxRejectedShare: 0.05 };
  expect(judgeDelivery(limits, { sentAccepted: 95, sentRejected: 5 }, [])).toBeNull();
  expect(judgeDelivery(limits, { sentAccepted: 10, sentRejected: 89 }, [])).toBeNull();
  expect(judgeDelivery(limits, { sentAccepted: 750, sentRejected: 250 }, [])).toEqual({
    guard: 'maxRejectedShare',
    figure: 0.25,
    limit: 0.05,
    sentence: 'Braze refused 25.0 % of the customers sent, limit 5 %',
  });
  expect(judgeDelivery(limits, { sentAccepted: 750, sentRejected: 250 }, ['maxRejectedShare'])).toBeNull();
});

describe('allFigures', () => {
  test('shows each figure beside its limit', () => {
    const limits = { maxChangedShare: 0.2, maxClearedShare: 0.05, maxRejectedShare: 0.05 };
    expect(allFigures(limits, quiet).map(({ text }) => text)).toEqual([
      'changed 5.6 % (limit 20 %)',
      'cleared 0.0 % (limit 5 %)',
      'rejected 0.2 % (limit 5 %)',
      'rows not judged (the model run states no row count; no limit)',
      'customers 1,325 (no limit)',
      'values 2,710 (no limit)',
      'first time 0 (no limit)',
    ]);
  });

  test('says where there are too few customers to judge', () => {
    expect(allFigures({ maxChangedShare: 0.2 }, { ...quiet, knownCustomers: 0 })[0]).toEqual({
      guard: 'maxChangedShare',
      attribute: null,
      figure: null,
      limit: 0.2,
      usual: null,
      ok: true,
      text: 'changed not judged (first run: nothing to compare with; limit 20 %)',
    });
    expect(allFigures({ maxChangedShare: 0.2 }, { ...quiet, knownCustomers: 99 })[0]?.text).toBe(
      'changed not judged (below 100 customers; limit 20 %)',
    );
    expect(allFigures({}, { ...quiet, knownCustomers: 0, changed: 98, newRejections: 1 })[2]?.text).toBe(
      'rejected not judged (below 100 customers; no limit)',
    );
    expect(allFigures({ minRowShare: 0.9 }, { ...quiet, modelRunRows: 99 })[3]?.text).toBe(
      'rows not judged (below 100 rows; at least 90 %)',
    );
  });

  test('agrees with the judgement, whatever the figures', () => {
    const count = fc.integer({ min: 0, max: 1000 });
    const figures = fc.record({
      knownCustomers: count,
      changedKnown: count,
      clearedKnown: count,
      changed: count,
      newRejections: count,
      newCustomers: count,
      values: count,
      candidates: count,
      modelRunRows: fc.option(count),
      compared: count,
      attributes: fc.array(
        fc.record({ name: fc.constantFrom('a', 'b'), missing: count, outOfRange: fc.option(count) }),
        { maxLength: 2 },
      ),
    });
    const limits = {
      maxChangedShare: 0.3,
      maxClearedShare: 0.1,
      maxRejectedShare: 0.5,
      maxNullShare: { a: 0.6 },
      maxOutOfRangeShare: 0.4,
      minRowShare: 0.1,
      maxProfiles: 900,
      maxCustomers: 500,
      maxValues: 700,
    };
    fc.assert(
      fc.property(figures, (one) => {
        const tripped = allFigures(limits, one).find(({ ok }) => !ok);
        expect(judgeGuards(limits, one, [])?.guard).toBe(tripped?.guard);
      }),
    );
  });
});
