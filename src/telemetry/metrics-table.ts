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

/** The reference page of all metrics: `docs/reference/metrics.md`. */
export function metricsMarkdown(): string {
  const rows = Object.values<MetricRow>(METRICS).map((row) => {
    const { type, labels, help } = row;
    const names = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${fullName(row)}\` | ${type} | ${names} | ${help} |`;
  });
  return [
    '# Metrics',
    '',
    'Generated from the table in `src/telemetry/metrics-table.ts`; do not edit.',
    '',
    'Served at `/metrics` on METRICS_PORT in the Prometheus text format. Durations are in seconds. No label names an object or',
    'a bucket: the number of series does not grow with the number of objects.',
    '',
    '`account` is the account id, as `status.accountId` of Providers has it; `unknown` before the service has told it. Ids of',
    'accounts are no secret, and there are few: after the first 50, calls of all others are counted as `other`, and gauges leave',
    'them out. What the rate limits do can be told by account only: Providers of one account share one limit.',
    '',
    'Names without the prefix are those that client libraries of Prometheus have in common; they tell of the process.',
    '',
    'A release may add a label to a metric: write queries with `sum by (…)`, which a further label does not break.',
    '',
    '| Metric | Type | Labels | Meaning |',
    '| --- | --- | --- | --- |',
    ...rows.map((row) => row.replace('|  |', '| |')),
    '',
  ].join('\n');
}
