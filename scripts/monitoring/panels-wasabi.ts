import { of, one, quantile, type Row, rate } from './panel.ts';

/** Calls of the service, and the limits of their rate. */
export const WASABI: Row = {
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
      queries: one(`sum by (account, source) (${rate(of('rateLimitHits'))})`, '{{account}} {{source}}'),
    },
    {
      title: 'Rate that the limit allows',
      type: 'timeseries',
      unit: 'reqps',
      description: 'Calls a second, by account: below what is configured the service has asked to slow down.',
      queries: [
        { expr: `min by (account) (${of('rateLimitCurrent')})`, legend: '{{account}} now' },
        { expr: `min by (account) (${of('rateLimitConfigured')})`, legend: '{{account}} configured' },
      ],
    },
    {
      title: 'Wait for the limit',
      type: 'timeseries',
      unit: 's',
      description: 'How long an attempt waited for our own limit: the slowest one in a hundred.',
      queries: one(quantile(0.99, 'rateLimitWaitSeconds', 'account'), '{{account}} p99'),
    },
    {
      title: 'Calls under way',
      type: 'timeseries',
      unit: 'short',
      description: 'Calls that wait for their answer, and calls that wait for our own limit.',
      queries: [
        { expr: `sum by (account) (${of('callsInFlight')})`, legend: '{{account}} under way' },
        { expr: `sum by (account) (${of('callsWaiting')})`, legend: '{{account}} waiting' },
      ],
    },
    {
      title: 'Comparisons that wait',
      type: 'timeseries',
      unit: 'short',
      description:
        'Objects whose drift check is due, by account. Where it does not return to zero, a fifth of the limit is too little for one an interval.',
      queries: one(`sum by (account) (${of('driftChecksWaiting')})`, '{{account}}'),
    },
    {
      title: 'Retries',
      type: 'timeseries',
      unit: 'reqps',
      description: 'Attempts that were made because the one before had failed, within the same pass.',
      queries: one(`sum by (service, operation) (${rate(of('serviceRetries'))})`, '{{service}} {{operation}}'),
    },
    {
      title: 'Certificates end in',
      type: 'timeseries',
      unit: 's',
      description: 'The first one of the chain of each endpoint, its CA included.',
      queries: one(`min by (endpoint) (${of('certificateEnds')}) - time()`, '{{endpoint}}'),
    },
    {
      title: 'Checks of Providers',
      type: 'timeseries',
      unit: 'ops',
      description: 'Credentials and endpoints that were tried.',
      queries: one(`sum by (result) (${rate(of('connectivity'))})`, '{{result}}'),
    },
  ],
};
