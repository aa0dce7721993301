import { CliProblem, EXIT } from '../cli/shared/problem';

/** The number an option was given, undefined when it was not. */
export function wholeNumber(
  option: string,
  written: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (written === undefined) return undefined;
  const value = Number(written);
  if (/^\d+$/.test(written) && value >= least && value <= most) return value;
  throw new CliProblem(`${option} takes a whole number up to ${most}.`, EXIT.usage);
}
