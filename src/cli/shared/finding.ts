/** One thing that `check` found out. */
export interface Finding {
  level: 'ok' | 'warn' | 'error';
  /** The part of the set-up, the source or the sync it is about. */
  about: string;
  /** What is so, and what fixes it. No secret, no customer's data. */
  message: string;
  /** Line of the config file, where it is fixed there. */
  line?: number;
  /** Of an error: where it is fixed; `elsewhere` also where waiting may do it, such as for a server that is down. */
  fixIn?: 'config' | 'elsewhere';
}

/** What is as it should be. */
export function ok(about: string, message: string): Finding {
  return { level: 'ok', about, message };
}

/** What a run works with all the same, and its operator would like to have known. */
export function warn(about: string, message: string, line?: number): Finding {
  return { level: 'warn', about, message, ...(line !== undefined && { line }) };
}

/** What has to be fixed in the config. */
export function error(about: string, message: string, line?: number): Finding {
  return { level: 'error', about, message, ...(line !== undefined && { line }), fixIn: 'config' };
}

/** An error that nothing in the config is to blame for. */
export function broken(about: string, message: string): Finding {
  return { level: 'error', about, message, fixIn: 'elsewhere' };
}
