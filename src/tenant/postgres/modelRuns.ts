import type { Knex } from 'knex';
import type { ModelRunRule, Relation } from '../../types/settings';
import type { TenantTime } from '../../types/values';
import { modelRunRelation, zoneToleranceHours, type ModelRun } from '../store';
import type { Catalog } from './catalog';
import type { Cell, TenantDatabase } from './database';

type ReadRule = ModelRunRule & { kind: 'table' | 'query' };

/** The runs of the tenant's models, from their table or from the config's query. */
export class ModelRuns {
  readonly #database: TenantDatabase;
  readonly #catalog: Catalog;
  /** By relation: how much later than read as UTC a completion may be, in hours; null: its column holds no time. */
  readonly #laterHours = new Map<string, Promise<number | null>>();

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
    const { runs, name } = await this.#completed(rule, after);
    const newest = newestFirst(runs).limit(1);
    if (rule.rowCount !== undefined) newest.select(rule.rowCount);
    const [row] = await this.#database.read(name, newest);
    if (row === undefined) return null;
    const [id, completedAt, rows = null] = row;
    return { id: id!, completedAt: completedAt!, rows: parseRowCount(rows) };
  }

  /** The model run that is dated furthest in the future: it has not completed, whatever its status says. */
  async future(rule: ReadRule): Promise<Omit<ModelRun, 'rows'> | null> {
    const bound = await this.#bound(rule);
    if (bound === null) return null;
    const { runs, name } = this.#dated(rule);
    const [row] = await this.#database.read(name, newestFirst(runs.whereRaw(`completed_at > ${bound}`)).limit(1));
    return row === undefined ? null : { id: row[0]!, completedAt: row[1]! };
  }

  async earliestStart(rule: ReadRule, after: TenantTime | null): Promise<TenantTime | null> {
    const type = await this.#typeOf(modelRunRelation(rule), 'started_at');
    if (type === undefined) return null;
    const { later } = zoneToleranceHours(type);
    const { runs, name } = await this.#completed(rule, after);
    const earliest = this.#database.knex.raw(`min(started_at) - interval '${later} hours'`);
    const [row] = await this.#database.read(name, runs.select(earliest));
    return row?.[0] ?? null;
  }

  /** Model runs that have completed by the tenant's clock; with `after`, later than that. */
  async #completed(rule: ReadRule, after: TenantTime | null): Promise<{ runs: Knex.QueryBuilder; name: string }> {
    const { runs, name } = this.#dated(rule);
    const bound = await this.#bound(rule);
    if (bound !== null) runs.whereRaw(`completed_at <= ${bound}`);
    if (after !== null) runs.where('completed_at', '>', after);
    return { runs, name };
  }

  /** SQL of the tenant's clock; for a column without a zone, in the zone furthest ahead of UTC (decision 016). */
  async #bound(rule: ReadRule): Promise<string | null> {
    const relation = modelRunRelation(rule);
    const key = JSON.stringify(relation);
    const hours = this.#laterHours.get(key) ?? this.#readLaterHours(relation);
    // A failed look is not kept.
    hours.catch(() => this.#laterHours.delete(key));
    this.#laterHours.set(key, hours);
    const later = await hours;
    return later === null ? null : `(${this.#database.dialect.clock}) + interval '${later} hours'`;
  }

  async #readLaterHours(relation: Relation): Promise<number | null> {
    const type = await this.#typeOf(relation, 'completed_at');
    return type === undefined || !/^(timestamp|date)/.test(type) ? null : zoneToleranceHours(type).later;
  }

  /** Database type of a column; undefined: the relation does not have it. */
  async #typeOf(relation: Relation, column: string): Promise<string | undefined> {
    const known = await this.#catalog.columns(relation);
    return known.find(({ name }) => name === column)?.databaseType;
  }

  /** Model runs with the status of a completed one and a time, with id, completed_at and, in the table form, started_at. */
  #dated(rule: ReadRule): { runs: Knex.QueryBuilder; name: string } {
    const { knex } = this.#database;
    const { sql, name } = this.#database.source(modelRunRelation(rule), "The config's modelRun query");
    const runs = knex.from(knex.raw('? as r', [sql]));
    if (rule.kind === 'table') runs.where({ model: rule.model, status: 'completed' });
    runs.whereNotNull('completed_at');
    return { runs, name };
  }
}

function newestFirst(runs: Knex.QueryBuilder): Knex.QueryBuilder {
  return runs.select('id', 'completed_at').orderBy('completed_at', 'desc').orderBy('id', 'desc');
}

/** A count as a model run states it; null when the text is not a count. */
function parseRowCount(text: Cell): number | null {
  const count = text === null || text.trim() === '' ? NaN : Number(text);
  return Number.isSafeInteger(count) && count >= 0 ? count : null;
}
