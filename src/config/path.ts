/** Where something stands in the config: keys from the top, list places as text. `[]` is the whole file. */
export type Path = readonly string[];

/** A path as the key of a map. */
export function pathKey(path: Path): string {
  return JSON.stringify(path);
}

/** The value at a path of a plain tree; `undefined` where nothing stands. */
export function valueAt(tree: unknown, path: Path): unknown {
  let value = tree;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** The mapping at a path, or an empty one where something else stands. */
export function mappingAt(tree: unknown, path: Path): Record<string, unknown> {
  const value = valueAt(tree, path);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/**
 * `syncs.churn.attributes.x`. A key that is no plain name is left out: `{ url:postgres://… }` without its space makes a key of
 * the whole address, password and all.
 */
export function showPath(path: Path): string {
  return path.map((key) => (isPlainName(key) ? key : '…')).join('.');
}

/** Whether this can be shown as a key: letters, digits and the like, at most 64 characters. */
export function isPlainName(key: string): boolean {
  return /^[\p{L}\p{N}_$. -]{1,64}$/u.test(key);
}
