/** Where a value came from. A change in the environment reaches a process only by a restart; the others are read again. */
export type SecretOrigin = 'environment' | 'dotenv' | 'file' | 'config';

/** A secret, and where it came from. */
export interface SecretValue {
  readonly value: string;
  readonly from: SecretOrigin;
}
