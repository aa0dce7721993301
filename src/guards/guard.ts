import type { GuardLimits } from '../types';

export type GuardName = keyof GuardLimits;

/** What an extraction found, and who has acknowledged values at all. Counted by the caller. */
export interface GuardFigures {
  /** Customers with acknowledged values, whether the run touches them or not. */
  knownCustomers: number;
  /** Of those, with at least one attribute that would change … */
  changedKnown: number;
  /** … or be removed. */
  clearedKnown: number;
  /** Customers with anything to send, known or new. */
  changed: number;
  /** Rejections that this run opened; those tried again do not count. */
  newRejections: number;
  /** Attribute values to send. */
  values: number;
}

/** What Braze has answered to this run so far, in customers. */
export interface DeliveryFigures {
  sentAccepted: number;
  sentRejected: number;
}

/** One guard: its key in the config, its figure, and its words. */
export interface Guard<Figures> {
  name: GuardName;
  /** For a line of many guards: `changed 5.6 % (limit 20 %)`. */
  word: string;
  unit: 'share' | 'count';
  /** Null: off, because its denominator is too small to say anything. */
  figure(figures: Figures): number | null;
  /** Why a run is held, without full stop: `31.0 % of customers would change, limit 20 %`. */
  sentence(figure: string, limit: string): string;
}

/** Below this a share says nothing: one customer in twenty is 5 %, and a first run knows nobody. */
const SMALLEST_DENOMINATOR = 100;

export function share(part: number, whole: number): number | null {
  return whole < SMALLEST_DENOMINATOR ? null : part / whole;
}
