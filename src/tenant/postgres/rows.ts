import type { Knex } from 'knex';
import type { TenantTime } from '../../types/values';
import type { PositionSql } from '../dialects';
import { zoneToleranceHours } from '../store';
import type { RelationShape, TenantRow, Window, WindowPosition } from '../store';
import { fitsColumnType } from './customerIds';
import { identifierSql, type TenantDatabase } from './database';

/** Rows of the tenant's relation: page by page, by customer, and their counts. */
export class Rows {
  readonly #database: TenantDatabase;

  constructor(database: TenantDatabase) {
    this.#database = database;
  }

  async inWindow(
    shape: RelationShape,
    window: Window,
    after: WindowPosition | null,
    limit: number,
  ): Promise<TenantRow[]> {
    const { updatedAt, customerId } = this.#keys(shape);
    const query = this.#from(shape).where(customerId, 'is not', null);
    this.#within(query, shape, window);
    if (after !== null) {
      const position = {
        updatedAt: this.#typed(after.updatedAt, shape.updatedAtType),
        customerId: this.#typed(after.customerId, shape.customerIdType),
      };
      this.#database.dialect.after(query, { updatedAt, customerId }, position);
    }
    return this.#read(shape, query.orderBy(updatedAt).orderBy(customerId).limit(limit));
  }

  async undated(shape: RelationShape, after: string | null, limit: number): Promise<TenantRow[]> {
    const { updatedAt, customerId } = this.#keys(shape);
    const query = this.#from(shape).where(updatedAt, 'is', null).where(customerId, 'is not', null);
    if (after !== null) query.where(customerId, '>', this.#typed(after, shape.customerIdType));
    return this.#read(shape, query.orderBy(customerId).limit(limit));
  }

  async ofCustomers(shape: RelationShape, customerIds: string[]): Promise<TenantRow[]> {
    const possible = customerIds.filter((id) => fitsColumnType(shape.customerIdType, id));
    if (possible.length === 0) return [];
    const { updatedAt, customerId } = this.#keys(shape);
    // For thousands of values: a binding for the type's name of each would double the time.
    const typed = `?::${identifierSql(shape.customerIdType)}`;
    const query = this.#from(shape)
      .whereRaw(`?? in (${possible.map(() => typed).join(', ')})`, [customerId, ...possible])
      .orderByRaw('?? nulls first', [updatedAt]);
    return this.#read(shape, query);
  }

  async countWithoutId(shape: RelationShape, window: Window, undated: boolean): Promise<number> {
    const { updatedAt, customerId } = this.#keys(shape);
    const query = this.#from(shape)
      .count('*')
      .where(customerId, 'is', null)
      .where((inside) => {
        this.#within(inside, shape, window);
        if (undated) inside.orWhere(updatedAt, 'is', null);
      });
    const [row] = await this.#database.read(this.#nameOf(shape), query);
    return Number(row![0]);
  }

  async count(shape: RelationShape, to: TenantTime): Promise<{ total: number; later: number; undated: number }> {
    const { knex } = this.#database;
    const { updatedAt } = this.#keys(shape);
    const latest = this.#bounds(shape, { from: null, to, tolerateUnknownZone: true }).to;
    const query = this.#from(shape)
      .count('*')
      .select(
        knex.raw('sum(case when ?? > ? then 1 else 0 end)', [updatedAt, latest]),
        knex.raw('sum(case when ?? is null then 1 else 0 end)', [updatedAt]),
      );
    const [row] = await this.#database.read(this.#nameOf(shape), query);
    const [total, later, undated] = row!.map(Number);
    return { total: total!, later: later!, undated: undated! };
  }

  /** The rows of a statement, in the columns of the shape. */
  async #read(shape: RelationShape, query: Knex.QueryBuilder): Promise<TenantRow[]> {
    const { updatedAt, customerId } = this.#keys(shape);
    query.select(customerId, updatedAt, ...shape.columns.map((name) => this.#column(name)));
    const found = await this.#database.read(this.#nameOf(shape), query);
    return found.map((cells) => ({
      customerId: cells[0] ?? null,
      updatedAt: cells[1] ?? null,
      values: cells.slice(2),
    }));
  }

  #from({ relation }: RelationShape): Knex.QueryBuilder {
    const { knex } = this.#database;
    return knex.from(knex.raw('? as t', [this.#database.source(relation).sql]));
  }

  #nameOf({ relation }: RelationShape): string {
    return this.#database.source(relation).name;
  }

  #keys({ updatedAt, customerId }: RelationShape): PositionSql {
    return { updatedAt: this.#column(updatedAt), customerId: this.#column(customerId) };
  }

  #column(name: string): Knex.Raw {
    return this.#database.knex.raw('t.??', [this.#database.identifier(name)]);
  }

  /** A value as one of the column's type, so that an index on the column can be used. */
  #typed(value: string, databaseType: string): Knex.Raw {
    return this.#database.knex.raw('?::??', [value, this.#database.identifier(databaseType)]);
  }

  /** Both bounds are inclusive. */
  #within(query: Knex.QueryBuilder, shape: RelationShape, window: Window): void {
    const { updatedAt } = this.#keys(shape);
    const { from, to } = this.#bounds(shape, window);
    query.where(updatedAt, '<=', to);
    if (from !== null) query.where(updatedAt, '>=', from);
  }

  /** A window's bounds, in UTC, as the column's values may be compared with them. */
  #bounds(
    { updatedAtType }: RelationShape,
    { from, to, tolerateUnknownZone: anyZone }: Window,
  ): { from: Knex.Raw | null; to: Knex.Raw } {
    if (!anyZone || updatedAtType === 'timestamptz') {
      return { from: from === null ? null : this.#typed(from, updatedAtType), to: this.#typed(to, updatedAtType) };
    }
    const { knex } = this.#database;
    const { earlier, later } = zoneToleranceHours(updatedAtType);
    return {
      from: from === null ? null : knex.raw(`(?::timestamp - interval '${earlier} hours')`, [from]),
      to: knex.raw(`(?::timestamp + interval '${later} hours')`, [to]),
    };
  }
}
