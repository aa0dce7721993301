import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { withClient } from '../../demo/postgresClient';
import { acceptsConnections, freePort } from '../../src/local/ports';
import { isTemporalReachable } from '../../src/local/temporal';
import { emptyFolder, processesOf, type } from '../demo/terminal';

// These tests start whole systems, on machines that may be busy.
jest.setTimeout(120_000);

let stranger: Server | undefined;
afterEach(() => stranger?.close());

async function takenPort(): Promise<number> {
  const server = createServer((socket) => socket.destroy());
  stranger = server;
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return (server.address() as AddressInfo).port;
}

/** Lines that wrap on a terminal of 80 columns and contain neither a path nor a URL. */
function tooWide(screen: string): string[] {
  return screen.split('\n').filter((line) => line.length > 80 && !line.includes('/'));
}

/** The one line on stdout, which is JSON. */
async function readyLine(command: ReturnType<typeof type>) {
  const [line] = await command.shows(/^\{.*\}$/m);
  return JSON.parse(line);
}

test('dev temporal: starts, answers with its Web UI, is found by another, stops', async () => {
  const folder = emptyFolder();
  const [port, uiPort] = [await freePort(), await freePort()];
  const args = ['dev', 'temporal', '--port', String(port), '--ui-port', String(uiPort)];
  const temporal = type(folder, [...args, '--json']);
  const address = `127.0.0.1:${port}`;
  expect(await readyLine(temporal)).toMatchObject({ found: false, variables: { TEMPORAL_ADDRESS: address } });
  expect(await isTemporalReachable(address)).toBe(true);
  expect((await fetch(`http://127.0.0.1:${uiPort}`)).ok).toBe(true);

  const other = await type(emptyFolder(), args).ended;
  expect(other).toMatchObject({
    code: 0,
    stdout: `found Temporal   ${address}   TEMPORAL_ADDRESS=${address}\n`,
  });

  temporal.ctrlC();
  expect((await temporal.ended).code).toBe(0);
  expect(await isTemporalReachable(address)).toBe(false);
  expect(processesOf(folder)).toEqual([]);
});

test('dev postgres: a sample tenant with one model run on the requested port, kept until the next start', async () => {
  const folder = emptyFolder();
  const port = await freePort();
  for (const round of ['first', 'second']) {
    const postgres = type(folder, [
      'dev',
      'postgres',
      ...(round === 'first' ? ['--port', String(port)] : []),
      '--json',
    ]);
    const { variables } = await readyLine(postgres);
    expect(new URL(variables.TENANT_URL).port).toBe(String(port));
    const { rows } = await withClient(variables.TENANT_URL, (client) =>
      client.query(`select (select count(*) from predictive_attributes)::int as customers,
                           (select string_agg(id || ' ' || status, ',') from model_runs) as runs`),
    );
    expect(rows).toEqual([{ customers: 2_000, runs: 'm1 completed' }]);
    postgres.ctrlC();
    expect((await postgres.ended).code).toBe(0);
    expect(await acceptsConnections(port)).toBe(false);
  }
  expect(processesOf(folder)).toEqual([]);
});

test('dev braze: answers like Braze after the requested latency, and stops', async () => {
  const port = await freePort();
  const braze = type(emptyFolder(), ['dev', 'braze', '--port', String(port), '--latency-ms', '300', '--no-rate-limit']);
  const [, endpoint, key] = await braze.shows(/^ok +Braze .* BRAZE_REST_ENDPOINT=(\S+) {3}BRAZE_API_KEY=(\S+)$/m);
  expect(endpoint).toBe(`http://127.0.0.1:${port}`);
  const sentAtMs = Date.now();
  const response = await fetch(`${endpoint}/users/track`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ attributes: [{ external_id: 'a', churn_risk: 'low' }] }),
  });
  expect(response.status).toBe(201);
  expect(response.headers.get('x-ratelimit-limit')).toBeNull();
  expect(Date.now() - sentAtMs).toBeGreaterThanOrEqual(290);
  braze.ctrlC();
  expect((await braze.ended).code).toBe(0);
  expect(await acceptsConnections(port)).toBe(false);
});

