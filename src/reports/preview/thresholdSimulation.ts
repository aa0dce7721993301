import { Big } from 'big.js';
import { columnType } from '../../attributes/columnType';
import { compileAttributes, type ResolvedAttribute } from '../../attributes/compile';
import { outgoingValue } from '../../attributes/outgoing';
import type { AttributeRule, SyncSettings } from '../../types/settings';
import { ownValue, type AttributeValue, type ValueSet } from '../../types/values';

/** What one definition of "changed" would send of one column. */
export interface SentWhen {
  /** `2 decimals`, `change of 0.05 or more`, `bands low, medium, high + hysteresis 0.03`. */
  definition: string;
  /** The mapping says so now. */
  current: boolean;
  /** Null: unknown, because Braze has the number with fewer digits. */
  customers: number | null;
  /** Customers of whom Braze has a value to compare with. */
  of: number;
}

/** One column, and what each definition of "changed" would send of it. */
export interface SendWhenColumn {
  column: string;
  definitions: SentWhen[];
}

interface Definition {
  label: string;
  /** Shown only where it says something of these numbers. */
  concerns: (spread: Spread) => boolean;
  current: boolean;
  measurable: boolean;
  attribute: ResolvedAttribute;
  /** Rounds the number of today as Braze's was: else every number near an edge would count. */
  through: ResolvedAttribute | undefined;
  /** The attribute from which Braze's value is taken. */
  acknowledgedName: string;
  sent: number;
  of: number;
}

interface Spread {
  min: number;
  max: number;
}

const DECIMALS = [4, 3, 2, 1, 0];
const CHANGES = ['0.01', '0.05', '0.1', '0.5', '1', '5', '10', '50', '100', '500', '1000'];

/** Of the narrowest band: enough to keep those who stand at an edge. */
const HYSTERESIS_SHARE = 0.1;

/**
 * Counts, on the customers' own data, what each definition of "changed" would send: the source table as it is now against what
 * Braze acknowledged last. That is one step, from the last time each value was sent; the rules themselves decide.
 */
export class ThresholdSimulation {
  readonly #columns: { column: string; place: number; definitions: Definition[]; spread: Spread }[];

  constructor({ attributes }: SyncSettings, types: Readonly<Record<string, string>>) {
    const numbers = attributes.filter((rule) => isNumeric(rule, types));
    this.#columns = [...new Set(numbers.map(({ column }) => column))].map((column) => ({
      column,
      place: attributes.findIndex((rule) => rule.column === column),
      definitions: definitionsOf(numbers.filter((rule) => rule.column === column)),
      spread: { min: Infinity, max: -Infinity },
    }));
  }

  add(values: readonly (string | null)[], acknowledged: ValueSet | undefined): void {
    if (acknowledged === undefined) return;
    for (const { place, definitions, spread } of this.#columns) {
      const text = values[place] ?? null;
      if (text === null) continue;
      const number = Number(text);
      if (Number.isFinite(number)) {
        spread.min = Math.min(spread.min, number);
        spread.max = Math.max(spread.max, number);
      }
      for (const definition of definitions)
        compare(definition, text, ownValue(acknowledged, definition.acknowledgedName));
    }
  }

  columns(): SendWhenColumn[] {
    return this.#columns.map(({ column, definitions, spread }) => ({
      column,
      definitions: definitions
        .filter(({ concerns, current }) => current || concerns(spread))
        .map(({ label, current, measurable, sent, of }) => ({
          definition: label,
          current,
          customers: measurable ? sent : null,
          of,
        })),
    }));
  }
}

function isNumeric({ column, type, bands }: AttributeRule, types: Readonly<Record<string, string>>): boolean {
  return (type === undefined || type === 'number' || bands !== undefined) && columnType(types[column]!) === 'number';
}

function compare(definition: Definition, text: string, acknowledged: AttributeValue | undefined): void {
  const before = acknowledgedUnder(definition, acknowledged);
  if (before === undefined) return;
  const rounded = definition.through === undefined ? text : roundedText(definition.through, text);
  if (rounded === null) return;
  const now = outgoingValue(definition.attribute, rounded, before, false);
  if ('refused' in now) return;
  definition.of += 1;
  if (now.value !== before) definition.sent += 1;
}

function roundedText(through: ResolvedAttribute, text: string): string | null {
  const rounded = outgoingValue(through, text, undefined, false);
  return 'refused' in rounded ? null : String(rounded.value);
}

/** What Braze would have under this definition: a band's name as it is, a number put through the definition. */
function acknowledgedUnder(
  { attribute }: Definition,
  acknowledged: AttributeValue | undefined,
): AttributeValue | undefined {
  if (typeof acknowledged === 'string') {
    const isBand = attribute.kind === 'bands' && attribute.bands.some(({ name }) => name === acknowledged);
    return isBand ? acknowledged : undefined;
  }
  if (typeof acknowledged !== 'number') return undefined;
  const before = outgoingValue(attribute, String(acknowledged), undefined, false);
  return 'refused' in before ? undefined : before.value;
}

