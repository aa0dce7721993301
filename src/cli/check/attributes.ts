import { columnType, outgoingType, typeProblem } from '../../attributes/columnType';
import { attributeNameProblem, classifyName, STANDARD_FIELDS } from '../../braze/object';
import { didYouMean } from '../../config/nearest';
import { outgoingTypes } from '../../planning/columnTypes';
import type { Column } from '../../tenant/store';
import type { AttributeRule, AttributeType, Identifier, SyncSettings } from '../../types/settings';
import { ownValue } from '../../types/values';
import { fractionOf, displayType } from '../shared/displayType';
import { error, warn, type Finding } from '../shared/finding';
import { missingColumn } from './missing';
import type { SyncQuestion } from './question';

/** What cannot be sent as it is mapped, and what would be sent far too often. */
export function attributeFindings(question: SyncQuestion, columns: readonly Column[]): Finding[] {
  const { settings, lineOf } = question;
  const byName = new Map(columns.map((column) => [column.name, column]));
  return settings.attributes.flatMap((rule) => {
    const path = ['syncs', settings.sync, 'attributes', rule.name];
    const column = byName.get(rule.column);
    const problems = [nameProblem(rule, settings.identifier), columnProblem(question, columns, rule, column)].filter(
      (problem) => problem !== null,
    );
    const findings = problems.map((problem) => error(settings.sync, `attributes.${rule.name}${problem}`, lineOf(path)));
    const restless = column === undefined || problems.length > 0 ? null : restlessness(rule, column);
    return restless === null ? findings : [...findings, warn(settings.sync, restless, lineOf(path))];
  });
}

/** What each custom attribute is sent as, of those that can be sent. Fields of the profile itself have Braze's own types. */
export function sendableTypes(settings: SyncSettings, columns: readonly Column[]): Map<string, AttributeType> {
  const databaseTypes = Object.fromEntries(columns.map(({ name, databaseType }) => [name, databaseType]));
  const attributes = settings.attributes.filter((rule) => {
    const databaseType = ownValue(databaseTypes, rule.column);
    return (
      !rule.standardField &&
      databaseType !== undefined &&
      nameProblem(rule, settings.identifier) === null &&
      typeProblem(rule, columnType(databaseType)) === null
    );
  });
  const types = outgoingTypes({ ...settings, attributes }, databaseTypes);
  return new Map(attributes.map(({ name }) => [name, types[name]!]));
}

function nameProblem(rule: AttributeRule, identifier: Identifier): string | null {
  const { name } = rule;
  const problem = attributeNameProblem(name);
  if (problem !== null) return `: the name ${problem}. Choose another.`;
  switch (classifyName(rule, identifier)) {
    case 'standard-field':
      return `: the name is a standard field of every Braze profile, and a run would overwrite it. Choose another, such as predicted_${name}. To write the standard field, set standardField: true.`;
    case 'object-field':
      return `: ${name} is a standard field of every Braze profile that takes an object; this sync sends single values. Choose another name, such as predicted_${name}.`;
    case 'no-standard-field':
      return `.standardField: ${name} is not a standard field of Braze. ${didYouMean(name, STANDARD_FIELDS) ?? 'Remove standardField.'}`;
    case 'identifier':
      return `: ${name} is the identifier, which every request already has. Remove it.`;
    case 'free':
      return null;
  }
}

function columnProblem(
  question: SyncQuestion,
  columns: readonly Column[],
  rule: AttributeRule,
  column: Column | undefined,
): string | null {
  if (column === undefined) {
    return rule.column === rule.name
      ? `: ${missingColumn(question, columns, rule.column, true)}`
      : `.column: ${missingColumn(question, columns, rule.column)}`;
  }
  const problem = typeProblem(rule, columnType(column.databaseType));
  return problem === null ? null : `: ${problem}`;
}

/** A model's raw number moves in its last digits with every run: unrounded it is new for nearly everyone. */
function restlessness(rule: AttributeRule, column: Column): string | null {
  const fraction = fractionOf(column);
  const steadied = rule.bands !== undefined || rule.decimals !== undefined || Number(rule.minChange ?? 0) > 0;
  if (fraction === null || steadied || rule.onlyWithOthers) return null;
  if (outgoingType(rule, columnType(column.databaseType)) !== 'number') return null;
  return (
    `${rule.name}: ${displayType(column)} without decimals, nearly every customer is sent in every run. ` +
    `Try decimals: ${fraction === 'money' ? 0 : 2}`
  );
}
