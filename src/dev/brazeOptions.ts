import { DEFAULT_KEY } from '../../emulators/braze/emulator';
import { FAULT_KINDS, type FaultKind, type FaultShares, shareProblem } from '../../emulators/braze/faults';
import { PERMISSIONS } from '../../emulators/braze/keys';
import type { BrazeEmulatorOptions } from '../../emulators/braze/options';
import { CliProblem, EXIT } from '../cli/shared/problem';
import { DEFAULT_RATE_LIMIT } from './localBraze';
import { optionalNumber } from './optionalNumber';

/** The options of `dev braze` as written. */
export interface WrittenBrazeOptions {
  latencyMs?: string;
  jitterMs?: string;
  /** Commander's spelling of --no-rate-limit. */
  rateLimit: boolean;
  rateDialect?: string;
  statsOnly?: boolean;
  faultShare?: string[];
  seed?: string;
  permissions?: string;
}

const MOST_MS = 60_000;

/**
 * The options given, and no others: the emulator has its own defaults.
 *
 * @throws CliProblem for a value that the emulator does not have
 */
export function readBrazeOptions(written: WrittenBrazeOptions): BrazeEmulatorOptions {
  const { statsOnly, permissions, faultShare = [], seed, rateLimit, rateDialect } = written;
  if (seed !== undefined && faultShare.length === 0) throw wrong('--seed needs --fault-share.');
  const latencyMs = optionalNumber('--latency-ms', written.latencyMs, 0, MOST_MS);
  const jitterMs = optionalNumber('--jitter-ms', written.jitterMs, 0, MOST_MS);
  return {
    ...(latencyMs === undefined ? {} : { latencyMs }),
    ...(jitterMs === undefined ? {} : { jitterMs }),
    ...(statsOnly === true ? { keep: 'stats', requestLog: 'counts' } : {}),
    ...(permissions === undefined ? {} : { keys: { [DEFAULT_KEY]: readPermissions(permissions) } }),
    ...(faultShare.length === 0 ? {} : { faultShares: readShares(faultShare, seed) }),
    ...readLimit(rateLimit, rateDialect),
  };
}

function readLimit(limited: boolean, dialect: string | undefined): Pick<BrazeEmulatorOptions, 'rateLimit'> {
  if (!limited && dialect !== undefined) throw wrong('--rate-dialect and --no-rate-limit cannot be combined.');
  if (!limited) return { rateLimit: null };
  if (dialect === undefined) return {};
  if (dialect === 'epoch' || dialect === 'seconds') return { rateLimit: { ...DEFAULT_RATE_LIMIT, dialect } };
  throw wrong('--rate-dialect takes epoch or seconds.');
}

function readPermissions(written: string): string[] {
  const names = written.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !(PERMISSIONS as readonly string[]).includes(name));
  if (unknown === undefined) return names;
  throw wrong(`--permissions takes a list of ${PERMISSIONS.join(', ')}, not "${unknown}".`);
}

function readShares(written: string[], seed: string | undefined): FaultShares {
  const shares: FaultShares = {};
  for (const one of written) {
    const [, kind, share] = /^([\w-]+)=(\d+(?:\.\d+)?|\.\d+)$/.exec(one) ?? [];
    if (kind === undefined || share === undefined) {
      throw wrong(`--fault-share takes a fault and a share from 0 to 1, such as 429=0.02, not "${one}".`);
    }
    if (!FAULT_KINDS.includes(kind as FaultKind)) {
      throw wrong(`--fault-share: unknown fault "${kind}". The faults are ${FAULT_KINDS.join(', ')}.`);
    }
    shares[kind as FaultKind] = Number(share);
  }
  const problem = shareProblem(shares);
  if (problem !== null) throw wrong(`--fault-share: ${problem}.`);
  const number = optionalNumber('--seed', seed, 0, 4_294_967_295);
  return number === undefined ? shares : { ...shares, seed: number };
}

function wrong(message: string): CliProblem {
  return new CliProblem(message, EXIT.usage);
}
