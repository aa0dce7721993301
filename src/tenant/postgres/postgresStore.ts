import type { Knex } from 'knex';
import type { Client, QueryArrayResult } from 'pg';
import type { ModelRunRule, Relation } from '../../types/settings';
import type { Dialect } from '../dialects';
import { toTenantProblem } from '../problem';
import { modelRunRelation, slackHours } from '../store';
import type {
  Column,
  ModelRun,
  RelationShape,
  TenantOptions,
  TenantRow,
  TenantStore,
  TenantTable,
  Window,
  WindowPosition,
} from '../store';
import { canBeOf } from './customerIds';
import { connect } from './pool';
import { fromClause, quoted, quotedName, standIn, withQuery } from './relation';

type Cell = string | null;

type QuotedShape = Omit<RelationShape, 'customerId' | 'updatedAt' | 'columns'> &
  Record<'customerId' | 'updatedAt', Knex.Raw> & { columns: Knex.Raw[] };

/** Postgres and what speaks its protocol, read only. */
export function postgresStore(url: string, dialect: Dialect, options: TenantOptions = {}): TenantStore {
  const db = connect(url, dialect, options);

  /** Runs one statement. Rows come as arrays: as objects, two columns of one name would collapse into one. */
  async function ask(what: string, sql: string, bindings: readonly unknown[]): Promise<QueryArrayResult<Cell[]>> {
    const native = db
      .raw(sql, bindings as Knex.RawBinding[])
      .toSQL()
      .toNative();
    try {
      const connection: Client = await db.client.acquireConnection();
      try {
        const values = [...native.bindings];
        return await connection.query<Cell[]>({ text: withQuery(native.sql), values, rowMode: 'array' });
      } finally {
        await db.client.releaseConnection(connection);
      }
    } catch (error) {
      throw toTenantProblem(error, what);
    }
  }

  const read = async (what: string, sql: string, bindings: readonly unknown[] = []) =>
    (await ask(what, sql, bindings)).rows;

  async function columns(relation: Relation): Promise<Column[]> {
    const { from, bindings, name } = fromClause(relation);
    const { fields } = await ask(name, `select * from ${from} limit 0`, bindings);
    const oids = [...new Set(fields.map((field) => field.dataTypeID))];
    const types = await read(
      name,
      `select oid, typname from pg_type where oid in (${oids.map(() => '?').join(', ')})`,
      oids,
    );
    const nameOf = new Map(types.map(([oid, typname]) => [Number(oid), typname ?? 'unknown']));
    return fields.map(({ name: column, dataTypeID, dataTypeModifier }) =>
      toColumn(column, nameOf.get(dataTypeID) ?? 'unknown', dataTypeModifier),
    );
  }

  async function tables(): Promise<TenantTable[]> {
    const found = await read(
      "The database's catalog",
      `select case when pg_table_is_visible(c.oid) then c.relname else n.nspname || '.' || c.relname end,
              a.attname, t.typname, a.atttypmod, case when a.attnum = any(k.conkey) then 'primary key' end
         from pg_class c
         join pg_namespace n on n.oid = c.relnamespace
         join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         join pg_type t on t.oid = a.atttypid
         left join pg_constraint k on k.conrelid = c.oid and k.contype = 'p'
        where c.relkind in ('r', 'p', 'v', 'm', 'f') ${dialect.client === 'pg' ? 'and not c.relispartition' : ''}
          and n.nspname <> 'information_schema' and n.nspname not like 'pg!_%' escape '!'
          and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
        order by 1, a.attnum`,
    );
    const byName = new Map<string, TenantTable>();
    for (const [name, column, type, modifier, key] of found) {
      const table = byName.get(name!) ?? { name: name!, columns: [], primaryKey: [] };
      byName.set(table.name, table);
      table.columns.push(toColumn(column!, type!, Number(modifier)));
      if (key !== null) table.primaryKey.push(column!);
    }
    return [...byName.values()];
  }

  async function hasIndex(relation: Relation, wanted: string[]): Promise<boolean | null> {
    if (!('table' in relation) || dialect.client !== 'pg') return null;
    const indexes = await read(
      relation.table,
      `select array_to_string(array(select a.attname from unnest(i.indkey) with ordinality k(attnum, n)
                join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum order by k.n), ',')
         from pg_class c left join pg_index i on i.indrelid = c.oid and i.indpred is null
        where c.oid = to_regclass(?) and c.relkind in ('r', 'm')`,
      [quotedName(relation.table)],
    );
    if (indexes.length === 0) return null;
    return indexes.some(([names]) => `${names},`.startsWith(`${wanted.join(',')},`));
  }

  /** Column names as one identifier each: knex takes a dot for the end of a schema's or table's name. */
  function quotedShape(shape: RelationShape): QuotedShape {
    const column = (name: string) => db.raw(quoted(name).replaceAll('?', '\\?'));
    return {
      ...shape,
      ...{ customerId: column(shape.customerId), updatedAt: column(shape.updatedAt) },
      columns: shape.columns.map(column),
    };
  }

  /** Rows of the relation, in the columns of its shape. */
  async function rows(shape: QuotedShape, rest: string, bindings: unknown[]): Promise<TenantRow[]> {
    const { from, bindings: fromBindings, name } = fromClause(shape.relation);
    const list = [shape.customerId, shape.updatedAt, ...shape.columns];
    const found = await read(name, `select ${list.map(() => 't.??').join(', ')} from ${from} t ${rest}`, [
      ...list,
      ...fromBindings,
      ...bindings,
    ]);
    return found.map((cells) => ({
      customerId: cells[0] ?? null,
      updatedAt: cells[1] ?? null,
      values: cells.slice(2),
    }));
  }

  return {
    columns,
    hasIndex,
    tables,

    async models(table, limit) {
      const found = await read(
        table,
        `select distinct model from ?? where model is not null order by 1 limit ${limit}`,
        [table],
      );
      return found.map(([model]) => model!);
    },

    async clock() {
      const [row] = await read('the clock', dialect.clock);
      return row![0]!;
    },

    readWindow(given, window, after, limit) {
      const shape = quotedShape(given);
      const conditions = windowConditions(shape, window);
      if (after !== null) {
        conditions.sql.push(dialect.after('t.??', 't.??', [`?::${shape.updatedAtType}`, `?::${shape.customerIdType}`]));
        conditions.bindings.push(...afterBindings(dialect, shape, after));
      }
      return rows(
        shape,
        `where t.?? is not null and ${conditions.sql.join(' and ')} order by t.??, t.?? limit ${limit}`,
        [shape.customerId, ...conditions.bindings, shape.updatedAt, shape.customerId],
      );
    },

    readUndated(given, after, limit) {
      const shape = quotedShape(given);
      const beyond = after === null ? '' : `and t.?? > ?::${shape.customerIdType}`;
      return rows(shape, `where t.?? is null and t.?? is not null ${beyond} order by t.?? limit ${limit}`, [
        shape.updatedAt,
        shape.customerId,
        ...(after === null ? [] : [shape.customerId, after]),
        shape.customerId,
      ]);
    },

    async readCustomers(given, customerIds) {
      const shape = quotedShape(given);
      const possible = customerIds.filter((id) => canBeOf(shape.customerIdType, id));
      if (possible.length === 0) return [];
      return rows(
        shape,
        `where t.?? in (${possible.map(() => `?::${shape.customerIdType}`).join(', ')}) order by t.?? nulls first`,
        [shape.customerId, ...possible, shape.updatedAt],
      );
    },

    async countWithoutId(given, window, undated) {
      const shape = quotedShape(given);
      const { from, bindings, name } = fromClause(shape.relation);
      const conditions = windowConditions(shape, window);
      const inside = undated ? `((${conditions.sql.join(' and ')}) or t.?? is null)` : conditions.sql.join(' and ');
      const [row] = await read(name, `select count(*) from ${from} t where t.?? is null and ${inside}`, [
        ...bindings,
        shape.customerId,
        ...conditions.bindings,
        ...(undated ? [shape.updatedAt] : []),
      ]);
      return Number(row![0]);
    },

    async countRows(given, to) {
      const shape = quotedShape(given);
      const { from, bindings, name } = fromClause(shape.relation);
      const [row] = await read(
        name,
        `select count(*), sum(case when t.?? > ${bounds(shape, true).to} then 1 else 0 end),
                sum(case when t.?? is null then 1 else 0 end) from ${from} t`,
        [shape.updatedAt, to, shape.updatedAt, ...bindings],
      );
      const [total, later, undated] = row!.map(Number);
      return { total: total!, later: later!, undated: undated! };
    },

    async latestModelRun(rule, after) {
      const { sql, bindings, name } = completedRuns(rule, after);
      const found = await read(
        name,
        `select id, completed_at${rule.rowCount === undefined ? '' : ', ??'} from ${sql} order by completed_at desc, id desc limit 1`,
        [...(rule.rowCount === undefined ? [] : [rule.rowCount]), ...bindings],
      );
      const [row] = found;
      return row === undefined
        ? null
        : ({ id: row[0]!, completedAt: row[1]!, rows: stated(row[2] ?? null) } satisfies ModelRun);
    },

    async earliestStart(rule, after) {
      const known = await columns(modelRunRelation(rule));
      const startedAt = known.find((column) => column.name === 'started_at');
      if (startedAt === undefined) return null;
      const { later } = slackHours(startedAt.databaseType);
      const { sql, bindings, name } = completedRuns(rule, after);
      const [row] = await read(name, `select min(started_at) - interval '${later} hours' from ${sql}`, bindings);
      return row?.[0] ?? null;
    },

    close: () => db.destroy(),
  };
}

