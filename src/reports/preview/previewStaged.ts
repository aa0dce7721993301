import { Packer } from '../../braze/packing';
import { toRate } from '../../delivery/rate';
import { baselineOf } from '../../extraction/baseline';
import { figuresOf } from '../../extraction/figures';
import { allFigures } from '../../guards/judge';
import { acknowledgedValues } from '../../ledger/acknowledged';
import type { Ledger } from '../../ledger/open';
import { readStaged, type StagedRow } from '../../ledger/outbox';
import { unreceipted } from '../../ledger/receipts';
import type { RunRecord } from '../../ledger/runs';
import type { RunCounts, RunIdentity, RunScope, RunState } from '../../types/run';
import type { SyncSettings } from '../../types/settings';
import type { IsoTime, ValueSet } from '../../types/values';
import { Distributions } from './distributions';
import { NewThisMonth } from './newThisMonth';
import { dateOnes, type Preview } from './previewSync';
import { Samples } from './samples';

/** What an open run has staged: exactly what it sends when it resumes. `attributes` is over the customers who would be sent. */
export interface StagedPreview
  extends
    Pick<RunIdentity, 'run' | 'sync' | 'mode'>,
    Pick<RunScope, 'modelRun'>,
    Pick<RunCounts, 'candidates' | 'accepted' | 'rejected'>,
    Pick<Preview, 'attributes' | 'samples' | 'guards' | 'ratePerSecond' | 'seconds' | 'cost'> {
  state: RunState;
  since: IsoTime;
  hold: number | null;
  heldBecause: string | null;
  wouldSend: { customers: number; values: number; requests: number };
}

/** A run after extraction: its own copy of the sync decides. */
export type ExtractedRecord = RunRecord & {
  settings: SyncSettings;
  types: Record<string, string>;
  targetId: number;
};

const PAGE_ROWS = 2_000;

/** Reads what an open run has staged, page by page; writes nothing. */
export async function previewStaged(ledger: Ledger, record: ExtractedRecord, size: number): Promise<StagedPreview> {
  const { run, sync, mode, state, settings, targetId } = record;
  const changes = new Map(settings.attributes.map(({ name }) => [name, 0]));
  const distributions = new Distributions(settings.attributes, dateOnes(settings, record.types));
  const samples = new Samples(size);
  const packer = new Packer();
  const { chunkCustomers } = settings.delivery;
  const newThisMonth = await NewThisMonth.in(ledger, settings);
  const isUnanswered = unansweredIn(await unreceipted(ledger, run, 1, record.staged));
  let requests = 0;
  let chunk = 0;
  for await (const { rows, acknowledged } of stagedPages(ledger, run, targetId)) {
    await newThisMonth.add(rows.filter(isUnanswered));
    for (const row of rows) {
      const sent = sentIn(row, changes);
      const before = acknowledged.get(row.customer);
      for (const name of Object.keys(sent)) changes.set(name, changes.get(name)! + 1);
      distributions.add(JSON.parse(row.newValues) as ValueSet, before);
      samples.add(row.customer, sent, before);
      // A request never reaches over the end of a chunk.
      const itsChunk = Math.floor((row.seq - 1) / chunkCustomers);
      if (itsChunk !== chunk && packer.end() !== null) requests += 1;
      chunk = itsChunk;
      if (packer.push(row) !== null) requests += 1;
    }
  }
  if (packer.end() !== null) requests += 1;
  const { workspace } = settings;
  const { perSecond } = toRate(workspace.rateLimit);
  const [customers, values] = [record.changed, record.plannedValues];
  return {
    run,
    sync,
    mode,
    state,
    since: record.stateSince,
    hold: record.hold,
    heldBecause: record.heldBecause,
    modelRun: record.modelRun,
    candidates: record.candidates,
    accepted: record.accepted,
    wouldSend: { customers, values, requests },
    rejected: record.rejected,
    attributes: distributions.summaries().map((one) => ({ ...one, change: changes.get(one.name)! })),
    ...(size > 0 && { samples: samples.picked() }),
    guards: allFigures(settings.guards, figuresOf(record), await baselineOf(ledger, targetId)),
    ratePerSecond: perSecond,
    seconds: requests / perSecond,
    cost: {
      billing: workspace.billing,
      dataPoints: values,
      customers,
      newThisMonth: await newThisMonth.count(),
    },
  };
}

/** A page of staged customers, with what Braze has of them. */
interface StagedPage {
  rows: StagedRow[];
  acknowledged: ReadonlyMap<string, ValueSet>;
}

async function* stagedPages(ledger: Ledger, run: number, targetId: number): AsyncGenerator<StagedPage> {
  for (let after = 0; ;) {
    const rows = await readStaged(ledger, run, after, PAGE_ROWS);
    const acknowledged = await acknowledgedValues(
      ledger,
      targetId,
      rows.map(({ customer }) => customer),
    );
    yield { rows, acknowledged };
    if (rows.length < PAGE_ROWS) return;
    after = rows.at(-1)!.seq;
  }
}

/** Whether a row is in one of these stretches. Both are in the order of sequence numbers. */
function unansweredIn(stretches: readonly { fromSeq: number; toSeq: number }[]): (row: StagedRow) => boolean {
  let at = 0;
  return ({ seq }) => {
    while (at < stretches.length && stretches[at]!.toSeq < seq) at += 1;
    return at < stretches.length && stretches[at]!.fromSeq <= seq;
  };
}

/** The attributes of a body, without what says whose they are. */
function sentIn({ body, newValues }: StagedRow, attributes: ReadonlyMap<string, number>): ValueSet {
  const object = JSON.parse(body) as ValueSet;
  const values = JSON.parse(newValues) as ValueSet;
  return Object.fromEntries(
    [...attributes.keys()].filter((name) => Object.hasOwn(object, name)).map((name) => [name, values[name]!]),
  );
}
