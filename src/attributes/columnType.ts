import type { AttributeRule, AttributeType } from '../types/settings';

/** What a database column holds, in the mapping's terms. `unsupported`: json, arrays, bytea, money, intervals … */
export type ColumnType = AttributeType | 'unsupported';

/**
 * Names as in pg_type, and as information_schema and format_type spell them; Redshift uses the same. Not money: it prints
 * a currency sign and the server's separators.
 */
const DATABASE_NAMES: readonly [AttributeType, RegExp][] = [
  ['number', /^(?:int[248]?|integer|smallint|bigint|numeric|decimal|real|float[48]|double precision)$/],
  ['string', /^(?:text|varchar|character varying|bpchar|char|character|name|citext|uuid|enum)$/],
  ['boolean', /^bool(?:ean)?$/],
  ['date', /^(?:date|timestamp(?:tz)?|timestamp with(?:out)? time zone)$/],
];

/** `databaseType` in any case, with or without modifiers: `numeric(12,2)`, `TIMESTAMP(6) WITH TIME ZONE`. */
export function columnType(databaseType: string): ColumnType {
  const name = databaseType
    .toLowerCase()
    .replace(/\([^)]*\)/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return DATABASE_NAMES.find(([, names]) => names.test(name))?.[0] ?? 'unsupported';
}

/** The type Braze receives; undefined only where nothing says it (an unsupported column without a declared type). */
export function outgoingType(rule: AttributeRule, column: ColumnType): AttributeType | undefined {
  if (rule.bands !== undefined) return 'string';
  return rule.type ?? (column === 'unsupported' ? undefined : column);
}

/** Which declared types a column can fill. Text is converted row by row: a value that does not fit becomes a rejection. */
const POSSIBLE: Readonly<Record<AttributeType, readonly AttributeType[]>> = {
  number: ['number', 'string', 'boolean'],
  string: ['string', 'number', 'boolean', 'date'],
  boolean: ['boolean', 'string'],
  date: ['date', 'string'],
};

/**
 * Why no row of this column can ever satisfy the rule, as a sentence with the fix; null where rows are tried one by one. A
 * declared type on a column of an unsupported type is trusted (enums and domains have any name).
 */
export function typeProblem(rule: AttributeRule, column: ColumnType): string | null {
  if (rule.bands !== undefined) return bandsProblem(rule, column);
  const type = outgoingType(rule, column);
  if (type === undefined) {
    return `column ${rule.column} has a type that cannot be sent as it is. Set type: string, or cast it in a query.`;
  }
  if (column !== 'unsupported' && !POSSIBLE[column].includes(type)) {
    return `column ${rule.column} is a ${column} and cannot be sent as ${type}. Possible types: ${POSSIBLE[column].join(', ')}.`;
  }
  const setting = (['decimals', 'minChange', 'range'] as const).find((key) => rule[key] !== undefined);
  if (type !== 'number' && setting !== undefined) {
    return `${setting} needs numbers, and ${rule.name} is sent as ${type}. Set type: number, or remove ${setting}.`;
  }
  return null;
}

function bandsProblem(rule: AttributeRule, column: ColumnType): string | null {
  if (column === 'number') return null;
  // A text column may hold numbers, but only if declared: a guess would let a mistyped column reject every row.
  if ((column === 'string' || column === 'unsupported') && rule.type === 'number') return null;
  return column === 'string'
    ? `bands need numbers, and column ${rule.column} is text. Set type: number if it holds numbers.`
    : `bands need numbers, and column ${rule.column} holds none.`;
}
