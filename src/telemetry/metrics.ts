import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import { KINDS } from '../api/kinds.ts';
import type { ReconcileErrorType } from '../runtime/errors.ts';
import type { KubeCall } from '../runtime/kube-calls.ts';
import type { MetricRow } from './metric-row.ts';
import { fullName, type LabelsOf, METRICS, type MetricName } from './metrics-table.ts';

/** One finished attempt of a call of the service. */
export interface ServiceCall {
  readonly service: string;
  readonly operation: string;
  /** Undefined: it is not known yet. */
  readonly account: string | undefined;
  /** From 1: later ones are retries of the same call. */
  readonly attempt: number;
  /** 0: no answer came. */
  readonly status: number;
  readonly durationMs: number;
}

type NamesOf<T extends MetricRow['type']> = {
  [N in MetricName]: (typeof METRICS)[N]['type'] extends T ? N : never;
}[MetricName];

type Labels<N extends MetricName> = Readonly<Record<LabelsOf<N>, string>>;

/** One series of a gauge, and its value now. */
export type GaugeSample<N extends MetricName> = readonly [labels: Labels<N>, value: number];

/** One series of a metric that is read at each scrape. */
export interface Sample<N extends MetricName> {
  readonly name: N;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Values of a label beyond the most that there may be: a label must not grow with what the other side sends. */
const OTHER = 'other';
const MAX_LABEL_VALUES = 200;
/** Accounts come beside every operation, each with a histogram. */
const MAX_ACCOUNTS = 50;

/**
 * The metrics of one operator, in a registry of their own: two in one process do not meet. Each method is named for
 * what happened, and none of them throws.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<MetricName, Counter<string>>();
  readonly #gauges = new Map<MetricName, Gauge<string>>();
  readonly #histograms = new Map<MetricName, Histogram<string>>();
  readonly #labelValues = new Map<string, Set<string>>();
  readonly #watched: (() => void)[] = [];

  constructor(options: { readonly version: string }) {
    for (const name of Object.keys(METRICS) as MetricName[]) this.#register(name, METRICS[name]);
    this.#set('build', { version: options.version }, 1);
    // Told as zero from the start: of a series that begins with the first defect nobody can see that it has grown.
    for (const { type } of KINDS) this.#count('errors', { kind: type.kind, type: 'Internal' }, 0);
    for (const result of ['completed', 'failed']) this.#count('rotations', { result }, 0);
  }

  /** A pass ended. */
  reconciled(kind: string, outcome: string, durationMs: number): void {
    this.#count('reconciles', { kind, outcome });
    this.#observe('reconcileSeconds', { kind }, durationMs);
  }

  /** A pass began, so long after it was due. */
  waitedInQueue(kind: string, waitedMs: number): void {
    this.#observe('queueWaitSeconds', { kind }, waitedMs);
  }

  /** A pass failed, and is tried again. */
  retried(kind: string): void {
    this.#count('queueRetries', { kind });
  }

  /** An attempt of a call of the service ended. */
  serviceCalled({ service, operation, account: known, attempt, status, durationMs }: ServiceCall): void {
    const account = accountLabel(known);
    this.#count('serviceCalls', { service, operation, status: String(status), account });
    this.#count('serviceRetries', { service, operation, account }, attempt > 1 ? 1 : 0);
    this.#observe('serviceCallSeconds', { service, operation, account }, durationMs);
  }

  /** A call had to wait for our own limit, or the service asked to slow down. */
  rateLimited(source: 'waited' | 'throttled', account: string | undefined): void {
    this.#count('rateLimitHits', { source, account: accountLabel(account) });
  }

  /** A call got its place within our own limit, or gave it up. */
  waitedForLimit(account: string | undefined, waitedMs: number): void {
    this.#observe('rateLimitWaitSeconds', { account: accountLabel(account) }, waitedMs);
  }

  /** A pass met a failure. */
  failed(kind: string, type: ReconcileErrorType): void {
    this.#count('errors', { kind, type });
  }

  /** A condition of an object changed its status. */
  conditionChanged(kind: string, condition: string, status: 'True' | 'False' | 'Unknown'): void {
    this.#count('conditionTransitions', { kind, condition, status });
  }

  /** An object that had been in sync was found different, without an edit of its spec. */
  driftDetected(kind: string, changes: readonly string[]): void {
    for (const change of changes) this.#count('drift', { kind, change });
  }

  /** Such differences were undone, in the same pass or in a later one. */
  driftRepaired(kind: string, changes: readonly string[]): void {
    for (const change of changes) this.#count('driftRepaired', { kind, change });
  }

  /** A rotation came to its end: the new key is delivered, or the service never accepted it. */
  rotated(result: 'completed' | 'failed'): void {
    this.#count('rotations', { result });
  }

