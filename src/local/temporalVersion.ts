/** The official CLI whose dev server we start; the same version as in tools/temporal-cli/go.mod. */
export const TEMPORAL_VERSION = '1.5.1';