test('dev: from an empty folder to a recorded sync in a second terminal, and again on the next day', async () => {
  const folder = emptyFolder();
  const env = {
    // Other ports than the default ones, which other programs may use on the machine of these tests.
    TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}`,
    BRAZE_REST_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
  };
  const dev = type(folder, ['dev'], { ...env, COLUMNS: '80' });
  await dev.shows(/^note +worker +waits: peak-braze\.yaml: the config file does not exist[^]*peak-braze init/m);
  // The whole last step: the screen may arrive in several pieces.
  await dev.shows(/^ +npx peak-braze dev rescore .*\n/m);
  expect(dev.screen()).toMatch(/^ok +\.env +created: BRAZE_API_KEY, TENANT_URL$/m);
  const variables = readFileSync(join(folder, '.env'), 'utf8');
  expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600);

  // The commands exactly as the screen shows them.
  const steps = Array.from(dev.screen().matchAll(/^ +npx peak-braze (\S+(?: \S+)?) {3}/gm), ([, step]) => step!.trim());
  expect(steps).toEqual(['init', 'check', 'preview predictions', 'run predictions', 'dev rescore']);
  expect(tooWide(dev.screen())).toEqual([]);
  // The last one has tests of its own, and the sync of the next day is to find nothing new.
  for (const step of steps.slice(0, -1)) {
    if (step === 'check') await dev.shows(/^ok +worker +runs predictions/m);
    const { code, screen } = await type(folder, step.split(' '), env).ended;
    expect({ step, code, screen }).toMatchObject({ code: 0 });
  }
  const runs = await type(folder, ['runs', 'predictions', '--json'], env).ended;
  expect(JSON.parse(runs.stdout)).toMatchObject([
    { state: 'completed', modelRun: 'm1', accepted: 2_000, requests: 27 },
  ]);
  const profile = await fetch(`${env.BRAZE_REST_ENDPOINT}/emulator/profiles/00042`);
  expect(Object.keys((await profile.json()) as object)).toContain('churn_probability');
  dev.ctrlC();
  expect((await dev.ended).code).toBe(0);
  expect(processesOf(folder)).toEqual([]);

  const tomorrow = type(folder, ['dev', '--json'], env);
  const ready = await readyLine(tomorrow);
  expect(ready).toMatchObject({ temporal: { found: false }, written: false });
  expect(variables).toContain(`TENANT_URL=${ready.variables.TENANT_URL}\n`);
  await tomorrow.shows(
    /note +predictions +the emulator is new and empty\. .*\n.* backfill predictions --everything --resend$/m,
  );
  const again = await type(folder, ['run', 'predictions', '--json'], env).ended;
  expect(JSON.parse(again.stdout)).toMatchObject({ state: 'completed', candidates: 2_000, changed: 0, requests: 0 });
  tomorrow.ctrlC();
  expect((await tomorrow.ended).code).toBe(0);
  expect(processesOf(folder)).toEqual([]);
});

test('dev does not change the .env of a user; it says what to add, what overrides it, and why no worker runs', async () => {
  const folder = emptyFolder();
  const config = join(folder, 'peak-braze.yaml');
  writeFileSync(config, 'syncs: {');
  const file = join(folder, '.env');
  writeFileSync(file, 'BRAZE_API_KEY=my-own\n');
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const env = { TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS!, BRAZE_REST_ENDPOINT: endpoint };
  const dev = type(folder, ['dev'], env);
  await dev.shows(/In a second terminal/);
  expect(dev.screen()).toMatch(/^note +worker +waits: peak-braze\.yaml:1: /m);
  expect(dev.screen()).toContain(`found Temporal   ${env.TEMPORAL_ADDRESS}\n`);
  expect(dev.screen()).toMatch(
    /^note +\.env +is yours\. Add for these servers:\n {2}TENANT_URL=postgres:\/\/\S+\/tenant\S*$/m,
  );
  expect(dev.screen()).toMatch(
    /^warn +variable +BRAZE_API_KEY in \.env has another value\. For these servers:\n {2}BRAZE_API_KEY=peak-braze-emulator-key$/m,
  );
  expect(dev.screen()).not.toContain('my-own');
  expect(readFileSync(file, 'utf8')).toBe('BRAZE_API_KEY=my-own\n');

  copyFileSync(join(__dirname, '../config/fixtures/complete.yaml'), config);
  await dev.shows(/waits: [^]*the\s+variable\s+TENANT_URL\s+is\s+not\s+set/);
  const [setting] = /TENANT_URL=\S+/.exec(dev.screen())!;
  writeFileSync(file, `BRAZE_API_KEY=my-own\n${setting}\n`);
  await dev.shows(/^ok +worker +runs churn/m);
  dev.ctrlC();
  expect((await dev.ended).code).toBe(0);
  expect(processesOf(folder)).toEqual([]);
});

test('dev moves its emulator off a port that another program uses, if dev has written the .env itself', async () => {
  const taken = `BRAZE_REST_ENDPOINT=http://127.0.0.1:${await takenPort()}`;
  const env = { TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS! };
  const own = emptyFolder();
  const heading = '# Written by peak-braze dev: servers on this machine.';
  writeFileSync(join(own, '.env'), `${heading}\n${taken}\n# mine\nBRAZE_API_KEY=peak-braze-emulator-key\n`);
  const dev = type(own, ['dev'], env);
  const [, url] = await dev.shows(/^ok +Braze +emulator, (http:\S+)$[^]*In a second terminal/m);
  expect(dev.screen()).toMatch(/^ok +\.env +updated: BRAZE_REST_ENDPOINT$/m);
  expect((await fetch(`${url}/emulator/summary`)).ok).toBe(true);
  expect(readFileSync(join(own, '.env'), 'utf8')).toBe(
    `${heading}\nBRAZE_REST_ENDPOINT=${url}\n# mine\nBRAZE_API_KEY=peak-braze-emulator-key\n`,
  );
  dev.ctrlC();
  expect((await dev.ended).code).toBe(0);

  const users = emptyFolder();
  writeFileSync(join(users, '.env'), `${taken}\n`);
  const { code, screen } = await type(users, ['dev'], env).ended;
  expect(code).toBe(1);
  expect(screen).toMatch(/^error Port \d+ is in use by a program that is not the emulator\. /m);
  expect(readFileSync(join(users, '.env'), 'utf8')).toBe(`${taken}\n`);
});

