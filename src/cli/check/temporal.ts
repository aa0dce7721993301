import type { Config } from '../../config/config';
import { connectTemporal, TemporalProblem, type TemporalAccess } from '../../control/connect';
import { pollingWorkers } from '../../control/workers';
import { plural } from '../screen';
import { broken, ok, warn, type Finding } from './finding';

export async function lookAtTemporal({ temporal }: Config): Promise<Finding> {
  const { address, namespace, taskQueue } = temporal;
  let access: TemporalAccess;
  try {
    access = await connectTemporal(temporal);
  } catch (problem) {
    if (problem instanceof TemporalProblem) return broken('temporal', problem.message);
    throw problem;
  }
  try {
    const workers = (await pollingWorkers(access)).length;
    const place = `${address}, namespace ${namespace}`;
    if (workers > 0) return ok('temporal', `${place}, ${plural(workers, 'worker')} on ${taskQueue}`);
    return warn('temporal', `${place}, no worker on ${taskQueue}: runs wait for one. Start it: peak-braze worker`);
  } catch {
    return broken('temporal', `Temporal at ${address} stopped answering. Look at its log.`);
  } finally {
    await access.close();
  }
}
