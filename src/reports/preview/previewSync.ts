import { mappingFingerprint } from '../../config/fingerprint';
import { toRate } from '../../delivery/rate';
import { baselineOf } from '../../extraction/baseline';
import { compareForRefresh } from '../../extraction/compareForRefresh';
import { comparePage } from '../../extraction/comparePage';
import { type Observer, comparisonOf } from '../../extraction/comparison';
import { type LedgerView, ledgerViewer, EMPTY_LEDGER_VIEW } from '../../extraction/ledgerView';
import { readPages, type Reader, type ReadRecord, type StorePage, shapeOf } from '../../extraction/pages';
import { NO_BASELINE } from '../../guards/baseline';
import { allFigures, type GuardFigure } from '../../guards/judge';
import { countAcknowledged } from '../../ledger/acknowledged';
import type { Ledger } from '../../ledger/open';
import { lastModelRun } from '../../ledger/watermark';
import { findTarget } from '../../ledger/workspaces';
import { outgoingTypes } from '../../planning/columnTypes';
import { planRun, type RunPlan } from '../../planning/planRun';
import { dueRefreshBuckets } from '../../planning/refreshBuckets';
import { prefetch } from '../../prefetch';
import type { ModelRun, TenantStore } from '../../tenant/store';
import { isoTime } from '../../types/isoTime';
import type { Mode, RunRequest } from '../../types/run';
import type { AttributeRule, SyncSettings } from '../../types/settings';
import { type ValueDistribution, Distributions } from './distributions';
import { NewThisMonth } from './newThisMonth';
import { type Sample, Samples } from './samples';
import { ThresholdSimulation, type SendWhenColumn } from './thresholdSimulation';
import { PreviewTotals, type Figures } from './totals';

export interface Preview extends Omit<Figures, 'changes'> {
  sync: string;
  /** How many customers each attribute would be sent for, and what it looks like; in the order of the mapping. */
  attributes: AttributePreview[];
  /** Asked for with --samples. */
  samples?: Sample[];
  /** Asked for with --send-when. */
  sendWhen?: SendWhenColumn[];
  mode: Mode;
  /** Of a backfill: which part, in words. */
  part: string | null;
  /** Null: the sync waits for none, or none has completed. */
  modelRun: { id: string; completedAt: string; syncedBefore: boolean } | null;
  /** The window's bounds, and when the model run completed, are in the form of `isoTime`. */
  windowFrom: string | null;
  windowTo: string;
  /** Why everything is compared; null where a window is. */
  wholeStoreBecause: 'asked' | 'first-run' | 'mapping-changed' | null;
  /** The recorded run that window and mapping are measured against. */
  lastRun: number | null;
  guards: GuardFigure[];
  ratePerSecond: number;
  /** At that rate. */
  seconds: number;
  /** In both units, whichever the workspace is billed by; `newThisMonth` as {@link NewThisMonth} counts it. */
  cost: { billing: 'data-points' | 'mau'; dataPoints: number; customers: number; newThisMonth: number };
  /** Rows that this run would not see: without `updated_at`, and dated later than the tenant's clock. */
  unseen: { undated: number; later: number };
}

export interface AttributePreview extends ValueDistribution {
  change: number;
}

export interface PreviewQuestion {
  settings: SyncSettings;
  tenant: TenantStore;
  /** Null: no run has ever been. */
  ledger: Ledger | null;
  mode: Mode;
  /** Of a backfill. */
  part?: PreviewPart;
  /** How many customers who would be sent to show with their values; 0 unless --samples asks for them. */
  samples: number;
  sendWhen: boolean;
}

/** What looks at each customer on the way. */
interface PreviewCollectors {
  distributions: Distributions;
  samples: Samples;
  sendWhen: ThresholdSimulation | null;
  newThisMonth: NewThisMonth;
}

export interface PreviewPart {
  request: RunRequest;
  inWords: string;
  /** Where the request names a selection: nothing was stored, so it is asked here. */
  selected?: Reader['selected'];
}

const REQUEST = { modelRun: 'latest', since: null, until: null, selection: null, resend: false } as const;

