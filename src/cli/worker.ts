import type { Command } from 'commander';
import { connectTemporal } from '../temporal/connect';
import { command } from './shared/command';
import { readConfig, type CommonOptions } from './shared/context';
import { assertLedgerAnswers, ledgerAddress } from './shared/ledgerAccess';
import { note, statusLine } from './shared/screen';

/** `worker`: does the work, until it is stopped. */
export function addWorker(program: Command): void {
  command(
    program,
    'worker',
    'Start a worker; runs wait until one is available',
    'worker --config peak-braze.yaml',
  ).action(async (options: CommonOptions) => runWorker(options));
}

/** Works until it is stopped (Ctrl-C, SIGTERM): finishes requests in flight, then releases everything. */
async function runWorker(options: CommonOptions): Promise<void> {
  // Loaded here: no other command needs Temporal's worker, and loading it is a fifth of a command's start.
  const [{ createLog, installRuntime }, { startWorker }] = await Promise.all([
    import('../log.js'),
    import('../worker.js'),
  ]);
  const log = createLog();
  installRuntime(log);
  const config = readConfig(options, 'everything');
  const { address, namespace, taskQueue } = config.temporal;
  // Temporal's own client would silently retry without end.
  await (await connectTemporal(config.temporal)).close();
  const ledger = await ledgerAddress(config);
  try {
    await assertLedgerAnswers(ledger.url);
    const worker = await startWorker({
      configPath: options.config,
      env: process.env,
      temporal: config.temporal,
      ledgerUrl: ledger.url,
      log,
    });
    const syncs = Object.keys(config.syncs).join(', ');
    note(statusLine('ok', 'worker', `works on ${taskQueue} at ${address}, namespace ${namespace}; syncs: ${syncs}`));
    const stop = () => {
      note('Stopping: requests in flight finish and are recorded first.');
      // Why it ended is said by what is awaited below.
      worker.stop().catch(() => undefined);
    };
    process.once('SIGINT', stop).once('SIGTERM', stop);
    await worker.ended;
  } finally {
    await ledger.release();
  }
}
