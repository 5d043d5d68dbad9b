/** What is read of a call in the emulator's log. */
export interface NamedCall {
  readonly operation: string;
  readonly bucket: string | undefined;
  readonly status: number;
  readonly code: string;
  readonly mutating: boolean;
}

const AGAIN = ' again';

/**
 * Names calls for counting: the operation, the code where it was refused, and `again` for a read of a bucket that was
 * made before and with nothing written to the bucket since. Those are drift checks, or passes in vain.
 */
export class CallNames {
  readonly #readSince = new Map<string, Set<string>>();

  /** To be asked for each call once, in order. */
  nameOf({ operation, bucket, status, code, mutating }: NamedCall): string {
    const name = `${operation}${status >= 400 ? ` ${code}` : ''}`;
    if (bucket === undefined) return name;
    if (mutating) {
      this.#readSince.delete(bucket);
      return name;
    }
    const known = this.#readSince.get(bucket) ?? new Set();
    this.#readSince.set(bucket, known);
    if (known.has(name)) return `${name}${AGAIN}`;
    known.add(name);
    return name;
  }
}

/** Whether that name is of a read that was made again. Pure. */
export function isAgain(name: string): boolean {
  return name.endsWith(AGAIN);
}
