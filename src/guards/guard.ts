import type { GuardLimits } from '../types/settings';

export type GuardName = keyof GuardLimits;

/** What an extraction found, and how many customers have acknowledged values. The caller counts. */
export interface GuardFigures {
  /** Customers with acknowledged values, whether the run compares them or not. */
  knownCustomers: number;
  /** Of those, with at least one attribute that would change … */
  changedKnown: number;
  /** … or be removed. */
  clearedKnown: number;
  /** Customers with anything to send, known or new. */
  changed: number;
  /** Of those, without any acknowledged value: sent for the first time. */
  newCustomers: number;
  /** Rejections that this run opened; those tried again do not count. */
  newRejections: number;
  /** Attribute values to send. */
  values: number;
  /** Rows of the source table that the run read. */
  candidates: number;
  /** Rows that the model run states it wrote; null: it states none, or the count does not apply to this run. */
  modelRunRows: number | null;
  /** Customers of whom a row was compared. */
  compared: number;
  /** Of those, by attribute. */
  attributes: readonly AttributeFigures[];
}

/** What an extraction found of one attribute, in customers. */
export interface AttributeFigures {
  name: string;
  /** Without a value. */
  missing: number;
  /** With a number outside the declared range; null: none is declared. */
  outOfRange: number | null;
}

/** What Braze has answered to this run so far, in customers. */
export interface DeliveryFigures {
  sentAccepted: number;
  sentRejected: number;
}

interface AnyGuard {
  name: GuardName;
  /** For a line of many guards: `changed 5.6 % (limit 20 %)`. */
  word: string;
  unit: 'share' | 'count';
  /** Which side of the limit is the good one. */
  limitIs: 'most' | 'least';
}

/** One guard: its key in the config, its figure, and its words. */
export interface Guard<Figures> extends AnyGuard {
  /** Null: not judged, because its denominator is too small. */
  figure(figures: Figures): number | null;
  /** Why a run is held, without full stop: `31.0 % of customers would change, limit 20 %`. */
  sentence: (figure: string, limit: string) => string;
}

/** A guard with a figure for each attribute; approving it approves all of them. */
export interface AttributeGuard extends AnyGuard {
  limit(limits: GuardLimits, attribute: string): number | undefined;
  /** Null as above; undefined for an attribute that the guard does not apply to. */
  figure(attribute: AttributeFigures, compared: number): number | null | undefined;
  sentence(figure: string, limit: string, attribute: string): string;
}

/** Below this a share means little: one customer in twenty is 5 %, and a first run has no acknowledged customers. */
const SMALLEST_DENOMINATOR = 100;

/** 0..1; null where the whole is too small. */
export function share(part: number, whole: number): number | null {
  return whole < SMALLEST_DENOMINATOR ? null : part / whole;
}
