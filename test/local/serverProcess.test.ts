import { join } from 'node:path';
import { startServerProcess } from '../../src/local/serverProcess';
import { eventually } from '../environment';
import { temporaryFolder } from './temporaryFolder';

/** What is shown of a server that wrote these lines and ended. */
async function shownOf(lines: string[]): Promise<string> {
  const server = await startServerProcess({
    command: process.execPath,
    args: ['-e', `console.log(${JSON.stringify(lines.join('\n'))}); process.exit(2)`],
    env: process.env,
    logFile: join(await temporaryFolder(), 'server.log'),
    stopSteps: [{ signal: 'SIGTERM', graceMs: 1_000 }],
    lifetime: 'own',
  });
  await eventually(async () => server.ended(), 'the server to end');
  return server.lastLogLines();
}

const many = (word: string) => Array.from({ length: 40 }, (_, n) => `${word} ${n}`);

test('a server that panics is shown with its reason, not with the end of its stack', async () => {
  const shown = await shownOf([...many('log'), 'panic: failed assigning ephemeral port: bind', ...many('stack')]);
  expect(shown.split('\n')).toEqual(['panic: failed assigning ephemeral port: bind', ...many('stack').slice(0, 14)]);
});

test('another is shown with the last lines of its log', async () => {
  expect((await shownOf(many('log'))).split('\n')).toEqual(many('log').slice(-15));
});
