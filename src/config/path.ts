/** A place in the config: keys from the top, list positions as text. `[]` is the whole file. */
export type Path = readonly string[];

/** A path as the key of a map. */
export function pathKey(path: Path): string {
  return JSON.stringify(path);
}

/** The value at a path of a plain tree; `undefined` where there is none. */
export function valueAt(tree: unknown, path: Path): unknown {
  let value = tree;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** The mapping at a path, or an empty one where there is something else. */
export function mappingAt(tree: unknown, path: Path): Record<string, unknown> {
  const value = valueAt(tree, path);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/**
 * `syncs.churn.attributes.x`. A key that is not a plain name is left out: `{ url:postgres://… }` without its space makes the
 * whole URL a key, including its password.
 */
export function showPath(path: Path): string {
  return path.map((key) => (isPlainName(key) ? key : '…')).join('.');
}

/** Whether this can be shown as a key: letters, digits and the like, at most 64 characters. */
export function isPlainName(key: string): boolean {
  return /^[\p{L}\p{N}_$. -]{1,64}$/u.test(key);
}
