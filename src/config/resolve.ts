import { Big } from 'big.js';
import type { SecretOrigin } from '../types/secret';
import type {
  AttributeRule,
  GuardLimits,
  ModelRunRule,
  ScheduleRule,
  SyncSettings,
  WorkspaceSettings,
} from '../types/settings';
import type { Config } from './config';
import { DAY_MS, WEEK_MS } from './duration';
import type { Path } from './path';
import type { AttributeFile, ConfigFile, ModelRunFile, SyncFile } from './schema';
import { Secret } from './secret';

/** A held run ends before the next one of its schedule would be skipped. */
const HOLD_SHARE_OF_CADENCE = 0.85;
const HOLD_WITHOUT_SCHEDULE_MS = DAY_MS;

/** What is known about a scalar in addition to its value. */
interface ScalarSources {
  originOf(path: Path): SecretOrigin;
  /** @throws ConfigError for a missing variable that was allowed until now */
  requireRead(path: Path): void;
}

/**
 * The file as the rest of the program knows it: defaults that depend on other keys, units in names, secrets behind functions.
 */
export function resolveConfig(path: string, file: ConfigFile, sources: ScalarSources): Config {
  const workspaces = mapNamed(file.workspaces, (workspace, name) => resolveWorkspace(name, workspace, sources));
  const secret = (at: Path, value: string) => {
    sources.requireRead(at);
    return new Secret(value, sources.originOf(at));
  };
  const { url, retention } = file.ledger;
  const config: Config = {
    path,
    temporal: file.temporal,
    ledger: { retentionMs: retention },
    workspaces,
    sources: Object.keys(file.sources),
    syncs: mapNamed(file.syncs, (sync, name) => resolveSync(name, sync, workspaces, file)),
    ledgerUrl: () => (url === 'embedded' ? url : secret(['ledger', 'url'], url)),
    apiKey: (name) => secret(['workspaces', name, 'apiKey'], named(file.workspaces, name).apiKey),
    webhook(name) {
      const { notify } = named(file.syncs, name);
      return notify === undefined ? null : secret(['syncs', name, 'notify', 'webhook'], notify.webhook);
    },
    sourceUrl: (name) => secret(['sources', name, 'url'], named(file.sources, name).url),
  };
  return Object.freeze(config);
}

function resolveWorkspace(
  name: string,
  file: ConfigFile['workspaces'][string],
  sources: ScalarSources,
): WorkspaceSettings {
  const { restEndpoint, rateLimit, billing } = file;
  const workspace = { name, endpoint: restEndpoint, rateLimit: withoutUndefined(rateLimit), billing };
  const path = ['workspaces', name, 'restEndpoint'];
  try {
    sources.requireRead(path);
  } catch {
    // Not enumerable: copying or printing the workspace must not fail; reading the endpoint reports the missing variable.
    Object.defineProperty(workspace, 'endpoint', { enumerable: false, get: () => sources.requireRead(path) });
  }
  return workspace;
}

function resolveSync(
  name: string,
  file: SyncFile,
  workspaces: Record<string, WorkspaceSettings>,
  { sources }: ConfigFile,
): SyncSettings {
  const schedule = file.schedule === undefined ? null : resolveSchedule(file.schedule);
  return {
    sync: name,
    workspace: named(workspaces, file.workspace ?? Object.keys(workspaces)[0]!),
    source: file.source ?? Object.keys(sources)[0]!,
    relation: file.query === undefined ? { table: file.table! } : { query: file.query },
    customerId: file.customerId,
    updatedAt: file.updatedAt,
    overlapMs: file.overlap,
    identifier:
      typeof file.identifier === 'string' ? { kind: file.identifier } : { kind: 'alias', label: file.identifier.alias },
    updateExistingOnly: file.updateExistingOnly,
    ...(file.refreshAfter === null ? {} : { refreshAfterMs: file.refreshAfter }),
    attributes: Object.entries(file.attributes).map(([attribute, rule]) => resolveAttribute(attribute, rule)),
    departedCustomers: file.departedCustomers,
    modelRun: resolveModelRun(file.modelRun),
    schedule,
    holdForMs: file.holdFor ?? defaultHoldForMs(schedule),
    guards: resolveGuards(file),
    delivery: {
      chunkCustomers: file.delivery.chunkCustomers,
      lanes: file.delivery.lanes,
      settleMs: file.delivery.settle,
    },
  };
}

function resolveAttribute(name: string, file: AttributeFile): AttributeRule {
  if (typeof file === 'string') return { name, column: name, type: file, onlyWithOthers: false };
  const { column = name, bands, range, standardField, ...rest } = file;
  return withoutUndefined({
    name,
    column,
    ...rest,
    ...(bands && { bands: ascendingBands(bands) }),
    ...(range && { range: withoutUndefined(range) }),
    ...(standardField && { standardField }),
  });
}

function ascendingBands(bands: Record<string, string>): { name: string; lower: string }[] {
  return Object.entries(bands)
    .map(([name, lower]) => ({ name, lower }))
    .toSorted((a, b) => new Big(a.lower).cmp(b.lower));
}

function resolveModelRun(file: ModelRunFile): ModelRunRule {
  if (file === 'none') return { kind: 'none' };
  if (file === 'signal') return { kind: 'signal', timeoutMs: 6 * 3_600_000 };
  const { table, query, model, rowCount, timeout: timeoutMs, poll: pollMs } = file;
  const times = { timeoutMs, pollMs, ...(rowCount !== undefined && { rowCount }) };
  if (table !== undefined) return { kind: 'table', table, model: model!, ...times };
  return query === undefined ? { kind: 'signal', timeoutMs } : { kind: 'query', query, ...times };
}

/** Limit for the values of an attribute with a range, where the file sets no other. */
const OUT_OF_RANGE_SHARE = 0.05;

function resolveGuards({ guards, attributes }: SyncFile): GuardLimits {
  const ranged = Object.values(attributes).some((rule) => typeof rule !== 'string' && rule.range !== undefined);
  return withoutUndefined({
    ...guards,
    maxOutOfRangeShare: guards.maxOutOfRangeShare ?? (ranged ? OUT_OF_RANGE_SHARE : undefined),
  });
}

function resolveSchedule({ every, day, at, timeZone, jitter }: NonNullable<SyncFile['schedule']>): ScheduleRule {
  return { every, ...(day && { day }), ...at, timeZone, ...(jitter && { jitterMs: jitter }) };
}

function defaultHoldForMs(schedule: ScheduleRule | null): number {
  if (schedule === null) return HOLD_WITHOUT_SCHEDULE_MS;
  return Math.round(HOLD_SHARE_OF_CADENCE * (schedule.every === 'week' ? WEEK_MS : DAY_MS));
}

/** Without a prototype: people choose the names, and `constructor` must not match one. */
function mapNamed<From, To>(entries: Record<string, From>, map: (value: From, name: string) => To): Record<string, To> {
  const mapped = Object.entries(entries).map(([name, value]) => [name, map(value, name)] as const);
  return Object.assign(Object.create(null) as Record<string, To>, Object.fromEntries(mapped));
}

function named<Value>(entries: Readonly<Record<string, Value>>, name: string): Value {
  if (!Object.hasOwn(entries, name)) throw new Error(`The config has no ${name}.`);
  return entries[name]!;
}

/** Stored settings and fingerprints are JSON: unset keys are absent. */
function withoutUndefined<Mapping extends object>(mapping: Mapping): Mapping {
  return Object.fromEntries(Object.entries(mapping).filter(([, value]) => value !== undefined)) as Mapping;
}
