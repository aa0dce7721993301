import type { Config } from '../../config/config';
import { loadConfig } from '../../config/load';
import { ConfigError, renderProblem } from '../../config/problem';
import { error, ok, type Finding } from '../shared/finding';
import { plural } from '../shared/screen';
import { unlessMissing } from '../shared/unlessMissing';

interface ConfigFileCheck {
  findings: Finding[];
  /** Null when nothing else can be checked. Where variables are missing, what does not need them still can. */
  config: Config | null;
}

/** Reads the config with every variable it needs, and says what is wrong with it. */
export function checkConfigFile(file: string): ConfigFileCheck {
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
  return unlessMissing(() => loadConfig(file, { env: process.env, need: 'when-used' }));
}
