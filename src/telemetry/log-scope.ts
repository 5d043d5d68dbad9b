import { AsyncLocalStorage } from 'node:async_hooks';
import type { LogFields } from './log-fields.ts';

interface Scope {
  fields: LogFields;
}

/**
 * What the lines have in common that are logged while something runs, by whoever is called from there. One with a note costs
 * about a microsecond, so that passes without a line can have it, too.
 */
export class LogScopes {
  readonly #storage = new AsyncLocalStorage<Scope>();

  /** Runs with those fields and the ones of the scope around it. */
  within<T>(fields: LogFields, run: () => T): T {
    const outer = this.#storage.getStore();
    return this.#storage.run({ fields: outer === undefined ? fields : { ...outer.fields, ...fields } }, run);
  }

  /** Adds fields to the scope that goes on, also for what ran in it before; outside of one they are nobody's. */
  note(fields: LogFields): void {
    const scope = this.#storage.getStore();
    if (scope !== undefined) scope.fields = { ...scope.fields, ...fields };
  }

  /** The fields of the scope that goes on. */
  get fields(): LogFields {
    return this.#storage.getStore()?.fields ?? NONE;
  }
}

const NONE: LogFields = {};
