import type { Cores } from './cores.ts';
import { EXPECTED_KUBE_CALLS, type ExpectedCall, expectedServiceCalls } from './expected-calls.ts';
import { commitOf, shapeOf } from './header.ts';
import { chainLengthOf, type LimitParts, limitOf } from './limit.ts';
import type { BenchOptions } from './options.ts';
import { type BenchResult, percentile, type Span } from './result.ts';

/** What a run noted, before it is made a result of. */
export interface Measured extends Pick<BenchResult, 'fill' | 'idle' | 'rssMb' | 'writeRate' | 'startSeconds'> {
  /** When each Bucket was asked for and first seen Ready, by name, on one clock. */
  readonly askedMs: ReadonlyMap<string, number>;
  readonly readyMs: ReadonlyMap<string, number>;
  /** When the Secret with its key was first seen; of stacks alone. */
  readonly deliveredMs: ReadonlyMap<string, number>;
  /** Writes of everybody to the Kubernetes API until all were Ready. */
  readonly allWrites: number;
}

/** The figures of a run. */
export function resultOf(options: BenchOptions, cores: Cores, measured: Measured): BenchResult {
  const { askedMs, readyMs, fill, idle, rssMb, startSeconds } = measured;
  const readySeconds = (Math.max(...readyMs.values()) - Math.min(...askedMs.values())) / 1_000;
  // The run itself shows a rate that the server takes, should it have been slower before.
  const writeRate = Math.max(measured.writeRate, measured.allWrites / readySeconds);
  const latencyOf = (seenMs: ReadonlyMap<string, number>) => {
    const latencies = [...seenMs].map(([name, ms]) => (ms - (askedMs.get(name) ?? ms)) / 1_000);
    return { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
  };
  return {
    commit: commitOf(),
    at: new Date().toISOString().slice(0, 10),
    options,
    shape: shapeOf(cores),
    ready: readyMs.size,
    readySeconds,
    latency: latencyOf(readyMs),
    ...(options.mode === 'stacks' ? { keyLatency: latencyOf(measured.deliveredMs) } : {}),
    limit: limitOf(partsOf(options, fill, writeRate, { calls: fill.service.total, writes: measured.allWrites })),
    fewestLimit: limitOf(partsOf(options, fill, writeRate, fewestOf(options))),
    fill,
    idle,
    rssMb,
    startSeconds,
    writeRate,
  };
}

/** What the limit of a run follows from that made so many calls and writes in all. Pure. */
export function partsOf(
  options: BenchOptions,
  fill: Pick<Span, 'cpuSeconds'>,
  writeRate: number,
  { calls, writes }: { readonly calls: number; readonly writes: number },
  chainLength = chainLengthOf(options.settings),
): LimitParts {
  const { buckets, providers, rate, inFlight, latencyMs } = options;
  return {
    objects: buckets,
    callsPerObject: calls / buckets,
    ratePerSecond: rate * providers,
    burst: rate * providers,
    latencySeconds: latencyMs / 1_000,
    inFlight: inFlight * providers,
    writesPerObject: writes / buckets,
    writesPerSecond: writeRate,
    cpuPerObject: (fill.cpuSeconds ?? 0) / buckets,
    cores: 1,
    chainLength,
  };
}

/** One create of the harness comes on top of the operator's own writes. */
function fewestOf({ buckets, settings }: BenchOptions): { readonly calls: number; readonly writes: number } {
  const sum = (calls: readonly ExpectedCall[]) => calls.reduce((all, { count }) => all + count, 0);
  return { calls: buckets * sum(expectedServiceCalls(settings)), writes: buckets * (sum(EXPECTED_KUBE_CALLS) + 1) };
}
