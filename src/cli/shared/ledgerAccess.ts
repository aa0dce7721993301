import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config/config';
import { ledgerVersion, LEDGER_VERSION } from '../../ledger/migrate';
import { openLedger, type Ledger } from '../../ledger/open';
import { dataDirOf } from '../../local/postgresCluster';
import { ledgerAddress, LOCAL_FOLDER } from './context';
import { broken, error, ok, warn, type Finding } from './finding';
import { CliProblem, EXIT } from './problem';

export interface LedgerCheck {
  finding: Finding;
  /** Null when there is nothing to read in it: unreachable, not set up yet, or another version. */
  ledger: Ledger | null;
  close(): Promise<void>;
}

/** Looks at the ledger without changing it: an embedded one is started for the moment, but never created. */
export async function checkLedger(config: Config): Promise<LedgerCheck> {
  const configured = config.ledgerUrl();
  const folder = join(LOCAL_FOLDER, 'postgres');
  const name = configured === 'embedded' ? `embedded Postgres in ${folder}` : `postgres on ${hostOf(configured.value)}`;
  if (configured === 'embedded' && !existsSync(join(dataDirOf(folder), 'PG_VERSION'))) {
    return nothingToRead(ok('ledger', `${name}, not there yet: a worker sets it up`));
  }
  let address: Awaited<ReturnType<typeof ledgerAddress>>;
  try {
    address = await ledgerAddress(config);
  } catch (problem) {
    return nothingToRead(broken('ledger', `${name} does not start: ${(problem as Error).message}`));
  }
  const ledger = openLedger(address.url, { connections: 3 });
  const close = async () => {
    await ledger.destroy();
    await address.release();
  };
  try {
    const version = await ledgerVersion(ledger);
    return { finding: versionFinding(name, version), ledger: version === LEDGER_VERSION ? ledger : null, close };
  } catch (problem) {
    return { finding: accessFinding(name, problem), ledger: null, close };
  }
}

function nothingToRead(finding: Finding): LedgerCheck {
  return { finding, ledger: null, close: async () => {} };
}

function versionFinding(name: string, version: number): Finding {
  if (version === 0) return ok('ledger', `${name}, empty: a worker sets it up`);
  if (version === LEDGER_VERSION) return ok('ledger', `${name}, schema ${version}, current`);
  if (version < LEDGER_VERSION) {
    return warn('ledger', `${name}, schema ${version} of ${LEDGER_VERSION}. A worker brings it up: peak-braze worker`);
  }
  const known = `this program knows up to ${LEDGER_VERSION}. Use the newer version of peak-braze-sync.`;
  return broken('ledger', `${name}, schema ${version}, and ${known}`);
}

/** Our own words: a driver's message may carry the address with its password. */
function accessFinding(name: string, problem: unknown): Finding {
  const code = problem instanceof Error && 'code' in problem ? String(problem.code) : 'no connection';
  if (code.startsWith('28')) return error('ledger', `${name} refuses this user or password. Check ledger.url.`);
  if (code === '3D000') return error('ledger', `${name} has no such database. Create it, or check ledger.url.`);
  return broken('ledger', `${name} does not answer (${code}). Start it, or check ledger.url.`);
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the address of ledger.url';
}

/** Works with an unreachable Temporal and without any worker; null where no run has ever been. */
export async function withReadableLedger<T>(config: Config, work: (ledger: Ledger | null) => Promise<T>): Promise<T> {
  const look = await checkLedger(config);
  try {
    const { level, message, mend } = look.finding;
    if (level !== 'ok') throw new CliProblem(message, mend === 'config' ? EXIT.usage : EXIT.failed);
    return await work(look.ledger);
  } finally {
    await look.close();
  }
}