function definitionsOf(rules: readonly AttributeRule[]): Definition[] {
  const plain = finest(rules.filter(({ bands }) => bands === undefined));
  return [
    ...(plain === undefined ? [] : numberDefinitions(plain)),
    ...rules.filter(({ bands }) => bands !== undefined).flatMap((rule) => bandDefinitions(rule, plain)),
  ];
}

/** Of several attributes of one column, the one of which Braze has the most digits. */
function finest(rules: readonly AttributeRule[]): AttributeRule | undefined {
  const digits = ({ decimals = Infinity }: AttributeRule) => decimals;
  return rules.toSorted((a, b) => digits(b) - digits(a) || Number(a.minChange ?? 0) - Number(b.minChange ?? 0))[0];
}

function numberDefinitions(rule: AttributeRule): Definition[] {
  const { name, column, decimals: digits, minChange } = rule;
  const base = { name, column, type: 'number', onlyWithOthers: false } as const;
  const through = roundingOf(rule);
  const define = (label: string, settings: Partial<AttributeRule>, about: Partial<Definition>): Definition => ({
    label,
    concerns: () => true,
    current: false,
    measurable: true,
    acknowledgedName: name,
    through,
    sent: 0,
    of: 0,
    attribute: compileAttributes([{ ...base, ...settings }], { [column]: 'number' })[0]!,
    ...about,
  });
  const roundings = new Set([...DECIMALS, ...(digits === undefined ? [] : [digits])]);
  const changes = new Set([...CHANGES, ...(minChange === undefined ? [] : [minChange])]);
  return [
    define('any difference', {}, { measurable: digits === undefined, current: digits === undefined && !minChange }),
    ...[...roundings]
      .toSorted((a, b) => b - a)
      .map((decimals) =>
        define(
          decimals === 1 ? '1 decimal' : `${decimals} decimals`,
          { decimals },
          {
            measurable: digits === undefined || decimals <= digits,
            current: decimals === digits && minChange === undefined,
            concerns: (spread) => (isFraction(spread) ? decimals >= 2 : decimals <= 2),
          },
        ),
      ),
    ...[...changes]
      .toSorted((a, b) => Number(a) - Number(b))
      .map((change) =>
        define(
          `change of ${change} or more`,
          { minChange: change, ...(digits !== undefined && { decimals: digits }) },
          {
            current: minChange !== undefined && Number(change) === Number(minChange),
            concerns: ({ min, max }) => Number(change) >= 0.02 * (max - min) && Number(change) <= 0.2 * (max - min),
          },
        ),
      ),
  ];
}

function roundingOf({ name, column, decimals }: AttributeRule): ResolvedAttribute | undefined {
  if (decimals === undefined) return undefined;
  const rule = { name, column, type: 'number', decimals, onlyWithOthers: false } as const;
  return compileAttributes([rule], { [column]: 'number' })[0];
}

function bandDefinitions(rule: AttributeRule, plain: AttributeRule | undefined): Definition[] {
  const { name, column, bands = [], hysteresis } = rule;
  const label = `bands ${bands.map((band) => band.name).join(', ')}`;
  const proposed = hysteresis ?? proposedHysteresis(bands);
  const steps = [undefined, ...(proposed === undefined ? [] : [proposed])];
  return steps.map((step) => ({
    label: step === undefined ? label : `${label} + hysteresis ${step}`,
    concerns: () => true,
    measurable: true,
    sent: 0,
    of: 0,
    current: step === hysteresis,
    attribute: compileAttributes(
      [{ name, column, bands, onlyWithOthers: false, ...(step !== undefined && { hysteresis: step }) }],
      { [column]: 'number' },
    )[0]!,
    // A band that was kept by hysteresis is no measure for bands without it, where Braze has the number too.
    ...(step === undefined && plain !== undefined
      ? { acknowledgedName: plain.name, through: roundingOf(plain) }
      : { acknowledgedName: name, through: undefined }),
  }));
}

function proposedHysteresis(bands: NonNullable<AttributeRule['bands']>): string | undefined {
  const widths = bands.slice(1).map(({ lower }, index) => new Big(lower).minus(bands[index]!.lower));
  const [narrowest] = widths.toSorted((a, b) => a.cmp(b));
  return narrowest?.times(HYSTERESIS_SHARE).toString();
}

/** Probabilities and the like, an odd one out included. */
function isFraction({ min, max }: Spread): boolean {
  return max - min <= 1.5;
}
