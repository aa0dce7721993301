import type { Config } from '../../config/config';
import type { Ledger } from '../../ledger/open';
import { isTransient, TenantProblem } from '../../tenant/problem';
import { broken, error, type Finding } from '../shared/finding';
import type { LineFinder } from '../shared/lineFinder';
import { TENANT_PATIENCE_MS, withTenant } from '../shared/tenantAccess';
import { unlessMissing } from '../shared/unlessMissing';
import { checkSync, type SyncCheck } from './sync';

/** Every source that a sync reads, and the syncs that read it. An unreachable one is reported once. */
export async function checkSources(
  config: Config,
  lineOf: LineFinder,
  ledger: Promise<Ledger | null>,
): Promise<SyncCheck[]> {
  const checks = await Promise.all(config.sources.map((source) => checkSource(config, source, lineOf, ledger)));
  return checks.flat();
}

async function checkSource(
  config: Config,
  source: string,
  lineOf: LineFinder,
  ledger: Promise<Ledger | null>,
): Promise<SyncCheck[]> {
  const syncs = Object.values(config.syncs).filter((sync) => sync.source === source);
  const url = unlessMissing(() => config.sourceUrl(source).value);
  if (syncs.length === 0 || url === null) return [];
  try {
    return await withTenant(url, { giveUpAfterMs: TENANT_PATIENCE_MS }, async (tenant) => {
      const clock = await tenant.clock();
      return Promise.all(syncs.map((settings) => checkSync({ settings, tenant, clock, lineOf, ledger })));
    });
  } catch (problem) {
    if (!(problem instanceof TenantProblem)) throw problem;
    return [{ findings: [accessFinding(source, problem, lineOf)], outgoing: [] }];
  }
}

function accessFinding(source: string, problem: TenantProblem, lineOf: LineFinder): Finding {
  if (isTransient(problem)) return broken(source, `${problem.message} Start it, or check sources.${source}.url.`);
  return error(source, problem.message, lineOf(['sources', source, 'url']));
}
