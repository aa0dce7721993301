import type { ResolvedAttribute } from '../attributes/compile';
import { diffCustomer, type CustomerDiff } from '../attributes/diff';
import { outgoingValue } from '../attributes/outgoing';
import { mappingFingerprint } from '../config/fingerprint';
import { comparePage } from '../extraction/comparePage';
import { comparisonOf } from '../extraction/comparison';
import { type LedgerView, ledgerViewer, EMPTY_LEDGER_VIEW } from '../extraction/ledgerView';
import { type StorePage, shapeOf } from '../extraction/pages';
import { customerStanding, type CustomerStanding } from '../ledger/customerStanding';
import type { Ledger } from '../ledger/open';
import { MAX_TRIES } from '../ledger/rejections';
import { suppressedSince } from '../ledger/suppressed';
import { findTarget } from '../ledger/workspaces';
import { planRun, type RunPlan } from '../planning/planRun';
import { slackHours, type TenantRow, type TenantStore } from '../tenant/store';
import type { SyncSettings } from '../types/settings';
import type { AttributeValue, ValueSet } from '../types/values';

/** What a run would do with one attribute of a customer. */
export type AttributeOutcome =
  | 'same'
  | 'no-value'
  | 'would-be-sent'
  | 'would-be-removed'
  | 'kept-by-hysteresis'
  | 'kept-by-min-change'
  | 'rejected'
  | 'only-with-others'
  | 'not-mapped';

export interface AttributeState {
  name: string;
  /** Absent where the value cannot be sent, or the attribute is no longer mapped. */
  computed?: AttributeValue;
  /** Absent: never anything. */
  acknowledged?: AttributeValue;
  verdict: AttributeOutcome;
  /** Why it is rejected. */
  because?: string;
}

/** What the next scheduled run would do with the customer as a whole. */
export type NextRun =
  'sends' | 'nothing' | 'outside-window' | 'refused-often-enough' | 'cannot-be-sent' | 'not-in-store' | 'suppressed';

export interface CustomerInStore {
  /** Rows with this id; the newest is compared. */
  rows: number;
  updatedAt: string | null;
  /** What a run works out of the newest row; null when the store has no such customer. */
  computed: ValueSet | null;
  attributes: AttributeState[];
  nextRun: NextRun;
}

/** The id as the store prints it, which is how runs and the ledger know the customer: 42 for 00042 in a column of numbers. */
export async function idInStore(tenant: TenantStore, settings: SyncSettings, customer: string): Promise<string> {
  const types = Object.fromEntries(
    (await tenant.columns(settings.relation)).map(({ name, databaseType }) => [name, databaseType]),
  );
  const rows = await tenant.readCustomers({ ...shapeOf(settings, types), columns: [] }, [customer]);
  return rows.at(-1)?.customerId ?? customer;
}

/** What the ledger has to say of a customer; nothing, when no run has ever been. */
export interface CustomerInLedger extends CustomerStanding {
  suppressed: string | null;
}

const NOTHING: CustomerInLedger = { acknowledged: null, outbox: [], uncertain: [], rejections: [], suppressed: null };

export async function customerInLedger(
  ledger: Ledger | null,
  settings: SyncSettings,
  customer: string,
): Promise<CustomerInLedger> {
  if (ledger === null) return NOTHING;
  const targetId = await targetIdOf(ledger, settings);
  const suppressed = await suppressedSince(ledger, customer);
  return { ...(targetId === null ? NOTHING : await customerStanding(ledger, targetId, customer)), suppressed };
}

/** Reads one customer from the store and treats them as a run would; writes nothing. */
export async function customerInStore(
  tenant: TenantStore,
  ledger: Ledger | null,
  settings: SyncSettings,
  customer: string,
): Promise<CustomerInStore> {
  const targetId = ledger === null ? null : await targetIdOf(ledger, settings);
  const request = { modelRun: 'latest', since: null, until: null, selection: null, resend: false } as const;
  const plan = await planRun({ ledger, fingerprint: mappingFingerprint }, tenant, {
    settings,
    mode: 'changes',
    request,
    targetId,
  });
  const rows = await tenant.readCustomers(shapeOf(settings, plan.types), [customer]);
  const page = pageOf(customer, rows);
  const view = ledger === null ? EMPTY_LEDGER_VIEW : await (await ledgerViewer(ledger, targetId ?? 0))(page);
  const row = rows.at(-1);
  const comparison = comparisonOf({
    mode: 'changes',
    request,
    wholeStore: plan.wholeStore,
    settings,
    types: plan.types,
  });
  const diff = diffCustomer({
    attributes: comparison.attributes,
    row: row?.values ?? [],
    acknowledged: view.acknowledged.get(customer),
    uncertain: view.uncertain.get(customer),
    resend: false,
  });
  const attributes =
    row === undefined
      ? []
      : comparison.attributes.map((one, index) => attributeState(one, row.values[index] ?? null, customer, view, diff));
  return {
    rows: rows.length,
    updatedAt: row?.updatedAt ?? null,
    computed:
      row === undefined
        ? null
        : Object.fromEntries(
            attributes.flatMap(({ name, computed }) => (computed === undefined ? [] : [[name, computed]])),
          ),
    attributes: [...attributes, ...unmapped(settings, view.acknowledged.get(customer))],
    nextRun: nextRun(settings, customer, row, view, plan, diff, comparePage(comparison, page, view)),
  };
}

