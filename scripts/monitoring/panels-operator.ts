import { of, one, quantile, type Row, rate } from './panel.ts';

/** The process, and its calls of the Kubernetes API. */
export const OPERATOR: Row = {
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
      title: 'Silence of watches',
      type: 'timeseries',
      unit: 's',
      description: 'How long ago the API server last answered the watch of a kind. Up to ten minutes is common.',
      queries: one(`max by (kind) (time() - ${of('reflectorContact')})`, '{{kind}}'),
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
};
