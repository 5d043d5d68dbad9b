import type { EmulatorResult } from './emulator-bench.ts';
import { row } from './report.ts';

/** What the emulator is to reach on one core. */
const TARGETS = { requestsPerSecond: 3_000, rssMb: 120, startMs: 300 };

/** What a person reads after a run of the emulator alone. Pure. */
export function emulatorReportOf(result: EmulatorResult): string {
  const { buckets, seconds, requestsPerSecond, cpuMicrosPerRequest, rssMb, startMs, foreignShare } = result;
  const sorted = startMs.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  return [
    '',
    `the emulator alone, ${buckets} buckets, signed GETs of tags for ${seconds} s`,
    row('requests a second', requestsPerSecond.toFixed(0), `target at least ${TARGETS.requestsPerSecond}`),
    row(
      'CPU a request',
      cpuMicrosPerRequest === undefined ? 'not measured' : `${cpuMicrosPerRequest.toFixed(0)} µs`,
      cpuMicrosPerRequest === undefined
        ? ''
        : `a core of its own has time for ${(1e6 / cpuMicrosPerRequest).toFixed(0)} a second`,
    ),
    row(
      'memory',
      rssMb === undefined
        ? 'not measured'
        : `${rssMb.filled.toFixed(0)} MB, ${rssMb.idle.toFixed(0)} MB before the buckets, ${rssMb.after.toFixed(0)} MB after the requests`,
      `target at most ${TARGETS.rssMb} MB`,
    ),
    row(
      'start',
      `p50 ${median.toFixed(0)} ms, fastest ${sorted[0]?.toFixed(0)} ms of ${sorted.length}`,
      `target at most ${TARGETS.startMs} ms`,
    ),
    result.isPinned
      ? `others on its core: ${((foreignShare ?? 0) * 100).toFixed(0)} % of the time`
      : 'nothing was pinned: client and emulator share what there is',
    '',
  ].join('\n');
}
