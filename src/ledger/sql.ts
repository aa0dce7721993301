export const ISO = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

export const RECORDED = `target_id = ? and mode in ('changes', 'full') and state in ('completed', 'completed-with-rejections')`;
