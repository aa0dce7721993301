import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { PROJECT } from './environment';

/** The rooms below `src` that another room may reach; the same words as design.md, "The house". */
interface Wall {
  rooms: readonly string[];
  /** Single files of other rooms. */
  files?: readonly string[];
  /** Rooms whose types alone may be named: nothing of them is loaded. */
  typesOf?: readonly string[];
  /** Packages the room may use; absent: any but those in `not`. */
  packages?: readonly string[];
  not?: readonly string[];
}

/** One way: cli, worker → activities → planning, extraction, delivery → {tenant, attributes, guards, braze, ledger} → types. */
const CORE = ['tenant', 'attributes', 'guards', 'braze', 'ledger', 'types'];
const NO_TEMPORAL = { not: ['@temporalio/*'] };
/** The engine reaches Temporal through its callers, and databases and Braze through the rooms that are theirs. */
const ENGINE_PACKAGES = { not: ['@temporalio/*', 'knex', 'pg', 'undici'] };
/** Pure: text and numbers in, text and numbers out. */
const PURE = { packages: ['big.js'] };
const REPORTS = [...CORE, 'planning', 'extraction', 'config', 'temporal', 'prefetch', 'invocation'];
const CLI = [...REPORTS, 'reports', 'delivery', 'local', 'notices', 'log', 'worker'];

const WALLS: Readonly<Record<string, Wall>> = {
  types: { rooms: [], packages: [] },
  attributes: { rooms: ['types'], ...PURE },
  guards: { rooms: ['types'], ...PURE },
  tenant: { rooms: ['types'], ...NO_TEMPORAL },
  braze: { rooms: ['types'], ...NO_TEMPORAL },
  ledger: { rooms: ['types'], ...NO_TEMPORAL },
  prefetch: { rooms: [], packages: [] },
  // How this process was started: what a printed command begins with.
  invocation: { rooms: [] },
  planning: { rooms: ['types', 'tenant', 'attributes', 'braze', 'ledger'], ...ENGINE_PACKAGES },
  extraction: { rooms: [...CORE, 'planning', 'prefetch'], ...ENGINE_PACKAGES },
  delivery: { rooms: ['types', 'braze', 'ledger', 'planning', 'prefetch'], ...ENGINE_PACKAGES },
  notices: { rooms: ['types', 'ledger', 'invocation'], ...NO_TEMPORAL },
  workflows: { rooms: ['types'], typesOf: ['activities'], packages: ['@temporalio/workflow', '@temporalio/common'] },
  activities: {
    rooms: ['types', 'ledger', 'guards', 'planning', 'extraction', 'delivery', 'notices'],
    packages: ['@temporalio/activity', 'pino'],
  },
  reports: { rooms: REPORTS, files: ['src/delivery/rate'], not: ['@temporalio/*', 'knex', 'pg', 'undici'] },
  config: { rooms: ['types', 'invocation'], ...NO_TEMPORAL },
  log: { rooms: [] },
  temporal: { rooms: ['types', 'invocation'] },
  local: { rooms: [] },
  // Not a room but a build step: it names the workflows by their path.
  bundleWorkflows: { rooms: [] },
  worker: {
    rooms: [
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
  cli: { rooms: CLI, ...NO_TEMPORAL },
  // `dev` and `demo` set up servers and data of their own; the other commands work on the user's systems.
  dev: { rooms: [...CLI, 'cli', 'emulators', 'demo'], ...NO_TEMPORAL },
  emulators: { rooms: [], ...NO_TEMPORAL },
  demo: { rooms: ['types', 'local', 'emulators'], ...NO_TEMPORAL },
  bench: { rooms: [...CLI, 'emulators', 'demo'] },
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
    found.push({ from: from!, typeOnly: typeQuery !== undefined });
  }
  return found;
}

/** `src/<room>/…`, `src/<room>.ts` or a folder at the top. */
function roomOf(file: string): string {
  const [top, second] = file.split('/') as [string, string];
  return top === 'src' ? second.replace(/\.ts$/, '') : top;
}

function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*')
    ? name.startsWith(pattern.slice(0, -1))
    : name === pattern || name.startsWith(`${pattern}/`);
}

