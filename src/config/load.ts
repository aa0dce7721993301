import { readFileSync } from 'node:fs';
import { typed } from '../invocation';
import type { Config } from './config';
import { describeFindings, type ConfigFinding, withoutReported } from './findings';
import { type Interpolated, interpolate } from './interpolate';
import { type Path, pathKey } from './path';
import { ConfigError, type ConfigProblem } from './problem';
import { resolveConfig } from './resolve';
import { ruleFindings } from './rules';
import { readShape, withCorrectedKeys } from './shape';
import { type Environment, fileFailure, openVariables } from './variables';
import { readYamlText, type YamlText } from './yamlText';

/** Where variables come from, and which of them have to be set. */
export interface LoadOptions {
  env: Environment;
  /**
   * `everything`: every variable must be set. `when-used`: a missing variable of a key, a REST endpoint or a source's URL fails
   * when it is used, so that `status` and `pause` work in a shell without secrets. Default `everything`.
   */
  need?: 'everything' | 'when-used';
}

/**
 * Reads the config file. Throws rather than returns its problems, because a secret that is read later fails in the same way:
 * every caller handles an invalid config in one place (the command exits 2, the run is held).
 *
 * @throws ConfigError with all problems at once
 */
export function loadConfig(path: string, { env, need = 'everything' }: LoadOptions): Config {
  const yaml = readYamlText(readConfigFile(path));
  if (!yaml.trusted) throw new ConfigError(path, yaml.problems);

  const interpolated = interpolate(yaml.tree, openVariables(path, env));
  const deferred = need === 'when-used' ? deferredProblems(yaml, interpolated) : new Map<string, ConfigProblem[]>();
  const tree = withPlaceholders(interpolated.tree, [], deferred);

  const unread = [...interpolated.scalars.values()].filter(
    ({ failures, path: at }) => failures.length > 0 && !deferred.has(pathKey(at)),
  );
  const shape = readShape(tree);
  const shapeFindings = 'findings' in shape ? shape.findings : [];
  const findings = [...shapeFindings, ...ruleFindings(withCorrectedKeys(tree, shapeFindings))];
  const reported = [
    ...yaml.unreadable,
    ...unread.map(({ path: at }) => at),
    ...shapeFindings.flatMap(({ meant }) => (meant === undefined ? [] : [meant])),
  ];
  const problems = [
    ...yaml.problems,
    ...describeFindings(unread.flatMap(variableFindings), yaml, interpolated),
    ...describeFindings(withoutReported(findings, reported), yaml, interpolated),
  ];
  if (problems.length > 0 || 'findings' in shape) throw new ConfigError(path, problems);

  return resolveConfig(path, shape.file, {
    originOf: (at) => interpolated.scalars.get(pathKey(at))?.from ?? 'config',
    requireRead(at) {
      const missing = deferred.get(pathKey(at));
      if (missing !== undefined) throw new ConfigError(path, missing);
    },
  });
}

function readConfigFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const found = fileFailure(error);
    const expected = 'a config file';
    const message = `the config file ${found}. Create one with \`${typed('init')}\`, or name it: --config FILE.`;
    throw new ConfigError(path, [{ line: null, column: null, path: '', found, expected, message }]);
  }
}

type InterpolatedScalar = Interpolated['scalars'] extends ReadonlyMap<string, infer Scalar> ? Scalar : never;

function variableFindings({ path, failures }: InterpolatedScalar): ConfigFinding[] {
  return failures.map(({ found, expected, message }) => ({ path, found, expected, message }));
}

/** Only these are secrets or go with one, and belong to the worker's environment. */
function isNeededWhenUsed([section, , ...keys]: Path): boolean {
  const key = keys.join('.');
  switch (section) {
    case 'sources':
      return key === 'url';
    case 'workspaces':
      return key === 'apiKey' || key === 'restEndpoint';
    default:
      return section === 'syncs' && key === 'notify.webhook';
  }
}

function deferredProblems(yaml: YamlText, interpolated: Interpolated): Map<string, ConfigProblem[]> {
  const missing = [...interpolated.scalars.values()].filter(
    ({ path, state }) => isNeededWhenUsed(path) && (state === 'missing' || state === 'empty'),
  );
  return new Map(
    missing.map((scalar) => {
      const findings =
        scalar.state === 'empty' ? [{ path: scalar.path, expected: 'a value' }] : variableFindings(scalar);
      return [pathKey(scalar.path), describeFindings(findings, yaml, interpolated)];
    }),
  );
}

/** The schema needs a value where a missing variable is allowed. It is never read: `requireRead` fails first. */
function withPlaceholders(value: unknown, path: Path, deferred: ReadonlyMap<string, unknown>): unknown {
  if (deferred.has(pathKey(path))) return 'https://not-set.invalid';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withPlaceholders(inner, [...path, key], deferred)]),
  );
}
