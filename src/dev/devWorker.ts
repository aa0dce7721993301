import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../config/config';
import { loadConfig } from '../config/load';
import { ConfigError } from '../config/problem';
import { typed } from '../invocation';
import { connectTemporal, TemporalProblem } from '../temporal/connect';
import { startWorker } from '../worker';
import type { Session } from './session';

interface DevWorkerOptions {
  configPath: string;
  env: NodeJS.ProcessEnv;
  /** The URL of the ledger `embedded`. */
  embeddedLedgerUrl: () => Promise<string>;
  log: Logger;
  /** Called once for each reason why the worker does not start yet. */
  waits(because: string): void;
}

/** A worker in this process, with the config that it started with. */
export interface DevWorker {
  config: Config;
  ledgerUrl: string;
  ended: Promise<void>;
}

const RETRY_EVERY_MS = 300;

/** Starts a worker once the config is complete. The worker reads the config again for each run. */
export async function startWorkerOnceConfigured(options: DevWorkerOptions, session: Session): Promise<DevWorker> {
  const { configPath, env, log } = options;
  let reported = '';
  for (;;) {
    try {
      const config = loadConfig(configPath, { env, need: 'everything' });
      await (await connectTemporal(config.temporal)).close();
      const configured = config.ledgerUrl();
      const ledgerUrl = configured === 'embedded' ? await options.embeddedLedgerUrl() : configured.value;
      const worker = await session.start(() =>
        startWorker({ configPath, env, temporal: config.temporal, ledgerUrl, log }),
      );
      // The caller that awaits `ended` gets the error; an unhandled rejection would end the process.
      worker.ended.catch(() => undefined);
      return { config, ledgerUrl, ended: worker.ended };
    } catch (error) {
      if (!(error instanceof ConfigError) && !(error instanceof TemporalProblem)) throw error;
      const because = reasonOf(error);
      if (because !== reported) options.waits(because);
      reported = because;
    }
    await sleep(RETRY_EVERY_MS);
  }
}

function reasonOf(error: ConfigError | TemporalProblem): string {
  const lines = error.message.split('\n');
  return lines.length === 1 ? lines[0]! : `${lines[0]} (and ${lines.length - 1} more: ${typed('check')})`;
}
