import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { isAlive } from '../../src/local/processes';
import { emptyFolder, processesOf, type, type Typed } from '../demo/terminal';

// These tests start whole systems, on machines that may be busy.
jest.setTimeout(120_000);

const SMALL = ['demo', '--customers', '600'];
const SCREEN = [
  /^nothing leaves this machine · Ctrl-C stops everything$/,
  /^ok {2}Temporal {4}http:\/\/127\.0\.0\.1:\d+ +ready in \d+\.\d s$/,
  /^ok {2}Postgres {4}tenant database and ledger in \.peak-braze\/demo$/,
  /^ok {2}Braze {7}emulator, http:\/\/127\.0\.0\.1:\d+$/,
  /^week 1 {3}600 scored {3}600 changed {3}8 requests {3}600 accepted {3}\d+\.\d s$/,
  /^week 2 {3}600 scored {3} \d\d changed {3}1 request {4} \d\d accepted {3}\d+\.\d s$/,
  /^ {9}values sent \d+; a timestamp sync sends 3,000$/,
  /^customer \d{5} at Braze {3}churn_risk low -> medium$/,
  /^ {26}churn_probability 0\.4\d -> 0\.\d+$/,
];

let production: Server | undefined;
afterEach(() => production?.close());

/** A server that a shell's variables name; counts the calls. */
async function productionServer(): Promise<{ port: number; calls: () => number }> {
  let calls = 0;
  const server = createServer((socket) => {
    calls += 1;
    socket.destroy();
  });
  production = server;
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return { port: (server.address() as AddressInfo).port, calls: () => calls };
}

test('the demo shows two weeks and matches; it does not use the servers and the proxy of a production shell', async () => {
  const { port, calls } = await productionServer();
  const folder = emptyFolder();
  const proxy = `http://127.0.0.1:${port}`;
  const demo = type(folder, SMALL, {
    COLUMNS: '80',
    TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
    TEMPORAL_NAMESPACE: 'production',
    LEDGER_URL: `postgres://canary:canary@127.0.0.1:${port}/ledger`,
    TENANT_URL: `postgres://canary:canary@127.0.0.1:${port}/tenant`,
    BRAZE_REST_ENDPOINT: `http://127.0.0.1:${port}`,
    BRAZE_API_KEY: 'canary',
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGSSLMODE: 'require',
    PGSSLNEGOTIATION: 'direct',
    http_proxy: proxy,
    https_proxy: proxy,
    HTTP_PROXY: proxy,
    HTTPS_PROXY: proxy,
    grpc_proxy: proxy,
  });
  const { code, stdout, screen } = await demo.ended;
  expect({ code, screen }).toMatchObject({ code: 0 });
  const lines = stdout.trimEnd().split('\n');
  for (const [index, line] of SCREEN.entries()) expect(lines[index]).toMatch(line);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines.slice(SCREEN.length)).toEqual([
    'ok  600 of 600 profiles at Braze match the source table',
    'next: npm run demo -- --keep (explore) · npx peak-braze init (connect your own',
    '      tenant)',
  ]);
  expect(calls()).toBe(0);
  expect(filesBelow(join(folder, '.peak-braze'), /\.(yaml|env|log)$/).join('\n')).not.toContain('canary');
  expect(processesOf(folder)).toEqual([]);
});

test('a profile that differs: exit 1, and the number of such profiles', async () => {
  const demo = type(emptyFolder(), SMALL);
  const [, url] = await demo.shows(/emulator, (http\S+)/);
  // Braze refuses this customer's objects from now on.
  const poisoned = await fetch(`${url}/emulator/faults`, {
    method: 'POST',
    body: JSON.stringify({ poison: ['00463'] }),
  });
  expect(poisoned.ok).toBe(true);
  const { code, stdout } = await demo.ended;
  expect(code).toBe(1);
  expect(stdout).toMatch(/^week 1 .* 599 accepted {3}1 rejected/m);
  expect(stdout).toMatch(/^error 1 of 600 profiles at Braze differ from the source table\.$/m);
  expect(stdout).toMatch(/^ {2}npx peak-braze rejected churn --config \.peak-braze\/demo\/peak-braze\.yaml$/m);
  expect(stdout).not.toMatch(/match the source table/);
});

