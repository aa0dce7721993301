import type { Relation } from '../../types/settings';
import type { Column, TenantTable } from '../store';
import { quoted, type TenantDatabase } from './database';

/** What can be read: tables, columns, indexes. */
export class Catalog {
  readonly #database: TenantDatabase;

  constructor(database: TenantDatabase) {
    this.#database = database;
  }

  async columns(relation: Relation): Promise<Column[]> {
    const { knex } = this.#database;
    const { sql, name } = this.#database.source(relation);
    const fields = await this.#database.fields(name, knex.raw('select * from ? as t limit 0', [sql]));
    const oids = [...new Set(fields.map((field) => field.dataTypeID))];
    const types = await this.#database.read(name, knex.select('oid', 'typname').from('pg_type').whereIn('oid', oids));
    const nameOf = new Map(types.map(([oid, typname]) => [Number(oid), typname ?? 'unknown']));
    return fields.map(({ name: column, dataTypeID, dataTypeModifier }) =>
      toColumn(column, nameOf.get(dataTypeID) ?? 'unknown', dataTypeModifier),
    );
  }

  async tables(): Promise<TenantTable[]> {
    const found = await this.#database.read(
      "The database's catalog",
      this.#database.knex.raw(
        `select case when pg_table_is_visible(c.oid) then c.relname else n.nspname || '.' || c.relname end,
              a.attname, t.typname, a.atttypmod, case when a.attnum = any(k.conkey) then 'primary key' end
         from pg_class c
         join pg_namespace n on n.oid = c.relnamespace
         join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
         join pg_type t on t.oid = a.atttypid
         left join pg_constraint k on k.conrelid = c.oid and k.contype = 'p'
        where c.relkind in ('r', 'p', 'v', 'm', 'f') ${this.#database.dialect.hasPartitions ? 'and not c.relispartition' : ''}
          and n.nspname <> 'information_schema' and n.nspname not like 'pg!_%' escape '!'
          and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
        order by 1, a.attnum`,
      ),
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

  async hasIndex(relation: Relation, wanted: string[]): Promise<boolean | null> {
    if (!('table' in relation) || !this.#database.dialect.showsIndexes) return null;
    const indexes = await this.#database.read(
      relation.table,
      this.#database.knex.raw(
        `select array_to_string(array(select a.attname from unnest(i.indkey) with ordinality k(attnum, n)
                join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum order by k.n), ',')
         from pg_class c left join pg_index i on i.indrelid = c.oid and i.indpred is null
        where c.oid = to_regclass(:table) and c.relkind in ('r', 'm')`,
        { table: relation.table.split('.').map(quoted).join('.') },
      ),
    );
    if (indexes.length === 0) return null;
    return indexes.some(([names]) => `${names},`.startsWith(`${wanted.join(',')},`));
  }
}

/**
 * A numeric column's modifier holds precision and scale; for other types, and for numerics without precision, it is -1 or means
 * something else.
 */
function toColumn(name: string, databaseType: string, modifier: number): Column {
  if (databaseType !== 'numeric' || modifier < 4) return { name, databaseType };
  // Eleven bits with a sign: since Postgres 15 a scale may be negative.
  return { name, databaseType, scale: (((modifier - 4) & 0x7ff) ^ 1024) - 1024 };
}
