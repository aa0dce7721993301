import { redshiftDialect, postgresDialect } from './dialects';
import { postgresStore } from './postgres/postgresStore';
import { TenantProblem } from './problem';
import type { TenantOptions, TenantStore } from './store';

/**
 * Opens a tenant's database by its URL (`postgres://`, `postgresql://`, `redshift://`). It connects with the first query. The
 * URL is a secret and never appears in an error.
 *
 * @throws {TenantProblem} `unsupported-url`
 */
export function openTenant(url: string, options: TenantOptions = {}): TenantStore {
  const scheme = /^([a-z0-9+]+):/i.exec(url)?.[1]?.toLowerCase();
  switch (scheme) {
    case 'postgres':
    case 'postgresql':
      return postgresStore(url, postgresDialect, options);
    case 'redshift':
      return postgresStore(url.replace(/^redshift:/i, 'postgres:'), redshiftDialect, options);
    default:
      throw new TenantProblem(
        'unsupported-url',
        'URL',
        `The source's url begins with ${scheme === undefined ? 'no scheme' : `"${scheme}:"`}; expected postgres:// or redshift://.`,
      );
  }
}
