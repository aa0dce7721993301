import { CliProblem, EXIT } from './problem';
import { wholeNumber } from './wholeNumber';

/** What the ledger's numbers reach to. */
const MOST = 2_147_483_647;

/**
 * The value of `--run`.
 *
 * @throws CliProblem for anything that is no run's number
 */
export function runNumber(written: string): number {
  const number = wholeNumber(written, 0, MOST);
  if (number !== null) return number;
  throw new CliProblem(`--run ${written} is not a run's number.`, EXIT.usage);
}
