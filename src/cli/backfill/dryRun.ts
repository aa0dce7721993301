import type { Config } from '../../config/config';
import { noteWhileWaiting } from '../../local/note';
import { requireSettingsInScope } from '../../planning/backfillScope';
import { previewSync, type PreviewPart } from '../../reports/preview/previewSync';
import type { RunRequest } from '../../types/run';
import type { SyncInput } from '../../types/workflow';
import { withReadableLedger } from '../shared/ledgerAccess';
import { previewLines } from '../shared/previewLines';
import { CliProblem, EXIT } from '../shared/problem';
import { print, printJson, note, when } from '../shared/screen';
import { readAsRun } from '../shared/tenantAccess';
import type { Part } from './part';

/** Previews this backfill. Sends nothing and stores nothing, not even the list of customers. */
export async function dryRun(
  config: Config,
  input: Pick<SyncInput, 'sync' | 'attributes' | 'resend'>,
  part: Part,
  { json, next }: { json?: boolean; next: string },
): Promise<void> {
  const request: RunRequest = {
    modelRun: 'latest',
    since: part.kind === 'window' ? (part.since ?? null) : null,
    until: part.kind === 'window' ? (part.until ?? null) : null,
    selection: part.kind === 'customers' ? 'typed' : null,
    resend: input.resend ?? false,
    attributes: input.attributes ?? null,
    clear: part.kind === 'clear' ? part.attribute : null,
  };
  const selected = part.kind === 'customers' ? await pagesOf(part.ids) : undefined;
  const settings = requireSettingsInScope(config.syncs[input.sync]!, request);
  const question = { request, inWords: displayScope(part), ...(selected && { selected }) } satisfies PreviewPart;
  const preview = await withReadableLedger(config, (ledger) =>
    readAsRun(config.sourceUrl(settings.source).value, (tenant) =>
      noteWhileWaiting(`the comparison with ${settings.source}`, note, () =>
        previewSync({ settings, tenant, ledger, mode: 'backfill', part: question, samples: 0, sendWhen: false }),
      ),
    ),
  );
  if (json) return printJson(preview);
  for (const line of previewLines(preview, settings, next)) print(line);
}

function displayScope(part: Part): string {
  switch (part.kind) {
    case 'everything':
      return 'The whole source table';
    case 'customers':
      return part.inWords;
    case 'clear':
      return `Profiles that have ${part.attribute}, which would be removed`;
    case 'window': {
      const from = part.since === undefined ? '' : ` since ${when(part.since)}`;
      return `Rows updated${from}${part.until === undefined ? '' : ` until ${when(part.until)}`}`;
    }
  }
}

/** The ids in one order, page by page, each once. */
async function pagesOf(
  ids: AsyncIterable<string> | Iterable<string>,
): Promise<(after: string | null, limit: number) => string[]> {
  const chosen = new Set<string>();
  for await (const id of ids) chosen.add(id);
  if (chosen.size === 0) throw new CliProblem('The list has no customer id in it.', EXIT.usage);
  const inOrder = [...chosen].toSorted();
  return (after, limit) => {
    const from = after === null ? 0 : inOrder.indexOf(after) + 1;
    return inOrder.slice(from, from + limit);
  };
}
