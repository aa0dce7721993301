import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { isAlive } from '../../src/local/processes';

const itWithProc = existsSync('/proc/self/stat') ? test : test.skip;
if (itWithProc === test.skip) console.log('Skipped: zombies are recognised where there is a /proc only.');

itWithProc('a process that ends and is collected while it is looked at is not alive', async () => {
  for (let round = 0; round < 40; round++) {
    const child = spawn('true');
    const ended = once(child, 'exit');
    // This thread is blocked, so nothing collects it: a zombie when the check begins.
    while (!readFileSync(`/proc/${child.pid}/stat`, 'utf8').includes(') Z '));
    expect(await isAlive(child.pid!)).toBe(false);
    await ended;
    expect(await isAlive(child.pid!)).toBe(false);
  }
});

test('this process is alive', async () => {
  expect(await isAlive(process.pid)).toBe(true);
});
