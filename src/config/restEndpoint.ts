import { isLoopback } from '../types/loopback';

/** Braze's addresses as people paste them. Only these are ever repeated in a hint: anything else may be a misplaced secret. */
const RECOGNISED: readonly [RegExp, (instance: string) => string][] = [
  [/^(?:dashboard|sdk)-0([12])\.braze\.eu$/, (n) => `rest.fra-0${n}.braze.eu`],
  [/^dashboard-0([1-8])\.braze\.com$/, (n) => `rest.iad-0${n}.braze.com`],
  [/^(?:dashboard|sdk)\.([a-z]{2}-\d\d)\.braze\.com$/, (instance) => `rest.${instance}.braze.com`],
  [/^(?:rest|sdk)\.(fra-\d\d)\.braze\.(?:eu|com)$/, (instance) => `rest.${instance}.braze.eu`],
  [/^(?:rest|sdk)\.(iad-\d\d)\.braze\.(?:com|eu)$/, (instance) => `rest.${instance}.braze.com`],
  [/^rest\.([a-z]{2}-\d\d)\.braze\.com$/, (instance) => `rest.${instance}.braze.com`],
];

/** The origin of Braze's REST API, or what to write instead. */
export function readRestEndpoint(text: string): { origin: string } | { hint: string } {
  const hasScheme = /^https?:\/\//i.test(text);
  const address = hasScheme ? text : `https://${text}`;
  if (!URL.canParse(address)) return { hint: 'Copy it from the Braze dashboard, Settings > APIs and Identifiers.' };
  const url = new URL(address);
  const rest = restHost(url.hostname);
  if (rest !== undefined) {
    const asWritten = text.toLowerCase().replace(/\/$/, '');
    return asWritten === `https://${rest}`
      ? { origin: asWritten }
      : { hint: `${reason(url.hostname)}Write https://${rest}.` };
  }
  if (url.username !== '' || url.password !== '') return { hint: 'Remove user and password.' };
  if (!hasScheme) return { hint: 'Start it with https://.' };
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    return { hint: 'Remove everything after the host.' };
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return { hint: 'http:// is only for a server on this machine; use https://.' };
  }
  return { origin: url.origin };
}

function restHost(host: string): string | undefined {
  for (const [pattern, rest] of RECOGNISED) {
    const match = pattern.exec(host);
    if (match !== null) return rest(match[1]!);
  }
  return undefined;
}

function reason(host: string): string {
  if (host.startsWith('dashboard')) return 'This is the dashboard. ';
  if (host.startsWith('sdk')) return 'This is the SDK endpoint. ';
  return host.startsWith('rest.fra-') && host.endsWith('.com') ? 'EU hosts end in .eu. ' : '';
}
