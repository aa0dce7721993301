import { didYouMean, nearest } from '../../config/nearest';
import { isTransient, type TenantProblem } from '../../tenant/problem';
import type { Column } from '../../tenant/store';
import { broken, error, type Finding } from '../shared/finding';
import type { SyncQuestion } from './question';

const SHOWN_NAMES = 8;

/** A table or query that cannot be read. */
export async function missingTable(question: SyncQuestion, problem: TenantProblem): Promise<Finding> {
  const { settings, tenant, lineOf } = question;
  const { sync, relation } = settings;
  if (isTransient(problem)) return broken(sync, problem.message);
  const key = 'table' in relation ? 'table' : 'query';
  const line = lineOf(['syncs', sync, key]);
  if (problem.kind !== 'missing-table' || !('table' in relation))
    return error(sync, `${key}: ${problem.message}`, line);
  // Only a hint: a catalog that may not be read leaves it out.
  const tables = await tenant.tables().catch(() => []);
  const hint = didYouMean(
    relation.table,
    tables.map(({ name }) => name),
  );
  return error(sync, [`table: ${problem.message}`, hint].filter(Boolean).join(' '), line);
}

/** `the table has no column x. Did you mean y?` Where no name is near, those that are there. */
export function missingColumn(question: SyncQuestion, columns: readonly Column[], name: string, such = false): string {
  const where = 'table' in question.settings.relation ? 'the table has' : 'the query returns';
  const names = columns.map((column) => column.name);
  const near = nearest(name, names);
  const shown = names.slice(0, SHOWN_NAMES).join(', ') + (names.length > SHOWN_NAMES ? ', …' : '');
  const hint = near === undefined ? `Its columns: ${shown}.` : `Did you mean ${near}?`;
  return `${where} no ${such ? 'such column' : `column ${name}`}. ${hint}`;
}
