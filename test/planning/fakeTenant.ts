import type { TenantRow, TenantStore } from '../../src/tenant/store';

/** A tenant that has answers to these questions only: another one fails the test. */
export function fakeTenant(answers: Partial<TenantStore>): TenantStore {
  return new Proxy(answers as TenantStore, {
    get(known, question, receiver) {
      if (question in known) return Reflect.get(known, question, receiver);
      throw new Error(`The tenant was asked for ${String(question)}.`);
    },
  });
}

/** A table in memory, in the order of its rows' times and ids, rows without a time first. Times are compared as text. */
export function fakeTable(rows: readonly TenantRow[]): Partial<TenantStore> {
  const position = ({ updatedAt, customerId }: { updatedAt: string | null; customerId: string | null }) =>
    `${updatedAt ?? ''} ${customerId}`;
  const ordered = rows.toSorted((a, b) => (position(a) < position(b) ? -1 : 1));
  const inWindow = ({ updatedAt }: TenantRow, { from, to }: { from: string | null; to: string }) =>
    updatedAt !== null && updatedAt <= to && (from === null || updatedAt >= from);
  return {
    async readWindow(_, window, after, limit) {
      const found = ordered.filter((row) => row.customerId !== null && inWindow(row, window));
      return found.filter((row) => after === null || position(row) > position(after)).slice(0, limit);
    },
    async readUndated(_, after, limit) {
      const found = ordered.filter(({ customerId, updatedAt }) => customerId !== null && updatedAt === null);
      return found.filter(({ customerId }) => after === null || customerId! > after).slice(0, limit);
    },
    async readCustomers(_, customerIds) {
      return ordered.filter(({ customerId }) => customerId !== null && customerIds.includes(customerId));
    },
    async countWithoutId(_, window, undated) {
      const found = ordered.filter((row) => inWindow(row, window) || (undated && row.updatedAt === null));
      return found.filter(({ customerId }) => customerId === null).length;
    },
  };
}
