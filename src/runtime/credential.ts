import { inspect } from 'node:util';

/**
 * A text that must never be seen: a secret key, a token. Every way of turning it into text gives `[redacted]`;
 * `reveal()` stands only where a client is made and where a Kubernetes Secret is written.
 */
export class Credential {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Callers hand it to a signer or a Secret at once and keep it nowhere. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}
