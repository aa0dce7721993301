import type { LastSync } from '../ledger/watermark';
import type { RunRequest } from '../types/run';
import type { Mode } from '../types/run';

/** What decides the window of a run. Times are the tenant's own text. */
export interface WindowQuestion {
  mode: Mode;
  request: Pick<RunRequest, 'since' | 'until' | 'selection'>;
  /** Null: this sync has never recorded a run against this target. */
  last: LastSync | null;
  /** Of the mapping that the run uses. */
  fingerprint: string;
  /** The tenant's clock when the run is planned. */
  clock: string;
}

/** Which rows a run reads, as far as that is known without the ledger and the tenant. */
export interface WindowDecision {
  /** Everything is compared. */
  wholeStore: boolean;
  /** A time, inclusive (null: from the beginning), or the watermark of the last sync minus the lookback window. */
  from: { time: string | null } | { watermarkOf: LastSync };
  /** Inclusive. */
  to: string;
}

/** Decides the window of a run. Pure. */
export function decideWindow({ mode, request, last, fingerprint, clock }: WindowQuestion): WindowDecision {
  switch (mode) {
    case 'full':
      return { wholeStore: true, from: { time: null }, to: clock };
    case 'backfill': {
      const { since, until, selection } = request;
      const wholeStore = since === null && until === null && selection === null;
      return { wholeStore, from: { time: since }, to: until ?? clock };
    }
    case 'changes': {
      // Profiles may have values of another mapping: the window of the last sync says nothing about them.
      if (last === null || last.fingerprint !== fingerprint || last.mappingLeft) {
        return { wholeStore: true, from: { time: null }, to: clock };
      }
      return { wholeStore: false, from: { watermarkOf: last }, to: clock };
    }
  }
}
