import { Command } from 'commander';
import { addDemo } from '../dev/demoCommand';
import { addDev } from '../dev/devCommand';
import { programName } from '../invocation';
import { addApply } from './apply';
import { addBackfill } from './backfill';
import { addCheck } from './check';
import { addCustomer } from './customer';
import { addDictionary } from './dictionary';
import { addForget } from './forget';
import { addInit } from './init';
import { addPreview } from './preview';
import { addRejected } from './rejected';
import { addRun } from './run';
import { addRuns } from './runs';
import { addSchema } from './schema';
import { addSignals } from './signals';
import { addStatus } from './status';
import { addVerify } from './verify';
import { addWorker } from './worker';

/** Every command, one file each; a file adds its command to the program. */
export function createProgram(): Command {
  const program = new Command(programName())
    .description('Sync predictive attributes from a Peak tenant to Braze, as a durable Temporal workflow')
    .version('0.1.0')
    .exitOverride()
    .showHelpAfterError('See --help.');
  for (const add of [
    addDemo,
    addDev,
    addInit,
    addCheck,
    addPreview,
    addApply,
    addWorker,
    addRun,
    addBackfill,
    addStatus,
    addRuns,
    addRejected,
    addVerify,
    addCustomer,
    addDictionary,
    addForget,
    addSignals,
    addSchema,
  ]) {
    add(program);
  }
  return program;
}
