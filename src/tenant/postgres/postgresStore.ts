import type { Dialect } from '../dialects';
import type { TenantOptions, TenantStore } from '../store';
import { Catalog } from './catalog';
import { TenantDatabase } from './database';
import { ModelRuns } from './modelRuns';
import { Rows } from './rows';

/** Postgres and databases with its protocol, read only. */
export function postgresStore(url: string, dialect: Dialect, options: TenantOptions = {}): TenantStore {
  const database = new TenantDatabase(url, dialect, options);
  const catalog = new Catalog(database);
  const modelRuns = new ModelRuns(database, catalog);
  const rows = new Rows(database);
  return {
    columns: (relation) => catalog.columns(relation),
    hasIndex: (relation, columns) => catalog.hasIndex(relation, columns),
    tables: () => catalog.tables(),
    models: (table, limit) => modelRuns.models(table, limit),
    clock: () => database.clock(),
    readWindow: (shape, window, after, limit) => rows.inWindow(shape, window, after, limit),
    readUndated: (shape, after, limit) => rows.undated(shape, after, limit),
    readCustomers: (shape, customerIds) => rows.ofCustomers(shape, customerIds),
    countWithoutId: (shape, window, undated) => rows.countWithoutId(shape, window, undated),
    countRows: (shape, to) => rows.count(shape, to),
    latestModelRun: (rule, after) => modelRuns.latest(rule, after),
    futureModelRun: (rule) => modelRuns.future(rule),
    earliestStart: (rule, after) => modelRuns.earliestStart(rule, after),
    close: () => database.close(),
  };
}
