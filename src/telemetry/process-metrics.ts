import { readdirSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Metrics, Sample } from './metrics.ts';
import { PROCESS_METRICS } from './metrics-of-process.ts';

/**
 * How often a timer looks how late it is; what it sees is that much longer than the delay. At 20 ms it was more than half
 * of what a process costs that does nothing: some 30 s of CPU an hour for two replicas (`npm run bench -- --idle`).
 */
const RESOLUTION_MS = 100;

type Standard = {
  [N in keyof typeof PROCESS_METRICS]: (typeof PROCESS_METRICS)[N] extends { readonly isStandard: true } ? N : never;
}[keyof typeof PROCESS_METRICS];

const NAMES = Object.entries(PROCESS_METRICS).flatMap(([name, row]) => ('isStandard' in row ? [name as Standard] : []));

/**
 * From now on each scrape tells how the process is. The library would do it with timers that nobody can stop, and thirty
 * metrics more.
 * @returns what ends the timer that watches the event loop
 */
export function watchProcess(metrics: Metrics): () => void {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  const one = (name: Standard, value: number, labels = {}): Sample<Standard> => ({ name, labels, value });
  metrics.watchAll(NAMES, () => {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
    const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1_000);
    const samples = [
      one('cpuSeconds', (user + system) / 1e6),
      one('residentMemory', rss),
      one('startTime', performance.timeOrigin / 1_000),
      ...openFiles().map((count) => one('openFiles', count)),
      one('heapUsed', heapUsed),
      one('heapTotal', heapTotal),
      one('externalMemory', external),
      one('loopLagMedian', late(delays.percentile(50))),
      one('loopLagHigh', late(delays.percentile(99))),
      one('loopLagMost', late(delays.max)),
      one('nodeVersion', 1, { version: process.version }),
    ];
    delays.reset();
    return samples;
  });
  return () => delays.disable();
}

/** None: the system does not tell. */
function openFiles(): readonly number[] {
  try {
    return [readdirSync('/proc/self/fd').length - 1]; // without the one that lists them
  } catch {
    return [];
  }
}
