import type { MetricRow } from './metric-row.ts';
import { CALL_METRICS } from './metrics-of-calls.ts';
import { OBJECT_METRICS } from './metrics-of-objects.ts';
import { PROCESS_METRICS } from './metrics-of-process.ts';
import { WORK_METRICS } from './metrics-of-work.ts';

/** Every name of ours begins with this: a published surface, which dashboards and alerts rely on. */
export const METRICS_PREFIX = 'wasabi_s3_operator_';

/** Every metric. Code and `docs/reference/metrics.md` come from here. */
export const METRICS = { ...WORK_METRICS, ...CALL_METRICS, ...OBJECT_METRICS, ...PROCESS_METRICS } as const;

/** The name of one metric in code. */
export type MetricName = keyof typeof METRICS;

/** The whole name of one metric, as `/metrics` has it. */
export function nameOf(metric: MetricName): string {
  return fullName(METRICS[metric]);
}

/** The whole name of the metric of that row. */
export function fullName({ name, isStandard }: MetricRow): string {
  return isStandard === true ? name : `${METRICS_PREFIX}${name}`;
}

/** The labels of one metric. */
export type LabelsOf<N extends MetricName> = (typeof METRICS)[N]['labels'][number];

/** The parts of the reference. */
const SECTIONS: readonly (readonly [title: string, rows: Readonly<Record<string, MetricRow>>, intro: string])[] = [
  ['Passes and what they did', WORK_METRICS, 'Counted by the replica that is the leader; the others stand by.'],
  [
    'Calls',
    CALL_METRICS,
    'What the rate limits do can be told by account only: Providers of one account share one limit. `operation` is the name that the API has for the call.',
  ],
  [
    'Objects',
    OBJECT_METRICS,
    'Counted at each scrape, by every replica alike: take the `max` of several, not the `sum`. Of timestamps the age is `time() - …`; there is none where nothing is to be told.',
  ],
  [
    'The process',
    PROCESS_METRICS,
    'Names without the prefix are those that client libraries of Prometheus have in common. How far a watch lags behind the API server cannot be told, since no event says when it came about: what can be told is since when it is silent.',
  ],
];

/** The reference page of all metrics: `docs/reference/metrics.md`. */
export function metricsMarkdown(): string {
  return [
    '# Metrics',
    '',
    'Generated from the tables in `src/telemetry/metrics-of-*.ts`; do not edit.',
    '',
    'Served at `/metrics` on METRICS_PORT in the Prometheus text format. Units are in the names: seconds, bytes, or a number of',
    'what the name says. No label names an object or a bucket: the number of series does not grow with the number of objects.',
    '',
    '`account` is the account id, as `status.accountId` of Providers has it (the host of the S3 endpoint where the service tells',
    'none); `unknown` before the service was asked. Ids of accounts open nothing, and there are few: after the first 50, calls of',
    'all others are counted as `other`, and gauges leave them out. Whoever may read the metrics sees them.',
    '',
    'A release may add a label to a metric: write queries with `sum by (…)`, which a further label does not break.',
    ...SECTIONS.flatMap(([title, rows, intro]) => [
      '',
      `## ${title}`,
      '',
      intro,
      '',
      '| Metric | Type | Labels | Meaning |',
      '| --- | --- | --- | --- |',
      ...Object.values(rows).map(lineOf),
    ]),
    '',
  ].join('\n');
}

function lineOf(row: MetricRow): string {
  const { type, labels, help } = row;
  const names = labels.map((label) => ` \`${label}\``).join(',');
  return `| \`${fullName(row)}\` | ${type} |${names} | ${help} |`;
}
