import type { z } from 'zod';
import type { ConfigFinding } from './findings';
import { didYouMean, nearest } from './nearest';
import { isPlainName, mappingAt, type Path, valueAt } from './path';
import { configSchema, type ConfigFile } from './schema';
import { isSensitivePath } from './showFound';

type Issue = z.core.$ZodIssue;

/** Reads the tree by the schema, or returns every problem of its shape. */
export function readShape(tree: unknown): { file: ConfigFile } | { findings: ConfigFinding[] } {
  const result = configSchema.safeParse(tree);
  return result.success ? { file: result.data } : { findings: findingsOf(result.error.issues, [], tree) };
}

function findingsOf(issues: readonly Issue[], parent: Path, tree: unknown): ConfigFinding[] {
  return issues.flatMap((issue) => {
    const path = [...parent, ...issue.path.map(String)];
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => unknownKey([...path, key], issue.message.split(', '), mappingAt(tree, path)));
      case 'invalid_union':
        return unionFindings(issue, path, tree);
      case 'invalid_value':
        return [{ path, expected: issue.message, hint: didYouMean(valueAt(tree, path), issue.values.map(String)) }];
      case 'custom':
        return [{ path, expected: issue.message, hint: issue.params?.hint as string | undefined }];
      default:
        return [{ path, expected: issue.message }];
    }
  });
}

/** Every union of the schema is a word or a mapping: what was written shows which of them was meant. */
function unionFindings(issue: Extract<Issue, { code: 'invalid_union' }>, path: Path, tree: unknown): ConfigFinding[] {
  const value = valueAt(tree, path);
  const [word = [], mapping = []] = issue.errors;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return findingsOf(mapping, path, tree);
  const values = word.flatMap((wrong) => (wrong.code === 'invalid_value' ? wrong.values.map(String) : []));
  return [{ path, expected: issue.message, hint: didYouMean(value, values) }];
}

/** Next to secrets a key is shown only when it is close to a known one: else it may be a value that lost its key. */
function unknownKey(path: Path, allowed: readonly string[], siblings: Record<string, unknown>): ConfigFinding {
  const key = path.at(-1)!;
  const expected = allowed.join(', ');
  const glued = allowed.find((name) => key.startsWith(`${name}:`));
  const near = glued ?? nearest(key, allowed);
  const meant = near === undefined || near in siblings ? undefined : [...path.slice(0, -1), near];
  if (glued !== undefined) {
    const message = `no space after the colon. Write ${glued}: and a space.`;
    return { path, found: 'no space after the colon', expected: 'a space', message, key: 'hidden', meant };
  }
  const hint = near === undefined ? `Known keys: ${expected}.` : `Did you mean ${near}?`;
  const hidden = !isPlainName(key) || (isSensitivePath(path) && near === undefined);
  const found = hidden ? 'an unknown key' : `the unknown key ${key}`;
  return { path, found, expected, message: 'unknown key.', hint, key: hidden ? 'hidden' : 'shown', meant };
}

/** The tree with mistyped keys as they were probably meant, for rules about keys that need or exclude each other. */
export function withCorrectedKeys(tree: unknown, findings: readonly ConfigFinding[]): unknown {
  const copy = structuredClone(tree);
  for (const { path, meant } of findings) {
    if (meant !== undefined) mappingAt(copy, meant.slice(0, -1))[meant.at(-1)!] = valueAt(tree, path);
  }
  return copy;
}
