/** A customer's value, or a whole row, that could not be sent, and why. */
export interface Rejection {
  customerId: string | null;
  /** Absent when the whole customer was refused. */
  attribute: string | null;
  reason: RejectionReason;
  /** A sentence for a person; never contains the value itself. */
  message: string;
}

/** Why a value or a row is not sent. Stored in the ledger and read by other programs. */
export const REJECTION_REASONS = [
  'no-customer-id',
  'customer-id-too-long',
  'not-an-email',
  'not-a-phone',
  'duplicate-id',
  'not-a-number',
  'not-finite',
  'out-of-range',
  'below-lowest-band',
  'not-a-boolean',
  'not-a-date',
  'too-long',
  'refused-by-braze',
] as const;

export type RejectionReason = (typeof REJECTION_REASONS)[number];
