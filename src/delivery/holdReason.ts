import type { Misconfigured } from '../braze/response';
import type { HoldReason } from '../types/run';

/**
 * Why a run holds when Braze refuses its key or its address.
 *
 * @param keyAdvice what to do about the key, as a sentence
 */
export function toHoldReason({ problem, message }: Misconfigured, keyAdvice: string): HoldReason {
  if (problem === 'unknown-key' || problem === 'no-permission') {
    return { cause: 'refused-key', because: `${message}. ${keyAdvice}` };
  }
  const because = `${message}. If the address is correct, retry. Otherwise discard this run, fix restEndpoint and start a new run: a run keeps the address it started with.`;
  return { cause: 'wrong-endpoint', because };
}
