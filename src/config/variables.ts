import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'dotenv';
import type { SecretOrigin } from '../types/secret';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What `${NAME}` and `${file:PATH}` stand for. */
export interface Variables {
  /** The process's own environment first, then `.env` beside the config file, which never overrides it. */
  variable(name: string): { value: string; from: SecretOrigin } | undefined;
  /** A file's text without the line ends at its end; relative to the config's folder. */
  file(path: string): { value: string } | { failure: string };
}

/** Reads `.env` without loading it: `process.env` would pass its secrets to every child process. */
export function openVariables(configFile: string, env: Environment): Variables {
  const folder = dirname(resolve(configFile));
  const dotenv = readDotenv(resolve(folder, '.env'));
  return {
    variable(name) {
      const value = Object.hasOwn(env, name) ? env[name] : undefined;
      if (value !== undefined) return { value, from: 'environment' };
      return Object.hasOwn(dotenv, name) ? { value: dotenv[name]!, from: 'dotenv' } : undefined;
    },
    file(path) {
      try {
        return { value: readFileSync(resolve(folder, path), 'utf8').replace(/[\r\n]+$/, '') };
      } catch (error) {
        return { failure: fileFailure(error) };
      }
    },
  };
}

function readDotenv(path: string): Record<string, string> {
  try {
    return parse(readFileSync(path));
  } catch {
    // No such file, or a folder of that name. Missing variables are reported where they are used.
    return {};
  }
}

/** Our own words for the usual reasons a file cannot be read. */
export function fileFailure(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'does not exist';
    case 'EISDIR':
      return 'is a folder';
    case 'EACCES':
    case 'EPERM':
      return 'cannot be read by this user';
    default:
      return `cannot be read (${code})`;
  }
}
