import { Big } from 'big.js';
import type { AttributeRule } from '../types/settings';
import type { Band, BandRule } from './bands';
import { type ColumnType, outgoingType } from './columnType';
import { Decimal } from './decimal';
import type { NumberRule } from './numbers';
import { compileRange, type Range } from './range';
import type { StringRule } from './strings';

/** An attribute ready for the hot path: its type resolved, its thresholds parsed. Never stored: compile it again. */
export type ResolvedAttribute = { name: string; column: string; onlyWithOthers: boolean; range?: Range } & (
  NumberRule | BandRule | StringRule | { kind: 'boolean' } | { kind: 'date' }
);

/**
 * Parses the thresholds of a mapping once for all rows; only rules that passed `typeProblem` come here.
 *
 * @param columnTypes by column name
 * @throws Error for a rule without a type
 */
export function compileAttributes(
  rules: readonly AttributeRule[],
  columnTypes: Readonly<Record<string, ColumnType>>,
): ResolvedAttribute[] {
  return rules.map((rule) => compileAttribute(rule, columnTypes[rule.column] ?? 'unsupported'));
}

function compileAttribute(rule: AttributeRule, column: ColumnType): ResolvedAttribute {
  const common = {
    name: rule.name,
    column: rule.column,
    onlyWithOthers: rule.onlyWithOthers,
    ...(rule.range && { range: compileRange(rule.range) }),
  };
  if (rule.bands !== undefined) {
    return { ...common, kind: 'bands', bands: compileBands(rule.bands, new Big(rule.hysteresis ?? 0)) };
  }
  const type = outgoingType(rule, column);
  switch (type) {
    case 'number':
      return {
        ...common,
        kind: type,
        decimals: rule.decimals,
        minChange: rule.minChange === undefined ? undefined : new Big(rule.minChange),
      };
    case 'string':
      return { ...common, kind: type, columnType: column };
    case 'boolean':
    case 'date':
      return { ...common, kind: type };
    case undefined:
      throw new Error(`Attribute ${rule.name} has no type; typeProblem was not called.`);
  }
}

function compileBands(bands: NonNullable<AttributeRule['bands']>, hysteresis: Big): Band[] {
  return bands.map(({ name, lower }, index) => {
    const above = bands[index + 1];
    return {
      name,
      lower: new Decimal(lower),
      keepFrom: new Decimal(new Big(lower).minus(hysteresis).toFixed()),
      keepBelow: above && new Decimal(new Big(above.lower).plus(hysteresis).toFixed()),
    };
  });
}