test('a requested port that another program uses: one sentence, exit 1, and no server keeps running', async () => {
  const port = String(await takenPort());
  const expectRefusal = async (server: string) => {
    const folder = emptyFolder();
    const { code, screen } = await type(folder, ['dev', server, '--port', port]).ended;
    expect(code).toBe(1);
    expect(screen).toMatch(new RegExp(`^error Port ${port} .*in use by (another|a) program`, 'm'));
    expect(processesOf(folder)).toEqual([]);
  };
  await Promise.all(['temporal', 'postgres', 'braze'].map(expectRefusal));
});

test('a Temporal on another machine that does not answer is not replaced by a local one', async () => {
  const folder = emptyFolder();
  const { code, screen } = await type(folder, ['dev'], { TEMPORAL_ADDRESS: 'temporal.invalid:7233' }).ended;
  expect(code).toBe(1);
  expect(screen).toMatch(/^error Temporal does not answer at temporal\.invalid:7233, which is not this machine\. /m);
});

test.each([
  [['redis'], /error dev redis: there are dev temporal, dev postgres, dev braze and dev rescore\./],
  [['--port', '7233'], /error --port is not an option of all servers together\./],
  [['postgres', '--latency-ms', '5'], /error --latency-ms is not an option of dev postgres\./],
  [['temporal', '--no-rate-limit'], /error --no-rate-limit is not an option of dev temporal\./],
  [['braze', '--port', '0'], /error --port takes a whole number up to 65535\./],
])('dev %j is a wrong command', async (args, message) => {
  const { code, screen } = await type(emptyFolder(), ['dev', ...args]).ended;
  expect(code).toBe(2);
  expect(screen).toMatch(message);
});
