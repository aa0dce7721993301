import { typed } from '../../invocation';
import { HoldError } from '../../planning/holdError';
import { openTenant } from '../../tenant/open';
import type { TenantOptions, TenantStore } from '../../tenant/store';
import { CliProblem, EXIT } from './problem';

/** Nobody at a screen waits longer for one answer of the tenant's database. */
export const TENANT_PATIENCE_MS = 20_000;

/**
 * Works with a tenant's database, and closes its connections whatever happens.
 *
 * @throws TenantProblem when it cannot be read
 */
export async function withTenant<T>(
  url: string,
  options: TenantOptions,
  work: (tenant: TenantStore) => Promise<T>,
): Promise<T> {
  const tenant = openTenant(url, options);
  try {
    return await work(tenant);
  } finally {
    await tenant.close();
  }
}

/** What would hold a run, as a sentence for the person who would start it. */
export function holdSentence({ message }: HoldError): string {
  return `${message} To see all problems at once: ${typed('check')}`;
}

/**
 * Reads the source table as a run would. What would hold a run is reported as a wrong config.
 *
 * @throws CliProblem instead of a {@link HoldError}
 */
export async function readAsRun<T>(url: string, work: (tenant: TenantStore) => Promise<T>): Promise<T> {
  try {
    return await withTenant(url, {}, work);
  } catch (error) {
    if (error instanceof HoldError) throw new CliProblem(holdSentence(error), EXIT.usage);
    throw error;
  }
}
