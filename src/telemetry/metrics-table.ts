/** Every name begins with this: a published surface, which dashboards and alerts rely on. */
export const METRICS_PREFIX = 'wasabi_s3_operator_';

export interface MetricRow {
  /** Without the prefix. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  /** One sentence, in `/metrics` and in the reference. */
  readonly help: string;
  /** Upper bounds of a histogram, seconds. */
  readonly buckets?: readonly number[];
}

const CALL_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const PASS_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** Every metric. Code and `docs/reference/metrics.md` come from here. */
export const METRICS = {
  reconciles: {
    name: 'reconcile_total',
    type: 'counter',
    labels: ['kind', 'outcome'],
    help: 'Passes over an object, by how they ended.',
  },
  reconcileSeconds: {
    name: 'reconcile_duration_seconds',
    type: 'histogram',
    labels: ['kind'],
    help: 'How long a pass took, waiting for rate limits included.',
    buckets: PASS_SECONDS,
  },
  serviceCalls: {
    name: 'api_call_total',
    type: 'counter',
    labels: ['service', 'operation', 'status'],
    help: 'Attempts of calls of the service, by HTTP status; 0: no answer came.',
  },
  serviceCallSeconds: {
    name: 'api_call_duration_seconds',
    type: 'histogram',
    labels: ['service', 'operation'],
    help: 'How long an attempt of a call of the service took.',
    buckets: CALL_SECONDS,
  },
  rateLimitHits: {
    name: 'rate_limit_hits_total',
    type: 'counter',
    labels: ['source'],
    help: 'Calls that our own limit held back (waited), and answers that asked to slow down (throttled).',
  },
  errors: {
    name: 'error_total',
    type: 'counter',
    labels: ['kind', 'type'],
    help: 'Failures of passes, by who must act next.',
  },
  conditionTransitions: {
    name: 'resource_status_total',
    type: 'counter',
    labels: ['kind', 'condition', 'status'],
    help: 'Transitions of conditions to a status.',
  },
  drift: {
    name: 'drift_detected_total',
    type: 'counter',
    labels: ['kind', 'change'],
    help: 'Differences that somebody else made in the service, by the change that undoes them.',
  },
  bucketOperations: {
    name: 'bucket_operations_total',
    type: 'counter',
    labels: ['operation', 'result'],
    help: 'Buckets created, updated and deleted.',
  },
  connectivity: {
    name: 'provider_connectivity_total',
    type: 'counter',
    labels: ['result'],
    help: 'Checks of the credentials and endpoints of Providers.',
  },
  kubeCalls: {
    name: 'kube_call_total',
    type: 'counter',
    labels: ['verb', 'resource', 'code'],
    help: 'Attempts of calls of the Kubernetes API, by HTTP status; 0: no answer came.',
  },
  kubeCallSeconds: {
    name: 'kube_call_duration_seconds',
    type: 'histogram',
    labels: ['verb'],
    help: 'How long an attempt of a call of the Kubernetes API took; of a watch, until its first byte.',
    buckets: CALL_SECONDS,
  },
  queueDepth: {
    name: 'workqueue_depth',
    type: 'gauge',
    labels: ['kind'],
    help: 'Objects that wait for a pass now.',
  },
  objects: {
    name: 'objects',
    type: 'gauge',
    labels: ['kind', 'condition', 'status'],
    help: 'Objects by the status of each condition; without Ready or Synced they count as Unknown. Each replica tells of the same objects.',
  },
  notReadySince: {
    name: 'not_ready_since_timestamp_seconds',
    type: 'gauge',
    labels: ['kind'],
    help: 'Since when the object has not been Ready that has not been so for longest; absent: all are, or are being deleted.',
  },
  deletingSince: {
    name: 'deleting_since_timestamp_seconds',
    type: 'gauge',
    labels: ['kind'],
    help: 'Since when the object has been deleted that has been so for longest; absent: none is.',
  },
  frozen: {
    name: 'frozen_objects',
    type: 'gauge',
    labels: ['kind'],
    help: 'Users and AccessKeys whose keys a freeze keeps inactive now; each replica tells of the same objects.',
  },
  oldestKey: {
    name: 'access_key_oldest_timestamp_seconds',
    type: 'gauge',
    labels: ['kind'],
    help: 'When the oldest key was made that an AccessKey delivers; absent: none does.',
  },
  rotationDue: {
    name: 'access_key_rotation_due_timestamp_seconds',
    type: 'gauge',
    labels: ['kind'],
    help: 'When the rotation is due that is due first, suspended, observed and frozen keys left out; absent: none is planned.',
  },
  relists: {
    name: 'reflector_relists_total',
    type: 'counter',
    labels: ['kind', 'reason'],
    help: 'Times that a kind was listed anew instead of watched on.',
  },
  eventsDropped: {
    name: 'events_dropped_total',
    type: 'counter',
    labels: [],
    help: 'Kubernetes events that were not sent: refused, failed twice, or too many at once.',
  },
  spansDropped: {
    name: 'spans_dropped_total',
    type: 'counter',
    labels: [],
    help: 'Spans of traces that could not be sent to their collector.',
  },
  leader: {
    name: 'leader',
    type: 'gauge',
    labels: [],
    help: '1 while this process is the leader, else 0.',
  },
  build: {
    name: 'build_info',
    type: 'gauge',
    labels: ['version'],
    help: 'Always 1; the version is in the label.',
  },
} as const satisfies Record<string, MetricRow>;

/** The name of one metric in code. */
export type MetricName = keyof typeof METRICS;

/** The labels of one metric. */
export type LabelsOf<N extends MetricName> = (typeof METRICS)[N]['labels'][number];

/** The reference page of all metrics: `docs/reference/metrics.md`. */
export function metricsMarkdown(): string {
  const rows = Object.values<MetricRow>(METRICS).map(({ name, type, labels, help }) => {
    const names = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${METRICS_PREFIX}${name}\` | ${type} | ${names} | ${help} |`;
  });
  return [
    '# Metrics',
    '',
    'Generated from the table in `src/telemetry/metrics-table.ts`; do not edit.',
    '',
    'Served at `/metrics` on METRICS_PORT in the Prometheus text format. Durations are in seconds. No label names an object,',
    'a bucket or an account: the number of series does not grow with the number of objects.',
    '',
    '| Metric | Type | Labels | Meaning |',
    '| --- | --- | --- | --- |',
    ...rows.map((row) => row.replace('|  |', '| |')),
    '',
  ].join('\n');
}
