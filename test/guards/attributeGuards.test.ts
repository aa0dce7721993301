import { allFigures, judgeGuards } from '../../src/guards/judge';
import { attribute, quiet } from './figures';

const two = {
  ...quiet,
  compared: 1_000,
  attributes: [attribute('churn_probability', 400, 0), attribute('next_best_product', 100)],
};

describe('maxNullShare', () => {
  test('one limit for all attributes; at the limit it passes', () => {
    expect(judgeGuards({ maxNullShare: 0.4 }, two, [])).toBeNull();
    expect(judgeGuards({ maxNullShare: 0.39 }, two, [])).toEqual({
      guard: 'maxNullShare',
      figure: 0.4,
      limit: 0.39,
      sentence: '40.0 % of customers have no churn_probability, limit 39 %',
    });
  });

  test('by attribute: the others have none, and a name of every object is no attribute', () => {
    expect(judgeGuards({ maxNullShare: { next_best_product: 0.2 } }, two, [])).toBeNull();
    expect(judgeGuards({ maxNullShare: { next_best_product: 0.05 } }, two, [])).toMatchObject({ figure: 0.1 });
    const odd = { ...two, attributes: [attribute('constructor', 1_000)] };
    expect(judgeGuards({ maxNullShare: { next_best_product: 0.05 } }, odd, [])).toBeNull();
  });

  test('names every attribute that trips it: they are approved together', () => {
    expect(judgeGuards({ maxNullShare: 0.05 }, two, [])?.sentence).toBe(
      '40.0 % of customers have no churn_probability, limit 5 %; 10.0 % of customers have no next_best_product, limit 5 %',
    );
    expect(judgeGuards({ maxNullShare: 0.05 }, two, ['maxNullShare'])).toBeNull();
  });

  test('is off below 100 customers compared', () => {
    expect(judgeGuards({ maxNullShare: 0 }, { ...two, compared: 99 }, [])).toBeNull();
    expect(judgeGuards({ maxNullShare: 0 }, { ...two, compared: 100 }, [])).not.toBeNull();
  });

  test('a preview shows the figure of each attribute', () => {
    const shown = allFigures({ maxNullShare: 0.2 }, two).filter(({ guard }) => guard === 'maxNullShare');
    expect(shown.map(({ ok, text }) => [ok, text])).toEqual([
      [false, 'without churn_probability 40.0 % (limit 20 %)'],
      [true, 'without next_best_product 10.0 % (limit 20 %)'],
    ]);
  });
});

describe('maxOutOfRangeShare', () => {
  const figures = { ...quiet, compared: 1_000, attributes: [attribute('p', 800, 20), attribute('free', 0)] };

  test('is measured on the values there are, of attributes with a range', () => {
    expect(judgeGuards({ maxOutOfRangeShare: 0.1 }, figures, [])).toBeNull();
    expect(judgeGuards({ maxOutOfRangeShare: 0.09 }, figures, [])).toMatchObject({
      guard: 'maxOutOfRangeShare',
      figure: 0.1,
      sentence: '10.0 % of the values of p are outside its range, limit 9 %',
    });
    expect(allFigures({}, figures).filter(({ guard }) => guard === 'maxOutOfRangeShare')).toHaveLength(1);
  });

  test('is off below 100 values', () => {
    const few = { ...figures, attributes: [attribute('p', 901, 99)] };
    expect(judgeGuards({ maxOutOfRangeShare: 0 }, few, [])).toBeNull();
  });
});
