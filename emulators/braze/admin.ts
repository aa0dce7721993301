import type { Reply } from './answers';
import { FAULT_KINDS, type FaultKind, type FaultShares, shareProblem } from './faults';
import type { BrazeEmulator } from './options';
import type { RateLimit } from './rateWindows';
import { switchProblem, type Switches } from './switches';
import { ATTRIBUTE_TYPES, type AttributeType } from './values';

/** Body of POST /emulator/faults. Every key is optional; one call can have several. */
interface FaultOrder {
  latencyMs?: number;
  jitterMs?: number;
  failNext?: { count: number; kind: FaultKind; retryAfterSeconds?: number };
  poison?: string[];
  heal?: string[];
  refuseWhole?: string[];
  /** Null: none. */
  faultShares?: FaultShares | null;
  outage?: boolean | { forMs: number };
  rateLimit?: RateLimit | RateLimit[] | null;
  usedByOthers?: number;
  switches?: Partial<Switches>;
  addProfiles?: string[];
  revokeKey?: string;
  restoreKey?: string;
  permissions?: { key: string; list: string[] };
  /** Type of each attribute; null: detected again. */
  forceType?: Record<string, AttributeType | null>;
  blocklist?: string[];
  unblock?: string[];
  exportRateLimit?: RateLimit | null;
  catalogRateLimit?: RateLimit | null;
}

const MOST_REQUESTS_AT_ONCE = 1000;

/**
 * The emulator's control endpoints, for other processes on this machine:
 * GET /emulator/profiles/<id> · GET /emulator/requests?since=n (≤ 1000, oldest first) · GET /emulator/summary ·
 * POST /emulator/faults (`FaultOrder`) · DELETE /emulator/state
 */
export function answerAdmin(emulator: BrazeEmulator, method: string, url: string, body: string): Reply {
  try {
    return route(emulator, method, url, body);
  } catch {
    return json(400, { message: 'Invalid address or body' });
  }
}

function route(emulator: BrazeEmulator, method: string, url: string, body: string): Reply {
  const { pathname, searchParams } = new URL(url, emulator.url);
  const [, , what, id] = pathname.split('/');
  switch (`${method} ${what}`) {
    case 'GET profiles': {
      const values = emulator.profile(decodeURIComponent(id ?? ''));
      return values === null ? json(404, { message: 'No such profile' }) : json(200, values);
    }
    case 'GET requests':
      return json(200, emulator.requestsSince(Number(searchParams.get('since') ?? 0), MOST_REQUESTS_AT_ONCE));
    case 'GET summary':
      return json(200, emulator.summary());
    case 'POST faults':
      return applyOrder(emulator, body);
    case 'DELETE state':
      emulator.clear();
      return json(200, emulator.summary());
    default:
      return json(404, { message: 'Try /emulator/summary, /emulator/requests, /emulator/profiles/<id>' });
  }
}

/** Applies all of an order or nothing: a misspelt fault must not make a test pass. */
function applyOrder(emulator: BrazeEmulator, body: string): Reply {
  const order = JSON.parse(body) as FaultOrder;
  const problem = problemWith(order);
  if (problem !== null) return json(400, { message: problem });
  for (const name of Object.keys(order) as (keyof FaultOrder)[]) ACTIONS[name](emulator, order);
  return json(200, emulator.summary());
}

function problemWith(order: FaultOrder): string | null {
  const unknown = Object.keys(order).find((name) => !(name in ACTIONS));
  if (unknown !== undefined) return `Unknown: ${unknown}`;
  const { failNext, forceType = {}, faultShares, switches = {} } = order;
  if (failNext !== undefined && !FAULT_KINDS.includes(failNext.kind)) {
    return `failNext.kind must be one of ${FAULT_KINDS.join(', ')}`;
  }
  if (Object.values(forceType).some((type) => type !== null && !ATTRIBUTE_TYPES.includes(type))) {
    return `forceType must be ${ATTRIBUTE_TYPES.join(', ')} or null`;
  }
  if (order.jitterMs !== undefined && order.latencyMs === undefined) return 'jitterMs requires latencyMs';
  return shareProblem(faultShares ?? {}) ?? switchProblem(switches);
}

const ACTIONS: Record<keyof FaultOrder, (emulator: BrazeEmulator, order: FaultOrder) => void> = {
  latencyMs: (emulator, { latencyMs, jitterMs }) => emulator.setLatency(latencyMs ?? 0, jitterMs),
  // Set together with the latency.
  jitterMs: () => undefined,
  failNext: (emulator, { failNext }) => failNext && emulator.failNext(failNext.count, failNext.kind, failNext),
  poison: (emulator, { poison }) => emulator.poison(poison ?? []),
  heal: (emulator, { heal }) => emulator.heal(heal ?? []),
  refuseWhole: (emulator, { refuseWhole }) => emulator.refuseWhole(refuseWhole ?? []),
  faultShares: (emulator, { faultShares }) => emulator.setFaultShares(faultShares ?? null),
  outage: (emulator, { outage }) =>
    typeof outage === 'object' ? emulator.outage(true, outage) : emulator.outage(outage === true),
  usedByOthers: (emulator, { usedByOthers }) => emulator.usedByOthers(usedByOthers ?? 0),
  switches: (emulator, { switches }) => emulator.setSwitches(switches ?? {}),
  rateLimit: (emulator, { rateLimit }) => emulator.setRateLimit(rateLimit ?? null),
  addProfiles: (emulator, { addProfiles }) => emulator.addProfiles(addProfiles ?? []),
  revokeKey: (emulator, { revokeKey }) => revokeKey !== undefined && emulator.revokeKey(revokeKey),
  permissions: (emulator, { permissions }) =>
    permissions !== undefined && emulator.setPermissions(permissions.key, permissions.list),
  forceType: (emulator, { forceType }) => {
    for (const [name, type] of Object.entries(forceType ?? {})) emulator.forceType(name, type);
  },
  blocklist: (emulator, { blocklist }) => emulator.blocklist(blocklist ?? []),
  unblock: (emulator, { unblock }) => emulator.unblock(unblock ?? []),
  exportRateLimit: (emulator, { exportRateLimit }) => emulator.setExportRateLimit(exportRateLimit ?? null),
  catalogRateLimit: (emulator, { catalogRateLimit }) => emulator.setCatalogRateLimit(catalogRateLimit ?? null),
  restoreKey: (emulator, { restoreKey }) => restoreKey !== undefined && emulator.restoreKey(restoreKey),
};

function json(status: number, body: unknown): Reply {
  return { status, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}
