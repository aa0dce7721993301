import type { Interpolation } from './interpolate';
import type { Path } from './path';

/** The value at a place, as far as it may be shown: a variable by its name, a secret not at all. */
export function showFound(path: Path, value: unknown, interpolation: Interpolation | undefined): string {
  if (interpolation !== undefined) {
    const shown = interpolation.shown.join(' and ');
    return interpolation.state === 'empty' ? `${shown}, which is empty` : shown;
  }
  if (value === undefined) return 'nothing';
  if (value === null) return 'no value';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return showText(path, value);
  return typeof value === 'object' && Object.keys(value).length > 0 ? 'a mapping' : 'an empty mapping';
}

const SHOWN_BESIDE_SECRETS = new Set(['rateLimit', 'billing', 'retention']);

/** Whether secrets belong in this part of the file. */
export function isSensitivePath(path: Path): boolean {
  return path[0] === 'workspaces' || path[0] === 'sources' || path[0] === 'ledger' || path[2] === 'notify';
}

function showText(path: Path, text: string): string {
  if (text.trim() === '') return 'an empty string';
  // Any URL may contain a password.
  if (/\/\/|@/.test(text)) return path[2] === 'restEndpoint' ? showHost(text) : 'an address';
  // Even a harmless setting is shown only while it is short: two lines may have been exchanged.
  const shown = !isSensitivePath(path) || (path.some((key) => SHOWN_BESIDE_SECRETS.has(key)) && text.length <= 8);
  if (!shown) return 'a string';
  const line = text.replace(/\s+/g, ' ');
  return `"${line.length > 40 ? `${line.slice(0, 40)}…` : line}"`;
}

/** That much is needed to see the mistake in the address of Braze. */
function showHost(text: string): string {
  const match = /^(https?:\/\/[a-z0-9.-]+(?::\d+)?)(\/.*)?$/i.exec(text);
  return match === null ? 'an address' : `"${match[1]}${match[2] === undefined ? '' : '/…'}"`;
}
