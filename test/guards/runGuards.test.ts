import { baselineOfRuns } from '../../src/guards/baseline';
import { allFigures, judgeGuards } from '../../src/guards/judge';
import { attribute, quiet } from './figures';

describe('minRowShare', () => {
  test('trips below its limit, not at it', () => {
    const half = { ...quiet, candidates: 500, modelRunRows: 1_000 };
    expect(judgeGuards({ minRowShare: 0.5 }, half, [])).toBeNull();
    expect(judgeGuards({ minRowShare: 0.9 }, half, [])).toEqual({
      guard: 'minRowShare',
      figure: 0.5,
      limit: 0.9,
      sentence: '50.0 % of the rows stated by the model run were found, at least 90 % expected',
    });
    expect(allFigures({ minRowShare: 0.9 }, half).find(({ guard }) => guard === 'minRowShare')).toMatchObject({
      ok: false,
      text: 'rows 50.0 % (at least 90 %)',
    });
  });

  test('is off where the model run states nothing, or fewer than 100 rows', () => {
    expect(judgeGuards({ minRowShare: 1 }, { ...quiet, candidates: 0, modelRunRows: null }, [])).toBeNull();
    expect(judgeGuards({ minRowShare: 1 }, { ...quiet, candidates: 0, modelRunRows: 99 }, [])).toBeNull();
    expect(judgeGuards({ minRowShare: 1 }, { ...quiet, candidates: 0, modelRunRows: 100 }, [])).not.toBeNull();
  });
});

test('maxProfiles counts who is sent for the first time, first run included', () => {
  const first = { ...quiet, knownCustomers: 0, changedKnown: 0, newCustomers: 1_325 };
  expect(judgeGuards({ maxProfiles: 1_325 }, first, [])).toBeNull();
  expect(judgeGuards({ maxProfiles: 1_000 }, first, [])?.sentence).toBe(
    '1,325 customers would be sent for the first time, limit 1,000',
  );
});

describe('what is usual', () => {
  const week = (changedKnown: number, missing = 0) => ({
    ...quiet,
    changedKnown,
    changed: changedKnown,
    compared: 1_000,
    knownCustomers: 1_000,
    attributes: [attribute('p', missing)],
  });

  test('is the median, so that one run that went wrong is not', () => {
    const usual = baselineOfRuns([week(56, 10), week(1_000, 990), week(50, 20)]);
    expect(usual.get('maxChangedShare')).toBe(0.056);
    expect(usual.get('maxNullShare p')).toBe(0.02);
    expect(baselineOfRuns([week(50), week(60)]).get('maxChangedShare')).toBeCloseTo(0.055);
  });

  test('stands in the sentence and beside each limit', () => {
    const usual = baselineOfRuns([week(56)]);
    const limits = { maxChangedShare: 0.2, maxCustomers: 100 };
    expect(judgeGuards(limits, week(310), [], usual)?.sentence).toBe(
      '31.0 % of customers would change, limit 20 %, usual 5.6 %',
    );
    expect(allFigures(limits, week(310), usual).map(({ text }) => text)).toEqual(
      expect.arrayContaining(['changed 31.0 % (limit 20 %, usual 5.6 %)', 'customers 310 (limit 100, usual 56)']),
    );
  });

  test('runs in which a guard was off say nothing', () => {
    const first = { ...week(0), knownCustomers: 0 };
    expect(baselineOfRuns([first]).has('maxChangedShare')).toBe(false);
    expect(baselineOfRuns([first, week(56)]).get('maxChangedShare')).toBe(0.056);
    expect(allFigures({}, week(56), baselineOfRuns([]))[0]).toMatchObject({
      usual: null,
      text: 'changed 5.6 % (no limit)',
    });
  });
});
