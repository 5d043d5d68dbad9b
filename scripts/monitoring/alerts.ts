import { METRICS, METRICS_PREFIX, type MetricName } from '../../src/telemetry/metrics-table.ts';

/** One alert: what the chart's PrometheusRule and the page of alerts are made of. */
export interface Alert {
  readonly name: string;
  /** PromQL. Series of several replicas are told apart by `job` and `instance` alone. */
  readonly expr: string;
  /** How long it holds before anybody is told. */
  readonly for: string;
  /** Where the expression waits by itself: after how long somebody is told in all. */
  readonly inAll?: string;
  /** critical: somebody gets up; warning: during the day. */
  readonly severity: 'critical' | 'warning';
  /** One line with what the labels tell, in the template language of Prometheus. */
  readonly summary: string;
  /** What it means for people who use the storage. */
  readonly means: string;
}

const metric = (name: MetricName): string => `${METRICS_PREFIX}${METRICS[name].name}`;
const BY_KIND = 'by (namespace, kind)';
const ONLY_LEADER = `and on (job, instance) ${metric('leader')} == 1`;

const THROTTLED = `sum by (namespace) (rate(${metric('rateLimitHits')}{source="throttled"}[15m]))`;
const CALLS = `sum by (namespace) (rate(${metric('serviceCalls')}[15m]))`;

