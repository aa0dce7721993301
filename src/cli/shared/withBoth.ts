import type { Config } from '../../config/config';
import type { Ledger } from '../../ledger/open';
import type { TemporalAccess } from '../../temporal/connect';
import { withTemporal } from './context';
import { withLedger } from './ledgerAccess';

/**
 * Works with Temporal and on the ledger, and closes both whatever happens.
 *
 * @throws TemporalProblem, CliProblem when one of them cannot be reached
 */
export function withBoth<T>(
  config: Config,
  work: (temporal: TemporalAccess, ledger: Ledger) => Promise<T>,
): Promise<T> {
  return withTemporal(config, (temporal) => withLedger(config, (ledger) => work(temporal, ledger)));
}
