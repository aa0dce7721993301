import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';
import { findOnPath } from './executables';

const run = promisify(execFile);

/** How to run a Postgres program as a user it accepts. */
export interface PostgresAccount {
  /** The owner of the data; null: we run as that user ourselves. */
  owner: { uid: number; gid: number } | null;
  /** What to hand to spawn for a program and its arguments. */
  invocation(program: string, args: readonly string[]): PostgresInvocation;
}

interface PostgresInvocation {
  command: string;
  args: string[];
  uid?: number;
  gid?: number;
}

/**
 * Linux capabilities that let a user enter folders that are closed to it, the weaker one first. Containers commonly have only
 * the second.
 */
const PASS_CLOSED_FOLDERS = ['dac_read_search', 'dac_override'] as const;

/**
 * Postgres refuses to run as root. As root we run it as the owner of the data, if there is one, else as `postgres`, else as
 * `nobody`; no user is created.
 *
 * That user may not be allowed to enter the folder this project was cloned to (/root and what mktemp makes are 0700).
 * Then it gets the one capability to pass, and nothing else of root's power, by setpriv(1) of util-linux.
 *
 * @throws Error that says what to do, when no user can run it
 */
export async function postgresAccount({
  dir,
  dataDir,
  postgres,
}: {
  dir: string;
  dataDir: string;
  postgres: string;
}): Promise<PostgresAccount> {
  const dataOwner = await stat(dataDir).catch(() => null);
  if (userInfo().uid !== 0) {
    if (dataOwner !== null && dataOwner.uid !== userInfo().uid) {
      throw new Error(
        `The Postgres data in ${dataDir} belongs to user id ${dataOwner.uid}, but you are user id ${userInfo().uid}. ` +
          'Use the account that created it (as root it is created for `postgres` or `nobody`), or remove the folder.',
      );
    }
    return { owner: null, invocation: (program, args) => ({ command: program, args: [...args] }) };
  }

  const owner = dataOwner !== null && dataOwner.uid !== 0 ? dataOwner : await unprivilegedUser();
  const ways = [dropped(owner), ...(await droppedButPassing(owner))];
  for (const invocation of ways) {
    if (await works(invocation('/bin/sh', ['-c', 'cd "$0" && exec "$1" --version', dir, postgres]))) {
      return { owner: { uid: owner.uid, gid: owner.gid }, invocation };
    }
  }
  throw new Error(
    `Postgres does not run as root, and user id ${owner.uid} cannot run ${postgres} with its data in ${dir}. ` +
      'Move the project to a folder that every user can enter, or run this as a user other than root.',
  );
}

type Invocation = PostgresAccount['invocation'];

function dropped({ uid, gid }: { uid: number; gid: number }): Invocation {
  return (program, args) => ({ command: program, args: [...args], uid, gid });
}

async function droppedButPassing({ uid, gid }: { uid: number; gid: number }): Promise<Invocation[]> {
  const setpriv = await findOnPath('setpriv');
  if (setpriv === null) return [];
  return PASS_CLOSED_FOLDERS.map((capability) => (program, args) => ({
    command: setpriv,
    args: [
      `--reuid=${uid}`,
      `--regid=${gid}`,
      '--clear-groups',
      `--inh-caps=+${capability}`,
      `--ambient-caps=+${capability}`,
      // Otherwise access(2), with which Postgres looks for its own files, ignores capabilities of a user other than root.
      '--securebits=+no_setuid_fixup',
      '--',
      program,
      ...args,
    ],
  }));
}

async function works({ command, args, uid, gid }: PostgresInvocation): Promise<boolean> {
  return run(command, args, { cwd: '/', env: { ...process.env }, uid, gid }).then(
    () => true,
    () => false,
  );
}

/** From /etc/passwd, because initdb wants a user with a name. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number }> {
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const wanted of ['postgres', 'nobody']) {
    const user = users.find(([name]) => name === wanted);
    if (user) return { uid: Number(user[2]), gid: Number(user[3]) };
  }
  throw new Error(
    'Postgres does not run as root, and there is no user `postgres` or `nobody`. Run this as another user.',
  );
}
