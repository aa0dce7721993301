import type { Command } from 'commander';
import type { Config } from '../config/config';
import type { Ledger } from '../ledger/open';
import { HoldError } from '../planning/holdError';
import {
  customerInLedger,
  customerInStore,
  idInStore,
  type CustomerInLedger,
  type CustomerInStore,
} from '../reports/customer';
import { isTransient, TenantProblem } from '../tenant/problem';
import type { SyncSettings } from '../types/settings';
import { customerLines } from './customer/customerLines';
import { command } from './shared/command';
import { readConfig, requireSync, type CommonOptions } from './shared/context';
import { withReadableLedger } from './shared/ledgerAccess';
import { CliProblem, EXIT, type ExitCode } from './shared/problem';
import { print, printJson } from './shared/screen';
import { holdSentence, TENANT_PATIENCE_MS, withTenant } from './shared/tenantAccess';

/** `customer`: one customer, from the source table to Braze. */
export function addCustomer(program: Command): void {
  command(
    program,
    'customer <sync> <id>',
    'Show one customer: values computed now, staged, accepted by Braze, rejected; exit 0 even for an unknown ID',
    'customer churn 00042',
  ).action(async (sync: string, customer: string, options: CommonOptions) => {
    const config = readConfig(options);
    const settings = requireSync(config, sync);
    if (customer.trim() === '') throw new CliProblem('The id is blank.', EXIT.usage);
    await withReadableLedger(config, async (ledger) => {
      const { store, exitCode, id } = await readFromStore(config, settings, ledger, customer);
      const state = await customerInLedger(ledger, settings, id);
      process.exitCode = exitCode;
      if (options.json) return printJson(toJson(sync, id, state, store));
      for (const line of customerLines({ customer: id, settings, ledger: state, store })) print(line);
    });
  });
}

/** What the ledger has is shown also where the source table cannot be read. */
async function readFromStore(
  config: Config,
  settings: SyncSettings,
  ledger: Ledger | null,
  customer: string,
): Promise<{ store: CustomerInStore | string; exitCode: ExitCode; id: string }> {
  const url = config.sourceUrl(settings.source).value;
  return withTenant(url, { giveUpAfterMs: TENANT_PATIENCE_MS }, async (tenant) => {
    let id = customer;
    try {
      id = await idInStore(tenant, settings, customer);
      return { store: await customerInStore(tenant, ledger, settings, id), exitCode: EXIT.ok, id };
    } catch (error) {
      if (error instanceof TenantProblem)
        return { store: error.message, exitCode: isTransient(error) ? EXIT.failed : EXIT.usage, id };
      if (error instanceof HoldError) return { store: holdSentence(error), exitCode: EXIT.usage, id };
      throw error;
    }
  });
}

function toJson(sync: string, customerId: string, ledger: CustomerInLedger, store: CustomerInStore | string): unknown {
  const { acknowledged, outbox, uncertain, rejections, suppressed } = ledger;
  const read = typeof store === 'string' ? null : store;
  return {
    customerId,
    sync,
    /** Null: the source table has no such customer, or could not be read (`storeProblem`). */
    computed: read?.computed ?? null,
    acknowledged: acknowledged?.values ?? null,
    acknowledgedAt: acknowledged?.at ?? null,
    acknowledgedRun: acknowledged?.run ?? null,
    acknowledgedModelRun: acknowledged?.modelRun ?? null,
    attributes: read?.attributes ?? [],
    nextRun: read?.nextRun ?? null,
    updatedAt: read?.updatedAt ?? null,
    ...(typeof store === 'string' && { storeProblem: store }),
    outbox,
    uncertain,
    rejections: rejections.map(({ attribute, ...rest }) => ({ ...rest, ...(attribute !== null && { attribute }) })),
    suppressed,
  };
}
