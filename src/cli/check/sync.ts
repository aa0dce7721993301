import { mappingFingerprint } from '../../config/fingerprint';
import { readRun } from '../../ledger/runs';
import { sentTypes } from '../../ledger/sentTypes';
import { findTarget } from '../../ledger/workspaces';
import { changedTypes } from '../../planning/columnTypes';
import { planRun } from '../../planning/planRun';
import { TenantProblem } from '../../tenant/problem';
import type { Column } from '../../tenant/store';
import type { AttributeType, SyncSettings } from '../../types/settings';
import { broken, error, warn, type Finding } from '../shared/finding';
import { attributeFindings, sendableTypes } from './attributes';
import { keyColumnFindings } from './keyColumns';
import { missingTable } from './missing';
import { modelRunFindings } from './modelRun';
import type { SyncQuestion } from './question';
import { rowFindings } from './rows';

/** A custom attribute as a sync would send it. It has to exist before its first value comes: else Braze guesses the type. */
export interface OutgoingAttribute {
  sync: string;
  workspace: string;
  attribute: string;
  type: AttributeType;
  /** By the last recorded run: Braze knows it. */
  sentBefore: boolean;
}

/** What was found out about one sync, and what it would send. */
export interface SyncCheck {
  findings: Finding[];
  outgoing: OutgoingAttribute[];
}

/** Everything about one sync that a run would fail on, or that its operator should know before. */
export async function checkSync(question: SyncQuestion): Promise<SyncCheck> {
  const { settings, tenant } = question;
  const modelRun = await tolerant(question, () => modelRunFindings(question));
  let columns: Column[];
  try {
    columns = await tenant.columns(settings.relation);
  } catch (problem) {
    if (!(problem instanceof TenantProblem)) throw problem;
    return { findings: [await missingTable(question, problem), ...modelRun], outgoing: [] };
  }
  const keys = keyColumnFindings(question, columns);
  const attributes = [...attributeFindings(question, columns), ...(await typeFindings(question, columns))];
  // Counting needs both key columns.
  const rows = keys.length > 0 ? [] : await tolerant(question, () => rowFindings(question, columns));
  const sound = ![...keys, ...attributes, ...modelRun].some(({ level }) => level === 'error');
  const history = await historyOf(question, sound);
  return {
    findings: [...rows, ...keys, ...attributes, ...modelRun, ...history.findings],
    outgoing: outgoingAttributes(settings, columns, history.sentBefore),
  };
}

/** A question that the tenant's database does not answer costs its own findings only. */
async function tolerant({ settings }: SyncQuestion, ask: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await ask();
  } catch (problem) {
    if (!(problem instanceof TenantProblem)) throw problem;
    return [
      problem.kind === 'unavailable' ? broken(settings.sync, problem.message) : error(settings.sync, problem.message),
    ];
  }
}

/** Braze keeps the type of the first value it got: a run would hold. */
async function typeFindings(
  { settings, ledger, lineOf }: SyncQuestion,
  columns: readonly Column[],
): Promise<Finding[]> {
  const open = await ledger;
  if (open === null) return [];
  const sent = await sentTypes(open, settings.workspace.name);
  const line = (name: string) => lineOf(['syncs', settings.sync, 'attributes', name]);
  return [...sendableTypes(settings, columns)].flatMap(([name, type]) =>
    changedTypes(sent, { [name]: type }).map((what) => error(settings.sync, `attributes.${what}.`, line(name))),
  );
}

interface History {
  findings: Finding[];
  /** Attributes of the last recorded run: Braze knows them. */
  sentBefore: ReadonlySet<string>;
}

async function historyOf({ settings, tenant, ledger }: SyncQuestion, sound: boolean): Promise<History> {
  const nothing = { findings: [], sentBefore: new Set<string>() };
  const open = await ledger;
  const targetId =
    open === null ? null : await findTarget(open, settings.workspace.name, settings.sync, settings.identifier);
  if (!sound || open === null || targetId === null) return nothing;
  const plan = await planRun({ ledger: open, fingerprint: mappingFingerprint }, tenant, {
    settings,
    mode: 'changes',
    request: { since: null, until: null, selection: null },
    targetId,
  }).catch(unlessTenant);
  if (plan === null || plan.last === null) return nothing;
  const { last, wholeStore } = plan;
  const before = await readRun(open, last.run);
  return {
    findings: wholeStore
      ? [
          warn(
            settings.sync,
            `the mapping has changed since run ${last.run}: the next run compares the whole source table`,
          ),
        ]
      : [],
    sentBefore: new Set(before.settings?.attributes.map(({ name }) => name)),
  };
}

/** Whatever is wrong with the tenant has its finding by now. */
function unlessTenant(problem: unknown): null {
  if (problem instanceof TenantProblem) return null;
  throw problem;
}

function outgoingAttributes(
  settings: SyncSettings,
  columns: readonly Column[],
  sentBefore: ReadonlySet<string>,
): OutgoingAttribute[] {
  const of = { sync: settings.sync, workspace: settings.workspace.name };
  return [...sendableTypes(settings, columns)].map(([attribute, type]) => ({
    ...of,
    attribute,
    type,
    sentBefore: sentBefore.has(attribute),
  }));
}
