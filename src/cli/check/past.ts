import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../../config/config';
import { typed } from '../../invocation';
import type { Ledger } from '../../ledger/open';
import { sentSettings } from '../../ledger/runs';
import { findTarget } from '../../ledger/workspaces';
import { writtenAttributes } from '../../ledger/writtenAttributes';
import type { SyncSettings } from '../../types/settings';
import { warn, type Finding } from '../shared/finding';
import type { LineFinder } from '../shared/lineFinder';

/** What earlier runs left at Braze that the config no longer speaks of. */
export async function checkPast(
  config: Config,
  lineOf: LineFinder,
  ledger: Promise<Ledger | null>,
): Promise<Finding[]> {
  const open = await ledger;
  if (open === null) return [];
  const sent = await sentSettings(open);
  const found = await Promise.all(
    Object.values(config.syncs).map(async (settings) => [
      ...(await leftBehind(open, settings)),
      ...renamed(settings, config, sent, lineOf),
    ]),
  );
  return found.flat();
}

/** Attributes that left the config: they are no longer updated, and segments still use them. */
async function leftBehind(ledger: Ledger, settings: SyncSettings): Promise<Finding[]> {
  const { sync, workspace, identifier, attributes } = settings;
  const targetId = await findTarget(ledger, workspace.name, sync, identifier);
  if (targetId === null) return [];
  const written = await writtenAttributes(ledger, targetId);
  return written
    .filter(({ name, cleared }) => !cleared && !attributes.some((rule) => rule.name === name))
    .map(({ name, run }) =>
      warn(
        sync,
        `${name} is no longer in the config, and profiles keep it as run ${run} sent it. ` +
          `Remove it: ${typed(`backfill ${sync} --clear ${name} --dry-run`)}`,
      ),
    );
}

/** A sync that never sent anything, and reads and writes what one did that has gone. */
function renamed(
  settings: SyncSettings,
  { syncs }: Config,
  sent: ReadonlyMap<string, SyncSettings>,
  lineOf: LineFinder,
): Finding[] {
  const { sync, workspace, relation, identifier } = settings;
  if (sent.has(sync)) return [];
  const before = [...sent.values()].find(
    (other) =>
      !Object.hasOwn(syncs, other.sync) &&
      other.workspace.name === workspace.name &&
      isDeepStrictEqual(other.relation, relation) &&
      isDeepStrictEqual(other.identifier, identifier),
  );
  if (before === undefined) return [];
  const again = `looks renamed from ${before.sync}. The ledger keeps its state by the name, so everything would be sent again`;
  return [warn(sync, `${again}. Name it ${before.sync} unless you mean that.`, lineOf(['syncs', sync]))];
}
