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
  /** What to do, in this order. */
  readonly steps: readonly string[];
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
    steps: [
      '`kubectl -n wasabi-system get pods`: is one Running? If not, `kubectl -n wasabi-system describe pod` says why.',
      'If one runs: does the ServiceMonitor or PodMonitor carry the labels that your Prometheus selects, and does the NetworkPolicy (`networkPolicy.metricsFrom`) let it in?',
    ],
  },
  {
    name: 'WasabiOperatorNoLeader',
    expr: `max by (namespace) (${metric('leader')}) < 1`,
    for: '5m',
    severity: 'critical',
    summary: 'No replica of the Wasabi S3 operator in {{ $labels.namespace }} is the leader.',
    means: 'The replicas run and none works. Storage and keys work on as they are.',
    steps: [
      '`kubectl -n wasabi-system get lease wasabi-s3-operator -o yaml`: who holds it, and until when?',
      '`/readyz?verbose` of a pod names what it waits for.',
      'The log of a pod says what the API server answered about the Lease: mostly a missing right, or an API server that is too slow.',
    ],
  },
  {
    name: 'WasabiProviderNotReady',
    expr: `time() - min by (namespace) (${metric('notReadySince')}{kind="Provider"}) > 600`,
    for: '5m',
    inAll: '15 minutes',
    severity: 'critical',
    summary: 'A Provider has not been Ready for {{ $value | humanizeDuration }}.',
    means: 'Nothing is created, repaired, rotated or deleted in these accounts. What was delivered works on.',
    steps: [
      '`kubectl get providers -A`: which, and for which reason?',
      'AuthFailed, SecretNotFound, SecretKeyMissing: put a key that works into the Secret of `spec.auth`; the operator tries it at once.',
      'AuthenticationLockout: the account refuses every key for a time. Wait; somebody or something else signs with a wrong key.',
      'EndpointNotAllowed, TLSVerificationFailed: the endpoint or its certificate; `kubectl describe` names it.',
    ],
  },
  {
    name: 'WasabiObjectNotReady',
    expr: `time() - min ${BY_KIND} (${metric('notReadySince')}{kind!="Provider"}) > 1800`,
    for: '30m',
    inAll: '60 minutes',
    severity: 'warning',
    summary: 'A {{ $labels.kind }} has not been Ready for {{ $value | humanizeDuration }}.',
    means: 'Somebody waits for storage or for a key that does not come. Suspended objects do not count.',
    steps: [
      '`kubectl get wasabi -A`: those without True; `kubectl describe` has the reason, and what to do next.',
      'The reference of conditions lists every reason.',
    ],
  },
  {
    name: 'WasabiDeletionBlocked',
    expr: `time() - min ${BY_KIND} (${metric('deletingSince')}) > 3600`,
    for: '5m',
    inAll: '65 minutes',
    severity: 'warning',
    summary: 'The deletion of a {{ $labels.kind }} goes on since {{ $value | humanizeDuration }}.',
    means: 'An object waits for something before it may go, and its namespace with it. No data is lost by waiting.',
    steps: [
      '`kubectl get wasabi -A -o json | jq -r \'.items[] | select(.metadata.deletionTimestamp) | .kind + " " + .metadata.namespace + "/" + .metadata.name\'`',
      'The conditions Synced and DeletionBlocked of that object name what it waits for: a bucket that is not empty, objects under a lock, a user with keys of somebody else, an account that cannot be reached.',
      'To let go of the object and leave the storage as it is: the annotation `s3.cloud37.dev/abandon`, whose value is the `metadata.uid` of the object.',
    ],
  },
  {
    name: 'WasabiRotationOverdue',
    expr: `time() - min by (namespace) (${metric('rotationDue')}) > 3600`,
    for: '5m',
    inAll: '65 minutes',
    severity: 'warning',
    summary: 'The rotation of an access key is overdue by {{ $value | humanizeDuration }}.',
    means: 'A key lives longer than its interval. It works on.',
    steps: [
      '`kubectl get accesskeys -A --sort-by=.status.nextRotateTime`: the first ones that have a date, and their conditions.',
      'The event RotationWaits says what holds it up. ForeignKey: the user has a key that no AccessKey accounts for, and a user has two at most: delete the one that nobody uses.',
    ],
  },
  {
    name: 'WasabiKeyOld',
    expr: `time() - min by (namespace) (${metric('oldestKey')}) > 366 * 86400`,
    for: '1h',
    inAll: 'a year and two days',
    severity: 'warning',
    summary: 'An access key that the operator delivers is {{ $value | humanizeDuration }} old.',
    means: 'It is used for longer than a year: whoever got hold of it in all that time has it still.',
    steps: [
      '`kubectl get accesskeys -A --sort-by=.status.lastRotateTime`: the first ones that have a date.',
      'Switch its rotation on: `spec.rotate`, or `spec.autoManage.rotation` of a Bucket. Once, by hand: the annotation `s3.cloud37.dev/rotate-requested-at`.',
      'Where keys are meant to live for longer: `prometheusRule.disabled`.',
    ],
  },
  {
    name: 'WasabiThrottled',
    // Often, or nothing else: who is always refused pauses for up to a minute, and asks so seldom that a rate alone is low.
    expr: `${THROTTLED} > 0.1 or ${THROTTLED} / ${CALLS} > 0.5`,
    for: '30m',
    severity: 'warning',
    summary: 'Wasabi asks the operator to slow down, again and again.',
    means: 'Changes take longer than they could. Other programs that use the account are slowed down too.',
    steps: [
      'Lower `spec.rateLimit.requestsPerSecond` of the Provider, or `operator.wasabiRateLimitPerSecond`, to what the account stands.',
      'Raise `operator.driftCheckIntervalSeconds`: with many objects the looks at them are most of the calls.',
    ],
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
    steps: [
      'Events name the object: `kubectl get events -A | grep DriftRepaired`.',
      'Settle who owns it: leave the setting out of the spec, or switch the other one off. `spec.mode: Observe` stops the operator.',
    ],
  },
  {
    name: 'WasabiQueueNotDraining',
    expr: `min_over_time(${metric('queueDepth')}[30m]) > 0 ${ONLY_LEADER}`,
    for: '30m',
    inAll: 'an hour',
    severity: 'warning',
    summary: 'Objects of kind {{ $labels.kind }} wait for the operator all the time, {{ $value }} now.',
    means: 'The operator works, and does not keep up: changes take effect late.',
    steps: [
      'Throttled, or slow answers of the service? `wasabi_s3_operator_api_call_duration_seconds` and `wasabi_s3_operator_rate_limit_hits_total` tell.',
      'Otherwise raise `spec.rateLimit.requestsPerSecond` of the Provider, `operator.maxConcurrentReconciles`, or the CPU of the pod.',
    ],
  },
  {
    name: 'WasabiOperatorRefused',
    expr: `sum by (namespace, verb, resource) (rate(${metric('kubeCalls')}{code="403"}[15m])) > 0`,
    for: '15m',
    severity: 'warning',
    summary: 'The API server refuses {{ $labels.verb }} of {{ $labels.resource }} to the operator.',
    means:
      'A right is missing: Secrets of a namespace that is not in `rbac.namespaces`, or roles that somebody changed.',
    steps: [
      'The log names the namespace. Put it into `rbac.namespaces`, or the Secret into `rbac.credentials`, and upgrade the release.',
    ],
  },
  {
    name: 'WasabiOperatorRelisting',
    expr: `sum ${BY_KIND} (increase(${metric('relists')}{reason!~"Start|Requested"}[30m])) > 20`,
    for: '15m',
    severity: 'warning',
    summary: 'The operator lists {{ $labels.kind }} anew again and again.',
    means: 'Watches do not last: the operator learns of changes late, and burdens the API server.',
    steps: [
      'Is the API server restarting, or is a proxy between the two ending idle connections?',
      'The log of the operator says why each watch ended.',
    ],
  },
  {
    name: 'WasabiOperatorDefect',
    expr: `sum ${BY_KIND} (increase(${metric('errors')}{type="Internal"}[30m])) > 0`,
    for: '0m',
    severity: 'warning',
    summary: 'A pass over a {{ $labels.kind }} ended in an error that the operator does not know.',
    means: 'A defect of the operator. It tries again by itself; the object may be late.',
    steps: ['The log has it at level error, with its stack. Please report it.'],
  },
];
