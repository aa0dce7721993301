import { join } from 'node:path';
import type { Config } from '../../config/config';
import { loadConfig } from '../../config/load';
import { ledgerVersion, LEDGER_VERSION, migrateLedger } from '../../ledger/migrate';
import { openLedger, type Ledger } from '../../ledger/open';
import { useSharedPostgres } from '../../local/sharedPostgres';
import { connectTemporal, type TemporalAccess } from '../../temporal/connect';
import { CliProblem, EXIT } from './problem';
import { note } from './screen';

/** Options every command has. */
export interface CommonOptions {
  config: string;
  json?: boolean;
  verbose?: boolean;
}

/** Servers and data that belong to this folder. */
export const LOCAL_FOLDER = '.peak-braze';

/** Reads the config for a command; `when-used` lets it work in a shell without the secrets it does not need. */
export function readConfig({ config }: CommonOptions, need: 'everything' | 'when-used' = 'when-used'): Config {
  return loadConfig(config, { env: process.env, need });
}

/** A sync of the config; another name is a wrong command. */
export function requireSync(config: Config, sync: string): void {
  if (Object.hasOwn(config.syncs, sync)) return;
  throw new CliProblem(
    `${config.path} has no sync ${sync}. It has: ${Object.keys(config.syncs).join(', ')}.`,
    EXIT.usage,
  );
}

/** The ledger's address: as configured, or the Postgres of this folder, started when it is not running. */
export async function ledgerAddress(config: Config): Promise<{ url: string; release(): Promise<void> }> {
  const configured = config.ledgerUrl();
  if (configured !== 'embedded') return { url: configured.value, release: async () => {} };
  const shared = await useSharedPostgres(join(process.cwd(), LOCAL_FOLDER, 'postgres'), note);
  // A Ctrl-C that nobody else answers would leave the server running for nobody.
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

/**
 * Works on the ledger. An empty one is set up by whoever comes first; one that needs a migration waits for a worker, because
 * an old worker may be using it.
 */
export async function withLedger<T>(config: Config, work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const address = await ledgerAddress(config);
  const ledger = openLedger(address.url, { connections: 3 });
  try {
    if ((await versionOf(ledger)) === 0) await migrateLedger(ledger);
    return await work(ledger);
  } finally {
    await ledger.destroy();
    await address.release();
  }
}

async function versionOf(ledger: Ledger): Promise<number> {
  const version = await knownVersion(ledger);
  if (version > LEDGER_VERSION) {
    const message = `The ledger is at version ${version}, this program knows up to ${LEDGER_VERSION}. Use the newer version of peak-braze-sync.`;
    throw new CliProblem(message, EXIT.failed);
  }
  if (version > 0 && version < LEDGER_VERSION) {
    const message = `The ledger is at version ${version}; a worker of this version brings it to ${LEDGER_VERSION}: peak-braze worker`;
    throw new CliProblem(message, EXIT.failed);
  }
  return version;
}

async function knownVersion(ledger: Ledger): Promise<number> {
  try {
    return await ledgerVersion(ledger);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no connection';
    if (code.startsWith('28')) {
      throw new CliProblem('The ledger refuses this user or password. Check ledger.url.', EXIT.usage);
    }
    if (code === '3D000') {
      throw new CliProblem('The ledger has no such database. Create it, or check ledger.url.', EXIT.usage);
    }
    throw new CliProblem(`The ledger does not answer (${code}). Check ledger.url.`, EXIT.failed);
  }
}

/** Makes sure that the ledger answers, whatever its version: a worker brings it to its own. */
export async function assertLedgerAnswers(url: string): Promise<void> {
  const ledger = openLedger(url, { connections: 1 });
  try {
    await knownVersion(ledger);
  } finally {
    await ledger.destroy();
  }
}

/** Works with Temporal, and closes the connection whatever happens. */
export async function withTemporal<T>(config: Config, work: (temporal: TemporalAccess) => Promise<T>): Promise<T> {
  const temporal = await connectTemporal(config.temporal);
  try {
    return await work(temporal);
  } finally {
    await temporal.close();
  }
}
