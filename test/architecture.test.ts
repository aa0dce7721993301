import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { PROJECT } from './environment';

/** What a folder or module may import; docs/architecture.md has the same names. */
interface ImportRule {
  folders: readonly string[];
  /** Single files of other folders. */
  files?: readonly string[];
  /** Folders of which only types may be imported: nothing of them is loaded. */
  typesOf?: readonly string[];
  /** Packages that the folder may use; absent: any but those in `not`. */
  packages?: readonly string[];
  not?: readonly string[];
}

/** One way: cli, worker → activities → planning, extraction, delivery → {tenant, attributes, guards, braze, ledger} → types. */
const CORE = ['tenant', 'attributes', 'guards', 'braze', 'ledger', 'types'];
const NO_TEMPORAL = { not: ['@temporalio/*'] };
/** The engine reaches Temporal through its callers, and databases and Braze through their own folders. */
const ENGINE_PACKAGES = { not: ['@temporalio/*', 'knex', 'pg', 'undici'] };
/** Pure: text and numbers in, text and numbers out. */
const PURE = { packages: ['big.js'] };
const REPORTS = [...CORE, 'planning', 'extraction', 'config', 'temporal', 'prefetch', 'invocation'];
const CLI = [...REPORTS, 'reports', 'delivery', 'local', 'notices', 'log', 'worker'];

const IMPORT_RULES: Readonly<Record<string, ImportRule>> = {
  types: { folders: [], packages: [] },
  attributes: { folders: ['types'], ...PURE },
  guards: { folders: ['types'], ...PURE },
  tenant: { folders: ['types'], ...NO_TEMPORAL },
  braze: { folders: ['types'], ...NO_TEMPORAL },
  ledger: { folders: ['types'], ...NO_TEMPORAL },
  prefetch: { folders: [], packages: [] },
  // How this process was started: what a printed command begins with.
  invocation: { folders: [] },
  planning: {
    folders: ['types', 'tenant', 'attributes', 'braze', 'ledger'],
    files: ['src/config/nearest'],
    ...ENGINE_PACKAGES,
  },
  extraction: { folders: [...CORE, 'planning', 'prefetch'], ...ENGINE_PACKAGES },
  delivery: { folders: ['types', 'braze', 'ledger', 'planning', 'prefetch'], ...ENGINE_PACKAGES },
  notices: { folders: ['types', 'ledger', 'invocation'], ...NO_TEMPORAL },
  workflows: { folders: ['types'], typesOf: ['activities'], packages: ['@temporalio/workflow', '@temporalio/common'] },
  activities: {
    folders: ['types', 'ledger', 'guards', 'planning', 'extraction', 'delivery', 'notices'],
    packages: ['@temporalio/activity', 'pino'],
  },
  reports: { folders: REPORTS, files: ['src/delivery/rate'], not: ['@temporalio/*', 'knex', 'pg', 'undici'] },
  config: { folders: ['types', 'invocation'], ...NO_TEMPORAL },
  log: { folders: [] },
  temporal: { folders: ['types', 'invocation'] },
  local: { folders: [] },
  // A build step, not a folder: it names the workflows by their path.
  bundleWorkflows: { folders: [] },
  worker: {
    folders: [
      'types',
      'tenant',
      'braze',
      'ledger',
      'planning',
      'activities',
      'config',
      'temporal',
      'notices',
      'bundleWorkflows',
    ],
  },
  cli: { folders: CLI, ...NO_TEMPORAL },
  // `dev` and `demo` set up their own servers and data; the other commands work on the user's systems.
  dev: { folders: [...CLI, 'cli', 'emulators', 'demo'], ...NO_TEMPORAL },
  emulators: { folders: [], ...NO_TEMPORAL },
  demo: { folders: ['types', 'local', 'emulators'], ...NO_TEMPORAL },
  bench: { folders: [...CLI, 'emulators', 'demo'] },
};

