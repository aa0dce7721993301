import { CliProblem, EXIT } from './problem';

/** What the ledger's numbers reach to. */
const MOST = 2_147_483_647;

/** The value of `--run`. */
export function runNumber(written: string): number {
  const number = Number(written);
  if (/^\d+$/.test(written) && number <= MOST) return number;
  throw new CliProblem(`--run ${written} is not a run's number.`, EXIT.usage);
}
