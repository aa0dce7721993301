import { didYouMean } from '../../config/nearest';
import { typed } from '../../invocation';
import { TenantProblem } from '../../tenant/problem';
import type { Column, TenantStore, TenantTable } from '../../tenant/store';
import { CliProblem, EXIT } from '../shared/problem';
import { customerIdOf, updatedAtOf } from './keyColumns';
import { isModelRuns } from './modelRuns';

/** The table of a first sync, with its two keys. */
export interface ChosenTable {
  name: string;
  columns: Column[];
  customerId: string;
  updatedAt: string;
}

const SHOWN_NAMES = 12;

/**
 * The table a person named, or the only one that could be meant.
 *
 * @throws CliProblem when there is none, or several could be it
 */
export async function chooseTable(
  tenant: TenantStore,
  tables: readonly TenantTable[],
  wanted: string | undefined,
): Promise<ChosenTable> {
  const name = wanted ?? onlyCandidate(tables);
  // Not the catalog's columns: these are the types that a run meets, domains looked through.
  const columns = await columnsOf(tenant, tables, name);
  const primaryKey = tables.find((table) => table.name === name)?.primaryKey ?? [];
  const customerId = customerIdOf(columns, primaryKey);
  const updatedAt = updatedAtOf(columns);
  const has = `It has: ${listed(columns)}.`;
  if (customerId === null) {
    throw wrongCommand(`${name} has no customer_id, external_id, user_id, id or primary key of one column. ${has}`);
  }
  if (updatedAt === null) {
    throw wrongCommand(`${name} has no timestamp such as updated_at that says when a row last changed. ${has}`);
  }
  return { name, columns, customerId, updatedAt };
}

function onlyCandidate(tables: readonly TenantTable[]): string {
  const candidates = tables.filter(
    (table) =>
      !isModelRuns(table) &&
      customerIdOf(table.columns, table.primaryKey) !== null &&
      updatedAtOf(table.columns) !== null,
  );
  const [only, other] = candidates;
  if (only !== undefined && other === undefined) return only.name;
  const all = listed(candidates.length > 0 ? candidates : tables);
  throw wrongCommand(
    only === undefined
      ? `No table has both a customer id and a timestamp of its last change. Tables: ${all || 'none that this user may read'}. Choose one: ${typed('init --table NAME')}`
      : `Several tables fit: ${all}. Choose one: ${typed(`init --table ${only.name}`)}`,
  );
}

async function columnsOf(tenant: TenantStore, tables: readonly TenantTable[], name: string): Promise<Column[]> {
  try {
    return await tenant.columns({ table: name });
  } catch (problem) {
    if (!(problem instanceof TenantProblem) || problem.kind !== 'missing-table') throw problem;
    const names = tables.map((table) => table.name);
    throw wrongCommand(`There is no table ${name}. ${didYouMean(name, names) ?? `Tables: ${listed(tables)}.`}`);
  }
}

function wrongCommand(message: string): CliProblem {
  return new CliProblem(message, EXIT.usage);
}

function listed(things: readonly { name: string }[]): string {
  const shown = things.slice(0, SHOWN_NAMES).map(({ name }) => name);
  return [...shown, ...(things.length > SHOWN_NAMES ? ['…'] : [])].join(', ');
}
