import type { SecretOrigin, SecretValue } from '../types/secret';

/** A value that is only revealed on request: neither `util.inspect`, nor JSON, nor a template prints it. */
export class Secret implements SecretValue {
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
