import { existsSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { openVariables, type Variables } from '../config/variables';
import { typed } from '../invocation';
import type { TenantStore } from '../tenant/store';
import { chooseTable } from './init/chooseTable';
import { configText, type ConfigParts } from './init/configText';
import { findModelRuns } from './init/modelRuns';
import { proposeAttributes } from './init/proposals';
import { yamlScalar } from './init/yamlScalar';
import { command } from './shared/command';
import type { CommonOptions } from './shared/context';
import { CliProblem, EXIT } from './shared/problem';
import { statusLine, plural, print, printJson } from './shared/screen';
import { TENANT_PATIENCE_MS, withTenant } from './shared/tenantAccess';

interface InitOptions extends CommonOptions {
  table?: string;
  sync: string;
}

/** `init`: a first config file. */
export function addInit(program: Command): void {
  command(
    program,
    'init',
    'Write a first config file from the columns of the source table',
    'init --table predictive_attributes',
  )
    .option('--table <name>', 'read this table of predictive attributes (default: the only one that fits)')
    .option('--sync <name>', 'name the sync', 'predictions')
    .action(async (options: InitOptions) => {
      requireNames(options);
      const variables = openVariables(options.config, process.env);
      const patience = { giveUpAfterMs: TENANT_PATIENCE_MS };
      const parts = await withTenant(tenantUrl(variables, options.config), patience, (tenant) =>
        readTenant(tenant, options),
      );
      writeNew(options.config, configText(parts));
      const missing = ['BRAZE_REST_ENDPOINT', 'BRAZE_API_KEY'].filter((name) => !variables.variable(name)?.value);
      if (options.json) printJson(toJson(parts, options.config, missing));
      else for (const line of reportLines(parts, options.config, missing)) print(line);
    });
}

function requireNames({ config, sync }: InitOptions): void {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(sync)) {
    throw new CliProblem('--sync takes 1 to 64 letters, digits, dots, hyphens or underscores.', EXIT.usage);
  }
  if (existsSync(config)) throw alreadyThere(config);
}

function tenantUrl(variables: Variables, config: string): string {
  const url = variables.variable('TENANT_URL')?.value;
  if (url) return url;
  throw new CliProblem(
    `TENANT_URL is not set: the address of the tenant's database. Set it in the environment or in .env beside ${config}: TENANT_URL=postgres://user:password@host:5432/name`,
    EXIT.usage,
  );
}

async function readTenant(tenant: TenantStore, { table: wanted, sync }: InitOptions): Promise<ConfigParts> {
  const tables = await tenant.tables();
  const table = await chooseTable(tenant, tables, wanted);
  const attributes = proposeAttributes(table);
  if (!attributes.some(({ leftOut }) => leftOut === null)) {
    throw new CliProblem(
      `${table.name} has no column that could be an attribute, besides ${table.customerId} and ${table.updatedAt}. Choose another table: ${typed('init --table NAME')}`,
      EXIT.usage,
    );
  }
  return { sync, table, attributes, modelRuns: await findModelRuns(tenant, tables) };
}

/** Never over a file that came to be meanwhile. */
function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw alreadyThere(file);
    throw new CliProblem(`${file} cannot be written (${code}). Name another file: --config FILE`, EXIT.usage);
  }
}

function alreadyThere(file: string): CliProblem {
  return new CliProblem(`${file} already exists and is not overwritten. Name another file: --config FILE`, EXIT.usage);
}

function reportLines({ sync, table, attributes }: ConfigParts, file: string, missing: readonly string[]): string[] {
  const sent = attributes.filter(({ leftOut }) => leftOut === null).map(({ column }) => yamlScalar(column));
  const others = attributes.filter(({ leftOut }) => leftOut !== null).map(({ column }) => yamlScalar(column));
  const variables = missing.join(' and ');
  return [
    statusLine('ok', 'init', `${file}: sync ${sync} of ${table.name}, by ${table.customerId} and ${table.updatedAt}`),
    statusLine('ok', 'init', `${plural(sent.length, 'attribute')}: ${sent.join(', ')}`),
    ...(others.length === 0
      ? []
      : [statusLine('warn', 'init', `commented out, with the reason: ${others.join(', ')}`)]),
    ...(missing.length === 0
      ? []
      : [
          `Set ${variables} in the environment or in .env beside it. To try it with an emulator: ${typed('dev braze')}`,
        ]),
    `next: ${typed('check')}`,
  ];
}

function toJson({ sync, table, attributes, modelRuns }: ConfigParts, file: string, missing: readonly string[]) {
  return {
    config: file,
    sync,
    table: table.name,
    customerId: table.customerId,
    updatedAt: table.updatedAt,
    attributes: attributes.filter(({ leftOut }) => leftOut === null).map(({ column }) => column),
    leftOut: attributes
      .filter(({ leftOut }) => leftOut !== null)
      .map(({ column, leftOut }) => ({ column, reason: leftOut })),
    modelRuns,
    missingVariables: missing,
  };
}