test('--keep: a second terminal finds it and verifies it, another demo does not disturb it, Ctrl-C stops everything', async () => {
  const folder = emptyFolder();
  const demo = type(folder, [...SMALL, '--keep']);
  const [, statusCommand] = await demo.shows(/npx peak-braze (status --config \S+)\n[^]*worker\.log/);
  const [, ui] = await demo.shows(/workflows +(http\S+)/);
  expect((await fetch(ui!)).ok).toBe(true);

  // Nor do a production shell's variables redirect the commands of a second terminal.
  const status = await type(folder, statusCommand!.split(' '), { TENANT_URL: 'x', LEDGER_URL: 'y' }).ended;
  expect(status).toMatchObject({ code: 0 });
  expect(status.stdout).toMatch(/^worker: 1/);
  expect(status.stdout).toMatch(/^churn +completed /m);

  const [, verifyCommand] = await demo.shows(/npx peak-braze (verify churn --config \S+)\n/);
  const verified = await type(folder, verifyCommand!.split(' ')).ended;
  expect(verified).toMatchObject({ code: 0 });

  const other = await type(folder, SMALL).ended;
  expect(other.code).toBe(1);
  expect(other.screen).toMatch(new RegExp(`error A demo is running in .* \\(process ${demo.pid}\\)\\. Stop it first`));

  demo.ctrlC();
  expect(await demo.ended).toMatchObject({ code: 0 });
  expect(processesOf(folder)).toEqual([]);
});

test.each([
  ['while the servers start', /starting Temporal/],
  ['while the shop is synced', /opening the shop/],
])('Ctrl-C %s leaves nothing running', async (_when, sight) => {
  const folder = emptyFolder();
  const demo = type(folder, ['demo', '--customers', '20000']);
  await demo.shows(sight);
  demo.ctrlC();
  const { code, screen } = await demo.ended;
  expect(code).toBe(1);
  expect(screen).toMatch(/Stopping…/);
  expect(screen).not.toMatch(/error|Node\.js/);
  expect(processesOf(folder)).toEqual([]);
});

test.each([
  ['Ctrl-C', (demo: Typed) => demo.ctrlC()],
  ['a signal to the demo alone', (demo: Typed) => process.kill(demo.pid, 'SIGTERM')],
])('%s during the build of Temporal ends the build too', async (_what, interrupt) => {
  const folder = emptyFolder();
  // Instead of a build that takes minutes: a program with a child process.
  const child = join(folder, 'child');
  const slow = join(folder, 'temporal');
  const itsChild = `echo $$ > "${child}.new"; mv "${child}.new" "${child}"; exec sleep 61`;
  writeFileSync(slow, `#!/bin/sh\n/bin/sh -c '${itsChild}'\nexit 1\n`);
  chmodSync(slow, 0o755);
  const demo = type(folder, SMALL, { PATH: `${folder}:${process.env.PATH}` });
  while (!existsSync(child)) await new Promise((soon) => setTimeout(soon, 20));
  expect(processesOf(folder).length).toBeGreaterThan(0);
  expect(await isAlive(Number(readFileSync(child, 'utf8')))).toBe(true);
  interrupt(demo);
  expect((await demo.ended).code).toBe(1);
  expect(processesOf(folder)).toEqual([]);
  expect(await isAlive(Number(readFileSync(child, 'utf8')))).toBe(false);
});

test.each([
  [['--customers', '3'], /error --customers takes a whole number from 50 to 1,000,000\./],
  [['--transactions', 'missing.txt'], /error --transactions missing\.txt: the file does not exist or cannot be read\./],
])('demo %j is a wrong command', async (args, message) => {
  const folder = emptyFolder();
  const { code, screen } = await type(folder, ['demo', ...args]).ended;
  expect(code).toBe(2);
  expect(screen).toMatch(message);
  expect(existsSync(join(folder, '.peak-braze'))).toBe(false);
});

function filesBelow(folder: string, wanted: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => wanted.test(path) && statSync(path).isFile())
    .map((path) => readFileSync(path, 'utf8'));
}
