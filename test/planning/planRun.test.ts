import { HoldError } from '../../src/planning/holdError';
import { type PlanInput, planRun, type RunPlan } from '../../src/planning/planRun';
import { TenantProblem } from '../../src/tenant/problem';
import type { Column, TenantStore } from '../../src/tenant/store';
import type { AttributeRule, SyncSettings } from '../../src/types/settings';
import { rule } from '../attributes/rules';
import { fakeTenant } from './fakeTenant';
import { syncSettings } from './settings';

const CLOCK = '2026-11-27 15:00:00+00';
const COLUMNS: Record<string, string> = {
  customer_id: 'text',
  updated_at: 'timestamptz',
  score: 'numeric',
  product: 'text',
  details: 'jsonb',
};
const TYPES = { customer_id: 'text', updated_at: 'timestamptz', score: 'numeric' };
const SCORE = rule();
const PRODUCT = rule({ name: 'product', column: 'product' });
const ANY = { since: null, until: null, selection: null };

function tenantWith(columns: Record<string, string>): TenantStore {
  return fakeTenant({
    columns: async () => Object.entries(columns).map(([name, databaseType]): Column => ({ name, databaseType })),
    clock: async () => CLOCK,
  });
}

/** Says what it was asked about. */
function fingerprint({ attributes }: SyncSettings, types: Readonly<Record<string, string>>): string {
  return attributes.map(({ name }) => `${name}:${types[name]}`).join(' ');
}

function plan(about: Partial<PlanInput>, tenant = tenantWith(COLUMNS)): Promise<RunPlan> {
  const settings = syncSettings({ attributes: [SCORE] });
  const input: PlanInput = { settings, mode: 'changes', request: ANY, targetId: 1, ...about };
  return planRun({ ledger: null, fingerprint }, tenant, input);
}

test.each<[string, Partial<PlanInput>, Partial<RunPlan>]>([
  ['changes', {}, { wholeStore: true }],
  ['full', { mode: 'full' }, { wholeStore: true }],
  ['a backfill', { mode: 'backfill' }, { wholeStore: true }],
  [
    'a backfill of a window',
    { mode: 'backfill', request: { since: '2026-11-01', until: '2026-11-02', selection: null } },
    { wholeStore: false, windowFrom: '2026-11-01', windowTo: '2026-11-02' },
  ],
  ['a backfill of a list', { mode: 'backfill', request: { ...ANY, selection: 'some' } }, { wholeStore: false }],
])('without a ledger %s reads up to the clock of the tenant, and every customer is new', async (_, about, then) => {
  const defaults = { types: TYPES, fingerprint: 'score:number', windowFrom: null, windowTo: CLOCK, last: null };
  expect(await plan(about)).toEqual({ ...defaults, ...then });
});

test('a run that clears an attribute has neither columns nor a mapping', async () => {
  const clearing = fakeTenant({ clock: async () => CLOCK });
  const nothing = { types: {}, fingerprint: '', wholeStore: false, windowFrom: null, windowTo: CLOCK, last: null };
  expect(await plan({ mode: 'backfill', request: { ...ANY, clear: 'score' } }, clearing)).toEqual(nothing);
});

describe('the mapping of a run of some attributes', () => {
  const settings = syncSettings({ attributes: [SCORE] });

  test('is the whole mapping', async () => {
    const whole = syncSettings({ attributes: [SCORE, PRODUCT] });
    expect(await plan({ settings, whole })).toMatchObject({ types: TYPES, fingerprint: 'score:number product:string' });
  });

  test('is their own where the others have something wrong', async () => {
    const whole = syncSettings({ attributes: [SCORE, rule({ name: 'left', column: 'left' })] });
    expect(await plan({ settings, whole })).toMatchObject({ fingerprint: 'score:number' });
  });

  test('is not guessed when the tenant cannot be read', async () => {
    let asked = 0;
    const breaking = fakeTenant({
      async columns(relation) {
        asked += 1;
        if (asked > 1) throw new TenantProblem('unavailable', 'ECONNRESET', 'The tenant went away.');
        return tenantWith(COLUMNS).columns(relation);
      },
    });
    const whole = syncSettings({ attributes: [SCORE, PRODUCT] });
    await expect(plan({ settings, whole }, breaking)).rejects.toThrow('The tenant went away.');
  });
});

test.each<[string, Partial<SyncSettings>, AttributeRule[], 'tenant' | 'invalid-config', string]>([
  ['a missing column', {}, [rule({ column: 'left' })], 'tenant', 'has no column left'],
  ['a missing key column', { customerId: 'id' }, [SCORE], 'tenant', 'has no column id'],
  ['an updatedAt without a time', { updatedAt: 'product' }, [SCORE], 'tenant', 'Column product contains no time'],
  [
    'a column of a type that cannot be sent',
    {},
    [rule({ name: 'details', column: 'details' })],
    'tenant',
    'Attribute details: column details has a type',
  ],
  ['the name of a field of Braze', {}, [rule({ name: 'email' })], 'invalid-config', 'a standard field of Braze'],
  [
    'the name of a field that takes an object',
    {},
    [rule({ name: 'twitter', standardField: true })],
    'invalid-config',
    'takes an object',
  ],
  [
    'a standard field that is none',
    {},
    [rule({ standardField: true })],
    'invalid-config',
    'is not a standard field of Braze',
  ],
  [
    'the name of the identifier',
    { identifier: { kind: 'email' } },
    [rule({ name: 'email', standardField: true })],
    'invalid-config',
    'is the identifier',
  ],
  ['a control key', {}, [rule({ name: 'external_id' })], 'invalid-config', 'is a control key'],
])('%s holds the run', async (_, about, attributes, cause, because) => {
  const problem: unknown = await plan({ settings: syncSettings({ attributes, ...about }) }).catch((error) => error);
  expect(problem).toBeInstanceOf(HoldError);
  expect((problem as HoldError).reason).toEqual({ cause, because: expect.stringContaining(because) });
});
