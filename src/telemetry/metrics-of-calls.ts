import type { MetricRow } from './metric-row.ts';

const CALL_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Metrics of calls: of the service, and of the Kubernetes API. */
export const CALL_METRICS = {
  serviceCalls: {
    name: 'api_call_total',
    type: 'counter',
    labels: ['service', 'operation', 'status', 'account'],
    help: 'Attempts of calls of the service, by HTTP status; 0: no answer came.',
  },
  serviceCallSeconds: {
    name: 'api_call_duration_seconds',
    type: 'histogram',
    labels: ['service', 'operation', 'account'],
    help: 'How long an attempt of a call of the service took.',
    buckets: CALL_SECONDS,
  },
  serviceRetries: {
    name: 'api_call_retries_total',
    type: 'counter',
    labels: ['service', 'operation', 'account'],
    help: 'Attempts of calls of the service that were made because the one before had failed, within the same pass.',
  },
  rateLimitHits: {
    name: 'rate_limit_hits_total',
    type: 'counter',
    labels: ['source', 'account'],
    help: 'Calls that our own limit held back (waited), and answers that asked to slow down (throttled).',
  },
  rateLimitWaitSeconds: {
    name: 'rate_limit_wait_duration_seconds',
    type: 'histogram',
    labels: ['account'],
    help: 'How long an attempt of a call of the service waited for our own limit; most wait for 0 seconds.',
    buckets: CALL_SECONDS,
  },
  rateLimitCurrent: {
    name: 'rate_limit_current_requests_per_second',
    type: 'gauge',
    labels: ['account'],
    help: 'Calls a second that our own limit allows now: it halves when the service asks to slow down, and grows back.',
  },
  rateLimitConfigured: {
    name: 'rate_limit_configured_requests_per_second',
    type: 'gauge',
    labels: ['account'],
    help: 'Calls a second that our own limit allows as configured: the lowest that a Provider of the account names.',
  },
  callsInFlight: {
    name: 'api_calls_in_flight',
    type: 'gauge',
    labels: ['account'],
    help: 'Calls of the service that wait for their answer now.',
  },
  callsWaiting: {
    name: 'api_calls_waiting',
    type: 'gauge',
    labels: ['account'],
    help: 'Calls that wait for our own limit now.',
  },
  driftChecksWaiting: {
    name: 'drift_checks_waiting',
    type: 'gauge',
    labels: ['account'],
    help: 'Objects whose comparison with the service is due, and waits for its turn within the fifth of the limit that comparisons have; they are in no queue yet.',
  },
  certificateEnds: {
    name: 'endpoint_certificate_not_after_timestamp_seconds',
    type: 'gauge',
    labels: ['endpoint'],
    help: 'When the first certificate ends of the chain by which an endpoint of the service was verified, its CA included; absent: plain HTTP, or no call for an hour.',
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
} as const satisfies Record<string, MetricRow>;
