/**
 * What one request to `/users/track` may hold. 75 objects together (Braze: API limits, "User track"); the documented body
 * limit is 4 MB without saying which megabyte, so the smaller one counts, less a margin.
 */
export interface RequestLimits {
  objects: number;
  /** UTF-8 bytes of the whole body. */
  bytes: number;
}

export const REQUEST_LIMITS: RequestLimits = { objects: 75, bytes: 3_900_000 };

/** A request without an answer is given up after this long; the sender's claims reckon with it. */
export const GIVE_UP_AFTER_MS = 10_000;
