import { MAX_ALIAS_BYTES } from '../types/brazeLimits';
import type { ConfigFinding } from './findings';
import { didYouMean } from './nearest';
import { mappingAt, type Path } from './path';
import { listed } from './schema';

/** Rules between the keys of one sync, and between them and the names at the top of the file. */
export function syncFindings(tree: unknown, sync: string): ConfigFinding[] {
  const path = ['syncs', sync];
  return [
    ...relationFindings(tree, path),
    ...referenceFindings(tree, path, 'workspace', 'workspaces'),
    ...referenceFindings(tree, path, 'source', 'sources'),
    ...aliasFindings(mappingAt(tree, [...path, 'identifier']), [...path, 'identifier', 'alias']),
    ...modelRunFindings(mappingAt(tree, [...path, 'modelRun']), [...path, 'modelRun']),
    ...guardFindings(tree, path),
    ...scheduleFindings(mappingAt(tree, [...path, 'schedule']), [...path, 'schedule']),
  ];
}

function relationFindings(tree: unknown, path: Path): ConfigFinding[] {
  const sync = mappingAt(tree, path);
  if (isSet(sync, 'table') && isSet(sync, 'query')) {
    return [{ path: [...path, 'query'], found: 'both table and query', expected: 'one of them', key: 'shown' }];
  }
  if (isSet(sync, 'table') || isSet(sync, 'query') || Object.keys(sync).length === 0) return [];
  // A key that is present has an empty variable, which is the problem to show.
  if ('table' in sync) return [{ path: [...path, 'table'], expected: 'the name of a table' }];
  if ('query' in sync) return [{ path: [...path, 'query'], expected: 'a select' }];
  return [{ path, found: 'neither table nor query', expected: 'one of them' }];
}

/** A sync may leave out its workspace or source where there is only one. */
function referenceFindings(tree: unknown, path: Path, key: 'workspace' | 'source', section: string): ConfigFinding[] {
  const names = Object.keys(mappingAt(tree, [section]));
  const sync = mappingAt(tree, path);
  if (names.length === 0 || Object.keys(sync).length === 0) return [];
  const name = sync[key];
  const at = [...path, key];
  if (name === undefined) return names.length === 1 ? [] : [{ path: at, expected: listed(names) }];
  if (typeof name !== 'string' || names.includes(name)) return [];
  return [{ path: at, expected: listed(names), hint: didYouMean(name, names) }];
}

function aliasFindings({ alias }: Record<string, unknown>, path: Path): ConfigFinding[] {
  if (typeof alias !== 'string' || Buffer.byteLength(alias) <= MAX_ALIAS_BYTES) return [];
  return [{ path, found: 'a label that is too long for Braze', expected: `up to ${MAX_ALIAS_BYTES} bytes` }];
}

/** The keys that each kind of model run rule allows. */
const MODEL_RUN_KEYS = {
  table: ['table', 'model', 'rowCount', 'timeout', 'poll'],
  query: ['query', 'rowCount', 'timeout', 'poll'],
  signal: ['signal', 'timeout'],
} as const;

function modelRunFindings(modelRun: Record<string, unknown>, path: Path): ConfigFinding[] {
  if (Object.keys(modelRun).length === 0) return [];
  const kind = (['table', 'query', 'signal'] as const).find((key) => key in modelRun);
  if (kind === undefined) return [{ path, found: 'none of table, query, signal', expected: 'one of them' }];
  const allowed: readonly string[] = MODEL_RUN_KEYS[kind];
  const all: readonly string[] = ['table', 'model', 'query', 'signal', 'rowCount', 'timeout', 'poll'];
  const misplaced = Object.keys(modelRun).filter((key) => all.includes(key) && !allowed.includes(key));
  const findings: ConfigFinding[] = misplaced.map((key) => {
    return {
      path: [...path, key],
      found: `${key} together with ${kind}`,
      expected: `${allowed.join(', ')} only`,
      key: 'shown',
    };
  });
  const model = kind === 'table' && modelRun.model === undefined;
  return model ? [...findings, { path: [...path, 'model'], expected: 'the name of a model' }] : findings;
}

/** A guard that can never judge anything would only seem to protect. */
function guardFindings(tree: unknown, path: Path): ConfigFinding[] {
  const guards = mappingAt(tree, [...path, 'guards']);
  const attributes = mappingAt(tree, [...path, 'attributes']);
  const names = Object.keys(attributes);
  const findings: ConfigFinding[] = [];
  for (const name of Object.keys(mappingAt(tree, [...path, 'guards', 'maxNullShare']))) {
    if (names.length === 0 || names.includes(name)) continue;
    const at = [...path, 'guards', 'maxNullShare', name];
    findings.push({
      path: at,
      found: 'a name that is not an attribute of this sync',
      expected: listed(names),
      hint: didYouMean(name, names),
      key: 'shown',
    });
  }
  const ranged = names.some((name) => isSet(mappingAt(attributes, [name]), 'range'));
  if (isSet(guards, 'maxOutOfRangeShare') && names.length > 0 && !ranged) {
    const at = [...path, 'guards', 'maxOutOfRangeShare'];
    findings.push({ path: at, found: 'no attribute with a range', expected: 'a range on an attribute', key: 'shown' });
  }
  if (isSet(guards, 'minRowShare') && !isSet(mappingAt(tree, [...path, 'modelRun']), 'rowCount')) {
    const at = [...path, 'guards', 'minRowShare'];
    findings.push({ path: at, found: 'no modelRun.rowCount', expected: 'the column with the count', key: 'shown' });
  }
  return findings;
}

function scheduleFindings(schedule: Record<string, unknown>, path: Path): ConfigFinding[] {
  const at = [...path, 'day'];
  if (schedule.every === 'week' && schedule.day === undefined) {
    return [{ path: at, expected: 'the day of the week, such as monday' }];
  }
  if (schedule.every === 'day' && schedule.day !== undefined) {
    return [{ path: at, found: 'a day together with every: day', expected: 'no day, or every: week', key: 'shown' }];
  }
  return [];
}

function isSet(mapping: Record<string, unknown>, key: string): boolean {
  return mapping[key] !== undefined;
}