/** A numeric column's modifier holds precision and scale; of other types, and of free numerics, it is -1 or means something else. */
function toColumn(name: string, databaseType: string, modifier: number): Column {
  if (databaseType !== 'numeric' || modifier < 4) return { name, databaseType };
  // Eleven bits with a sign: since Postgres 15 a scale may be negative.
  return { name, databaseType, scale: (((modifier - 4) & 0x7ff) ^ 1024) - 1024 };
}

/** A window's bounds, in UTC, as a column's values may be compared with them. */
function bounds(
  { updatedAtType }: Pick<RelationShape, 'updatedAtType'>,
  anyZone: boolean,
): { from: string; to: string } {
  if (!anyZone || updatedAtType === 'timestamptz') return { from: `?::${updatedAtType}`, to: `?::${updatedAtType}` };
  const { earlier, later } = slackHours(updatedAtType);
  return {
    from: `(?::timestamp - interval '${earlier} hours')`,
    to: `(?::timestamp + interval '${later} hours')`,
  };
}

function windowConditions(shape: QuotedShape, window: Window): { sql: string[]; bindings: unknown[] } {
  const { from, to } = bounds(shape, window.anyZone);
  const sql = [`t.?? <= ${to}`];
  const bindings: unknown[] = [shape.updatedAt, window.to];
  if (window.from !== null) {
    sql.push(`t.?? >= ${from}`);
    bindings.push(shape.updatedAt, window.from);
  }
  return { sql, bindings };
}

