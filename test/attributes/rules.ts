import type { ColumnType } from '../../src/attributes/columnType';
import { type ResolvedAttribute, compileAttributes } from '../../src/attributes/compile';
import type { AttributeRule } from '../../src/types/settings';

/** A rule as the config would resolve it, with what the test is about. */
export function rule(settings: Partial<AttributeRule> = {}): AttributeRule {
  return { name: 'score', column: 'score', onlyWithOthers: false, ...settings };
}

export function compiled(settings: Partial<AttributeRule>, column: ColumnType = 'number'): ResolvedAttribute {
  const one = rule(settings);
  return compileAttributes([one], { [one.column]: column })[0]!;
}

export const RISK_BANDS = [
  { name: 'low', lower: '0' },
  { name: 'medium', lower: '0.5' },
  { name: 'high', lower: '0.8' },
];
