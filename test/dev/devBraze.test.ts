import { freePort } from '../../src/local/ports';
import { emptyFolder, type } from '../demo/terminal';

// A command is started for each of these, on machines that may be busy.
jest.setTimeout(60_000);

async function start(args: string[]) {
  const port = String(await freePort());
  const command = type(emptyFolder(), ['dev', 'braze', '--port', port, ...args]);
  const [, endpoint, key] = await command.shows(/^ok +Braze .* BRAZE_REST_ENDPOINT=(\S+) {3}BRAZE_API_KEY=(\S+)$/m);
  const ask = async (path: string, body: object | null) => {
    const response = await fetch(endpoint + path, {
      method: body === null ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: body === null ? undefined : JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as unknown };
  };
  const stop = async () => {
    command.ctrlC();
    expect((await command.ended).code).toBe(0);
  };
  return { port, ask, stop };
}

const WRITE = { attributes: [{ external_id: 'a', churn_risk: 'low' }] };
const READ = { external_ids: ['a'], fields_to_export: ['custom_attributes'] };

test('by default its key has every permission that the commands use, and written values can be read', async () => {
  const { port, ask, stop } = await start([]);
  expect((await ask('/users/track', WRITE)).headers.get('x-ratelimit-limit')).toBe('3000');
  expect((await ask('/users/export/ids', READ)).body).toMatchObject({
    users: [{ custom_attributes: { churn_risk: 'low' } }],
  });
  expect((await ask('/custom_attributes', null)).status).toBe(200);

  // A running emulator is found; the options of a second command do not change it.
  expect((await type(emptyFolder(), ['dev', 'braze', '--port', port]).ended).code).toBe(0);
  const second = await type(emptyFolder(), ['dev', 'braze', '--port', port, '--stats-only']).ended;
  expect(second.code).toBe(2);
  expect(second.screen).toMatch(/^error An emulator already runs on port \d+ with the options of its start\./m);
  await stop();
});

test('options set permissions, counts only, the dialect of the limit and the shares of faults', async () => {
  const { ask, stop } = await start([
    '--permissions',
    'users.track, custom_attributes.get',
    '--stats-only',
    '--rate-dialect',
    'seconds',
    '--fault-share',
    '500=0.5',
    '503=.5',
    '--seed',
    '2',
    '--jitter-ms',
    '5',
  ]);
  expect((await ask('/users/export/ids', READ)).status).toBe(403);
  expect((await ask('/custom_attributes', null)).status).toBe(200);
  expect([500, 503]).toContain((await ask('/users/track', WRITE)).status);
  await ask('/emulator/faults', { faultShares: null });
  const { status, headers } = await ask('/users/track', WRITE);
  expect([status, headers.get('x-ratelimit-limit')]).toEqual([201, '3000']);
  expect(Number(headers.get('x-ratelimit-reset'))).toBeLessThanOrEqual(3);
  expect((await ask('/emulator/summary', null)).body).toMatchObject({ profiles: null, objects: 1 });
  await stop();
});

test.each([
  [['--fault-share', '418=0.1'], /error --fault-share: unknown fault "418"\. The faults are 429, 500, /],
  [
    ['--fault-share', '429'],
    /error --fault-share takes a fault and a share from 0 to 1, such as 429=0\.02, not "429"\./,
  ],
  [['--fault-share', '429=0.7', '500=0.7'], /error --fault-share: The shares are more than 1 together\./],
  [['--fault-share', '429=2'], /error --fault-share: The share of 429 is a number from 0 to 1\./],
  [['--seed', '1'], /error --seed needs --fault-share\./],
  [['--fault-share', '429=0.1', '--seed', 'x'], /error --seed takes a whole number up to 4294967295\./],
  [['--permissions', 'users.delete'], /error --permissions takes a list of users\.track, .*, not "users\.delete"\./],
  [['--rate-dialect', 'minutes'], /error --rate-dialect takes epoch or seconds\./],
  [['--rate-dialect', 'epoch', '--no-rate-limit'], /error --rate-dialect and --no-rate-limit cannot be combined\./],
  [['--jitter-ms', '-1'], /error --jitter-ms takes a whole number up to 60000\./],
])('%j is a wrong command', async (args, message) => {
  const { code, screen } = await type(emptyFolder(), ['dev', 'braze', ...args]).ended;
  expect(code).toBe(2);
  expect(screen).toMatch(message);
});

test('its options are refused for another server', async () => {
  const { code, screen } = await type(emptyFolder(), ['dev', 'postgres', '--stats-only']).ended;
  expect(code).toBe(2);
  expect(screen).toMatch(/error --stats-only is not an option of dev postgres\./);
});
