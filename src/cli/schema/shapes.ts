import { z } from 'zod';
import { REJECTION_REASONS } from '../../types/rejection';
import { ENDED_STATES, RUN_STATES } from '../../types/run';
import { ATTRIBUTE_TYPES } from '../../types/settings';

/*
 * What each command prints with --json, for programs that read it. Strict: a field that is new, gone or of another kind is a
 * change that CHANGELOG and a decision have to name, and the tests of the commands meet it.
 */

const count = z.int().min(0);
/** The ledger's and Temporal's own times. */
const time = z.iso.datetime();
/** A time of the tenant's database (`isoTime`). */
const tenantTime = z
  .string()
  .regex(/^((\d{4}|[+-]\d{6})-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z?)?|-?infinity)$/)
  .describe(
    'ISO 8601 in UTC, with the fractions of a second that the database has. Without Z: the column has no time zone. Years outside 0000 to 9999 have a sign and six digits.',
  );
const value = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const values = z.record(z.string(), value);
const mode = z.enum(['changes', 'full', 'backfill']);
const state = z.enum(RUN_STATES);
const reason = z.enum(REJECTION_REASONS);

/** `run` and `backfill` end with one; `runs` lists them. */
const runSummary = z.strictObject({
  run: count,
  workflowId: z.string(),
  temporalRunId: z.string(),
  sync: z.string(),
  mode,
  state,
  modelRun: z.string().nullable(),
  windowFrom: tenantTime.nullable(),
  windowTo: tenantTime.nullable(),
  candidates: count,
  changed: count,
  accepted: count,
  rejected: count,
  requests: count,
  valuesSent: count,
  refreshed: count,
  valuesAvoided: count,
  startedAt: time,
  finishedAt: time.nullable(),
});

/** With --detach nothing is known of the run yet but where it is. */
const detached = z.strictObject({ workflowId: z.string(), temporalRunId: z.string(), sync: z.string() });

const rejection = z.strictObject({
  run: count,
  customerId: z.string().nullable(),
  attribute: z.string().optional(),
  reason,
  message: z.string(),
  at: time,
  open: z.boolean(),
  tries: count,
});

const guardFigure = z.strictObject({
  guard: z.string(),
  attribute: z.string().nullable(),
  figure: z.number().nullable(),
  limit: z.number().nullable(),
  usual: z.number().nullable(),
  ok: z.boolean(),
  text: z.string(),
});

/** The oldest and newest value of an attribute that is sent as a date. */
const dates = z.strictObject({ oldest: time, newest: time }).nullable();

const amounts = z.strictObject({ customers: count, values: count, requests: count });

const attributePreview = z.strictObject({
  name: z.string(),
  change: count,
  withValue: count,
  without: count,
  values: z.array(z.strictObject({ value: z.string(), customers: count })),
  distinct: count,
  moves: z.strictObject({ up: count, down: count }).nullable(),
  range: z
    .strictObject({ min: z.number(), max: z.number(), mean: z.number(), lastMean: z.number().nullable() })
    .nullable(),
  dates,
});

const sample = z.strictObject({
  customerId: z.string(),
  changes: z.array(z.strictObject({ attribute: z.string(), from: value.optional(), to: value })),
});

/** `newThisMonth`: customers whom no sync of the workspace has updated this calendar month (UTC), as far as the ledger knows. */
const cost = z.strictObject({
  billing: z.enum(['data-points', 'mau']),
  dataPoints: count,
  customers: count,
  newThisMonth: count,
});

const preview = z.strictObject({
  sync: z.string(),
  mode,
  part: z.string().nullable(),
  modelRun: z.strictObject({ id: z.string(), completedAt: tenantTime, syncedBefore: z.boolean() }).nullable(),
  windowFrom: tenantTime.nullable(),
  windowTo: tenantTime,
  wholeStoreBecause: z.enum(['asked', 'first-run', 'mapping-changed']).nullable(),
  lastRun: count.nullable(),
  candidates: count,
  wouldSend: amounts,
  refreshed: count,
  unchanged: z.strictObject({ customers: count, values: count }),
  rejected: z.strictObject({
    customers: count,
    values: count,
    reasons: z.array(z.strictObject({ reason, count })),
  }),
  attributes: z.array(attributePreview),
  samples: z.array(sample).optional(),
  sendWhen: z.array(z.looseObject({ column: z.string() })).optional(),
  guards: z.array(guardFigure),
  ratePerSecond: z.number(),
  seconds: z.number(),
  cost,
  unseen: z.strictObject({ undated: count, later: count }),
  warnings: z.array(z.string()).optional(),
});