  /** A bucket was created, updated or deleted, or that failed. */
  bucketOperated(operation: 'create' | 'update' | 'delete', result: 'success' | 'failure'): void {
    this.#count('bucketOperations', { operation, result });
  }

  /** The credentials and endpoints of a Provider were tried. */
  connectivityChecked(result: 'success' | 'failure'): void {
    this.#count('connectivity', { result });
  }

  /** An attempt of a call of the Kubernetes API ended. */
  kubeCalled({ verb, resource, code, durationMs }: KubeCall): void {
    this.#count('kubeCalls', { verb, resource, code: String(code) });
    this.#observe('kubeCallSeconds', { verb }, durationMs);
  }

  /** From now on each scrape asks `read` for the series of that gauge: one that it tells no more is gone. */
  watch<N extends NamesOf<'gauge'>>(name: N, read: () => Iterable<GaugeSample<N>>): void {
    this.#watched.push(() => {
      this.#forget(name);
      for (const [labels, value] of read()) this.#set(name, labels, value);
    });
  }

  /**
   * From now on each scrape asks `read` for all series of those metrics: one that it tells no more is gone. Of a counter it
   * tells the sum so far.
   */
  watchAll<N extends NamesOf<'gauge' | 'counter'>>(names: readonly N[], read: () => Iterable<Sample<N>>): void {
    this.#watched.push(() => {
      for (const name of names) this.#forget(name);
      for (const { name, labels, value } of read()) {
        if (METRICS[name].type === 'gauge') this.#set(name, labels, value);
        else this.#count(name, labels, value);
      }
    });
  }

  /** A kind was listed anew. */
  relisted(kind: string, reason: string): void {
    this.#count('relists', { kind, reason });
  }

  /** A Kubernetes event was not sent. */
  eventDropped(): void {
    this.#count('eventsDropped', {});
  }

  /** Spans could not be sent. */
  spansDropped(count: number): void {
    this.#count('spansDropped', {}, count);
  }

  /** Leadership was won or lost. */
  leadershipChanged(isLeader: boolean): void {
    this.#set('leader', {}, isLeader ? 1 : 0);
  }

  /** The Content-Type of `text`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything in the text format of Prometheus. */
  text(): Promise<string> {
    for (const read of this.#watched) read();
    return this.#registry.metrics();
  }

  #register(key: MetricName, row: MetricRow): void {
    const { type, labels, help, buckets } = row;
    const options = { name: fullName(row), help, labelNames: labels, registers: [this.#registry] };
    switch (type) {
      case 'counter':
        this.#counters.set(key, new Counter(options));
        return;
      case 'gauge':
        this.#gauges.set(key, new Gauge(options));
        return;
      case 'histogram':
        this.#histograms.set(key, new Histogram({ ...options, buckets: [...(buckets ?? [])] }));
        return;
    }
  }

  /** What is told at each scrape is told anew, and a value of a label that is gone leaves its place to another one. */
  #forget(name: MetricName): void {
    (this.#gauges.get(name) ?? this.#counters.get(name))?.reset();
    for (const label of METRICS[name].labels) this.#labelValues.delete(keyOfLabel(name, label));
  }

  #count<N extends MetricName>(name: N, labels: Labels<N>, by = 1): void {
    this.#counters.get(name)?.inc(this.#bounded(name, labels), by);
  }

  #set<N extends MetricName>(name: N, labels: Labels<N>, value: number): void {
    const bounded = this.#bounded(name, labels);
    // What is counted may be added up under one name; what stands now may not.
    if (Object.values(bounded).includes(OTHER)) return;
    this.#gauges.get(name)?.set(bounded, value);
  }

  #observe<N extends NamesOf<'histogram'>>(name: N, labels: Labels<N>, durationMs: number): void {
    this.#histograms.get(name)?.observe(this.#bounded(name, labels), durationMs / 1_000);
  }

  /** Those very labels, but for values of which there are too many. */
  #bounded(metric: MetricName, labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    const tooMany = Object.entries(labels).filter(([label, value]) => !this.#admits(metric, label, value));
    return tooMany.length === 0
      ? labels
      : { ...labels, ...Object.fromEntries(tooMany.map(([label]) => [label, OTHER])) };
  }

  #admits(metric: MetricName, label: string, value: string): boolean {
    const key = keyOfLabel(metric, label);
    const values = this.#labelValues.get(key) ?? new Set<string>();
    if (values.has(value)) return true;
    if (values.size >= (label === 'account' ? MAX_ACCOUNTS : MAX_LABEL_VALUES)) return false;
    this.#labelValues.set(key, values.add(value));
    return true;
  }
}

function keyOfLabel(metric: string, label: string): string {
  return `${metric} ${label}`;
}

/** How an account is called in labels. */
export function accountLabel(account: string | undefined): string {
  return account ?? 'unknown';
}
