import type { ResolvedAttribute } from '../attributes/compile';
import { diffCustomer, type CustomerDiff } from '../attributes/diff';
import { outgoingValue } from '../attributes/outgoing';
import { mappingFingerprint } from '../config/fingerprint';
import { comparePage } from '../extraction/comparePage';
import { comparisonOf } from '../extraction/comparison';
import { type LedgerView, ledgerViewer, EMPTY_LEDGER_VIEW } from '../extraction/ledgerView';
import { type StorePage, shapeOf } from '../extraction/pages';
import { customerState, type CustomerState } from '../ledger/customerState';
import type { Ledger } from '../ledger/open';
import { MAX_TRIES } from '../ledger/rejections';
import { suppressedSince } from '../ledger/suppressed';
import { findTarget } from '../ledger/workspaces';
import { planRun, type RunPlan } from '../planning/planRun';
import { zoneToleranceHours, type TenantRow, type TenantStore } from '../tenant/store';
import { isoTime } from '../types/isoTime';
import type { SyncSettings } from '../types/settings';
import { type AttributeValue, type ValueSet, ownValue } from '../types/values';

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
  /** Of that row, in the form of {@link isoTime}. */
  updatedAt: string | null;
  /** What a run computes from the newest row; null when the source table has no such customer. */
  computed: ValueSet | null;
  attributes: AttributeState[];
  nextRun: NextRun;
}

/** The id as the tenant's database prints it, which is how runs and the ledger know the customer: 42 for 00042 in a column of numbers. */
export async function idInStore(tenant: TenantStore, settings: SyncSettings, customer: string): Promise<string> {
  const types = Object.fromEntries(
    (await tenant.columns(settings.relation)).map(({ name, databaseType }) => [name, databaseType]),
  );
  const rows = await tenant.readCustomers({ ...shapeOf(settings, types), columns: [] }, [customer]);
  return rows.at(-1)?.customerId ?? customer;
}

/** What the ledger has to say of a customer; nothing, when no run has ever been. */
export interface CustomerInLedger extends CustomerState {
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
  return { ...(targetId === null ? NOTHING : await customerState(ledger, targetId, customer)), suppressed };
}

/** Reads one customer from the source table and treats them as a run would; writes nothing. */
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
  const compared = comparePage(comparison, page, view);
  return new CustomerVerdict({ customer, settings, plan, view, row, diff, compared }).report(
    rows.length,
    comparison.attributes,
  );
}

function targetIdOf(ledger: Ledger, { workspace, sync, identifier }: SyncSettings): Promise<number | null> {
  return findTarget(ledger, workspace.name, sync, identifier);
}

/** A page as a run reads customers by their ids. */
function pageOf(customer: string, rows: TenantRow[]): StorePage {
  const cursor = { phase: 'listed', updatedAt: null, customer: null } as const;
  return { cursor, next: cursor, rows, missing: rows.length === 0 ? [customer] : [], withoutId: 0 };
}

/** All that is known of one customer when a run would have compared them. */
interface ComparedCustomer {
  customer: string;
  settings: SyncSettings;
  plan: RunPlan;
  view: LedgerView;
  /** Absent: the source table has no row of the customer. */
  row: TenantRow | undefined;
  diff: CustomerDiff;
  compared: ReturnType<typeof comparePage>;
}

/** Says of one compared customer what a run would do, attribute by attribute and as a whole. */
class CustomerVerdict {
  readonly #known: ComparedCustomer;
  readonly #acknowledged: ValueSet;
  readonly #uncertain: ReadonlySet<string>;

  constructor(known: ComparedCustomer) {
    const { view, customer } = known;
    this.#known = known;
    this.#acknowledged = view.acknowledged.get(customer) ?? {};
    this.#uncertain = view.uncertain.get(customer) ?? new Set();
  }

