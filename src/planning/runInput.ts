import { z } from 'zod';
import { didYouMean } from '../config/nearest';
import type { Mode, ModelRunChoice, RunRequest } from '../types/run';

/** What a run is asked to do, with every default filled in. */
export interface RunInput {
  sync: string;
  mode: Mode;
  request: RunRequest;
}

/** The input of a run is wrong; the message names the field, never its value. Nothing was opened. */
export class InvalidInput extends Error {
  override readonly name = 'InvalidInput';
}

const MODES = ['changes', 'full', 'backfill'] as const satisfies readonly Mode[];
const MODEL_RUN_CHOICES = ['next', 'latest'] as const satisfies readonly ModelRunChoice[];

const name = z.string().min(1);

const FIELDS = z.strictObject({
  sync: name,
  mode: z.enum(MODES).default('changes'),
  modelRun: z.enum(MODEL_RUN_CHOICES).default('next'),
  since: name.optional(),
  until: name.optional(),
  selection: name.optional(),
  everything: z.boolean().default(false),
  resend: z.boolean().default(false),
  attributes: z.array(name).min(1).optional(),
  clear: name.optional(),
});

type Fields = z.infer<typeof FIELDS>;

/** Completes "… must be". */
const EXPECTED: Readonly<Record<keyof Fields, string>> = {
  sync: 'the name of a sync, as in {"sync": "churn"}',
  mode: `one of ${MODES.join(', ')}`,
  modelRun: `one of ${MODEL_RUN_CHOICES.join(', ')}`,
  since: 'a time, as in "2026-11-01T00:00:00Z"',
  until: 'a time, as in "2026-11-01T00:00:00Z"',
  selection: 'the id of a stored list of customers',
  everything: 'true or false',
  resend: 'true or false',
  attributes: 'a list of names, as in ["churn_risk"]',
  clear: 'the name of one attribute',
};

/**
 * Reads the input of a run strictly: people type it into the Web UI, where a misspelled field would otherwise send more than was
 * meant.
 *
 * @param raw as Temporal delivers it
 * @throws InvalidInput for anything but an object of known fields, of their types, that fit together
 */
export function readRunInput(raw: unknown): RunInput {
  const read = FIELDS.safeParse(raw);
  if (!read.success) throw new InvalidInput(sentenceOf(read.error.issues[0]!));
  const { sync, mode, modelRun, resend, since = null, until = null, selection = null, ...rest } = read.data;
  const problem = contradiction(read.data);
  if (problem !== null) throw new InvalidInput(problem);
  const { attributes = null, clear = null } = rest;
  return { sync, mode, request: { modelRun, since, until, selection, resend, attributes, clear } };
}

function sentenceOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    const field = shown(issue.keys[0]!);
    const hint = didYouMean(issue.keys[0], Object.keys(EXPECTED)) ?? `Fields: ${Object.keys(EXPECTED).join(', ')}.`;
    return `the input has an unknown field ${field}. ${hint}`;
  }
  const field = issue.path[0] as keyof Fields | undefined;
  return field === undefined
    ? 'the input must be one JSON object, as in {"sync": "churn"}'
    : `${field} must be ${EXPECTED[field]}`;
}

const LONGEST_SHOWN = 64;

/** Names come from elsewhere and end up in a history and on a terminal. */
function shown(field: string): string {
  const printable = field.replace(/[^\p{L}\p{N} ._-]/gu, '?');
  return printable.length <= LONGEST_SHOWN ? printable : `${printable.slice(0, LONGEST_SHOWN - 1)}…`;
}

/** Fields that do not fit together, as a sentence. */
function contradiction({
  mode,
  since,
  until,
  selection,
  everything,
  resend,
  attributes,
  clear,
}: Fields): string | null {
  const parts = [since !== undefined || until !== undefined, selection !== undefined, everything, clear !== undefined];
  if (mode !== 'backfill') {
    // In another mode a window would move the watermark past rows that no run has read.
    return parts.some(Boolean) || resend || attributes !== undefined
      ? 'since, until, selection, everything, resend, attributes and clear need mode backfill'
      : null;
  }
  if (parts.filter(Boolean).length !== 1)
    return 'a backfill names exactly one of since and until, selection, "everything": true, or clear';
  return clear !== undefined && (resend || attributes !== undefined)
    ? 'clear applies to every profile that has the attribute, so it excludes resend and attributes'
    : null;
}
