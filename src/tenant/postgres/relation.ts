import type { Relation } from '../../types/settings';

/** Named tables are quoted name by name; a query is used as it was written. */
export function fromClause(relation: Relation): { from: string; bindings: string[]; name: string } {
  if ('table' in relation) return { from: '??', bindings: [relation.table], name: relation.table };
  return { from: `(${standIn(relation.query)}\n)`, bindings: [], name: "The config's query" };
}

/**
 * The config's query is used as it was written. It stands in hexadecimal while knex fills in bindings, because knex takes
 * every question mark for one; a closing semicolon would end the subquery, and a closing comment its parenthesis (hence the
 * line break behind it).
 */
export function standIn(query: string): string {
  const bare = query.trim().replace(/;\s*(--[^\n]*\s*)*$/, '');
  return `/*query:${Buffer.from(bare).toString('hex')}*/`;
}

export function withQuery(sql: string): string {
  return sql.replace(/\/\*query:([0-9a-f]*)\*\//g, (_, hex: string) => Buffer.from(hex, 'hex').toString());
}

export function quotedName(table: string): string {
  return table.split('.').map(quoted).join('.');
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
