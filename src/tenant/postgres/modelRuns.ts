import type { Knex } from 'knex';
import type { ModelRunRule } from '../../types/settings';
import type { TenantTime } from '../../types/values';
import { modelRunRelation, zoneToleranceHours, type ModelRun } from '../store';
import type { Catalog } from './catalog';
import type { Cell, TenantDatabase } from './database';

type ReadRule = ModelRunRule & { kind: 'table' | 'query' };

/** The runs of the tenant's models, from their table or from the config's query. */
export class ModelRuns {
  readonly #database: TenantDatabase;
  readonly #catalog: Catalog;

  constructor(database: TenantDatabase, catalog: Catalog) {
    this.#database = database;
    this.#catalog = catalog;
  }

  async models(table: string, limit: number): Promise<string[]> {
    const { knex } = this.#database;
    const found = await this.#database.read(
      table,
      knex.distinct('model').from(table).whereNotNull('model').orderBy('model').limit(limit),
    );
    return found.map(([model]) => model!);
  }

  async latest(rule: ReadRule, after: TenantTime | null): Promise<ModelRun | null> {
    const { runs, name } = this.#completed(rule, after);
    runs.select('id', 'completed_at').orderBy('completed_at', 'desc').orderBy('id', 'desc').limit(1);
    if (rule.rowCount !== undefined) runs.select(rule.rowCount);
    const [row] = await this.#database.read(name, runs);
    if (row === undefined) return null;
    const [id, completedAt, rows = null] = row;
    return { id: id!, completedAt: completedAt!, rows: parseRowCount(rows) };
  }

  async earliestStart(rule: ReadRule, after: TenantTime | null): Promise<TenantTime | null> {
    const known = await this.#catalog.columns(modelRunRelation(rule));
    const startedAt = known.find((column) => column.name === 'started_at');
    if (startedAt === undefined) return null;
    const { later } = zoneToleranceHours(startedAt.databaseType);
    const { runs, name } = this.#completed(rule, after);
    const earliest = this.#database.knex.raw(`min(started_at) - interval '${later} hours'`);
    const [row] = await this.#database.read(name, runs.select(earliest));
    return row?.[0] ?? null;
  }

  /** Completed model runs with id, completed_at and, in the table form, started_at. */
  #completed(rule: ReadRule, after: TenantTime | null): { runs: Knex.QueryBuilder; name: string } {
    const { knex } = this.#database;
    const { sql, name } = this.#database.source(modelRunRelation(rule), "The config's modelRun query");
    const runs = knex.from(knex.raw('? as r', [sql]));
    if (rule.kind === 'table') runs.where({ model: rule.model, status: 'completed' });
    runs.whereNotNull('completed_at');
    if (after !== null) runs.where('completed_at', '>', after);
    return { runs, name };
  }
}

/** A count as a model run states it; null when the text is not a count. */
function parseRowCount(text: Cell): number | null {
  const count = text === null || text.trim() === '' ? NaN : Number(text);
  return Number.isSafeInteger(count) && count >= 0 ? count : null;
}
