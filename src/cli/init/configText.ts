import { typed } from '../../invocation';
import { localZone } from '../shared/screen';
import type { ChosenTable } from './chooseTable';
import type { FoundModelRuns } from './modelRuns';
import type { Proposal } from './proposals';
import { yamlScalar } from './yamlScalar';

/** What a first config file is made of. */
export interface ConfigParts {
  sync: string;
  table: ChosenTable;
  attributes: readonly Proposal[];
  modelRuns: FoundModelRuns | null;
}

/** Comments stand in one column, unless the setting reaches beyond it. */
const COMMENT_COLUMN = 54;

/** A complete config file: every setting with its default, and what it is for. */
export function configText({ sync, table, attributes, modelRuns }: ConfigParts): string {
  const lines = [
    `# Written by \`${typed('init')}\`. Edit it freely; \`${typed('check')}\` reports what is wrong with it.`,
    '# ${NAME} is read from the environment, else from .env beside this file; ${NAME:-default} has a default;',
    '# ${file:PATH} reads a file, for secrets.',
    '',
    'temporal:',
    line('  address: ${TEMPORAL_ADDRESS:-127.0.0.1:7233}', 'address of the Temporal server'),
    line('  namespace: ${TEMPORAL_NAMESPACE:-default}', 'must exist there'),
    line('  taskQueue: ${TEMPORAL_TASK_QUEUE:-peak-braze}', 'the queue that workers poll'),
    '',
    'ledger:',
    line('  url: ${LEDGER_URL:-embedded}', 'postgres://…, or an embedded Postgres in .peak-braze/'),
    line('  retention: 90d', 'how long details of a run are kept'),
    '',
    'workspaces:',
    line('  braze:', 'your name for the workspace; the ledger keeps its state under it'),
    line('    restEndpoint: ${BRAZE_REST_ENDPOINT}', 'such as https://rest.fra-01.braze.eu'),
    line('    apiKey: ${BRAZE_API_KEY}', 'needs the permission users.track only'),
    line(
      '    rateLimit: { requests: 3000, perSeconds: 3, share: 1 }',
      "Braze's limit; share: 0.5 leaves half to other senders",
    ),
    line('    billing: mau', 'or data-points: the unit in which preview shows the cost'),
    '',
    'sources:',
    '  tenant:',
    line('    url: ${TENANT_URL}', 'postgres://… or redshift://…, read only'),
    '',
    'syncs:',
    line(`  ${yamlScalar(sync)}:`, `${typed(`preview ${sync}`)} shows what it would send`),
    line(`    table: ${yamlScalar(table.name)}`, 'or query: "select …"'),
    line(`    customerId: ${yamlScalar(table.customerId)}`, "the customer's id at Braze"),
    line(`    updatedAt: ${yamlScalar(table.updatedAt)}`, 'when the row last changed'),
    line('    overlap: 1h', 'lookback window: also reads rows this much older'),
    line('    identifier: external_id', 'kind of the id at Braze; or braze_id, email, phone, { alias: <label> }'),
    line('    updateExistingOnly: true', 'never create customers in Braze'),
    line('    refreshAfter: never', 'or 30d: send values again that were accepted longer ago'),
    ...modelRunLines(modelRuns),
    line('    attributes:', 'by their names in Braze'),
    ...attributes.map(attributeLine),
    line('    departedCustomers: keep', 'or clear: run --full removes the values of removed customers'),
    line(`    # schedule: { every: day, at: "06:00", timeZone: ${localZone()} }`, 'without one, start runs manually'),
    line('    # holdFor: 20h', 'a held run ends after this; default: before the next is due'),
    line('    guards: { maxClearedShare: 0.05, maxRejectedShare: 0.05 }', 'a run beyond these shares needs approval'),
    line('    delivery: { chunkCustomers: 50000, lanes: 2 }', 'batching; the defaults rarely need changing'),
  ];
  return `${lines.join('\n')}\n`;
}

function line(setting: string, comment: string): string {
  return `${setting.padEnd(COMMENT_COLUMN - 1)} # ${comment}`;
}

function attributeLine({ yaml, comment, leftOut }: Proposal): string {
  return line(`      ${leftOut === null ? '' : '# '}${yaml}`, comment);
}

/** Active only where there is no choice to make. */
function modelRunLines(found: FoundModelRuns | null): string[] {
  if (found === null) return [line('    modelRun: none', 'or { table: …, model: … }: wait for a completed model run')];
  const { table, models } = found;
  const rule = (model: string) => `modelRun: { table: ${yamlScalar(table)}, model: ${model}, timeout: 6h, poll: 30s }`;
  if (models.length === 1)
    return [line(`    ${rule(yamlScalar(models[0]!))}`, 'a run waits for the next completed model run')];
  const available = models.length === 0 ? 'no model has run yet' : `models: ${models.map(yamlScalar).join(', ')}`;
  return [
    line('    modelRun: none', 'a run does not wait for a model run'),
    line(`    # ${rule(yamlScalar(models[0] ?? 'churn'))}`, `to wait for one; ${available}`),
  ];
}
