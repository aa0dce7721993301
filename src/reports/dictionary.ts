import { mappingFingerprint } from '../config/fingerprint';
import { countAcknowledged } from '../ledger/acknowledged';
import { distributions, type Distribution, type SummaryKind } from '../ledger/distributions';
import type { Ledger } from '../ledger/open';
import { lastRecorded } from '../ledger/runs';
import { lastModelRun } from '../ledger/watermark';
import { findTarget } from '../ledger/workspaces';
import { outgoingTypes } from '../planning/columnTypes';
import { planRun } from '../planning/planRun';
import type { TenantStore } from '../tenant/store';
import { isoTime } from '../types/isoTime';
import type { AttributeRule, AttributeType, ScheduleRule, SyncSettings } from '../types/settings';

/** One attribute as marketers meet it. */
export interface DictionaryEntry extends Distribution {
  rule: AttributeRule;
  /** What Braze receives. */
  type: AttributeType;
  /** Customers Braze has accepted something of, without a value of this attribute. */
  withoutValue: number;
  /** Nearly everyone has a value of their own: the values are not listed, because they would identify customers. */
  personal: boolean;
}

/** What the attributes of a sync mean and hold. */
export interface Dictionary {
  settings: SyncSettings;
  /** Customers Braze has accepted something of. */
  customers: number;
  lastRun: { run: number; finishedAt: string; accepted: number } | null;
  /** `completedAt`: in the form of {@link isoTime}. */
  modelRun: { id: string; completedAt: string } | null;
  schedule: ScheduleRule | null;
  entries: DictionaryEntry[];
}

/** Reads the columns' types from the source table and what Braze has accepted from the ledger. */
export async function describeSync(
  settings: SyncSettings,
  tenant: TenantStore,
  ledger: Ledger | null,
): Promise<Dictionary> {
  const { workspace, sync, identifier, schedule } = settings;
  const targetId = ledger === null ? null : await findTarget(ledger, workspace.name, sync, identifier);
  const plan = await planRun({ ledger: null, fingerprint: mappingFingerprint }, tenant, {
    settings,
    mode: 'changes',
    request: { since: null, until: null, selection: null },
    targetId: null,
  });
  const types = outgoingTypes(settings, plan.types);
  const last = ledger === null ? null : await lastRecorded(ledger, sync);
  const sent = ledger === null || targetId === null ? null : { ledger, targetId };
  const modelRun = ledger === null ? null : await lastModelRun(ledger, sync);
  const customers = sent === null ? 0 : await countAcknowledged(sent.ledger, sent.targetId);
  const found =
    sent === null
      ? new Map<string, Distribution>()
      : await distributions(
          sent.ledger,
          sent.targetId,
          settings.attributes.map(({ name }) => ({ name, kind: kindOf(types[name]!) })),
        );
  return {
    settings,
    customers,
    lastRun: last === null ? null : { run: last.run, finishedAt: last.finishedAt!, accepted: last.accepted },
    modelRun: modelRun === null ? null : { ...modelRun, completedAt: isoTime(modelRun.completedAt) },
    schedule,
    entries: settings.attributes.map((rule) =>
      entryOf(rule, types[rule.name]!, found.get(rule.name) ?? nothingOf(rule.name), customers),
    ),
  };
}

function kindOf(type: AttributeType): SummaryKind {
  if (type === 'number') return 'range';
  return type === 'date' ? 'dates' : 'values';
}

function nothingOf(name: string): Distribution {
  return { name, withValue: 0, distinct: 0, top: [], range: null, dates: null };
}

/** Fewer different values than this are bands or products, however few customers there are. */
const FEW = 20;

function entryOf(rule: AttributeRule, type: AttributeType, found: Distribution, customers: number): DictionaryEntry {
  const personal = rule.bands === undefined && found.distinct > FEW && found.distinct * 2 > found.withValue;
  return {
    ...found,
    ...(personal && { top: [] }),
    rule,
    type,
    withoutValue: customers - found.withValue,
    personal,
  };
}

/** The date that shows how old a customer's values are; null where none does. */
export function freshnessAttribute({ entries }: Dictionary): DictionaryEntry | null {
  const dates = entries.filter(({ type }) => type === 'date');
  const named = dates.find(({ rule }) => /scor|calculat|updat|model|run_at/i.test(`${rule.name} ${rule.column}`));
  return named ?? dates.find(({ rule }) => rule.onlyWithOthers) ?? null;
}
