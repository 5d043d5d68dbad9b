import type { MetricRow } from './metric-row.ts';

/** Metrics of the operator itself. */
export const PROCESS_METRICS = {
  relists: {
    name: 'reflector_relists_total',
    type: 'counter',
    labels: ['kind', 'reason'],
    help: 'Times that a kind was listed anew instead of watched on.',
  },
  reflectorContact: {
    name: 'reflector_last_contact_timestamp_seconds',
    type: 'gauge',
    labels: ['kind'],
    help: 'When the API server last answered the list or watch of the kind: with a page, an event, a bookmark or an end in good order; of several the earliest. A quiet watch is silent for ten minutes at most.',
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
