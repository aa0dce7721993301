import { CliProblem, EXIT } from '../cli/shared/problem';
import { wholeNumber } from '../cli/shared/wholeNumber';

/**
 * The number given for an option; undefined: the option was not given.
 *
 * @throws CliProblem for anything but a whole number in this range
 */
export function optionalNumber(
  option: string,
  written: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (written === undefined) return undefined;
  const value = wholeNumber(written, least, most);
  if (value !== null) return value;
  throw new CliProblem(`${option} takes a whole number up to ${most}.`, EXIT.usage);
}
