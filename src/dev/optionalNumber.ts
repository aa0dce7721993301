import { CliProblem, EXIT } from '../cli/shared/problem';
import { wholeNumber } from '../cli/shared/wholeNumber';

/**
 * The number an option was given, undefined when it was not.
 *
 * @throws CliProblem when it is no whole number of this range
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
