import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Config } from '../../config/config';
import { typed } from '../../invocation';
import { ledgerVersion, LEDGER_VERSION, migrateLedger } from '../../ledger/migrate';
import { openLedger, type Ledger } from '../../ledger/open';
import { dataDirOf } from '../../local/postgresCluster';
import { useSharedPostgres } from '../../local/sharedPostgres';
import { localFolder } from './context';
import { broken, error, ok, warn, type Finding } from './finding';
import { CliProblem, EXIT } from './problem';
import { note } from './screen';

const NEWER_VERSION = `this program supports up to ${LEDGER_VERSION}. Use the newer version of peak-braze-sync.`;

/** The embedded ledger is beside the config, as `.env` is: the same one from every folder. */
function embeddedFolder({ path }: Config): string {
  return join(localFolder(path), 'postgres');
}

/** Where the ledger of this config is, for as long as it is not released. */
interface LedgerAddress {
  url: string;
  release(): Promise<void>;
}

/**
 * The ledger's address: as configured, or the Postgres of this folder, started when it is not running.
 *
 * @throws Error when that Postgres does not start
 */
export async function ledgerAddress(config: Config): Promise<LedgerAddress> {
  const configured = config.ledgerUrl();
  if (configured !== 'embedded') return { url: configured.value, release: async () => {} };
  const shared = await useSharedPostgres(embeddedFolder(config), note);
  // Without another handler, Ctrl-C would end this process and leave the server running unused.
  const interrupted = () => {
    if (process.listenerCount('SIGINT') === 0) void shared.release().finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupted);
  return {
    url: shared.url,
    async release() {
      process.off('SIGINT', interrupted);
      await shared.release();
    },
  };
}

interface OpenLedger {
  ledger: Ledger;
  close: () => Promise<void>;
}

/** The one way in which a command opens the ledger. Connects only with the first question. */
async function open(config: Config): Promise<OpenLedger> {
  const address = await ledgerAddress(config);
  const ledger = openLedger(address.url, { connections: 3 });
  return {
    ledger,
    async close() {
      await ledger.destroy();
      await address.release();
    },
  };
}

/**
 * Works on the ledger, and may write to it. An empty one is set up by the first command; one that needs a migration waits for a
 * worker, because an old worker may be using it.
 *
 * @throws CliProblem when the ledger does not answer, or is of another version
 */
export async function withLedger<T>(config: Config, work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const { ledger, close } = await open(config);
  try {
    const version = await requireVersion(ledger);
    if (version > LEDGER_VERSION) {
      throw new CliProblem(`The ledger is at version ${version}, ${NEWER_VERSION}`, EXIT.failed);
    }
    if (version > 0 && version < LEDGER_VERSION) {
      const message = `The ledger has version ${version}; a worker migrates it to ${LEDGER_VERSION}: ${typed('worker')}`;
      throw new CliProblem(message, EXIT.failed);
    }
    if (version === 0) await migrateLedger(ledger);
    return await work(ledger);
  } finally {
    await close();
  }
}

/**
 * Makes sure that the ledger answers, whatever its version: a worker brings it to its own.
 *
 * @throws CliProblem when it does not
 */
export async function assertLedgerAnswers(url: string): Promise<void> {
  const ledger = openLedger(url, { connections: 1 });
  try {
    await requireVersion(ledger);
  } finally {
    await ledger.destroy();
  }
}

async function requireVersion(ledger: Ledger): Promise<number> {
  try {
    return await ledgerVersion(ledger);
  } catch (problem) {
    const { message, fixIn } = accessFinding('The ledger', problem, 'Check ledger.url.');
    throw new CliProblem(message, fixIn === 'config' ? EXIT.usage : EXIT.failed);
  }
}

/** What `check` found out about the ledger, which stays open until it is closed. */
interface LedgerCheck {
  finding: Finding;
  /** Null when there is nothing to read in it: unreachable, not set up yet, or another version. */
  ledger: Ledger | null;
  close: () => Promise<void>;
}

/** Checks the ledger without changing it: an embedded one is started for the moment, but never created. */
export async function checkLedger(config: Config): Promise<LedgerCheck> {
  const configured = config.ledgerUrl();
  const folder = embeddedFolder(config);
  const name =
    configured === 'embedded'
      ? `embedded Postgres in ${relative(process.cwd(), folder)}`
      : `postgres on ${hostOf(configured.value)}`;
  if (configured === 'embedded' && !existsSync(join(dataDirOf(folder), 'PG_VERSION'))) {
    return nothingToRead(ok('ledger', `${name}, not created yet: a worker creates it`));
  }
  let opened: OpenLedger;
  try {
    opened = await open(config);
  } catch (problem) {
    return nothingToRead(broken('ledger', `${name} does not start: ${(problem as Error).message}`));
  }
  const { ledger, close } = opened;
  try {
    const version = await ledgerVersion(ledger);
    return { finding: versionFinding(name, version), ledger: version === LEDGER_VERSION ? ledger : null, close };
  } catch (problem) {
    return { finding: accessFinding(name, problem, 'Start it, or check ledger.url.'), ledger: null, close };
  }
}

function nothingToRead(finding: Finding): LedgerCheck {
  return { finding, ledger: null, close: async () => {} };
}

function versionFinding(name: string, version: number): Finding {
  if (version === 0) return ok('ledger', `${name}, empty: a worker sets it up`);
  if (version === LEDGER_VERSION) return ok('ledger', `${name}, schema ${version}, current`);
  if (version < LEDGER_VERSION) {
    return warn('ledger', `${name}, schema ${version} of ${LEDGER_VERSION}. A worker migrates it: ${typed('worker')}`);
  }
  return broken('ledger', `${name}, schema ${version}, and ${NEWER_VERSION}`);
}

/** Our own words: a driver's message may carry the address with its password. `whereElse` ends what names no other cause. */
function accessFinding(name: string, problem: unknown, whereElse: string): Finding {
  const code = problem instanceof Error && 'code' in problem ? String(problem.code) : 'no connection';
  if (code.startsWith('28')) return error('ledger', `${name} refuses this user or password. Check ledger.url.`);
  if (code === '3D000') return error('ledger', `${name} has no such database. Create it, or check ledger.url.`);
  return broken('ledger', `${name} does not answer (${code}). ${whereElse}`);
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the address of ledger.url';
}

/**
 * Reads the ledger and changes nothing: with an unreachable Temporal and without any worker. Null where no run has ever been.
 *
 * @throws CliProblem for whatever `check` would not call `ok`
 */
export async function withReadableLedger<T>(config: Config, work: (ledger: Ledger | null) => Promise<T>): Promise<T> {
  const checked = await checkLedger(config);
  try {
    const { level, message, fixIn } = checked.finding;
    if (level !== 'ok') throw new CliProblem(message, fixIn === 'config' ? EXIT.usage : EXIT.failed);
    return await work(checked.ledger);
  } finally {
    await checked.close();
  }
}
