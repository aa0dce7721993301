import type { Path } from '../../config/path';
import type { Ledger } from '../../ledger/open';
import type { TenantStore } from '../../tenant/store';
import type { SyncSettings } from '../../types/settings';

export interface SyncQuestion {
  settings: SyncSettings;
  tenant: TenantStore;
  /** The tenant's own clock. */
  clock: string;
  lineOf: (path: Path) => number;
  ledger: Promise<Ledger | null>;
}
