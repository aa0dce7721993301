import type { Interpolated } from './interpolate';
import { type Path, pathKey, showPath, valueAt } from './path';
import type { ConfigProblem } from './problem';
import { showFound } from './showFound';
import type { YamlText } from './yamlText';

/** A problem at a path, before its line and value are looked up. */
export interface ConfigFinding {
  path: Path;
  /** Replaces the value at the path. */
  found?: string;
  /** The phrase after "expected". */
  expected: string;
  /** The next step, as a sentence. */
  hint?: string | undefined;
  /** Replaces "found …, expected …". */
  message?: string;
  /** The key itself is wrong; `hidden`: it must not be shown. */
  key?: 'shown' | 'hidden';
  /** The path that a mistyped key was probably meant to be: nothing is missing there. */
  meant?: Path | undefined;
}

/** Removes findings at and below places that already have a problem. */
export function withoutReported(findings: readonly ConfigFinding[], reportedAt: readonly Path[]): ConfigFinding[] {
  const reported = new Set(reportedAt.map(pathKey));
  return findings.filter(({ path }) => !path.some((_key, index) => reported.has(pathKey(path.slice(0, index + 1)))));
}

/** Turns findings into problems: adds lines, and what was found as far as it may be shown. */
export function describeFindings(
  findings: readonly ConfigFinding[],
  yaml: YamlText,
  { tree, scalars }: Interpolated,
): ConfigProblem[] {
  return findings.map((finding) => {
    const { path, expected, hint, key, meant } = finding;
    const value = valueAt(tree, path);
    const interpolation = scalars.get(pathKey(path));
    const isScalar = typeof value === 'string' || interpolation !== undefined;
    const position = isScalar && key === undefined ? yaml.valuePosition(path) : yaml.keyPosition(path);
    const found = finding.found ?? showFound(path, value, interpolation);
    const message = finding.message ?? `found ${found}, expected ${expected}.`;
    return {
      ...position,
      path: showPath(key === 'hidden' ? (meant ?? [...path.slice(0, -1), '?']) : path),
      found,
      expected,
      message: hint === undefined ? message : `${message} ${hint}`,
    };
  });
}
