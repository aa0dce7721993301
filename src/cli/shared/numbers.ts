/** `23,570`, the same on every machine. */
export function count(n: number): string {
  return n.toLocaleString('en-US');
}

/** `1 run`, `2 runs`. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
