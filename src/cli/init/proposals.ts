import { columnType } from '../../attributes/columnType';
import { attributeNameProblem, RESERVED_NAMES } from '../../braze/object';
import type { Column } from '../../tenant/store';
import { fractionOf, displayType } from '../shared/displayType';
import type { ChosenTable } from './chooseTable';
import { yamlScalar } from './yamlScalar';

/** A column as an attribute of the config. */
export interface Proposal {
  column: string;
  /** `churn: { type: number, decimals: 2 }` */
  yaml: string;
  comment: string;
  /** Why it is only a proposal, commented out; null where it is sent. */
  leftOut: string | null;
}

/** Which run or version made a score: new for everyone every time, and no reason to write to anyone. */
const LABELS = /^(?:model|batch|run|score|scoring|pipeline)?_?(?:version|run|run_id|batch|batch_id)$/i;

/** Every column but the two keys, in the table's order. */
export function proposeAttributes({ columns, customerId, updatedAt }: ChosenTable): Proposal[] {
  const others = columns.filter(({ name }) => name !== customerId && name !== updatedAt);
  const accompanied = others.some((column) => leftOutBecause(column) === null && !isCompanion(column));
  return others.map((column) => propose(column, accompanied));
}

function propose(column: Column, accompanied: boolean): Proposal {
  const leftOut = leftOutBecause(column);
  const type = columnType(column.databaseType);
  if (leftOut !== null) {
    const sent = type === 'unsupported' ? 'string' : type;
    const renamed = RESERVED_NAMES.has(column.name)
      ? `predicted_${column.name}`
      : column.name.replace(/^[$\s]+|\s+$/g, '');
    const yaml =
      renamed === column.name
        ? `${yamlScalar(column.name)}: ${sent}`
        : `${yamlScalar(renamed)}: { column: ${yamlScalar(column.name)}, type: ${sent} }`;
    return { column: column.name, yaml, comment: leftOut, leftOut };
  }
  const companion = accompanied && isCompanion(column);
  const [settings, comment] = companion ? companionSettings(column) : plainSettings(column);
  return {
    column: column.name,
    yaml: `${yamlScalar(column.name)}: ${settings}`,
    comment: `${displayType(column)}${comment}`,
    leftOut: null,
  };
}

function leftOutBecause({ name, databaseType }: Column): string | null {
  const problem = attributeNameProblem(name);
  if (problem !== null) return `the name ${problem}`;
  // It would be read as a variable.
  if (name.includes('${')) return 'the name holds ${';
  if (RESERVED_NAMES.has(name)) return 'Braze has a profile field of this name: send it under another, if at all';
  if (columnType(databaseType) !== 'unsupported') return null;
  return `${databaseType} cannot be sent as it is; as text, remove the #`;
}

/** Travels with a change of another attribute only. */
function isCompanion({ name, databaseType }: Column): boolean {
  return databaseType.startsWith('timestamp') || LABELS.test(name);
}

function companionSettings({ databaseType }: Column): [settings: string, comment: string] {
  const settings = `{ type: ${columnType(databaseType)}, onlyWithOthers: true }`;
  return [settings, '; new with every model run, so it only goes along with another change'];
}

function plainSettings(column: Column): [settings: string, comment: string] {
  switch (fractionOf(column)) {
    case 'money':
      return ['{ type: number, decimals: 0 }', '; rounded: cents would send nearly everyone every run'];
    case 'other':
      return ['{ type: number, decimals: 2 }', '; rounded: a raw score would send nearly everyone every run'];
    case null:
      return [columnType(column.databaseType), ''];
  }
}
