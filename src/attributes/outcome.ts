import type { RejectionReason } from '../types/rejection';
import type { AttributeValue } from '../types/values';

/**
 * What a column's text becomes: a value for Braze, or the reason why there is none. A message never contains the value itself.
 */
export type Outgoing = { value: AttributeValue } | Refused;

export type Refused = { refused: RejectionReason; message: string };
