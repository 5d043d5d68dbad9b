import { Session } from 'node:inspector/promises';
import { getHeapStatistics } from 'node:v8';
import { type Clock, sleep } from '../runtime/clock.ts';

/**
 * Measures this process, one profile at a time. What comes out names functions, lines and sizes, and never a value: a snapshot
 * of the heap, which would hold every key in memory, cannot be taken.
 */
export class Profiler {
  readonly #clock: Clock;
  #isBusy = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A CPU profile, as `.cpuprofile` files hold it. undefined: another profile is being taken. @param signal ends it early */
  cpu(durationMs: number, signal: AbortSignal): Promise<unknown> {
    return this.#within(async (session) => {
      await session.post('Profiler.enable');
      await session.post('Profiler.start');
      await sleep(this.#clock, durationMs, signal);
      const { profile } = await session.post('Profiler.stop');
      return profile;
    });
  }

  /** Who allocates what stays, by samples, as `.heapprofile` files hold it. undefined: another profile is being taken. */
  heap(durationMs: number, signal: AbortSignal): Promise<unknown> {
    return this.#within(async (session) => {
      await session.post('HeapProfiler.startSampling');
      await sleep(this.#clock, durationMs, signal);
      const { profile } = await session.post('HeapProfiler.stopSampling');
      return profile;
    });
  }

  /** How large the parts of the heap are, bytes. */
  heapStatistics(): object {
    return { ...process.memoryUsage(), ...getHeapStatistics() };
  }

  async #within(measure: (session: Session) => Promise<unknown>): Promise<unknown> {
    if (this.#isBusy) return undefined;
    this.#isBusy = true;
    const session = new Session();
    try {
      session.connect(); // within this process: no port is opened
      return await measure(session);
    } finally {
      session.disconnect();
      this.#isBusy = false;
    }
  }
}
