import { nearest } from '../../config/nearest';
import { findModelRunProblem } from '../../planning/modelRunProblem';
import { TenantProblem } from '../../tenant/problem';
import { modelRunRelation } from '../../tenant/store';
import type { ModelRunRule } from '../../types/settings';
import { error, warn, type Finding } from '../shared/finding';
import type { SyncQuestion } from './question';

/** What is read of a table of model runs, and of a query. */
const TABLE_COLUMNS = ['id', 'model', 'status', 'started_at', 'completed_at'];
const QUERY_COLUMNS = ['id', 'completed_at'];

const SHOWN_MODELS = 8;

/** Whether a run would ever find the model run it waits for. */
export async function modelRunFindings(question: SyncQuestion): Promise<Finding[]> {
  const { settings, tenant, lineOf } = question;
  const { sync, modelRun: rule } = settings;
  if (rule.kind !== 'table' && rule.kind !== 'query') return [];
  const line = lineOf(['syncs', sync, 'modelRun']);
  try {
    const missing = await missingColumns(question, rule);
    const problem = missing ?? (await findModelRunProblem(tenant, rule));
    if (problem !== null) return [error(sync, `modelRun: ${problem}`, line)];
    const future = await tenant.futureModelRun(rule);
    const dated =
      future === null
        ? []
        : [
            warn(
              sync,
              `modelRun: ${future.id} is dated ${future.completedAt}, later than the tenant's clock, so it counts as not completed. Fix its date`,
              line,
            ),
          ];
    if ((await tenant.latestModelRun(rule, null)) !== null) return dated;
    return [
      ...dated,
      warn(sync, `modelRun: no completed model run yet${await ofWhich(question, rule)}: a run waits for one`, line),
    ];
  } catch (problem) {
    if (!(problem instanceof TenantProblem) || problem.kind === 'unavailable') throw problem;
    return [error(sync, `modelRun: ${problem.message}`, line)];
  }
}

async function missingColumns(
  { tenant }: SyncQuestion,
  rule: ModelRunRule & { kind: 'table' | 'query' },
): Promise<string | null> {
  const names = (await tenant.columns(modelRunRelation(rule))).map(({ name }) => name);
  const needed = [
    ...(rule.kind === 'table' ? TABLE_COLUMNS : QUERY_COLUMNS),
    ...(rule.rowCount === undefined ? [] : [rule.rowCount]),
  ];
  const missing = needed.filter((name) => !names.includes(name));
  if (missing.length === 1 && missing[0] === rule.rowCount) {
    return `there is no column ${rule.rowCount}, which rowCount names. Name another, or leave rowCount and minRowShare out.`;
  }
  if (missing.length === 0) return null;
  return rule.kind === 'table'
    ? `${rule.table} has no column ${missing.join(', ')}. Name another table, or use a query that gives id and completed_at.`
    : `the query gives no column ${missing.join(', ')}. It needs id and completed_at.`;
}

/** A mistyped model looks like one that has never run. */
async function ofWhich({ tenant }: SyncQuestion, rule: ModelRunRule & { kind: 'table' | 'query' }): Promise<string> {
  if (rule.kind === 'query') return '';
  const models = await tenant.models(rule.table, 100);
  if (models.includes(rule.model) || models.length === 0) return ` of ${rule.model}`;
  const near = nearest(rule.model, models);
  const hint = near === undefined ? `it has ${models.slice(0, SHOWN_MODELS).join(', ')}` : `did you mean ${near}?`;
  return ` of ${rule.model} (${hint})`;
}
