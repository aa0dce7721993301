import { columnType } from '../../attributes/columnType';
import type { Column } from '../../tenant/store';
import { error, type Finding } from '../shared/finding';
import { missingColumn } from './missing';
import type { SyncQuestion } from './question';

/** Who a row is of, and when it changed. */
export function keyColumnFindings(question: SyncQuestion, columns: readonly Column[]): Finding[] {
  const { settings, lineOf } = question;
  const findings: Finding[] = [];
  const wrong = (key: 'customerId' | 'updatedAt', sentence: string) =>
    findings.push(error(settings.sync, `${key}: ${sentence}`, lineOf(['syncs', settings.sync, key])));

  const at = columns.find(({ name }) => name === settings.updatedAt);
  if (!columns.some(({ name }) => name === settings.customerId)) {
    wrong('customerId', missingColumn(question, columns, settings.customerId));
  }
  if (at === undefined) {
    wrong('updatedAt', missingColumn(question, columns, settings.updatedAt));
  } else if (columnType(at.databaseType) !== 'date') {
    wrong(
      'updatedAt',
      `column ${at.name} has type ${at.databaseType}, which is not a timestamp. Name another column, or cast it in a query.`,
    );
  }
  return findings;
}
