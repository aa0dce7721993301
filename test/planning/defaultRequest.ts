import type { RunRequest } from '../../src/types/run';

/** The request of a run whose input names nothing but its sync. */
export const DEFAULT_REQUEST: RunRequest = {
  modelRun: 'next',
  since: null,
  until: null,
  selection: null,
  resend: false,
  attributes: null,
  clear: null,
};
