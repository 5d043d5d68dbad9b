import type { MetricRow } from './metric-row.ts';

const PASS_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** Metrics of passes, and of what they did. */
export const WORK_METRICS = {
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
  errors: {
    name: 'error_total',
    type: 'counter',
    labels: ['kind', 'type'],
    help: 'Failures of passes, by who must act next.',
  },
  queueDepth: {
    name: 'workqueue_depth',
    type: 'gauge',
    labels: ['kind'],
    help: 'Objects that wait for a pass now.',
  },
  queueWaitSeconds: {
    name: 'workqueue_wait_duration_seconds',
    type: 'histogram',
    labels: ['kind'],
    help: 'How long an object waited for its pass: from when it was due, or this process became the leader, until the pass began.',
    buckets: PASS_SECONDS,
  },
  queueRetries: {
    name: 'workqueue_retries_total',
    type: 'counter',
    labels: ['kind'],
    help: 'Passes that failed and are tried again after a wait that grows.',
  },
  activePasses: {
    name: 'active_reconciles',
    type: 'gauge',
    labels: ['kind'],
    help: 'Passes under way now, those included that are stuck.',
  },
  stuckPasses: {
    name: 'stuck_reconciles',
    type: 'gauge',
    labels: ['kind'],
    help: 'Passes that run on although their time is up: a defect; their objects get no other pass.',
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
    help: 'Differences that somebody else made in the service, by the change that undoes them: each once, when it is found on an object that was in sync.',
  },
  driftRepaired: {
    name: 'drift_repaired_total',
    type: 'counter',
    labels: ['kind', 'change'],
    help: 'Such differences that were undone, in the pass that found them or in a later one; under mode Observe none is.',
  },
  rotations: {
    name: 'access_key_rotations_total',
    type: 'counter',
    labels: ['result'],
    help: 'Rotations of access keys: completed, the new key is delivered and works; failed, the service never accepted it, and the one in use stays.',
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
} as const satisfies Record<string, MetricRow>;
