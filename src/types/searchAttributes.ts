/** Names of the search attributes that a run upserts, as they are registered with Temporal and typed into its Web UI. */
export const SEARCH_ATTRIBUTES = { sync: 'SyncName', state: 'SyncState' } as const;
