import { readFileSync } from 'node:fs';
import type { Config } from '../../config/config';
import { loadConfig } from '../../config/load';
import type { Path } from '../../config/path';
import { ConfigError, renderProblem } from '../../config/problem';
import { readYamlText } from '../../config/yamlText';
import { error, ok, type Finding } from '../shared/finding';
import { plural } from '../shared/screen';

export interface ConfigLook {
  findings: Finding[];
  /** Null when nothing else can be checked. Where variables are missing, what does not need them still can. */
  config: Config | null;
}

export function checkConfigFile(file: string): ConfigLook {
  try {
    const config = loadConfig(file, { env: process.env });
    const counts = [
      plural(Object.keys(config.workspaces).length, 'workspace'),
      plural(config.sources.length, 'source'),
      plural(Object.keys(config.syncs).length, 'sync'),
    ];
    return { findings: [ok('config', `${file}: ${counts.join(', ')}`)], config };
  } catch (problem) {
    if (!(problem instanceof ConfigError)) throw problem;
    const findings = problem.problems.map((one) => error('config', renderProblem(file, one), one.line ?? undefined));
    return { findings, config: withoutSecrets(file) };
  }
}

function withoutSecrets(file: string): Config | null {
  try {
    return loadConfig(file, { env: process.env, need: 'when-used' });
  } catch (problem) {
    if (problem instanceof ConfigError) return null;
    throw problem;
  }
}

/** A value of the config, or null where its variable is missing: that has its finding already. */
export function unlessMissing<T>(read: () => T): T | null {
  try {
    return read();
  } catch (problem) {
    if (problem instanceof ConfigError) return null;
    throw problem;
  }
}

/** The line of a key; of what encloses it where a default stands. */
export function lineFinder(file: string): (path: Path) => number {
  const yaml = readYamlText(readFileSync(file, 'utf8'));
  return (path) => yaml.keyPosition(path).line;
}