/** Every alert. A fault that the operator mends by itself within minutes is none. */
export const ALERTS: readonly Alert[] = [
  {
    name: 'WasabiOperatorAbsent',
    expr: `absent(${metric('build')})`,
    for: '10m',
    severity: 'critical',
    summary: 'No metrics come from the Wasabi S3 operator.',
    means:
      'No pod of the operator runs, or Prometheus cannot read its metrics. Storage and keys work on as they are; nothing is created, repaired, rotated or deleted.',
  },
  {
    name: 'WasabiOperatorNoLeader',
    expr: `max by (namespace) (${metric('leader')}) < 1`,
    for: '5m',
    severity: 'critical',
    summary: 'No replica of the Wasabi S3 operator in {{ $labels.namespace }} is the leader.',
    means: 'The replicas run and none works. Storage and keys work on as they are.',
  },
  {
    name: 'WasabiProviderNotReady',
    expr: `time() - min by (namespace) (${metric('notReadySince')}{kind="Provider"}) > 600`,
    for: '5m',
    inAll: '15 minutes',
    severity: 'critical',
    summary: 'A Provider has not been Ready for {{ $value | humanizeDuration }}.',
    means: 'Nothing is created, repaired, rotated or deleted in these accounts. What was delivered works on.',
  },
  {
    name: 'WasabiCredentialsRefused',
    expr: `max by (namespace) (${metric('objects')}{kind="Provider",condition="AuthValid",status="False"}) > 0`,
    for: '2m',
    severity: 'critical',
    summary: 'Wasabi refuses the credentials of {{ $value }} Provider(s).',
    means:
      'A key was revoked, or a wrong one is in the Secret. Nothing is created, repaired, rotated or deleted in these accounts until somebody puts a working one there.',
  },
  {
    name: 'WasabiObjectNotReady',
    expr: `time() - min ${BY_KIND} (${metric('notReadySince')}{kind!="Provider"}) > 1800`,
    for: '30m',
    inAll: '60 minutes',
    severity: 'warning',
    summary: 'A {{ $labels.kind }} has not been Ready for {{ $value | humanizeDuration }}.',
    means: 'Somebody waits for storage or for a key that does not come. Suspended objects do not count.',
  },
  {
    name: 'WasabiDeletionBlocked',
    expr: `time() - min ${BY_KIND} (${metric('deletingSince')}) > 3600`,
    for: '5m',
    inAll: '65 minutes',
    severity: 'warning',
    summary: 'The deletion of a {{ $labels.kind }} goes on since {{ $value | humanizeDuration }}.',
    means: 'An object waits for something before it may go, and its namespace with it. No data is lost by waiting.',
  },
  {
    name: 'WasabiRotationOverdue',
    expr: `time() - min by (namespace) (${metric('rotationDue')}) > 3600`,
    for: '5m',
    inAll: '65 minutes',
    severity: 'warning',
    summary: 'The rotation of an access key is overdue by {{ $value | humanizeDuration }}.',
    means:
      'A key lives longer than its interval. It works on. Of a key with `spec.rotate.window` this tells for as long as the window lasts: a missed one puts the rotation off to the next. One that is missed each time shows in WasabiKeyOld.',
  },
  {
    name: 'WasabiForeignKey',
    expr: `max by (namespace) (${metric('foreignKeys')}) > 0`,
    for: '1h',
    severity: 'warning',
    summary: '{{ $value }} access key(s) of managed users belong to no AccessKey.',
    means:
      'Somebody else made a key of a user whose keys the operator delivers. Nothing rotates or revokes it, and it takes the place that a rotation needs.',
  },
  {
    name: 'WasabiKeyOld',
    expr: `time() - min by (namespace) (${metric('oldestKey')}) > 366 * 86400`,
    for: '1h',
    inAll: 'a year and two days',
    severity: 'warning',
    summary: 'An access key that the operator delivers is {{ $value | humanizeDuration }} old.',
    means: 'It is used for longer than a year: whoever got hold of it in all that time has it still.',
  },
  {
    name: 'WasabiThrottled',
    // Often, or nothing else: who is always refused pauses for up to a minute, and asks so seldom that a rate alone is low.
    expr: `${THROTTLED} > 0.1 or ${THROTTLED} / ${CALLS} > 0.5`,
    for: '30m',
    severity: 'warning',
    summary: 'Wasabi asks the operator to slow down, again and again.',
    means: 'Changes take longer than they could. Other programs that use the account are slowed down too.',
  },
  {
    name: 'WasabiDriftFight',
    // In so many spans of 20 minutes something was repaired: what changed once, in however many objects, is in one or two.
    expr: `count_over_time((sum by (namespace, kind, change) (increase(${metric('drift')}[20m])) > 0)[12h:20m]) > 5`,
    for: '0m',
    inAll: 'two hours of it',
    severity: 'warning',
    summary: 'The same difference is repaired again and again: {{ $labels.change }} of {{ $labels.kind }}.',
    means:
      'Something else writes the same setting: a person, another tool, or another cluster that manages the bucket too.',
  },
  {
    name: 'WasabiQueueNotDraining',
    expr: `min_over_time(${metric('queueDepth')}[30m]) > 0 ${ONLY_LEADER}`,
    for: '30m',
    inAll: 'an hour',
    severity: 'warning',
    summary: 'Objects of kind {{ $labels.kind }} wait for the operator all the time, {{ $value }} now.',
    means: 'The operator works, and does not keep up: changes take effect late.',
  },
  {
    name: 'WasabiQueueSlow',
    expr: `histogram_quantile(0.9, sum by (namespace, kind, le) (rate(${METRICS_PREFIX}${METRICS.queueWaitSeconds.name}_bucket[15m]))) > 30`,
    for: '30m',
    severity: 'warning',
    summary:
      'Objects of kind {{ $labels.kind }} wait {{ $value | humanizeDuration }} until the operator looks at them.',
    means:
      'One pass of ten begins later than half a minute after it was due: changes take effect late, though the queue becomes empty at times.',
  },
  {
    name: 'WasabiOperatorRefused',
    expr: `sum by (namespace, verb, resource) (rate(${metric('kubeCalls')}{code="403"}[15m])) > 0`,
    for: '15m',
    severity: 'warning',
    summary: 'The API server refuses {{ $labels.verb }} of {{ $labels.resource }} to the operator.',
    means:
      'A right is missing: Secrets of a namespace that is not in `rbac.namespaces`, or roles that somebody changed.',
  },
  {
    name: 'WasabiOperatorRelisting',
    expr: `sum ${BY_KIND} (increase(${metric('relists')}{reason!~"Start|Requested"}[30m])) > 20`,
    for: '15m',
    severity: 'warning',
    summary: 'The operator lists {{ $labels.kind }} anew again and again.',
    means: 'Watches do not last: the operator learns of changes late, and burdens the API server.',
  },
  {
    name: 'WasabiWatchSilent',
    expr: `time() - min ${BY_KIND} (${metric('reflectorContact')}) > 900`,
    for: '5m',
    inAll: '20 minutes',
    severity: 'warning',
    summary:
      'The API server has answered neither list nor watch of {{ $labels.kind }} for {{ $value | humanizeDuration }}.',
    means:
      'A watch begins anew after ten minutes at the latest, and this one does not: changes of these objects go unseen.',
  },
  {
    name: 'WasabiOperatorDefect',
    expr: `sum ${BY_KIND} (increase(${metric('errors')}{type="Internal"}[30m])) > 0`,
    for: '0m',
    severity: 'warning',
    summary: 'A pass over a {{ $labels.kind }} ended in an error that the operator does not know.',
    means: 'A defect of the operator. It tries again by itself; the object may be late.',
  },
];
