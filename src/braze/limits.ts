import { SENDING } from '../types/sendingTimes';

/**
 * What one request to `/users/track` may contain. Braze documents a body limit of 4 MB without defining the megabyte, so the
 * smaller one applies, minus a margin.
 */
export interface RequestLimits {
  objects: number;
  /** UTF-8 bytes of the whole body. */
  bytes: number;
}

/** Braze: API limits, "User track". */
export const REQUEST_LIMITS: RequestLimits = { objects: SENDING.objectsPerRequest, bytes: 3_900_000 };
