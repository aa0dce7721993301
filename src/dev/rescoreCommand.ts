import { existsSync } from 'node:fs';
import { DRIFT, type ScoreChange } from '../../demo/scoreChange';
import type { CommonOptions } from '../cli/shared/context';
import { CliProblem, EXIT } from '../cli/shared/problem';
import { count, print, printJson } from '../cli/shared/screen';
import { openVariables } from '../config/variables';
import { typed } from '../invocation';
import { readDevPlan, VARIABLES } from './devPlan';
import { rescoreSampleTenant, type SampleModelRun } from './sampleTenant';

/** The options of `dev rescore` as written. */
export interface WrittenRescoreOptions {
  drift?: string;
  nulls?: string;
  break?: boolean;
}

/**
 * The change that the options ask for; without any, a week passes.
 *
 * @throws CliProblem for more than one option, or for an invalid share
 */
export function readScoreChange({ drift, nulls, break: broken }: WrittenRescoreOptions): ScoreChange {
  const changes: ScoreChange[] = [
    ...(drift === undefined ? [] : [{ by: 'drift', share: readShare('--drift', drift) } as const]),
    ...(nulls === undefined ? [] : [{ by: 'nulls', share: readShare('--nulls', nulls) } as const]),
    ...(broken ? [{ by: 'break' } as const] : []),
  ];
  if (changes.length <= 1) return changes[0] ?? { by: 'week' };
  throw new CliProblem('--drift, --nulls and --break cannot be combined.', EXIT.usage);
}

/** `dev rescore`: publishes the next model run of the sample tenant. */
export async function rescore(change: ScoreChange, { config, json }: CommonOptions): Promise<void> {
  const tenantUrl = openVariables(config, process.env).variable(VARIABLES.tenant)?.value;
  if (!tenantUrl) {
    throw new CliProblem(`${VARIABLES.tenant} is not set. Start the sample tenant: ${typed('dev')}`, EXIT.failed);
  }
  const published = await rescoreSampleTenant(tenantUrl, change);
  if (json) return printJson(published);
  for (const line of modelRunLines(published)) print(line);
  print(`next: ${nextCommand(config)}`);
}

/** Greater than 0 and at most 1, from `5%` or `0.05`. */
function readShare(option: string, written: string): number {
  const [, number, percent] = /^(\d{1,9}(?:\.\d{1,9})?)(%?)$/.exec(written) ?? [];
  const share = Number(number) / (percent === '%' ? 100 : 1);
  if (share > 0 && share <= 1) return share;
  throw new CliProblem(
    `${option} takes a share above 0 and up to 100%, written 5% or 0.05, not "${written}".`,
    EXIT.usage,
  );
}

function modelRunLines({ modelRun, customers, changedBy, selectedCustomers }: SampleModelRun): string[] {
  const scored = `ok    model run ${modelRun}: ${count(customers)} customers scored, one week later`;
  const part = `${count(selectedCustomers)} customers (${percent(selectedCustomers / customers)})`;
  switch (changedBy) {
    case 'week':
      return [scored];
    case 'drift':
      return [scored, `      drift: the churn_probability of ${part} moved by ${DRIFT}`];
    case 'nulls':
      return [scored, `      nulls: ${part} lost their values`];
    case 'break':
      return [scored, '      break: every churn_probability is NaN'];
  }
}

/** `5.0 %`. */
function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** The preview of the first sync; without a readable config, the command that leads to one. */
function nextCommand(configPath: string): string {
  const [sync] = readDevPlan(configPath, process.env).syncs;
  if (sync !== undefined) return typed(`preview ${sync}`);
  return existsSync(configPath) ? typed('check') : typed('init');
}
