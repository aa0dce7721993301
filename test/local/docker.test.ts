import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const root = join(__dirname, '..', '..');
const read = (name: string): string => readFileSync(join(root, name), 'utf8');

interface Service {
  image?: string;
  build?: unknown;
  command?: string[];
  environment?: Record<string, string>;
  env_file?: string;
  volumes?: (string | { source: string; target: string; read_only?: boolean })[];
  ports?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  stop_grace_period?: string;
}
const compose = parse(read('docker-compose.yml')) as {
  services: Record<'postgres' | 'temporal' | 'worker', Service>;
  volumes: Record<string, unknown>;
};
const { postgres, temporal, worker } = compose.services;

/** Instructions as [NAME, rest], continued lines joined, comments left out. */
const instructions = read('Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => {
    const [name = '', ...rest] = line.trim().split(/\s+/);
    return [name, rest.join(' ')] as const;
  });
const lastFrom = instructions.findLastIndex(([name]) => name === 'FROM');
const buildStage = instructions.slice(0, lastFrom);
const finalStage = instructions.slice(lastFrom);
const copied = (stage: typeof instructions): string[] =>
  stage.filter(([name]) => name === 'COPY').map(([, rest]) => rest.replace(/^--from=\w+ /, ''));

describe('docker-compose.yml', () => {
  test('the worker starts when both servers answer, and reaches them by their names', () => {
    expect(Object.keys(compose.services).toSorted()).toEqual(['postgres', 'temporal', 'worker']);
    expect(worker.depends_on).toEqual({
      postgres: { condition: 'service_healthy' },
      temporal: { condition: 'service_healthy' },
    });
    expect(worker.environment?.TEMPORAL_ADDRESS).toBe('temporal:7233');
    const { user, database, host } =
      /^postgres:\/\/(?<user>\w+):\$\{POSTGRES_PASSWORD:[^}]+\}@(?<host>[\w:]+)\/(?<database>\w+)$/.exec(
        worker.environment?.LEDGER_URL ?? '',
      )?.groups ?? {};
    expect([user, database, host]).toEqual([
      postgres.environment?.POSTGRES_USER,
      postgres.environment?.POSTGRES_DB,
      'postgres:5432',
    ]);
    expect(postgres.healthcheck?.test[1]).toContain(`--username ${user} --dbname ${database}`);
    expect(temporal.healthcheck?.test).toEqual(expect.arrayContaining(['CMD', 'health', '127.0.0.1:7233']));
  });

  test('both servers keep their data in named volumes at the place where the image writes it', () => {
    expect(Object.keys(compose.volumes)).toEqual(['ledger', 'temporal']);
    // The image's data folder moved with version 18.
    expect(postgres.image).toMatch(/^postgres:18/);
    expect(postgres.volumes).toEqual(['ledger:/var/lib/postgresql']);
    // The image's user owns its home and nothing else.
    expect(temporal.volumes).toEqual(['temporal:/home/temporal']);
    expect(temporal.command).toContain('--db-filename=/home/temporal/temporal.db');
    expect(temporal.command?.slice(0, 3)).toEqual(['server', 'start-dev', '--ip=0.0.0.0']);
    expect(read('tools/temporal-cli/go.mod')).toContain(
      `github.com/temporalio/cli v${temporal.image?.replace('temporalio/temporal:', '')}`,
    );
  });

  test('nothing is open beyond this machine, the configuration is read-only, secrets come from .env', () => {
    expect(temporal.ports).toEqual(['127.0.0.1:7233:7233', '127.0.0.1:8233:8233']);
    expect(postgres.ports).toBeUndefined();
    expect(worker.ports).toBeUndefined();
    expect(worker.volumes).toEqual([
      expect.objectContaining({ source: './config', target: '/app/config', read_only: true }),
    ]);
    expect(worker.env_file).toBe('.env');
    expect(postgres.environment?.POSTGRES_PASSWORD).toMatch(/^\$\{POSTGRES_PASSWORD:\?/);
  });

  test('the worker gets more time to stop than it takes at most, 25 s', () => {
    expect(Number.parseInt(worker.stop_grace_period ?? '0', 10)).toBeGreaterThan(25);
  });
});

describe('Dockerfile', () => {
  test('both stages are Debian slim, and the program does not run as root', () => {
    const images = instructions.filter(([name]) => name === 'FROM').map(([, rest]) => rest.split(' ')[0]);
    expect(images).toEqual(['node:20-bookworm-slim', 'node:20-bookworm-slim']);
    expect(finalStage.filter(([name]) => name === 'USER').map(([, user]) => user)).toEqual(['node']);
    expect(finalStage.slice(-2).map(([name]) => name)).toEqual(['USER', 'CMD']);
  });

  test('the command runs a file of the image with the configuration that compose mounts', () => {
    const command = JSON.parse(finalStage.find(([name]) => name === 'CMD')?.[1] ?? '[]') as string[];
    expect(command).toEqual(['node', 'bin/peak-braze.js', 'worker', '--config', '/app/config/peak-braze.yaml']);
    expect(copied(finalStage)).toEqual([
      '/app/package.json ./',
      '/app/node_modules node_modules',
      '/app/lib lib',
      'bin bin',
    ]);
  });

  test('the build stage has every folder the build compiles, and .dockerignore lets them through', () => {
    const { include } = JSON.parse(read('tsconfig.build.json')) as { include: string[] };
    const sources = copied(buildStage).flatMap((paths) => paths.split(' ').slice(0, -1));
    expect(sources).toEqual(expect.arrayContaining([...include, 'package.json', 'package-lock.json', 'tsconfig.json']));
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect(allowed.toSorted()).toEqual([...sources, 'bin'].toSorted());
    const build = buildStage.filter(([name]) => name === 'RUN').map(([, rest]) => rest);
    expect(build).toEqual(['npm ci --ignore-scripts', 'npm run build && npm prune --omit=dev --ignore-scripts']);
  });
});