/** `program` only joins the commands, so it may name those of `dev`. */
const JOINS_COMMANDS = /^src\/cli\/program\.ts$/;

interface Import {
  from: string;
  typeOnly: boolean;
}

/**
 * What a source imports. By pattern, not by parser: TypeScript 7 has no API to parse with, our sources are formatted by
 * prettier, and a string that looks like an import would only make the test complain. `require.resolve` names a path and
 * loads nothing.
 */
function importsOf(source: string): Import[] {
  const found: Import[] = [];
  const statement = /^[ \t]*(import|export)(\s+type)?\b(?:[\s\w*{},$]*?\bfrom)?\s*(['"])([^'"\n]+)\3/gm;
  for (const [text, , type, , from] of source.matchAll(statement)) {
    const names = /\{([^}]*)\}/
      .exec(text)?.[1]
      ?.split(',')
      .map((name) => name.trim())
      .filter(Boolean);
    const eachIsType = names !== undefined && names.length > 0 && names.every((name) => name.startsWith('type '));
    // With a default or a namespace beside the braces something is loaded.
    const bracesOnly = /^\s*(import|export)\s*\{/.test(text);
    found.push({ from: from!, typeOnly: type !== undefined || (bracesOnly && eachIsType) });
  }
  for (const [, typeQuery, from] of source.matchAll(/(?:(typeof )?\b(?:require|import))\(\s*['"]([^'"\n]+)['"]/g)) {
    found.push({ from: from!.replace(/^(\..*)\.js$/, '$1'), typeOnly: typeQuery !== undefined });
  }
  return found;
}

/** `src/<folder>/…`, `src/<folder>.ts` or a folder at the top. */
function folderOf(file: string): string {
  const [top, second] = file.split('/') as [string, string];
  return top === 'src' ? second.replace(/\.ts$/, '') : top;
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*')
    ? name.startsWith(pattern.slice(0, -1))
    : name === pattern || name.startsWith(`${pattern}/`);
}

/** Every rule that this source breaks, in words. */
function violations(file: string, source: string): string[] {
  const folder = folderOf(file);
  const rule = IMPORT_RULES[folder];
  if (rule === undefined) return [`${file}: folder ${folder} has no import rule: add what it may reach`];
  return importsOf(source).flatMap(({ from, typeOnly }) => {
    if (!from.startsWith('.')) {
      const packageAllowed =
        rule.packages?.some((name) => matches(name, from)) ?? !rule.not?.some((name) => matches(name, from));
      return packageAllowed
        ? []
        : [`${file} imports ${from}: folder ${folder} may not use ${isBuiltIn(from) ? 'Node' : 'this package'}`];
    }
    const target = relative(PROJECT, resolve(PROJECT, dirname(file), from));
    const other = folderOf(/\.\w+$/.test(target) ? target : `${target}.ts`);
    const allowed =
      other === folder ||
      rule.folders.includes(other) ||
      rule.files?.includes(target) ||
      (typeOnly && rule.typesOf?.includes(other)) ||
      (JOINS_COMMANDS.test(file) && other === 'dev');
    return allowed ? [] : [`${file} imports ${from}: folder ${folder} may not reach folder ${other}`];
  });
}

function isBuiltIn(name: string): boolean {
  return name.startsWith('node:') || builtinModules.includes(name);
}

function sources(): string[] {
  return ['src', 'emulators', 'demo', 'bench'].flatMap((folder) =>
    readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${folder}/${name}`),
  );
}

test('every folder follows its import rule', () => {
  const files = sources();
  expect(files.length).toBeGreaterThan(100);
  expect(files.flatMap((file) => violations(file, readFileSync(join(PROJECT, file), 'utf8')))).toEqual([]);
});

test('architecture.md names every folder and every table of the ledger', () => {
  const page = readFileSync(join(PROJECT, 'docs/architecture.md'), 'utf8');
  const picture = readFileSync(join(PROJECT, 'docs/architecture.svg'), 'utf8');
  const names = Object.keys(IMPORT_RULES);
  const folders = names.filter((name) => existsSync(join(PROJECT, 'src', name)));
  expect(names.filter((name) => !page.includes(`\`${name}/\``) && !page.includes(`\`${name}.ts\``))).toEqual([]);
  expect(folders.filter((folder) => !picture.includes(`>${folder}<`))).toEqual([]);
  const migrations = readdirSync(join(PROJECT, 'src/ledger/migrations')).map((file) =>
    readFileSync(join(PROJECT, 'src/ledger/migrations', file), 'utf8'),
  );
  const tables = migrations.flatMap((text) => [...text.matchAll(/create table (\w+)/g)].map(([, name]) => name!));
  expect(tables.length).toBeGreaterThan(15);
  expect(tables.filter((table) => !page.includes(`| \`${table}\` `))).toEqual([]);
});