/** Does what a run would do up to its first request, and writes nothing anywhere. */
export async function previewSync(question: PreviewQuestion): Promise<Preview> {
  const { settings, tenant, ledger: open, mode, part } = question;
  const request = part?.request ?? REQUEST;
  const { workspace, sync, identifier } = settings;
  const targetId = open === null ? null : await findTarget(open, workspace.name, sync, identifier);
  // A ledger that does not know this sync yet says as little as none.
  const ledger = targetId === null ? null : open;
  const plan = await planRun({ ledger, fingerprint: mappingFingerprint }, tenant, {
    settings,
    mode,
    request,
    targetId,
  });
  const taken = part === undefined ? await takenModelRun(settings, tenant, open) : null;
  const shape = shapeOf(settings, plan.types);
  // No run has the number 0: what is due for another try is due for this one.
  const record: ReadRecord = { ...plan, run: 0, mode, request, settings, targetId: targetId ?? 0 };
  const refresh = ledger === null ? null : await dueRefreshBuckets(ledger, record, Date.now());
  const readView = open === null ? emptyLedgerView : await ledgerViewer(open, record.targetId);
  const lookers = await collectorsFor(question, plan.types);
  const tally = await compareAll(
    { ledger, tenant, shape, record, refresh, selected: part?.selected },
    plan,
    readView,
    lookers,
  );
  const known = ledger === null || targetId === null ? 0 : await countAcknowledged(ledger, targetId);
  const { changes, ...figures } = tally.figures();
  const usual = ledger === null || targetId === null ? NO_BASELINE : await baselineOf(ledger, targetId);
  const modelRunRows = taken === null || taken.syncedBefore ? null : taken.rows;
  const { perSecond } = toRate(workspace.rateLimit);
  // A backfill sees the part that was asked for.
  const rows = part === undefined ? await tenant.countRows(shape, plan.windowTo) : { undated: 0, later: 0 };
  return {
    sync,
    mode,
    part: part?.inWords ?? null,
    modelRun:
      taken === null
        ? null
        : { id: taken.id, completedAt: isoTime(taken.completedAt), syncedBefore: taken.syncedBefore },
    windowFrom: isoTime(plan.windowFrom),
    windowTo: isoTime(plan.windowTo),
    wholeStoreBecause: wholeStoreBecause(plan, mode),
    lastRun: plan.last?.run ?? null,
    ...figures,
    attributes: lookers.distributions.summaries().map((one, index) => ({ ...one, change: changes[index]!.change })),
    ...(question.samples > 0 && { samples: lookers.samples.picked() }),
    ...(lookers.sendWhen !== null && { sendWhen: lookers.sendWhen.columns() }),
    guards: allFigures(settings.guards, tally.guardFigures(known, modelRunRows), usual),
    ratePerSecond: perSecond,
    seconds: figures.wouldSend.requests / perSecond,
    cost: {
      billing: workspace.billing,
      dataPoints: figures.wouldSend.values,
      customers: figures.wouldSend.customers,
      newThisMonth: await lookers.newThisMonth.count(),
    },
    unseen: { undated: mode === 'full' ? 0 : rows.undated, later: rows.later },
  };
}

async function collectorsFor(
  { settings, ledger, samples, sendWhen }: PreviewQuestion,
  types: Record<string, string>,
): Promise<PreviewCollectors> {
  return {
    distributions: new Distributions(settings.attributes, dateOnes(settings, types)),
    samples: new Samples(samples),
    sendWhen: sendWhen ? new ThresholdSimulation(settings, types) : null,
    newThisMonth: await NewThisMonth.in(ledger, settings),
  };
}

/** Which attributes go out as dates: they are texts by then. */
export function dateOnes(settings: SyncSettings, types: Record<string, string>): (rule: AttributeRule) => boolean {
  const outgoing = outgoingTypes(settings, types);
  return ({ name }) => outgoing[name] === 'date';
}

/** Sees the customers of every phase but `refresh`: those were seen with the window, or none of their values changes. */
function observerOf({ distributions, samples, sendWhen }: PreviewCollectors): Observer {
  return ({ customerId, row, acknowledged, diff }) => {
    if (row !== null) {
      distributions.add(diff.newValues, acknowledged);
      sendWhen?.add(row.values, acknowledged);
    }
    if (Object.keys(diff.changes).length > 0) samples.add(customerId, diff.changes, acknowledged);
  };
}

async function compareAll(
  reader: Reader,
  { types }: RunPlan,
  readView: (page: StorePage) => Promise<LedgerView>,
  lookers: PreviewCollectors,
): Promise<PreviewTotals> {
  const { record } = reader;
  const comparison = comparisonOf({ ...record, types });
  const tally = new PreviewTotals(record.settings);
  const seen = new SeenInWindow();
  const observe = observerOf(lookers);
  for await (const page of prefetch(readPages(reader))) {
    const view = await readView(page);
    const fresh = seen.without(page, view);
    const compared =
      page.cursor?.phase === 'refresh'
        ? compareForRefresh(comparison, fresh, view, 'skip')
        : comparePage(comparison, fresh, view, observe);
    tally.add(fresh, compared);
    await lookers.newThisMonth.add(compared.rows);
  }
  return tally;
}

async function emptyLedgerView(): Promise<LedgerView> {
  return EMPTY_LEDGER_VIEW;
}

/**
 * Customers due for another try that the window has read already. A run finds them in its outbox; a preview stages nothing
 * and would count them twice.
 */
class SeenInWindow {
  readonly #customers = new Set<string>();

  without(page: StorePage, { openRejections, uncertain }: LedgerView): StorePage {
    if (page.cursor?.phase === 'listed') {
      return { ...page, rows: page.rows.filter(({ customerId }) => !this.#customers.has(customerId!)) };
    }
    for (const { customerId } of page.rows) {
      if (customerId !== null && (openRejections.has(customerId) || uncertain.has(customerId))) {
        this.#customers.add(customerId);
      }
    }
    return page;
  }
}

function wholeStoreBecause({ wholeStore, last }: RunPlan, mode: Mode): Preview['wholeStoreBecause'] {
  if (!wholeStore) return null;
  if (mode !== 'changes') return 'asked';
  return last === null ? 'first-run' : 'mapping-changed';
}

/** The model run that `peak-braze run` would take: the latest. */
async function takenModelRun(
  { modelRun: rule, sync }: SyncSettings,
  tenant: TenantStore,
  ledger: Ledger | null,
): Promise<(ModelRun & { syncedBefore: boolean }) | null> {
  if (rule.kind !== 'table' && rule.kind !== 'query') return null;
  const latest = await tenant.latestModelRun(rule, null);
  if (latest === null) return null;
  const before = ledger === null ? null : await lastModelRun(ledger, sync);
  return { ...latest, syncedBefore: before?.id === latest.id };
}
