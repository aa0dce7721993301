/** Time format of `to_char` for ISO 8601 in UTC, in milliseconds: the ledger's sessions are in UTC. */
export const ISO = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

/** States of runs whose end is recorded. */
export const COMPLETED = `('completed', 'completed-with-rejections')`;

/** Recorded `changes` and `full` runs of the target `:targetId`. */
export const RECORDED = `target_id = :targetId and mode in ('changes', 'full') and state in ${COMPLETED}`;
