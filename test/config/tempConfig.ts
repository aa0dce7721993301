import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Config } from '../../src/config/config';
import { loadConfig, type LoadOptions } from '../../src/config/load';
import { ConfigError } from '../../src/config/problem';

const folders: string[] = [];

/** A config file with its neighbours in a folder of its own. */
export function writeConfig(yaml: string, files: Record<string, string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'peak-braze-config-'));
  folders.push(folder);
  for (const [name, text] of Object.entries({ 'peak-braze.yaml': yaml, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return join(folder, 'peak-braze.yaml');
}

export function removeConfigs(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
}

export const ENV = {
  BRAZE_REST_ENDPOINT: 'https://rest.fra-01.braze.eu',
  BRAZE_API_KEY: 'key-0123',
  TENANT_URL: 'postgres://peak:hunter2@db/tenant',
};

export function load(yaml: string, options: Partial<LoadOptions> = {}, files: Record<string, string> = {}): Config {
  return loadConfig(writeConfig(yaml, files), { env: ENV, ...options });
}

export function errorOf(action: () => unknown): ConfigError {
  try {
    action();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('Expected a ConfigError, got none.');
}

/** The lines a person sees, the file named without its folder. */
export function linesOf(
  yaml: string,
  options: Partial<LoadOptions> = {},
  files: Record<string, string> = {},
): string[] {
  const { message, file } = errorOf(() => load(yaml, options, files));
  return message.replaceAll(`${dirname(file)}/`, '').split('\n');
}

/** A config that is correct except for the given lines of its one sync, which begin at line 7. */
export function withSync(sync: string): string {
  return `${WITHOUT_SYNCS}syncs:
  churn:
${sync.replace(/^(?=.)/gm, '    ')}
`;
}

export const WITHOUT_SYNCS = `workspaces:
  shop-eu: { restEndpoint: https://rest.fra-01.braze.eu, apiKey: "\${BRAZE_API_KEY}" }
sources:
  tenant: { url: "\${TENANT_URL}" }
`;

/** A config that is correct except for one setting of its sync, at line 8. */
export function withSetting(setting: string): string {
  return withSync(`table: scores\n${setting}\nattributes: { score: number }`);
}

/** A config that is correct except for one attribute, at line 9. */
export function withAttribute(attribute: string): string {
  return withSync(`table: scores\nattributes:\n  ${attribute}`);
}