function targetIdOf(ledger: Ledger, { workspace, sync, identifier }: SyncSettings): Promise<number | null> {
  return findTarget(ledger, workspace.name, sync, identifier);
}

/** A page as a run reads customers by their ids. */
function pageOf(customer: string, rows: TenantRow[]): StorePage {
  const cursor = { phase: 'listed', updatedAt: null, customer: null } as const;
  return { cursor, next: cursor, rows, missing: rows.length === 0 ? [customer] : [], withoutId: 0 };
}

function attributeState(
  attribute: ResolvedAttribute,
  text: string | null,
  customer: string,
  view: LedgerView,
  { changes, refused }: CustomerDiff,
): AttributeState {
  const { name } = attribute;
  const before = view.acknowledged.get(customer);
  const acknowledged = before !== undefined && Object.hasOwn(before, name) ? before[name] : undefined;
  const isUncertain = view.uncertain.get(customer)?.has(name) ?? false;
  const about = { name, ...(acknowledged !== undefined && { acknowledged }) };
  const refusal = refused.find((one) => one.attribute === name);
  if (refusal !== undefined) return { ...about, verdict: 'rejected', because: `${refusal.reason}: ${refusal.message}` };
  const outgoing = outgoingValue(attribute, text, acknowledged, isUncertain);
  // Refusals are told above.
  const computed = 'value' in outgoing ? outgoing.value : null;
  return { ...about, computed, verdict: outcomeOf(attribute, text, computed, acknowledged, isUncertain, changes) };
}

function outcomeOf(
  attribute: ResolvedAttribute,
  text: string | null,
  computed: AttributeValue,
  acknowledged: AttributeValue | undefined,
  isUncertain: boolean,
  changes: ValueSet,
): AttributeOutcome {
  if (Object.hasOwn(changes, attribute.name)) return computed === null ? 'would-be-removed' : 'would-be-sent';
  if (isUncertain || computed !== (acknowledged ?? null)) return 'only-with-others';
  if (computed === null) return 'no-value';
  const fresh = outgoingValue(attribute, text, undefined, false);
  if ('value' in fresh && fresh.value === computed) return 'same';
  return attribute.kind === 'bands' ? 'kept-by-hysteresis' : 'kept-by-min-change';
}

/** What stands on the profile of attributes that have left the mapping: nobody sends or removes it. */
function unmapped(settings: SyncSettings, acknowledged: ValueSet | undefined): AttributeState[] {
  const mapped = new Set(settings.attributes.map(({ name }) => name));
  return Object.entries(acknowledged ?? {})
    .filter(([name, value]) => !mapped.has(name) && value !== null)
    .map(([name, value]) => ({ name, acknowledged: value, verdict: 'not-mapped' }));
}

function nextRun(
  settings: SyncSettings,
  customer: string,
  row: TenantRow | undefined,
  view: LedgerView,
  plan: RunPlan,
  { changes }: CustomerDiff,
  compared: ReturnType<typeof comparePage>,
): NextRun {
  if (view.suppressed.has(customer)) return 'suppressed';
  if (row === undefined) return 'not-in-store';
  if (compared.rows.length > 0) return isCandidate(customer, row, view, plan, settings) ? 'sends' : 'outside-window';
  if (Object.keys(changes).length === 0) return 'nothing';
  return compared.unchanged.length > 0 ? 'refused-often-enough' : 'cannot-be-sent';
}

const HOUR_MS = 3_600_000;

/** Whether the next `changes` run reads the customer at all. */
function isCandidate(
  customer: string,
  { updatedAt }: TenantRow,
  view: LedgerView,
  { windowFrom, windowTo, types }: RunPlan,
  { updatedAt: column }: SyncSettings,
): boolean {
  const open = view.openRejections.get(customer) ?? [];
  if (view.uncertain.has(customer)) return true;
  if (open.some(({ tries, valueHash }) => tries < MAX_TRIES && valueHash !== 'duplicate-id')) return true;
  if (updatedAt === null) return false;
  const at = instant(updatedAt);
  const { earlier, later } = slackHours(types[column]!);
  if (at > instant(windowTo) + later * HOUR_MS) return false;
  return windowFrom === null || at >= instant(windowFrom) - earlier * HOUR_MS;
}

/** Databases write `2026-11-25 08:00:00.123456+00`; without a zone it is UTC, the session's. */
function instant(text: string): number {
  const iso = text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00');
  return Date.parse(/T.*(Z|[+-]\d\d:\d\d)$/.test(iso) || !iso.includes('T') ? iso : `${iso}Z`);
}
