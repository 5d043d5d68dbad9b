import { METRICS, METRICS_PREFIX, type MetricName } from '../../src/telemetry/metrics-table.ts';

/** A unit as Grafana names it. */
type Unit = 'short' | 's' | 'ops' | 'reqps';

/** One line of a panel. */
export interface Query {
  readonly expr: string;
  /** The name of each series, such as `{{kind}}`. */
  readonly legend: string;
}

/** One panel of the dashboard. */
export interface Panel {
  readonly title: string;
  readonly type: 'stat' | 'timeseries';
  readonly unit: Unit;
  /** What it tells, and what to make of it. */
  readonly description: string;
  readonly queries: readonly Query[];
}

/** Panels that stand together. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** That metric of the releases, and where it has the label, of the kinds that are chosen. */
function of(name: MetricName, suffix = '', ...matchers: readonly string[]): string {
  const labels: readonly string[] = METRICS[name].labels;
  const chosen = ['namespace=~"$namespace"', ...(labels.includes('kind') ? ['kind=~"$kind"'] : []), ...matchers];
  return `${METRICS_PREFIX}${METRICS[name].name}${suffix}{${chosen.join(',')}}`;
}

const rate = (series: string): string => `rate(${series}[$__rate_interval])`;
const quantile = (share: number, name: MetricName, by: string): string =>
  `histogram_quantile(${share}, sum by (le, ${by}) (${rate(of(name, '_bucket'))}))`;
const one = (expr: string, legend: string): readonly Query[] => [{ expr, legend }];

