import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { PROJECT } from './environment';

/** The rooms below `src` that another room may reach; the same words as design.md, "The house". */
interface Wall {
  rooms: readonly string[];
  /** Rooms whose types alone may be named: nothing of them is loaded. */
  typesOf?: readonly string[];
  /** Packages the room may use; absent: any but those in `not`. */
  packages?: readonly string[];
  not?: readonly string[];
}

/** One way: cli, worker → activities → planning, extraction, delivery → {tenant, attributes, guards, braze, ledger} → types. */
const CORE = ['tenant', 'attributes', 'guards', 'braze', 'ledger', 'types'];
const ENGINE = ['planning', 'extraction', 'delivery'];
const NO_TEMPORAL = { not: ['@temporalio/*'] };
/** Pure: text and numbers in, text and numbers out. */
const PURE = { packages: ['big.js'] };
const CLI = [
  ...CORE,
  ...ENGINE,
  'reports',
  'config',
  'temporal',
  'local',
  'notices',
  'log',
  'prefetch',
  'worker',
  'activities',
];

const WALLS: Readonly<Record<string, Wall>> = {
  types: { rooms: [], packages: [] },
  attributes: { rooms: ['types'], ...PURE },
  guards: { rooms: ['types'], ...PURE },
  tenant: { rooms: ['types'], ...NO_TEMPORAL },
  braze: { rooms: ['types'], ...NO_TEMPORAL },
  ledger: { rooms: ['types'], ...NO_TEMPORAL },
  prefetch: { rooms: [], packages: [] },
  planning: { rooms: ['types', 'tenant', 'attributes', 'braze', 'ledger', 'activities'] },
  extraction: { rooms: [...CORE, 'planning', 'prefetch', 'activities'] },
  delivery: { rooms: ['types', 'braze', 'ledger', 'planning', 'prefetch', 'activities'] },
  notices: { rooms: ['types', 'ledger', 'activities'] },
  workflows: { rooms: ['types'], typesOf: ['activities'], packages: ['@temporalio/workflow', '@temporalio/common'] },
  activities: {
    rooms: [...CORE, ...ENGINE, 'notices', 'prefetch'],
    not: ['@temporalio/client', '@temporalio/worker', '@temporalio/workflow', 'knex', 'pg', 'undici'],
  },
  reports: { rooms: CLI.filter((room) => !['local', 'worker', 'notices', 'log'].includes(room)).concat('cli') },
  config: { rooms: ['types'], ...NO_TEMPORAL },
  log: { rooms: [] },
  temporal: { rooms: ['types'] },
  local: { rooms: [] },
  // Not a room but a build step: it names the workflows by their path.
  bundleWorkflows: { rooms: [] },
  worker: { rooms: [...CORE, 'activities', 'config', 'temporal', 'notices', 'bundleWorkflows'] },
  cli: { rooms: CLI },
  // `dev` and `demo` set up servers and data of their own; the other commands work on the user's systems.
  dev: { rooms: [...CLI, 'cli', 'emulators', 'demo'] },
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
])('%s with %j is within the walls', (file, source) => {
  expect(violations(file, source)).toEqual([]);
});
