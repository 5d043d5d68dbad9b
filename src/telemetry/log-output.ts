import { writeSync } from 'node:fs';
import { pino } from 'pino';
import { type Clock, sleep } from '../runtime/clock.ts';

/** Where lines of the log go. */
export interface LogOutput {
  /** Takes whole lines. They may wait a moment for others. */
  write(lines: string): void;
  /** What waits goes now. */
  send(): void;
  /** Resolves once everything is written, or after two seconds when nobody reads. */
  flush(): Promise<void>;
}

/** A write costs more than making the line, since a thread of its own does it: lines of that time share one. */
const GATHER_MS = 200;
/** Sonic-boom cuts what is longer. */
const GATHER_CHARACTERS = 16_384;
const FLUSH_MS = 2_000;
/** When nobody reads our output, lines above this many bytes are lost rather than memory. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
const STDOUT = 1;

/** Standard output through a buffer of its own: a collector that stalls must not stall the renewal of the Lease. */
export class StandardOutput implements LogOutput {
  readonly #clock: Clock;
  readonly #buffer = pino.destination({ fd: STDOUT, sync: false, maxLength: MAX_BUFFERED_BYTES });
  #isDrained = true;
  #gathered = '';
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#buffer.on('error', () => undefined); // the log is the only place where its own failure could be told
    this.#buffer.on('drain', () => {
      this.#isDrained = true;
    });
    process.once('exit', () => this.#sendAtExit());
  }

  write(lines: string): void {
    this.#gathered += lines;
    if (this.#gathered.length >= GATHER_CHARACTERS) this.send();
    else this.#cancelTimer ??= this.#clock.setTimer(GATHER_MS, () => this.send());
  }

  send(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#gathered === '') return;
    this.#isDrained = false;
    this.#buffer.write(this.#gathered);
    this.#gathered = '';
  }

  async flush(): Promise<void> {
    this.send();
    if (this.#isDrained) return;
    const drained = new AbortController();
    this.#buffer.once('drain', () => drained.abort());
    await sleep(this.#clock, FLUSH_MS, drained.signal);
  }

  /** A process that ends without a flush has crashed: its last lines tell why. The buffer has written its own by now. */
  #sendAtExit(): void {
    if (this.#gathered === '') return;
    try {
      writeSync(STDOUT, this.#gathered);
    } catch {
      this.#gathered = ''; // nobody reads any more
    }
  }
}

/** Each line at once. */
export function directOutput(sink: { write(line: string): unknown }): LogOutput {
  return { write: (line) => void sink.write(line), send: () => undefined, flush: () => Promise.resolve() };
}
