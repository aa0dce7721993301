import { SENDING } from '../types/sendingTimes';

/**
 * What one request to `/users/track` may hold. Objects together as Braze limits them; the documented body
 * limit is 4 MB without saying which megabyte, so the smaller one counts, less a margin.
 */
export interface RequestLimits {
  objects: number;
  /** UTF-8 bytes of the whole body. */
  bytes: number;
}

/** Braze: API limits, "User track". */
export const REQUEST_LIMITS: RequestLimits = { objects: SENDING.objectsPerRequest, bytes: 3_900_000 };