/** The dashboard, row by row. Each metric is in one of its panels. */
export const ROWS: readonly Row[] = [
  {
    title: 'Overview',
    panels: [
      {
        title: 'Not Ready',
        type: 'stat',
        unit: 'short',
        description: 'Objects whose external resource is not usable, as last read.',
        queries: one(
          `sum by (kind) (max by (kind, status) (${of('objects', '', 'condition="Ready"', 'status!="True"')}))`,
          '{{kind}}',
        ),
      },
      {
        title: 'Stalled',
        type: 'stat',
        unit: 'short',
        description: 'Objects that wait for somebody to change something.',
        queries: one(
          `max by (kind) (${of('objects', '', 'condition="Stalled"', 'status="True"')}) or on () vector(0)`,
          '{{kind}}',
        ),
      },
      {
        title: 'Objects',
        type: 'timeseries',
        unit: 'short',
        description: 'All objects, by kind.',
        queries: one(`sum by (kind) (max by (kind, status) (${of('objects', '', 'condition="Ready"')}))`, '{{kind}}'),
      },
      {
        title: 'Not Ready for',
        type: 'timeseries',
        unit: 's',
        description: 'How long the object has waited that has waited for longest, suspended ones left out.',
        queries: one(`time() - min by (kind) (${of('notReadySince')})`, '{{kind}}'),
      },
      {
        title: 'Deleting for',
        type: 'timeseries',
        unit: 's',
        description: 'How long the deletion goes on that has gone on for longest.',
        queries: one(`time() - min by (kind) (${of('deletingSince')})`, '{{kind}}'),
      },
      {
        title: 'Changes of conditions',
        type: 'timeseries',
        unit: 'ops',
        description: 'Transitions of Ready, by the status that they led to.',
        queries: one(
          `sum by (kind, status) (${rate(of('conditionTransitions', '', 'condition="Ready"'))})`,
          '{{kind}} {{status}}',
        ),
      },
    ],
  },
  {
    title: 'Work',
    panels: [
      {
        title: 'Passes',
        type: 'timeseries',
        unit: 'ops',
        description: 'Passes over objects, by how they ended.',
        queries: one(`sum by (outcome) (${rate(of('reconciles'))})`, '{{outcome}}'),
      },
      {
        title: 'Duration of a pass',
        type: 'timeseries',
        unit: 's',
        description: 'Waiting for rate limits included.',
        queries: [
          { expr: quantile(0.5, 'reconcileSeconds', 'kind'), legend: '{{kind}} p50' },
          { expr: quantile(0.99, 'reconcileSeconds', 'kind'), legend: '{{kind}} p99' },
        ],
      },
      {
        title: 'Queue',
        type: 'timeseries',
        unit: 'short',
        description:
          'Objects that wait for a pass of the leader. It returns to zero unless the operator does not keep up.',
        queries: one(`max by (kind) (${of('queueDepth')} and on (job, instance) ${of('leader')} == 1)`, '{{kind}}'),
      },
      {
        title: 'Failures',
        type: 'timeseries',
        unit: 'ops',
        description: 'By who must act next; Transient and Throttled heal by themselves.',
        queries: one(`sum by (type) (${rate(of('errors'))})`, '{{type}}'),
      },
      {
        title: 'Drift',
        type: 'timeseries',
        unit: 'ops',
        description: 'Differences that somebody else made, by the change that undoes them.',
        queries: one(`sum by (kind, change) (${rate(of('drift'))})`, '{{kind}} {{change}}'),
      },
      {
        title: 'Buckets created, updated and deleted',
        type: 'timeseries',
        unit: 'ops',
        description: 'Operations on buckets, and those that failed.',
        queries: one(`sum by (operation, result) (${rate(of('bucketOperations'))})`, '{{operation}} {{result}}'),
      },
    ],
  },
  {
    title: 'Wasabi',
    panels: [
      {
        title: 'Calls',
        type: 'timeseries',
        unit: 'reqps',
        description: 'Attempts, by service and HTTP status; 0: no answer came.',
        queries: one(`sum by (service, status) (${rate(of('serviceCalls'))})`, '{{service}} {{status}}'),
      },
      {
        title: 'Latency',
        type: 'timeseries',
        unit: 's',
        description: 'Of an attempt, the slowest one in a hundred.',
        queries: one(quantile(0.99, 'serviceCallSeconds', 'service'), '{{service}} p99'),
      },
      {
        title: 'Held back',
        type: 'timeseries',
        unit: 'ops',
        description: 'waited: by our own limit. throttled: the service asked to slow down.',
        queries: one(`sum by (source) (${rate(of('rateLimitHits'))})`, '{{source}}'),
      },
      {
        title: 'Checks of Providers',
        type: 'timeseries',
        unit: 'ops',
        description: 'Credentials and endpoints that were tried.',
        queries: one(`sum by (result) (${rate(of('connectivity'))})`, '{{result}}'),
      },
    ],
  },
  {
    title: 'Access keys',
    panels: [
      {
        title: 'Oldest key',
        type: 'stat',
        unit: 's',
        description: 'How long the oldest key has been in use.',
        queries: one(`time() - min(${of('oldestKey')})`, 'age'),
      },
      {
        title: 'Next rotation',
        type: 'stat',
        unit: 's',
        description: 'In how long the next rotation is due; below zero it is late.',
        queries: one(`min(${of('rotationDue')}) - time()`, 'due in'),
      },
      {
        title: 'Frozen',
        type: 'stat',
        unit: 'short',
        description: 'Users and AccessKeys whose keys a freeze keeps inactive.',
        queries: one(`max by (kind) (${of('frozen')})`, '{{kind}}'),
      },
    ],
  },
  {
    title: 'The operator',
    panels: [
      {
        title: 'Leader',
        type: 'stat',
        unit: 'short',
        description: 'Replicas that work: one. The others stand by.',
        queries: one(`sum(${of('leader')})`, 'leaders'),
      },
      {
        title: 'Versions',
        type: 'stat',
        unit: 'short',
        description: 'Replicas by version.',
        queries: one(`count by (version) (${of('build')})`, '{{version}}'),
      },
      {
        title: 'Calls of the Kubernetes API',
        type: 'timeseries',
        unit: 'reqps',
        description: 'Attempts, by verb and HTTP status; 0: no answer came.',
        queries: one(`sum by (verb, code) (${rate(of('kubeCalls'))})`, '{{verb}} {{code}}'),
      },
      {
        title: 'Latency of the Kubernetes API',
        type: 'timeseries',
        unit: 's',
        description: 'Of an attempt, the slowest one in a hundred; of a watch, until its first byte.',
        queries: one(quantile(0.99, 'kubeCallSeconds', 'verb'), '{{verb}} p99'),
      },
      {
        title: 'Lists made anew',
        type: 'timeseries',
        unit: 'ops',
        description: 'Instead of watching on, by why.',
        queries: one(`sum by (kind, reason) (${rate(of('relists'))})`, '{{kind}} {{reason}}'),
      },
      {
        title: 'Events that were not sent',
        type: 'timeseries',
        unit: 'ops',
        description: 'Kubernetes events that were refused, failed twice, or were too many at once.',
        queries: one(`sum(${rate(of('eventsDropped'))})`, 'dropped'),
      },
      {
        title: 'Spans that were not sent',
        type: 'timeseries',
        unit: 'ops',
        description: 'Parts of traces that could not be sent to their collector.',
        queries: one(`sum(${rate(of('spansDropped'))})`, 'dropped'),
      },
    ],
  },
];
