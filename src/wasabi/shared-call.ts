import { cancelled } from './errors.ts';

/**
 * One call for all who need its answer at the same time: each waits with a signal of its own, and the call ends early
 * only once nobody waits for it any more. Its answer serves whoever comes later.
 */
export class SharedCall<T> {
  readonly #what: string;
  readonly #abort = new AbortController();
  readonly #outcome: Promise<T>;
  #waiting = 0;
  #state: 'running' | 'answered' | 'failed' = 'running';

  /** @param what what the call does, for the message of those who give up: `listing the buckets` */
  constructor(what: string, call: (signal: AbortSignal) => Promise<T>) {
    this.#what = what;
    this.#outcome = call(this.#abort.signal);
    this.#outcome.then(
      () => this.#end('answered'),
      () => this.#end('failed'), // told to those who wait
    );
  }

  /** It failed, or everybody gave up before it ended: who comes next has to call anew. */
  get hasFailed(): boolean {
    return this.#state === 'failed';
  }

  /** @throws what the call throws; Transient, reason Cancelled, when `signal` aborts first */
  async wait(signal: AbortSignal): Promise<T> {
    this.#waiting += 1;
    try {
      return await unlessAborted(this.#outcome, signal, this.#what);
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0 && this.#state === 'running') {
        this.#end('failed');
        this.#abort.abort();
      }
    }
  }

  #end(state: 'answered' | 'failed'): void {
    if (this.#state === 'running') this.#state = state;
  }
}

/** The promise's value, or the end of waiting for it; the promise itself goes on. @throws Transient, reason Cancelled */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, what: string): Promise<T> {
  let stop = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(cancelled(what));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
