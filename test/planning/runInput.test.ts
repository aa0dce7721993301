import fc from 'fast-check';
import { InvalidInput, readRunInput } from '../../src/planning/runInput';
import { DEFAULT_REQUEST } from './defaultRequest';

test.each([
  [{ sync: 'churn' }, 'changes', {}],
  [{ sync: 'churn', mode: 'full', modelRun: 'latest' }, 'full', { modelRun: 'latest' }],
  [{ sync: 'churn', everything: false, resend: false }, 'changes', {}],
  [{ sync: 'churn', mode: 'backfill', everything: true, resend: true }, 'backfill', { resend: true }],
  [
    { sync: 'churn', mode: 'backfill', since: '2026-11-01', until: '2026-11-08' },
    'backfill',
    { since: '2026-11-01', until: '2026-11-08' },
  ],
  [
    { sync: 'churn', mode: 'backfill', until: '2026-11-08', attributes: ['risk'] },
    'backfill',
    { until: '2026-11-08', attributes: ['risk'] },
  ],
  [{ sync: 'churn', mode: 'backfill', selection: 'abc' }, 'backfill', { selection: 'abc' }],
  [{ sync: 'churn', mode: 'backfill', clear: 'risk' }, 'backfill', { clear: 'risk' }],
])('%j', (raw, mode, request) => {
  expect(readRunInput(raw)).toEqual({ sync: 'churn', mode, request: { ...DEFAULT_REQUEST, ...request } });
});

const churn = (more: object) => ({ sync: 'churn', ...more });
const backfill = (more: object) => churn({ mode: 'backfill', ...more });

test.each([
  ['nothing at all', null, 'the input must be one JSON object, as in {"sync": "churn"}'],
  ['a text', 'churn', 'the input must be one JSON object'],
  ['a list', [churn({})], 'the input must be one JSON object'],
  ['no sync', {}, 'sync must be the name of a sync'],
  ['an empty sync', { sync: '' }, 'sync must be the name of a sync'],
  ['a sync that is no text', { sync: 7 }, 'sync must be the name of a sync'],
  ['a field that we know otherwise', churn({ customer: ['00042'] }), 'unknown field customer. Fields: sync, mode,'],
  ['a field in another spelling', churn({ Mode: 'full' }), 'unknown field Mode. Did you mean mode?'],
  ['a misspelled field', backfill({ everthing: true }), 'unknown field everthing. Did you mean everything?'],
  ['state that only the workflow passes on', churn({ carried: { run: 1, step: 'deliver' } }), 'unknown field carried'],
  ['the ledger, which is not built yet', churn({ ledger: 'x' }), 'unknown field ledger'],
  ['null', churn({ mode: null }), 'mode must be one of changes, full, backfill'],
  ['null for a part', backfill({ since: null, everything: true }), 'since must be a time'],
  ['a misspelled mode', churn({ mode: 'bakfill' }), 'mode must be one of'],
  ['a misspelled model run', churn({ modelRun: 'last' }), 'modelRun must be one of next, latest'],
  ['a word for a boolean', backfill({ everything: true, resend: 'no' }), 'resend must be true or false'],
  ['a number for a boolean', backfill({ everything: 1 }), 'everything must be true or false'],
  ['a time that is a number', backfill({ since: 20261101 }), 'since must be a time'],
  ['one attribute as a text', backfill({ everything: true, attributes: 'risk' }), 'attributes must be a list of names'],
  ['no attribute', backfill({ everything: true, attributes: [] }), 'attributes must be a list of names'],
  [
    'an attribute that is no text',
    backfill({ everything: true, attributes: [7] }),
    'attributes must be a list of names',
  ],
  ['a window without backfill', churn({ since: '2026-11-01' }), 'need mode backfill'],
  ['an until without backfill', churn({ mode: 'full', until: '2026-11-01' }), 'need mode backfill'],
  ['resend without backfill', churn({ resend: true }), 'need mode backfill'],
  ['everything without backfill', churn({ everything: true }), 'need mode backfill'],
  ['a backfill without a part', backfill({}), 'exactly one of'],
  ['a backfill with resend only', backfill({ resend: true }), 'exactly one of'],
  ['a backfill with attributes only', backfill({ attributes: ['risk'] }), 'exactly one of'],
  ['everything: false is no part', backfill({ everything: false }), 'exactly one of'],
  ['two parts', backfill({ everything: true, selection: 'abc' }), 'exactly one of'],
  ['a window and a list', backfill({ since: '2026-11-01', selection: 'abc' }), 'exactly one of'],
  ['clear with attributes', backfill({ clear: 'risk', attributes: ['value'] }), 'excludes resend and attributes'],
  ['clear with resend', backfill({ clear: 'risk', resend: true }), 'excludes resend and attributes'],
])('%s is refused', (_, raw, sentence) => {
  expect(() => readRunInput(raw)).toThrow(InvalidInput);
  expect(() => readRunInput(raw)).toThrow(sentence);
});

test('a field from elsewhere is shown short and printable', () => {
  const message = (field: string) => {
    try {
      readRunInput(churn({ [field]: 1 }));
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(message('x'.repeat(5_000))).toContain(`unknown field ${'x'.repeat(63)}…. Fields:`);
  expect(message('\u001B[2Jclean<!here>')).toContain('unknown field ??2Jclean??here?. Fields:');
});

test('whatever the input is, it is read or refused, and a refusal never repeats a value', () => {
  const secret = 'qz4217-canary';
  const value = fc.oneof(
    fc.constant(secret),
    fc.array(fc.constant(secret)),
    fc.record({ [secret]: fc.constant(1) }),
    fc.jsonValue(),
  );
  const field = fc.constantFrom(
    'sync',
    'mode',
    'modelRun',
    'since',
    'selection',
    'everything',
    'resend',
    'attributes',
    'clear',
    'carried',
  );
  fc.assert(
    fc.property(fc.dictionary(field, value), (raw) => {
      try {
        readRunInput(raw);
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidInput);
        expect((error as Error).message).not.toContain(secret);
        expect((error as Error).message.length).toBeLessThan(300);
      }
    }),
  );
});
