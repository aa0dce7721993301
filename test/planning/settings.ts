import type { AttributeRule, SyncSettings } from '../../src/types/settings';

/** A sync as the config resolves it, with what the test is about. */
export function syncSettings(about: Partial<SyncSettings> & { attributes: AttributeRule[] }): SyncSettings {
  return {
    sync: 'churn',
    workspace: {
      name: 'shop-eu',
      endpoint: 'https://rest.example',
      rateLimit: { requests: 50, perSeconds: 1, share: 1 },
      billing: 'data-points',
    },
    source: 'peak',
    relation: { table: 'predictive_attributes' },
    customerId: 'customer_id',
    updatedAt: 'updated_at',
    overlapMs: 3_600_000,
    identifier: { kind: 'external_id' },
    updateExistingOnly: false,
    departedCustomers: 'keep',
    modelRun: { kind: 'none' },
    schedule: null,
    holdForMs: 86_400_000,
    guards: {},
    delivery: { chunkCustomers: 75_000, lanes: 1, settleMs: 0 },
    ...about,
  };
}