/** Every circle of imports, types included, as the files on it. */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  function visit(file: string): void {
    if (path.includes(file)) {
      found.push(path.slice(path.indexOf(file)));
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const next of imports.get(file) ?? []) visit(next);
    path.pop();
    done.add(file);
  }
  for (const file of imports.keys()) visit(file);
  return found;
}

test('no import leads back to its own file, nor do types', () => {
  const files = new Set(sources());
  const imports = new Map(
    [...files].map((file) => [
      file,
      importsOf(readFileSync(join(PROJECT, file), 'utf8')).flatMap(({ from }) => {
        const target = relative(PROJECT, resolve(PROJECT, dirname(file), from));
        return [`${target}.ts`, `${target}/index.ts`].filter((name) => from.startsWith('.') && files.has(name));
      }),
    ]),
  );
  expect([...imports.values()].flat().length).toBeGreaterThan(500);
  expect(circles(imports)).toEqual([]);
});

test('a circle of imports is seen', () => {
  expect(
    circles(
      new Map([
        ['a', ['b', 'd']],
        ['b', ['c']],
        ['c', ['a']],
      ]),
    ),
  ).toEqual([['a', 'b', 'c']]);
});

/** Packages of Temporal that Node loads for these folders, as built. */
function temporalPackagesOf(folders: readonly string[]): string[] {
  const files = sources().filter((file) => folders.some((folder) => file.startsWith(`src/${folder}/`)));
  expect(files.length).toBeGreaterThan(0);
  const program = `
    for (const file of ${JSON.stringify(files)}) require(require('node:path').resolve('lib', file.replace(/\\.ts$/, '.js')));
    const names = Object.keys(require.cache).map((file) => /@temporalio.([a-z-]+)/.exec(file)?.[1]).filter(Boolean);
    console.log(JSON.stringify([...new Set(names)].sort()));`;
  return JSON.parse(execFileSync(process.execPath, ['-e', program], { cwd: PROJECT, encoding: 'utf8' })) as string[];
}

test('the engine runs without Temporal, and answers without its worker', () => {
  expect(temporalPackagesOf(['planning', 'extraction', 'delivery', 'notices'])).toEqual([]);
  const forReports = temporalPackagesOf(['reports']);
  expect(forReports.filter((name) => ['worker', 'workflow', 'activity'].includes(name))).toEqual([]);
  // The look itself sees something.
  expect(temporalPackagesOf(['activities'])).toContain('activity');
});

