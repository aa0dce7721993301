/** One thing of `dev`'s screen: symbol and word in one. `found`: it was there before us, and stays. */
export function line(kind: 'ok' | 'found' | 'note' | 'warn', what: string, text: string): string {
  return `${kind.padEnd(5)} ${what.padEnd(10)} ${text}`;
}