/** `preview --run N`. */
const staged = z.strictObject({
  run: count,
  sync: z.string(),
  mode,
  state,
  since: time,
  hold: count.nullable(),
  heldBecause: z.string().nullable(),
  modelRun: z.string().nullable(),
  candidates: count,
  accepted: count,
  wouldSend: amounts,
  rejected: count,
  attributes: z.array(attributePreview),
  samples: z.array(sample).optional(),
  guards: z.array(guardFigure),
  ratePerSecond: z.number(),
  seconds: z.number(),
  cost,
});

const schedule = z.strictObject({ paused: z.boolean(), nextRunAt: time.nullable() });

const status = z.strictObject({
  workers: count.nullable(),
  otherConfigs: z.array(z.string()),
  syncs: z.array(
    z.strictObject({
      sync: z.string(),
      state: state.nullable(),
      since: time.nullable(),
      hold: count.nullable(),
      holdCause: z.string().nullable(),
      heldBecause: z.string().nullable(),
      guards: z.array(guardFigure),
      waitingFor: z.string().nullable(),
      waitingUntil: time.nullable(),
      abandoned: z.boolean(),
      queued: count,
      run: runSummary.nullable(),
      lastRecorded: runSummary.extend({ state: z.enum(ENDED_STATES) }).nullable(),
      openRejections: count,
      failedNotice: z.looseObject({ at: time }).nullable(),
      schedule: schedule.nullable(),
    }),
  ),
});

const check = z.strictObject({
  findings: z.array(
    z.strictObject({
      level: z.enum(['ok', 'warn', 'error']),
      about: z.string(),
      message: z.string(),
      line: count.optional(),
    }),
  ),
  createInBraze: z.array(z.strictObject({ workspace: z.string(), attribute: z.string(), type: z.string() })),
});

const customer = z.strictObject({
  customerId: z.string(),
  sync: z.string(),
  computed: values.nullable(),
  acknowledged: values.nullable(),
  acknowledgedAt: time.nullable(),
  acknowledgedRun: count.nullable(),
  acknowledgedModelRun: z.string().nullable(),
  attributes: z.array(z.looseObject({ name: z.string() })),
  nextRun: z.unknown(),
  updatedAt: tenantTime.nullable(),
  storeProblem: z.string().optional(),
  outbox: z.unknown(),
  uncertain: z.array(z.string()),
  rejections: z.array(z.looseObject({ reason, message: z.string(), at: time })),
  suppressed: time.nullable(),
});

const verify = z.strictObject({
  sync: z.string(),
  workspace: z.string(),
  sampled: count,
  agree: count,
  differ: count,
  missingProfiles: count,
  notYet: count,
  unread: count,
  attributes: z.record(
    z.string(),
    z.strictObject({ compared: count, agree: count, differ: count, probableCause: z.string().optional() }),
  ),
  differences: z.array(
    z.strictObject({ customerId: z.string(), attribute: z.string(), acknowledged: value, atBraze: z.unknown() }),
  ),
  missing: z.array(z.string()),
  notCompared: z.array(z.string()),
  neverAcknowledged: z.array(z.string()),
});

const dictionary = z.strictObject({
  sync: z.string(),
  workspace: z.string(),
  identifier: z.looseObject({ kind: z.string() }),
  updateExistingOnly: z.boolean(),
  customers: count,
  freshness: z.looseObject({
    lastRun: z.looseObject({ finishedAt: time }).nullable(),
    modelRun: z.looseObject({ completedAt: tenantTime }).nullable(),
  }),
  attributes: z.array(
    z.looseObject({
      name: z.string(),
      type: z.enum(ATTRIBUTE_TYPES),
      description: z.string().nullable(),
      dates,
    }),
  ),
});

/** `run`: of a command that followed it. */
const done = z.array(z.looseObject({ sync: z.string(), what: z.string(), run: runSummary.optional() }));

const apply = z.array(
  z.looseObject({
    sync: z.string(),
    change: z.string(),
    applied: z.boolean(),
    schedule: z.looseObject({ every: z.enum(['day', 'week']), at: z.string(), timeZone: z.string() }).nullable(),
    paused: z.boolean().nullable(),
    nextRunAt: time.nullable(),
  }),
);

const forget = z.looseObject({
  customerId: z.string(),
  suppressed: z.boolean(),
  before: time.nullable().optional(),
  at: time.optional(),
});

/** By the command that prints it. */
export const SHAPES = {
  run: z.union([runSummary, detached]),
  backfill: z.union([runSummary, detached, preview]),
  runs: z.array(runSummary),
  rejected: z.array(rejection),
  status,
  preview: z.union([preview, staged]),
  check,
  apply,
  customer,
  verify,
  dictionary,
  forget,
  pause: done,
  resume: done,
  retry: done,
  approve: done,
  discard: done,
  cancel: done,
} as const satisfies Record<string, z.ZodType>;

export type CommandWithShape = keyof typeof SHAPES;
