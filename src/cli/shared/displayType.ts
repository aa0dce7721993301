import type { Column } from '../../tenant/store';

/** Names of Postgres's catalog as people write them. */
const WORDS: Readonly<Record<string, string>> = {
  float4: 'real',
  float8: 'double precision',
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  bool: 'boolean',
  bpchar: 'char',
};

/** The type of a column as people write it: `double precision`. */
export function displayType({ databaseType }: Column): string {
  return WORDS[databaseType] ?? databaseType;
}

/** Whether a column holds digits after the point, and whether they look like cents. */
export function fractionOf({ databaseType, scale }: Column): 'money' | 'other' | null {
  if (/^(float[48]|real|double precision)$/.test(databaseType)) return 'other';
  if (!/^(numeric|decimal)$/.test(databaseType) || (scale !== undefined && scale <= 0)) return null;
  return scale === 2 ? 'money' : 'other';
}
