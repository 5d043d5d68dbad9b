import { cause, LOG, pods, promql, type Runbook, sh } from './runbook.ts';

const PODS = pods('Do pods run?', 'kubectl -n wasabi-system get pods -o wide');
const LEASE = sh(
  'Who holds the Lease, and since when?',
  "kubectl get leases -A --field-selector metadata.name=wasabi-s3-operator -o custom-columns='NS:.metadata.namespace,HOLDER:.spec.holderIdentity,RENEWED:.spec.renewTime,SECONDS:.spec.leaseDurationSeconds'",
);
const STOPS = 'Everything that the operator does: nothing is created, repaired, rotated or deleted.';
const WORKS_ON = 'Storage and keys: they work on as they are.';

/** Runbooks of alerts about the process and its API server. */
export const OF_OPERATOR: Readonly<Record<string, Runbook>> = {
  WasabiOperatorAbsent: {
    affected: `${STOPS} Or only this monitoring, where Prometheus does not reach it.`,
    unaffected: WORKS_ON,
    looks: [
      PODS,
      pods('Why does one not run?', 'kubectl -n wasabi-system describe pods'),
      LEASE,
      promql('Does Prometheus know the target, and reach it?', 'up{job=~".*wasabi-s3-operator.*"}'),
    ],
    causes: [
      cause(
        'No pod is there',
        'the list is empty',
        'Is the release installed, and are there replicas? `helm -n wasabi-system status wasabi-s3-operator`.',
      ),
      cause(
        'The pod cannot start',
        'Pending, ImagePullBackOff, CrashLoopBackOff',
        '`describe` and the log of the last try say why.',
      ),
      cause(
        'Prometheus does not look',
        'the Lease is renewed, and Prometheus has no such target',
        'Does the ServiceMonitor or PodMonitor carry the labels that your Prometheus selects?',
      ),
      cause(
        'Prometheus cannot reach it',
        'the Lease is renewed, and `up` is 0',
        'Does the NetworkPolicy (`networkPolicy.metricsFrom`) let it in?',
      ),
    ],
    escalation: 'Nothing starts within an hour: to those who run the cluster. Storage waits; nothing is lost.',
    silence: 'In clusters without Prometheus for the operator, there is nothing to silence.',
  },
  WasabiOperatorNoLeader: {
    affected: STOPS,
    unaffected: WORKS_ON,
    looks: [
      LEASE,
      PODS,
      pods(
        'What does a pod wait for?',
        'kubectl -n wasabi-system exec deploy/wasabi-s3-operator -- node -e \'fetch("http://127.0.0.1:8080/readyz?verbose").then((a) => a.text()).then(console.log)\'',
      ),
      promql(
        'What does the API server answer about the Lease?',
        'sum by (verb, code) (rate(wasabi_s3_operator_kube_call_total{resource="leases"}[15m]))',
      ),
    ],
    causes: [
      cause(
        'Somebody else holds the Lease',
        'the holder is none of the pods, and its time is renewed',
        'A second release, or one outside the cluster: end it.',
      ),
      cause(
        'The last holder died',
        'the holder is no pod, and the time of the Lease is over',
        'Wait: it is taken within 20 seconds. If not, delete the Lease.',
      ),
      cause('A missing right', 'code 403 about leases', 'Upgrade the release: the chart has the role.'),
      cause('The API server is too slow', 'codes 0, 429 or 5xx about leases', 'Look at the control plane.'),
    ],
    escalation: 'The API server refuses or times out for others too: to those who run the cluster.',
    silence: 'Never for good: without a leader nothing works.',
  },
  WasabiThrottled: {
    affected: 'Changes take longer than they could. Other programs that use the account are slowed down too.',
    unaffected: 'What is there. The operator gives way by itself: it halves its rate.',
    looks: [
      promql(
        'Which account, how often in a second?',
        'sum by (account) (rate(wasabi_s3_operator_rate_limit_hits_total{source="throttled"}[15m])) > 0',
      ),
      promql(
        'What does our own limit allow now, against what is configured?',
        'max by (account) (wasabi_s3_operator_rate_limit_current_requests_per_second) / max by (account) (wasabi_s3_operator_rate_limit_configured_requests_per_second)',
      ),
      promql(
        'Which calls are most?',
        'topk(5, sum by (service, operation) (rate(wasabi_s3_operator_api_call_total[15m])))',
      ),
      sh(
        'Which Provider is that account?',
        "kubectl get providers -A -o custom-columns='NS:.metadata.namespace,NAME:.metadata.name,ACCOUNT:.status.accountId,LIMIT:.spec.rateLimit.requestsPerSecond'",
      ),
    ],
    causes: [
      cause(
        'The limit is higher than the account stands',
        'it began with more objects, or with a new limit',
        'Lower `spec.rateLimit.requestsPerSecond`, or `operator.wasabiRateLimitPerSecond`.',
      ),
      cause(
        'Comparing takes too much of what the account stands',
        'the most frequent calls are reads, though comparing has no more than a fifth of what the limit allows',
        'Lower the limit, or raise `operator.driftCheckIntervalSeconds`.',
      ),
      cause(
        'Another program uses up the account',
        'our own calls are few',
        'Find it in the access log of the account, and slow it down.',
      ),
    ],
    escalation: 'The service refuses nearly everything for an hour: ask the support of Wasabi.',
    silence: 'During a migration of thousands of objects.',
  },
  WasabiOperatorRefused: {
    affected: 'Objects whose Secrets the operator may not read or write, or everything that needs the missing right.',
    unaffected: 'All namespaces and kinds where it has its rights.',
    looks: [
      promql(
        'What is refused?',
        'sum by (verb, resource) (rate(wasabi_s3_operator_kube_call_total{code="403"}[15m])) > 0',
      ),
      sh(
        'Which objects wait for it?',
        'kubectl get wasabi -A -o custom-columns=\'KIND:.kind,NS:.metadata.namespace,NAME:.metadata.name,REASON:.status.conditions[?(@.type=="Synced")].reason,MESSAGE:.status.conditions[?(@.type=="Synced")].message\'',
      ),
      LOG,
    ],
    causes: [
      cause(
        'A namespace is not listed',
        'the resource is secrets; the log names the namespace',
        'Put it into `rbac.namespaces`, or the Secret into `rbac.credentials`, and upgrade the release.',
      ),
      cause(
        'Somebody changed a role',
        'it worked before, with the same namespaces',
        'Upgrade the release: the chart has the roles.',
      ),
      cause(
        'An admission policy of the cluster',
        'create or patch is refused, reads are not',
        'Except the ServiceAccount of the operator.',
      ),
    ],
    escalation: "Rights are somebody else's to give: to those who run the cluster, with verb, resource and namespace.",
    silence:
      'Where objects in namespaces without rights are expected: better keep them out by `operator.watchNamespaces`.',
  },
  WasabiOperatorRelisting: {
    affected: 'The operator learns of changes late, and burdens the API server.',
    unaffected: 'What is there; changes still arrive, by the lists.',
    looks: [
      promql(
        'Which kinds, and why?',
        'sum by (kind, reason) (increase(wasabi_s3_operator_reflector_relists_total[30m])) > 0',
      ),
      promql(
        'What does the API server answer?',
        'sum by (verb, code) (rate(wasabi_s3_operator_kube_call_total{verb=~"list|watch"}[15m])) > 0',
      ),
      LOG,
    ],
    causes: [
      cause(
        'etcd is compacted too soon',
        'reason Expired',
        'The interval of compaction, or a slow etcd; ask those who run the control plane.',
      ),
      cause('The API server restarts', 'reason WatchFailing, all kinds at once', 'Look at the control plane.'),
      cause(
        'The definitions are not installed',
        'reason NotServed',
        'Install the CustomResourceDefinitions of this release.',
      ),
    ],
    escalation: 'Other controllers have the same trouble: to those who run the cluster.',
    silence: 'While the control plane is being upgraded.',
  },
  WasabiWatchSilent: {
    affected: 'Objects of this kind: the operator does not see that they are created, changed or deleted.',
    unaffected: 'Kinds whose watches bring something. Objects that are known are compared as before.',
    looks: [
      promql(
        'Which kinds, and for how many seconds?',
        'time() - min by (kind) (wasabi_s3_operator_reflector_last_contact_timestamp_seconds)',
      ),
      promql(
        'What does the API server answer?',
        'sum by (verb, resource, code) (rate(wasabi_s3_operator_kube_call_total{verb=~"list|watch"}[15m])) > 0',
      ),
      LOG,
    ],
    causes: [
      cause(
        'Something swallows the calls',
        'code 0 after a long time, one or some kinds',
        'A proxy or a load balancer in front of the API server that holds back what it does not understand.',
      ),
      cause('The API server does not answer', 'code 0 or 5xx, all kinds', 'Look at the control plane.'),
      cause(
        'The right was taken away',
        'code 403; [WasabiOperatorRefused](WasabiOperatorRefused.md) fires too',
        'That one first.',
      ),
    ],
    escalation: 'A restart of the pod does not help: to those who run the cluster.',
    silence: 'Never for good.',
  },
};
