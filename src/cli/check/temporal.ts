import type { Config } from '../../config/config';
import { typed } from '../../invocation';
import type { Ledger } from '../../ledger/open';
import { configDrift } from '../../reports/configDrift';
import { connectTemporal, TemporalProblem, type TemporalAccess } from '../../temporal/connect';
import { pollingWorkers } from '../../temporal/workers';
import { configDriftSentence } from '../shared/configDriftSentence';
import { broken, ok, warn, type Finding } from '../shared/finding';
import { plural } from '../shared/screen';

/** Whether Temporal answers, whether a worker is there, and whether it goes by the same config file. */
export async function checkTemporal(config: Config, ledger: Promise<Ledger | null>): Promise<Finding[]> {
  const { temporal } = config;
  const { address, namespace, taskQueue } = temporal;
  let access: TemporalAccess;
  try {
    access = await connectTemporal(temporal);
  } catch (problem) {
    if (problem instanceof TemporalProblem) return [broken('temporal', problem.message)];
    throw problem;
  }
  try {
    const polling = await pollingWorkers(access);
    const place = `${address}, namespace ${namespace}`;
    if (polling.length === 0) {
      return [
        warn(
          'temporal',
          `${place}, no worker on ${taskQueue}; runs stay queued until one is available. Start one: ${typed('worker')}`,
        ),
      ];
    }
    const open = await ledger;
    const others = open === null ? [] : await configDrift(open, config, polling);
    return [
      ok('temporal', `${place}, ${plural(polling.length, 'worker')} on ${taskQueue}`),
      ...others.map((other) => warn('config', configDriftSentence(other, config.path))),
    ];
  } catch {
    return [broken('temporal', `Temporal at ${address} stopped answering. See its log.`)];
  } finally {
    await access.close();
  }
}
