/**
 * Cases of Braze that are not about what peak-braze-sync sends or reads, each with the reason. Every other known case is a
 * test by its id, in `test/emulators/cases.test.ts`, in `test/braze/cases.test.ts`, or in both.
 */
export const NOT_SENT_BY_US: Readonly<Record<string, string>> = {
  A02: 'events and purchases: we send attributes alone',
  A25: 'arrays of objects ($update)',
  A26: 'nested objects ($time)',
  A32: 'push tokens',
  A39: 'arrays of objects ($add)',
  A41: 'nested objects',
  A43: 'nested objects',
  A45: 'events',
  B04: 'events and purchases',
  B09: 'push tokens',
  B12: 'events',
  C13: 'the address we call from is not part of a request; Braze does not say whether it answers 401 or 403, and both hold the run (C10, C12)',
  D04: '/users/delete: we remove attributes, never profiles',
  D07: '/users/track/bulk: a closed beta',
  D08: '/users/track/sync: a closed beta, one object to a request',
};
