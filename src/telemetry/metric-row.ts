/** One metric: what the code sets, what `/metrics` says of it and what the reference tells. */
export interface MetricRow {
  /** Without the prefix. */
  readonly name: string;
  /** The name is one that client libraries of Prometheus have in common: it has no prefix. */
  readonly isStandard?: true;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  /** One sentence, in `/metrics` and in the reference. */
  readonly help: string;
  /** Upper bounds of a histogram, seconds. */
  readonly buckets?: readonly number[];
}
