import { METRICS, type MetricName, nameOf } from '../../src/telemetry/metrics-table.ts';

/** A unit as Grafana names it. */
type Unit = 'short' | 's' | 'ops' | 'reqps' | 'bytes' | 'percentunit';

/** One line of a panel. */
export interface Query {
  readonly expr: string;
  /** The name of each series, such as `{{kind}}`. */
  readonly legend: string;
}

/** One panel of the dashboard. */
export interface Panel {
  readonly title: string;
  readonly type: 'stat' | 'timeseries';
  readonly unit: Unit;
  /** What it tells, and what to make of it. */
  readonly description: string;
  readonly queries: readonly Query[];
}

/** Panels that stand together. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** That metric of the releases, and where it has the labels, of the kinds and accounts that are chosen. */
export function of(name: MetricName, suffix = '', ...matchers: readonly string[]): string {
  const labels: readonly string[] = METRICS[name].labels;
  const chosen = ['namespace', 'kind', 'account'].flatMap((label) =>
    label === 'namespace' || labels.includes(label) ? [`${label}=~"$${label}"`] : [],
  );
  return `${nameOf(name)}${suffix}{${[...chosen, ...matchers].join(',')}}`;
}

/** Of series with names that other programs use, too: those of the operator. */
export const ours = (series: string): string => `${series} and on (job, instance) ${of('build')}`;
/** How often a second that counter grew. */
export const rate = (series: string): string => `rate(${series}[$__rate_interval])`;
/** That share of what a histogram saw took no longer. */
export const quantile = (share: number, name: MetricName, by: string): string =>
  `histogram_quantile(${share}, sum by (le, ${by}) (${rate(of(name, '_bucket'))}))`;
/** A panel with one query. */
export const one = (expr: string, legend: string): readonly Query[] => [{ expr, legend }];
