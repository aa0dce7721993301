import { Big } from 'big.js';
import { MAX_STRING_CHARACTERS } from '../types/brazeLimits';
import { ATTRIBUTE_TYPES } from '../types/settings';
import { readDecimal } from './decimal';
import type { ConfigFinding } from './findings';
import { mappingAt, type Path } from './path';

/** Rules between the keys of one attribute, for all attributes of a sync. */
export function attributeFindings(tree: unknown, path: Path): ConfigFinding[] {
  const names = Object.keys(mappingAt(tree, path));
  return [...companionFindings(tree, path, names), ...names.flatMap((name) => keyFindings(tree, [...path, name]))];
}

/** If every attribute waits for another one to change, nothing is ever sent. */
function companionFindings(tree: unknown, path: Path, names: string[]): ConfigFinding[] {
  const alone = names.length > 0 && names.every((name) => mappingAt(tree, [...path, name]).onlyWithOthers === 'true');
  if (!alone) return [];
  return [{ path, found: 'onlyWithOthers on every attribute, which never sends anything', expected: 'one without it' }];
}

function keyFindings(tree: unknown, path: Path): ConfigFinding[] {
  const attribute = mappingAt(tree, path);
  const findings: ConfigFinding[] = [];
  const wrong = (key: string, found: string, expected: string) =>
    findings.push({ path: [...path, key], found, expected, key: 'shown' });
  const has = (key: string) => attribute[key] !== undefined;

  if (has('range')) findings.push(...rangeFindings(tree, [...path, 'range'], attribute.type, has('bands')));
  if (has('bands')) {
    if (has('decimals')) wrong('decimals', 'decimals together with bands', 'one of them: a band is sent as its name');
    if (has('minChange')) wrong('minChange', 'minChange together with bands', 'hysteresis, which keeps a band');
    // For a text column, `type: number` says that the text is numeric.
    if (isTypeBut(attribute, 'string') && attribute.type !== 'number')
      wrong(
        'type',
        'a type other than string or number together with bands',
        'no type, or number where the column is text',
      );
    findings.push(...boundFindings(tree, [...path, 'bands']), ...bandNameFindings(tree, [...path, 'bands']));
  } else {
    if (has('hysteresis')) wrong('hysteresis', 'hysteresis without bands', 'bands, or minChange for a number');
    for (const key of ['decimals', 'minChange']) {
      if (has(key) && isTypeBut(attribute, 'number')) wrong(key, `${key} with this type`, 'type: number');
    }
  }
  return findings;
}

function isTypeBut(attribute: Record<string, unknown>, type: string): boolean {
  return attribute.type !== type && ATTRIBUTE_TYPES.some((one) => one === attribute.type);
}

/** A band is sent as its name. */
function bandNameFindings(tree: unknown, path: Path): ConfigFinding[] {
  const long = Object.keys(mappingAt(tree, path)).filter((name) => Array.from(name).length > MAX_STRING_CHARACTERS);
  return long.map((name) => {
    const found = 'a band name that is too long for Braze';
    return { path: [...path, name], found, expected: `up to ${MAX_STRING_CHARACTERS} characters`, key: 'shown' };
  });
}

/** Only numbers can be outside a range; with bands the column holds numbers, regardless of the type that is sent. */
function rangeFindings(tree: unknown, path: Path, type: unknown, bands: boolean): ConfigFinding[] {
  const { min, max } = mappingAt(tree, path);
  const wrong = (found: string, expected: string): ConfigFinding[] => [{ path, found, expected, key: 'shown' }];
  if (!bands && isTypeBut({ type }, 'number')) return wrong('range with this type', 'type: number');
  if (Object.keys(mappingAt(tree, path)).length > 0 && min === undefined && max === undefined) return [];
  if (min === undefined && max === undefined) return wrong('neither min nor max', 'one of them');
  const ends = [min, max].map((end) => (typeof end === 'string' ? readDecimal(end) : undefined));
  if (ends[0] === undefined || ends[1] === undefined || new Big(ends[0]).lte(ends[1])) return [];
  return wrong('a min above the max', 'the lower bound as min');
}

/** Two bands with one lower bound: which of them a customer is in would be undefined. */
function boundFindings(tree: unknown, path: Path): ConfigFinding[] {
  const byBound = new Map<string, string>();
  return Object.entries(mappingAt(tree, path)).flatMap(([name, bound]) => {
    const key = typeof bound === 'string' ? readDecimal(bound) : undefined;
    if (key === undefined) return [];
    const first = byBound.get(key);
    if (first === undefined) byBound.set(key, name);
    return first === undefined
      ? []
      : [{ path: [...path, name], found: `the same lower bound as ${first}`, expected: 'a different one' }];
  });
}
