import type { TypeMismatch } from './catalog';

/** Where Braze's contracts differ or its documentation has a gap. Each value is possible behaviour of a real workspace. */
export interface Switches {
  /** Today: 75 in all arrays of a request together; older contracts: 75 in each, or 50 together. */
  objectLimit: '75-combined' | '75-per-array' | '50-combined';
  /** A known key without the permission: the documentation names both. */
  permissionDenied: 401 | 403;
  /** `type` of an object's error: human text in every recorded answer, codes in the documentation. */
  errorTypeStyle: 'text' | 'code';
  typeMismatch: TypeMismatch;
  /** From the answer to the write of the profile: a 201 means queued, not stored. */
  applyDelayMs: number;
}

/** The behaviour of a current workspace, as far as known. */
export const DEFAULT_SWITCHES: Readonly<Switches> = {
  objectLimit: '75-combined',
  permissionDenied: 403,
  errorTypeStyle: 'text',
  typeMismatch: 'coerce',
  applyDelayMs: 0,
};

const CHOICES: { [Name in Exclude<keyof Switches, 'applyDelayMs'>]: readonly Switches[Name][] } = {
  objectLimit: ['75-combined', '75-per-array', '50-combined'],
  permissionDenied: [401, 403],
  errorTypeStyle: ['text', 'code'],
  typeMismatch: ['ignore', 'coerce', 'store'],
};

/** The problem with these switches, or null. */
export function switchProblem(switches: Partial<Switches>): string | null {
  for (const [name, value] of Object.entries(switches)) {
    if (name === 'applyDelayMs') {
      if (typeof value !== 'number' || !(value >= 0)) return 'applyDelayMs must be a number of milliseconds';
    } else if (!Object.hasOwn(CHOICES, name)) return `Unknown switch: ${name}`;
    else {
      const choices: readonly unknown[] = CHOICES[name as keyof typeof CHOICES];
      if (!choices.includes(value)) return `${name} must be one of ${choices.join(', ')}`;
    }
  }
  return null;
}
