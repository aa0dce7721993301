/** Shows one line to the person at the terminal. */
export type Note = (line: string) => void;

/** Silence at a terminal makes people press Ctrl-C; shorter waits are not worth a line. */
const SILENCE_MS = 1_000;

/**
 * Does `work`. After a second it shows what is being waited for, and at the end how long that took. `what` completes "waiting
 * for …".
 */
export async function noteWhileWaiting<T>(what: string, note: Note, work: () => Promise<T>): Promise<T> {
  const startedAtMs = Date.now();
  let noted = false;
  const timer = setTimeout(() => {
    noted = true;
    note(`waiting for ${what}`);
  }, SILENCE_MS);
  try {
    const result = await work();
    if (noted) note(`${what}: took ${displayDuration(Date.now() - startedAtMs)}`);
    return result;
  } finally {
    clearTimeout(timer);
  }
}

/** `0.4 s`, `12.0 s`, `2 min 41 s`. */
export function displayDuration(durationMs: number): string {
  if (durationMs < 60_000) return `${(durationMs / 1_000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
