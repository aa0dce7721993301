/** The whole number that was typed, when it lies in this range; null otherwise. Digits only: neither sign nor exponent. */
export function wholeNumber(written: string, least: number, most: number): number | null {
  const value = Number(written);
  return /^\d+$/.test(written) && value >= least && value <= most ? value : null;
}
