/** Where a value came from. A change in the environment reaches a process only by a restart; the others are read anew. */
export type SecretOrigin = 'environment' | 'dotenv' | 'file' | 'config';

/** A value that shows only where it is asked for: neither `util.inspect`, nor JSON, nor a template prints it. */
export class Secret {
  readonly #value: string;
  readonly from: SecretOrigin;

  constructor(value: string, from: SecretOrigin) {
    this.#value = value;
    this.from = from;
  }

  get value(): string {
    return this.#value;
  }

  toString(): string {
    return `[secret from ${this.from}]`;
  }
}
