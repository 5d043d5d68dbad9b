import type { ServiceCalls } from './backend.ts';
import type { Shape } from './header.ts';
import type { Counts } from './kube-calls.ts';
import type { Limit } from './limit.ts';
import type { BenchOptions } from './options.ts';

/** What a run of the benchmark found. One line of JSON in docs/performance. */
export interface BenchResult {
  /** The operator's commit; with `+` when the tree had changes; '' when it is not known. */
  readonly commit: string;
  readonly at: string;
  readonly options: Pick<
    BenchOptions,
    'controlPlane' | 'buckets' | 'settings' | 'latencyMs' | 'rate' | 'inFlight' | 'region' | 'providers' | 'idleSeconds'
  >;
  readonly shape: Shape;
  /** Buckets that became Ready. */
  readonly ready: number;
  /** From the first create to the last Ready as the harness's watch saw it. */
  readonly readySeconds: number;
  /** From the create of one Bucket to its Ready, seconds. */
  readonly latency: { readonly p50: number; readonly p99: number };
  /** From the create of one Bucket to the Secret with its key, seconds; of stacks alone. */
  readonly keyLatency?: { readonly p50: number; readonly p99: number };
  readonly limit: Limit;
  /** The same with the fewest calls that the promises allow. */
  readonly fewestLimit: Limit;
  readonly fill: Span;
  readonly idle: Span & { readonly seconds: number };
  readonly rssMb: { readonly before: number; readonly peak: number; readonly after: number } | undefined;
  /** From the start of the process until the Providers were Ready. */
  readonly startSeconds: number;
  /** Writes a second that the API server took: before the operator started, or in the run, where that was more. */
  readonly writeRate: number;
}

/** What happened in one part of a run. */
export interface Span {
  readonly service: ServiceCalls;
  /** The operator's calls to the Kubernetes API, the Lease apart. */
  readonly kube: Counts;
  /** Those that change something. */
  readonly kubeWrites: number;
  /** CPU of the operator; undefined where /proc is missing. */
  readonly cpuSeconds: number | undefined;
  /** The share of the operator's core that others used: the figures are only indicative where it is not near 0. */
  readonly foreignShare: number | undefined;
}

/** A percentile of values in any order; 0 when there are none. Pure. @param share 0 to 1 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** Three percentiles of values in any order, and how many there are. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Pure. */
export function spreadOf(values: readonly number[]): Spread {
  const at = (share: number) => percentile(values, share);
  return { count: values.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

/** What must never be: its times are of fewer Buckets than it was about. Pure. */
export function unfinished({ ready, options: { buckets } }: Pick<BenchResult, 'ready' | 'options'>): readonly string[] {
  return ready < buckets ? [`only ${ready} of ${buckets} Buckets became Ready`] : [];
}

/** How many times the limit a run took. Pure. */
export function ratioOf({ readySeconds, limit }: Pick<BenchResult, 'readySeconds' | 'limit'>): number {
  return readySeconds / limit.seconds;
}
