import type { Ledger } from '../../ledger/open';
import type { TenantStore } from '../../tenant/store';
import type { SyncSettings } from '../../types/settings';
import type { LineFinder } from '../shared/lineFinder';

/** What the checks of one sync work with. */
export interface SyncQuestion {
  settings: SyncSettings;
  tenant: TenantStore;
  /** The tenant's own clock. */
  clock: string;
  lineOf: LineFinder;
  ledger: Promise<Ledger | null>;
}
