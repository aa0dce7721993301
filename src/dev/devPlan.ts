import { unlessMissing } from '../cli/shared/unlessMissing';
import type { Config } from '../config/config';
import { loadConfig } from '../config/load';
import { ConfigError } from '../config/problem';
import { openVariables } from '../config/variables';

/** The servers that the config of a folder needs, or that the config written by `init` will need. Null: not set yet. */
export interface DevPlan {
  temporal: { address: string; namespace: string };
  embeddedLedger: boolean;
  brazeEndpoints: (string | null)[];
  tenantUrls: (string | null)[];
  syncs: string[];
}

/** The variables of a workspace and a tenant in the config that `init` writes. */
export const VARIABLES = {
  endpoint: 'BRAZE_REST_ENDPOINT',
  key: 'BRAZE_API_KEY',
  tenant: 'TENANT_URL',
} as const;

/** Reads the config, or only the variables when the config is missing or invalid. */
export function readDevPlan(configPath: string, env: NodeJS.ProcessEnv): DevPlan {
  let config: Config;
  try {
    config = loadConfig(configPath, { env, need: 'when-used' });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const variables = openVariables(configPath, env);
    const variable = (name: string) => variables.variable(name)?.value || null;
    return {
      temporal: { address: variable('TEMPORAL_ADDRESS') ?? '127.0.0.1:7233', namespace: 'default' },
      embeddedLedger: true,
      brazeEndpoints: [variable(VARIABLES.endpoint)],
      tenantUrls: [variable(VARIABLES.tenant)],
      syncs: [],
    };
  }
  return {
    temporal: config.temporal,
    embeddedLedger: config.ledgerUrl() === 'embedded',
    brazeEndpoints: Object.values(config.workspaces).map((workspace) => unlessMissing(() => workspace.endpoint)),
    tenantUrls: config.sources.map((source) => unlessMissing(() => config.sourceUrl(source).value)),
    syncs: Object.keys(config.syncs),
  };
}
