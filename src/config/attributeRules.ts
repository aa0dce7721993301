import { Big } from 'big.js';
import { MAX_STRING_CHARACTERS } from '../types/brazeLimits';
import { ATTRIBUTE_TYPES } from '../types/settings';
import { readDecimal } from './decimal';
import type { ConfigFinding } from './findings';
import { mappingAt, type Path } from './path';

/** What the keys of one attribute mean to each other, for all attributes of a sync. */
export function attributeFindings(tree: unknown, path: Path): ConfigFinding[] {
  const names = Object.keys(mappingAt(tree, path));
  return [...companionFindings(tree, path, names), ...names.flatMap((name) => keyFindings(tree, [...path, name]))];
}

/** Attributes that only keep others company would all wait for one another for ever. */
function companionFindings(tree: unknown, path: Path, names: string[]): ConfigFinding[] {
  const alone = names.length > 0 && names.every((name) => mappingAt(tree, [...path, name]).onlyWithOthers === 'true');
  if (!alone) return [];
  return [{ path, found: 'onlyWithOthers on every attribute, which sends nothing ever', expected: 'one without it' }];
}

function keyFindings(tree: unknown, path: Path): ConfigFinding[] {
  const attribute = mappingAt(tree, path);
  const findings: ConfigFinding[] = [];
  const wrong = (key: string, found: string, expected: string) =>
    findings.push({ path: [...path, key], found, expected, key: 'shown' });
  const has = (key: string) => attribute[key] !== undefined;

  if (has('range')) findings.push(...rangeFindings(tree, [...path, 'range'], attribute.type, has('bands')));
  if (has('bands')) {
    if (has('decimals')) wrong('decimals', 'decimals beside bands', 'one of them: a band goes out as its name');
    if (has('minChange')) wrong('minChange', 'minChange beside bands', 'hysteresis, which keeps a band');
    // Of a text column it says that the text holds numbers.
    if (isTypeBut(attribute, 'string') && attribute.type !== 'number')
      wrong('type', 'another type than string or number beside bands', 'none, or number where the column is text');
    findings.push(...boundFindings(tree, [...path, 'bands']), ...bandNameFindings(tree, [...path, 'bands']));
  } else {
    if (has('hysteresis')) wrong('hysteresis', 'hysteresis without bands', 'bands, or minChange for a number');
    for (const key of ['decimals', 'minChange']) {
      if (has(key) && isTypeBut(attribute, 'number')) wrong(key, `${key} beside this type`, 'type: number');
    }
  }
  return findings;
}

function isTypeBut(attribute: Record<string, unknown>, type: string): boolean {
  return attribute.type !== type && ATTRIBUTE_TYPES.some((one) => one === attribute.type);
}

/** A band goes out as its name. */
function bandNameFindings(tree: unknown, path: Path): ConfigFinding[] {
  const long = Object.keys(mappingAt(tree, path)).filter((name) => Array.from(name).length > MAX_STRING_CHARACTERS);
  return long.map((name) => {
    const found = 'the name of a band that is too long for Braze';
    return { path: [...path, name], found, expected: `up to ${MAX_STRING_CHARACTERS} characters`, key: 'shown' };
  });
}

/** Only of numbers can be said what lies outside; with bands the column holds them, whatever goes out. */
function rangeFindings(tree: unknown, path: Path, type: unknown, bands: boolean): ConfigFinding[] {
  const { min, max } = mappingAt(tree, path);
  const wrong = (found: string, expected: string): ConfigFinding[] => [{ path, found, expected, key: 'shown' }];
  if (!bands && isTypeBut({ type }, 'number')) return wrong('range beside this type', 'type: number');
  if (Object.keys(mappingAt(tree, path)).length > 0 && min === undefined && max === undefined) return [];
  if (min === undefined && max === undefined) return wrong('neither min nor max', 'one of them');
  const ends = [min, max].map((end) => (typeof end === 'string' ? readDecimal(end) : undefined));
  if (ends[0] === undefined || ends[1] === undefined || new Big(ends[0]).lte(ends[1])) return [];
  return wrong('a min above the max', 'the lower end first');
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
      : [{ path: [...path, name], found: `the lower bound of ${first} again`, expected: 'another' }];
  });
}