function afterBindings(dialect: Dialect, shape: QuotedShape, after: WindowPosition): unknown[] {
  if (dialect.client === 'pg') return [shape.updatedAt, shape.customerId, after.updatedAt, after.customerId];
  const [at, id] = [after.updatedAt, after.customerId];
  return [shape.updatedAt, at, shape.updatedAt, at, shape.customerId, id];
}

/** The completed model runs as a subquery with id, completed_at and, in the table form, started_at. */
function completedRuns(
  rule: ModelRunRule & { kind: 'table' | 'query' },
  after: string | null,
): { sql: string; bindings: unknown[]; name: string } {
  const later = after === null ? '' : 'and completed_at > ?';
  const bindings = after === null ? [] : [after];
  if (rule.kind === 'query') {
    return {
      sql: `(${standIn(rule.query)}\n) r where completed_at is not null ${later}`,
      bindings,
      name: "The config's modelRun query",
    };
  }
  return {
    sql: `?? r where model = ? and status = 'completed' and completed_at is not null ${later}`,
    bindings: [rule.table, rule.model, ...bindings],
    name: rule.table,
  };
}

/** A count as a model run states it; what is no count states nothing. */
function stated(text: Cell): number | null {
  const count = text === null || text.trim() === '' ? NaN : Number(text);
  return Number.isSafeInteger(count) && count >= 0 ? count : null;
}
