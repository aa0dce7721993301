import type { Knex } from 'knex';
import type { QueryArrayResult } from 'pg';
import type { Relation } from '../../types/settings';
import type { TenantTime } from '../../types/values';
import type { Dialect } from '../dialects';
import { toTenantProblem } from '../problem';
import type { TenantOptions } from '../store';
import { connect } from './pool';

/** A value as the database's own text. */
export type Cell = string | null;

/** A relation as a statement reads it. */
export interface Source {
  sql: Knex.Raw;
  /** For errors. */
  name: string;
}

/** The tenant's database: parts of statements as knex takes them, and answers as rows of cells. */
export class TenantDatabase {
  readonly knex: Knex;
  readonly dialect: Dialect;

  constructor(url: string, dialect: Dialect, options: TenantOptions) {
    this.knex = connect(url, dialect, options);
    this.dialect = dialect;
  }

  /**
   * The rows of one statement. Rows are arrays: as objects, two columns of one name would collapse into one.
   *
   * @param what the thing that is read, as the subject of a sentence
   * @throws {TenantProblem} the only error of this folder
   */
  async read(what: string, statement: Knex.QueryBuilder | Knex.Raw): Promise<Cell[][]> {
    const answer = await this.#run<Cell[][] | QueryArrayResult<Cell[]>>(what, statement);
    return Array.isArray(answer) ? answer : answer.rows;
  }

  /**
   * The columns that a statement returns, as the driver describes them.
   *
   * @throws {TenantProblem} as {@link read}
   */
  async fields(what: string, statement: Knex.Raw): Promise<QueryArrayResult['fields']> {
    return (await this.#run<QueryArrayResult>(what, statement)).fields;
  }

  /** A builder's answer is its rows, a raw statement's is the driver's whole result. */
  async #run<Answer>(what: string, statement: Knex.QueryBuilder | Knex.Raw): Promise<Answer> {
    try {
      return (await statement.options({ rowMode: 'array' })) as Answer;
    } catch (error) {
      throw toTenantProblem(error, what);
    }
  }

  async clock(): Promise<TenantTime> {
    const [row] = await this.read('the clock', this.knex.raw(this.dialect.clock));
    return row![0]!;
  }

  async close(): Promise<void> {
    await this.knex.destroy();
  }

  /** A table is quoted name by name; a query is used as it was written. */
  source(relation: Relation, queryName = "The config's query"): Source {
    if ('table' in relation) return { sql: this.knex.raw('??', [relation.table]), name: relation.table };
    return { sql: this.knex.raw(subquery(relation.query)), name: queryName };
  }

  /** One name: knex itself would treat a dot as the end of a schema or table name. */
  identifier(name: string): Knex.Raw {
    return this.knex.raw(identifierSql(name));
  }
}

/**
 * The config's query is used as it was written, the only text of a config that becomes SQL. A closing semicolon would end the
 * subquery, and a closing comment its parenthesis: hence the line break after it.
 */
function subquery(query: string): string {
  const bare = query.trim().replace(/;\s*(--[^\n]*\s*)*$/, '');
  return escaped(`(${bare}\n)`);
}

/** knex treats a question mark as a binding. */
function escaped(sql: string): string {
  return sql.replaceAll('?', '\\?');
}

/** One name as a part of a statement of knex. */
export function identifierSql(name: string): string {
  return escaped(quoted(name));
}

/** One name as SQL writes it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
