import { columnType } from '../attributes/columnType';
import type { TenantStore } from '../tenant/store';
import type { ModelRunRule } from '../types';

/** Why `completed_at` cannot tell which model run is the newer one, as a sentence with the way out; null where it can. */
export async function modelRunProblem(
  tenant: TenantStore,
  rule: ModelRunRule & { kind: 'table' | 'query' },
): Promise<string | null> {
  const columns = await tenant.columns(rule.kind === 'table' ? { table: rule.table } : { query: rule.query });
  const completedAt = columns.find(({ name }) => name === 'completed_at');
  if (completedAt === undefined || columnType(completedAt.databaseType) === 'date') return null;
  return `completed_at is of type ${completedAt.databaseType}, which holds no time. Use a query that casts it to timestamptz.`;
}