  report(rows: number, mapped: readonly ResolvedAttribute[]): CustomerInStore {
    const { row } = this.#known;
    const attributes =
      row === undefined ? [] : mapped.map((one, index) => this.#attributeState(one, row.values[index] ?? null));
    const computed = attributes.flatMap((one) => (one.computed === undefined ? [] : [[one.name, one.computed]]));
    return {
      rows,
      updatedAt: isoTime(row?.updatedAt ?? null),
      computed: row === undefined ? null : (Object.fromEntries(computed) as ValueSet),
      attributes: [...attributes, ...this.#unmapped()],
      nextRun: this.#nextRun(),
    };
  }

  #attributeState(attribute: ResolvedAttribute, text: string | null): AttributeState {
    const { name } = attribute;
    const acknowledged = this.#acknowledgedOf(name);
    const about = { name, ...(acknowledged !== undefined && { acknowledged }) };
    const refusal = this.#known.diff.refused.find((one) => one.attribute === name);
    if (refusal !== undefined)
      return { ...about, verdict: 'rejected', because: `${refusal.reason}: ${refusal.message}` };
    const outgoing = outgoingValue(attribute, text, acknowledged, this.#uncertain.has(name));
    // Refusals are reported above.
    const computed = 'value' in outgoing ? outgoing.value : null;
    return { ...about, computed, verdict: this.#outcome(attribute, text, computed) };
  }

  #acknowledgedOf(name: string): AttributeValue | undefined {
    return ownValue(this.#acknowledged, name);
  }

  #outcome(attribute: ResolvedAttribute, text: string | null, computed: AttributeValue): AttributeOutcome {
    const { name, kind } = attribute;
    if (Object.hasOwn(this.#known.diff.changes, name)) return computed === null ? 'would-be-removed' : 'would-be-sent';
    if (this.#uncertain.has(name) || computed !== (this.#acknowledgedOf(name) ?? null)) return 'only-with-others';
    if (computed === null) return 'no-value';
    const fresh = outgoingValue(attribute, text, undefined, false);
    if ('value' in fresh && fresh.value === computed) return 'same';
    return kind === 'bands' ? 'kept-by-hysteresis' : 'kept-by-min-change';
  }

  /** Attributes on the profile that have left the mapping: no run sends or removes them. */
  #unmapped(): AttributeState[] {
    const mapped = new Set(this.#known.settings.attributes.map(({ name }) => name));
    return Object.entries(this.#acknowledged)
      .filter(([name, value]) => !mapped.has(name) && value !== null)
      .map(([name, value]) => ({ name, acknowledged: value, verdict: 'not-mapped' }));
  }

  #nextRun(): NextRun {
    const { view, customer, row, compared, diff } = this.#known;
    if (view.suppressed.has(customer)) return 'suppressed';
    if (row === undefined) return 'not-in-store';
    if (compared.rows.length > 0) return this.#isCandidate(row) ? 'sends' : 'outside-window';
    if (Object.keys(diff.changes).length === 0) return 'nothing';
    return compared.unchanged.length > 0 ? 'refused-often-enough' : 'cannot-be-sent';
  }

  /** Whether the next `changes` run reads the customer at all. */
  #isCandidate({ updatedAt }: TenantRow): boolean {
    const { view, customer, plan, settings } = this.#known;
    if (view.uncertain.has(customer)) return true;
    const open = view.openRejections.get(customer) ?? [];
    if (open.some(({ tries, valueHash }) => tries < MAX_TRIES && valueHash !== 'duplicate-id')) return true;
    if (updatedAt === null) return false;
    const at = instant(updatedAt);
    const { earlier, later } = zoneToleranceHours(plan.types[settings.updatedAt]!);
    if (at > instant(plan.windowTo) + later * HOUR_MS) return false;
    return plan.windowFrom === null || at >= instant(plan.windowFrom) - earlier * HOUR_MS;
  }
}

const HOUR_MS = 3_600_000;

/** Databases write `2026-11-25 08:00:00.123456+00`; without a zone it is UTC, the session's. */
function instant(text: string): number {
  const iso = text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00');
  return Date.parse(/T.*(Z|[+-]\d\d:\d\d)$/.test(iso) || !iso.includes('T') ? iso : `${iso}Z`);
}
