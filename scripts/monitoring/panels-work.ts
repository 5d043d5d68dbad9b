import { of, one, quantile, type Row, rate } from './panel.ts';

/** Passes over objects, and what they did. */
export const WORK: Row = {
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
      title: 'Wait in the queue',
      type: 'timeseries',
      unit: 's',
      description: 'From when an object was due until its pass began: the slowest one in a hundred.',
      queries: one(quantile(0.99, 'queueWaitSeconds', 'kind'), '{{kind}} p99'),
    },
    {
      title: 'Passes under way',
      type: 'timeseries',
      unit: 'short',
      description: 'Stuck: their time is up, and they run on. That is a defect.',
      queries: [
        { expr: `sum by (kind) (${of('activePasses')})`, legend: '{{kind}}' },
        { expr: `sum by (kind) (${of('stuckPasses')})`, legend: '{{kind}} stuck' },
      ],
    },
    {
      title: 'Failed passes that are tried again',
      type: 'timeseries',
      unit: 'ops',
      description: 'Each time after a longer wait.',
      queries: one(`sum by (kind) (${rate(of('queueRetries'))})`, '{{kind}}'),
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
      description:
        'Differences that somebody else made, by the change that undoes them; found and not repaired: see Synced.',
      queries: [
        { expr: `sum by (kind, change) (${rate(of('drift'))})`, legend: '{{kind}} {{change}} found' },
        { expr: `sum by (kind, change) (${rate(of('driftRepaired'))})`, legend: '{{kind}} {{change}} repaired' },
      ],
    },
    {
      title: 'Buckets created, updated and deleted',
      type: 'timeseries',
      unit: 'ops',
      description: 'Operations on buckets, and those that failed.',
      queries: one(`sum by (operation, result) (${rate(of('bucketOperations'))})`, '{{operation}} {{result}}'),
    },
  ],
};