test.each([
  ['src/attributes/x.ts', `import { readFileSync } from 'node:fs';`, 'folder attributes may not use Node'],
  ['src/guards/x.ts', `import fs from 'fs';`, 'folder guards may not use Node'],
  ['src/ledger/x.ts', `import { sleep } from '@temporalio/workflow';`, 'folder ledger may not use this package'],
  ['src/ledger/x.ts', `import type { TenantRow } from '../tenant/store';`, 'folder ledger may not reach folder tenant'],
  ['src/tenant/x.ts', `import { closeRun } from '../ledger/close';`, 'folder tenant may not reach folder ledger'],
  [
    'src/workflows/x.ts',
    `import { createActivities } from '../activities';`,
    'folder workflows may not reach folder activities',
  ],
  [
    'src/workflows/x.ts',
    `import {\n  type Activities,\n  createActivities,\n} from '../activities';`,
    'may not reach folder activities',
  ],
  ['src/workflows/x.ts', `import { Worker } from '@temporalio/worker';`, 'folder workflows may not use this package'],
  ['src/workflows/x.ts', `import { randomUUID } from 'node:crypto';`, 'folder workflows may not use Node'],
  [
    'src/activities/x.ts',
    `export { loadConfig } from '../config/load';`,
    'folder activities may not reach folder config',
  ],
  ['src/activities/x.ts', `const { knex } = require('knex');`, 'folder activities may not use this package'],
  [
    'src/activities/x.ts',
    `const late = await import('../temporal/runs');`,
    'folder activities may not reach folder temporal',
  ],
  ['src/types/x.ts', `import type { Ledger } from '../ledger/open';`, 'folder types may not reach folder ledger'],
  ['src/worker.ts', `import { startPostgres } from './local/postgres';`, 'folder worker may not reach folder local'],
  [
    'src/cli/run.ts',
    `import { startBrazeEmulator } from '../../emulators/braze/emulator';`,
    'folder cli may not reach folder emulators',
  ],
  [
    'src/planning/x.ts',
    `import type { Deps } from '../activities/dependencies';`,
    'folder planning may not reach folder activities',
  ],
  [
    'src/extraction/x.ts',
    `import { cancellationSignal } from '@temporalio/activity';`,
    'folder extraction may not use this package',
  ],
  [
    'src/delivery/x.ts',
    `import type { TenantRow } from '../tenant/store';`,
    'folder delivery may not reach folder tenant',
  ],
  [
    'src/delivery/x.ts',
    `import { heartbeat } from '@temporalio/activity';`,
    'folder delivery may not use this package',
  ],
  [
    'src/activities/x.ts',
    `import { print } from '../cli/shared/screen';`,
    'folder activities may not reach folder cli',
  ],
  [
    'src/cli/run.ts',
    `import { toFailure } from '../activities/failure';`,
    'folder cli may not reach folder activities',
  ],
  ['src/cli/run.ts', `import { addDev } from '../dev/devCommand';`, 'folder cli may not reach folder dev'],
  ['src/reports/x.ts', `import { print } from '../cli/shared/screen';`, 'folder reports may not reach folder cli'],
  [
    'src/reports/x.ts',
    `import { sendRequests } from '../delivery/sendRequests';`,
    'folder reports may not reach folder delivery',
  ],
  ['src/notices/x.ts', `import { loadConfig } from '../config/load';`, 'folder notices may not reach folder config'],
  ['src/cli/run.ts', `import '../workflows';`, 'folder cli may not reach folder workflows'],
  ['src/webhook/server.ts', ``, 'folder webhook has no import rule'],
])('%s with %j is seen as a violation', (file, source, words) => {
  const found = violations(file, `/** A comment. */\n${source}\n`);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(words);
});

test.each([
  ['src/workflows/x.ts', `import type { Activities } from '../activities';`],
  ['src/workflows/x.ts', `import { type Activities } from '../activities';`],
  ['src/worker.ts', `import { createActivities } from './activities';`],
  ['src/dev/x.ts', `import { startBrazeEmulator } from '../../emulators/braze/emulator';`],
  ['src/cli/program.ts', `import { addDemo } from '../dev/demoCommand';`],
  ['src/tenant/x.ts', `import { knex } from 'knex';`],
  ['src/reports/x.ts', `import { rateOf } from '../delivery/rate';`],
])('%s with %j is within the import rules', (file, source) => {
  expect(violations(file, source)).toEqual([]);
});
