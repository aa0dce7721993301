import type { Command } from 'commander';
import { createBrazeClient } from '../braze/client';
import { listCustomAttributes, type DeclaredAttribute } from '../braze/customAttributes';
import { READABLE_FIELDS } from '../braze/exportUsers';
import { openBrazeHttp, type BrazeHttp } from '../braze/http';
import { probeKey } from '../braze/probe';
import type { NotPermitted } from '../braze/reading';
import type { Config } from '../config/config';
import { uncertainAttributes } from '../ledger/acknowledged';
import type { Ledger } from '../ledger/open';
import { acknowledgedOf, sampleAcknowledged, type AcknowledgedCustomer } from '../ledger/samples';
import { findTarget, findWorkspace } from '../ledger/workspaces';
import { noteWhileWaiting } from '../local/note';
import { sameHost } from '../planning/workspaceAccess';
import { addCauses, compareProfiles } from '../reports/profileComparison';
import { readProfiles } from '../reports/readProfiles';
import type { SyncSettings } from '../types/settings';
import { command } from './shared/command';
import { readConfig, requireSync, type CommonOptions } from './shared/context';
import { withLedger } from './shared/ledgerAccess';
import { CliProblem, EXIT } from './shared/problem';
import { print, printJson, note } from './shared/screen';
import { agrees, reportJson, reportLines, type VerifyReport } from './verify/report';

interface VerifyOptions extends CommonOptions {
  sample: string;
  customer?: string[];
}

/** Four calls to Braze, or 200 where it takes one e-mail address or phone a call. */
const SAMPLE = 200;

/** Shorter waits are not announced. */
const SILENT_WAIT_MS = 2_000;

/** Profiles of 50 customers with everything that a workspace ever wrote to them. */
const MAX_ANSWER_BYTES = 50_000_000;

/** `verify`: profiles read back and compared. */
export function addVerify(program: Command): void {
  command(
    program,
    'verify <sync>',
    'Read some customers back from Braze and compare them with what it accepted; send nothing (needs the permission users.export.ids)',
    'verify churn --sample 500',
  )
    .option('--sample <number>', 'read this many customers, picked at random', String(SAMPLE))
    .option('--customer <id...>', 'read these customers instead')
    .action(async (sync: string, options: VerifyOptions) => {
      const config = readConfig(options);
      const settings = requireSync(config, sync);
      if (!/^[1-9]\d{0,6}$/.test(options.sample)) {
        throw new CliProblem(
          `--sample ${options.sample} is not a number of customers. Write a number such as ${SAMPLE}.`,
          EXIT.usage,
        );
      }
      const report = await withLedger(config, (ledger) => verify(config, settings, ledger, options));
      if (options.json) printJson(reportJson(report));
      else for (const line of reportLines(report)) print(line);
      process.exitCode = agrees(report) ? EXIT.ok : EXIT.failed;
    });
}

async function verify(
  config: Config,
  settings: SyncSettings,
  ledger: Ledger,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const { sync, workspace, identifier } = settings;
  await requireSameWorkspace(ledger, settings);
  const target = await findTarget(ledger, workspace.name, sync, identifier);
  const customers = target === null ? [] : await chosen(ledger, target, options);
  const ids = customers.map(({ customer }) => customer);
  const never = (options.customer ?? []).filter((id) => !ids.includes(id));

  const connection = { endpoint: workspace.endpoint, apiKey: config.apiKey(workspace.name).value, connections: 1 };
  const http = openBrazeHttp({ ...connection, maxAnswerBytes: MAX_ANSWER_BYTES });
  try {
    const fields = settings.attributes.filter(({ standardField }) => standardField).map(({ name }) => name);
    const profiles = await noteWhileWaiting('Braze', note, () =>
      readProfiles(http, {
        identifier,
        customers: ids,
        fields: fields.filter((name) => READABLE_FIELDS.has(name)),
        onWait(ms, what) {
          if (ms > SILENT_WAIT_MS) note(`note  waiting ${Math.ceil(ms / 1000)} s for ${what}`);
        },
      }),
    );
    if (profiles.kind === 'transient') {
      throw new CliProblem(`Braze does not answer (${profiles.code}). Nothing was changed; try again.`, EXIT.failed);
    }
    if (profiles.kind === 'configuration') throw new CliProblem(`${profiles.message}.`, EXIT.usage);
    if (profiles.kind === 'not-permitted') throw await refusal(profiles, workspace.name, connection, settings);
    const comparison = compareProfiles({
      attributes: settings.attributes,
      updateExistingOnly: settings.updateExistingOnly,
      customers: customers.filter(({ customer }) => !profiles.unread.has(customer)),
      users: profiles.users,
      uncertain: target === null ? new Map() : await uncertainAttributes(ledger, target, ids),
    });
    addCauses(
      comparison,
      comparison.differences.length === 0 ? null : await declaredAttributes(http, workspace.endpoint),
    );
    return { sync, settings, comparison, unread: profiles.unread.size, never };
  } finally {
    await http.close();
  }
}

function chosen(ledger: Ledger, target: number, { customer, sample }: VerifyOptions): Promise<AcknowledgedCustomer[]> {
  return customer === undefined
    ? sampleAcknowledged(ledger, target, Number(sample))
    : acknowledgedOf(ledger, target, customer);
}

/** What one workspace accepted says nothing about the profiles of another. */
async function requireSameWorkspace(ledger: Ledger, { workspace }: SyncSettings): Promise<void> {
  const recorded = await findWorkspace(ledger, workspace.name);
  if (recorded === null || sameHost(recorded.endpoint, workspace.endpoint)) return;
  throw new CliProblem(
    `Workspace ${workspace.name} was at ${recorded.endpoint}, the config now says ${workspace.endpoint}. ` +
      'What was accepted there cannot be read back here: put restEndpoint back.',
    EXIT.usage,
  );
}

/** Causes are more certain with it, and the permission is not asked for: without it, or without an answer, there are none. */
async function declaredAttributes(
  http: BrazeHttp,
  endpoint: string,
): Promise<ReadonlyMap<string, DeclaredAttribute> | null> {
  const answer = await listCustomAttributes(http, endpoint);
  return answer.kind === 'answered' ? answer.attributes : null;
}

/** Braze gives a wrong key and a missing permission the same answer; a call that needs another permission distinguishes them. */
async function refusal(
  { permission, status }: NotPermitted,
  workspace: string,
  connection: Parameters<typeof createBrazeClient>[0],
  { attributes }: SyncSettings,
): Promise<CliProblem> {
  const client = createBrazeClient(connection);
  try {
    const key = await probeKey(client, attributes[0]!.name);
    if (key.kind === 'configuration') return new CliProblem(`${key.message}.`, EXIT.usage);
    return new CliProblem(
      `The key of ${workspace} may not read profiles (${status}): it needs the permission ${permission}. A key's permissions are fixed ` +
        `when it is made: make a new one in Braze (Settings > APIs and Identifiers) with users.track and ${permission}, put it in the key's place, then verify again.`,
      EXIT.usage,
    );
  } finally {
    await client.close();
  }
}