/** Every wall that this source breaks, in words. */
function violations(file: string, source: string): string[] {
  const room = roomOf(file);
  const wall = WALLS[room];
  if (wall === undefined) return [`${file}: room ${room} is not in the table: say what it may reach`];
  return importsOf(source).flatMap(({ from, typeOnly }) => {
    if (!from.startsWith('.')) {
      const packageAllowed =
        wall.packages?.some((name) => matches(name, from)) ?? !wall.not?.some((name) => matches(name, from));
      return packageAllowed
        ? []
        : [`${file} imports ${from}: room ${room} may not use ${isBuiltIn(from) ? 'Node' : 'this package'}`];
    }
    const target = relative(PROJECT, resolve(PROJECT, dirname(file), from));
    const other = roomOf(/\.\w+$/.test(target) ? target : `${target}.ts`);
    const allowed =
      other === room ||
      wall.rooms.includes(other) ||
      wall.files?.includes(target) ||
      (typeOnly && wall.typesOf?.includes(other)) ||
      (JOINS_COMMANDS.test(file) && other === 'dev');
    return allowed ? [] : [`${file} imports ${from}: room ${room} may not reach room ${other}`];
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

test('no room reaches through a wall', () => {
  const files = sources();
  expect(files.length).toBeGreaterThan(100);
  expect(files.flatMap((file) => violations(file, readFileSync(join(PROJECT, file), 'utf8')))).toEqual([]);
});

test('architecture.md names every folder and every table of the ledger', () => {
  const page = readFileSync(join(PROJECT, 'docs/architecture.md'), 'utf8');
  const picture = readFileSync(join(PROJECT, 'docs/architecture.svg'), 'utf8');
  const rooms = Object.keys(WALLS);
  const folders = rooms.filter((room) => existsSync(join(PROJECT, 'src', room)));
  expect(rooms.filter((room) => !page.includes(`\`${room}/\``) && !page.includes(`\`${room}.ts\``))).toEqual([]);
  expect(folders.filter((room) => !picture.includes(`>${room}<`))).toEqual([]);
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

/** Packages of Temporal that Node loads for these rooms, as built. */
function temporalPackagesOf(rooms: readonly string[]): string[] {
  const files = sources().filter((file) => rooms.some((room) => file.startsWith(`src/${room}/`)));
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
  ['src/attributes/x.ts', `import { readFileSync } from 'node:fs';`, 'room attributes may not use Node'],
  ['src/guards/x.ts', `import fs from 'fs';`, 'room guards may not use Node'],
  ['src/ledger/x.ts', `import { sleep } from '@temporalio/workflow';`, 'room ledger may not use this package'],
  ['src/ledger/x.ts', `import type { TenantRow } from '../tenant/store';`, 'room ledger may not reach room tenant'],
  ['src/tenant/x.ts', `import { closeRun } from '../ledger/close';`, 'room tenant may not reach room ledger'],
  [
    'src/workflows/x.ts',
    `import { createActivities } from '../activities';`,
    'room workflows may not reach room activities',
  ],
  [
    'src/workflows/x.ts',
    `import {\n  type Activities,\n  createActivities,\n} from '../activities';`,
    'may not reach room activities',
  ],
  ['src/workflows/x.ts', `import { Worker } from '@temporalio/worker';`, 'room workflows may not use this package'],
  ['src/workflows/x.ts', `import { randomUUID } from 'node:crypto';`, 'room workflows may not use Node'],
  ['src/activities/x.ts', `export { loadConfig } from '../config/load';`, 'room activities may not reach room config'],
  ['src/activities/x.ts', `const { knex } = require('knex');`, 'room activities may not use this package'],
  [
    'src/activities/x.ts',
    `const late = await import('../temporal/runs');`,
    'room activities may not reach room temporal',
  ],
  ['src/types/x.ts', `import type { Ledger } from '../ledger/open';`, 'room types may not reach room ledger'],
  ['src/worker.ts', `import { startPostgres } from './local/postgres';`, 'room worker may not reach room local'],
  [
    'src/cli/run.ts',
    `import { startBrazeEmulator } from '../../emulators/braze/emulator';`,
    'room cli may not reach room emulators',
  ],
  [
    'src/planning/x.ts',
    `import type { Deps } from '../activities/dependencies';`,
    'room planning may not reach room activities',
  ],
  [
    'src/extraction/x.ts',
    `import { cancellationSignal } from '@temporalio/activity';`,
    'room extraction may not use this package',
  ],
  ['src/delivery/x.ts', `import type { TenantRow } from '../tenant/store';`, 'room delivery may not reach room tenant'],
  ['src/delivery/x.ts', `import { heartbeat } from '@temporalio/activity';`, 'room delivery may not use this package'],
  ['src/activities/x.ts', `import { print } from '../cli/shared/screen';`, 'room activities may not reach room cli'],
  ['src/cli/run.ts', `import { toFailure } from '../activities/failure';`, 'room cli may not reach room activities'],
  ['src/cli/run.ts', `import { addDev } from '../dev/devCommand';`, 'room cli may not reach room dev'],
  ['src/reports/x.ts', `import { print } from '../cli/shared/screen';`, 'room reports may not reach room cli'],
  [
    'src/reports/x.ts',
    `import { sendRequests } from '../delivery/sendRequests';`,
    'room reports may not reach room delivery',
  ],
  ['src/notices/x.ts', `import { loadConfig } from '../config/load';`, 'room notices may not reach room config'],
  ['src/cli/run.ts', `import '../workflows';`, 'room cli may not reach room workflows'],
  ['src/webhook/server.ts', ``, 'room webhook is not in the table'],
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
])('%s with %j is within the walls', (file, source) => {
  expect(violations(file, source)).toEqual([]);
});
