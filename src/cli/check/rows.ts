import { typed } from '../../invocation';
import { TenantProblem } from '../../tenant/problem';
import type { Column, RelationShape } from '../../tenant/store';
import { ok, warn, type Finding } from '../shared/finding';
import { plural } from '../shared/screen';
import type { SyncQuestion } from './question';

type Rows = { total: number; later: number; undated: number };

/** What is in the table: how many rows, how fast a window of them is found, and which of them a run does not see. */
export async function rowFindings(question: SyncQuestion, columns: readonly Column[]): Promise<Finding[]> {
  const { relation, customerId, updatedAt } = question.settings;
  const typeOf = (name: string) => columns.find((column) => column.name === name)!.databaseType;
  const types = { customerIdType: typeOf(customerId), updatedAtType: typeOf(updatedAt) };
  const shape = { relation, customerId, updatedAt, ...types, columns: [] };
  const [rows, indexed] = await Promise.all([
    countRows(question, shape),
    question.tenant.hasIndex(relation, [updatedAt, customerId]),
  ]);
  return [sizeFinding(question, rows, indexed), ...unseenFindings(question, rows)];
}

/** Null: it takes too long to wait for. */
async function countRows({ tenant, clock }: SyncQuestion, shape: RelationShape): Promise<Rows | null> {
  try {
    return await tenant.countRows(shape, clock);
  } catch (problem) {
    if (problem instanceof TenantProblem && problem.code === QUERY_CANCELED) return null;
    throw problem;
  }
}

const QUERY_CANCELED = '57014';

function sizeFinding({ settings }: SyncQuestion, rows: Rows | null, indexed: boolean | null): Finding {
  const { sync, source, relation, customerId, updatedAt } = settings;
  const name = 'table' in relation ? relation.table : `query of ${sync}`;
  const size = `${name}: ${rows === null ? 'too many rows to count them here' : plural(rows.total, 'row')}`;
  if (indexed === null) return ok(source, size);
  const keys = `(${updatedAt}, ${customerId})`;
  if (indexed) return ok(source, `${size}, index on ${keys}`);
  const statement = `create index on ${quoted(name)} (${quoted(updatedAt)}, ${quoted(customerId)});`;
  return warn(source, `${size}, no index on ${keys}: every run reads the whole table. To add one: ${statement}`);
}

function unseenFindings({ settings }: SyncQuestion, rows: Rows | null): Finding[] {
  const { sync, updatedAt } = settings;
  const { total, undated, later } = rows ?? { total: 1, undated: 0, later: 0 };
  const findings: Finding[] = [];
  if (total === 0) findings.push(warn(sync, '0 rows: a run has nothing to send'));
  if (undated > 0) {
    const full = typed(`run ${sync} --full`);
    findings.push(warn(sync, `${plural(undated, 'row')} without ${updatedAt}, seen by a full run only: ${full}`));
  }
  if (later > 0) {
    const what = `${plural(later, 'row')} dated later than the tenant's clock, left for a later run`;
    findings.push(warn(sync, what));
  }
  return findings;
}

/** A name as it has to be typed in SQL; a dot parts schema and table. */
function quoted(name: string): string {
  return name
    .split('.')
    .map((part) => (/^[a-z_][a-z0-9_]*$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`))
    .join('.');
}
