/** One thing that `check` found out. */
export interface Finding {
  level: 'ok' | 'warn' | 'error';
  /** The part of the set-up, the source or the sync it is about. */
  about: string;
  /** What is so, and what mends it. No secret, no customer's data. */
  message: string;
  /** Line of the config file, where it is mended there. */
  line?: number;
  /** Of an error: `world` mends itself or is mended elsewhere, such as a server that is down. Default `config`. */
  mend?: 'config' | 'world';
}

export function ok(about: string, message: string): Finding {
  return { level: 'ok', about, message };
}

export function warn(about: string, message: string, line?: number): Finding {
  return { level: 'warn', about, message, ...(line !== undefined && { line }) };
}

export function error(about: string, message: string, line?: number): Finding {
  return { level: 'error', about, message, ...(line !== undefined && { line }), mend: 'config' };
}

/** Nothing in the config is wrong. */
export function broken(about: string, message: string): Finding {
  return { level: 'error', about, message, mend: 'world' };
}
