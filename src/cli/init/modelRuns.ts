import type { TenantStore, TenantTable } from '../../tenant/store';

/** A table of model runs, and the models it knows. */
export interface FoundModelRuns {
  table: string;
  models: string[];
}

const MODEL_RUN_COLUMNS = ['id', 'model', 'status', 'started_at', 'completed_at'];
const SHOWN_MODELS = 8;

/** Whether a table has what a run reads of model runs. */
export function isModelRuns({ columns }: TenantTable): boolean {
  return MODEL_RUN_COLUMNS.every((wanted) => columns.some(({ name }) => name === wanted));
}

/** The first table that looks like one of model runs, with its models; null where there is none. */
export async function findModelRuns(
  tenant: TenantStore,
  tables: readonly TenantTable[],
): Promise<FoundModelRuns | null> {
  const table = tables.find(isModelRuns);
  return table === undefined ? null : { table: table.name, models: await tenant.models(table.name, SHOWN_MODELS) };
}
