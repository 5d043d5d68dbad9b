import { METRICS, METRICS_PREFIX } from '../../src/telemetry/metrics-table.ts';
import { ROWS } from './dashboard-panels.ts';
import type { Panel } from './panel.ts';

/** Grafana counts a width of 24 columns. */
const COLUMNS = 24;
const HEIGHT = 8;
const WIDTH = { stat: 6, timeseries: 8 } as const;
/** The version of the format of dashboards: that of Grafana 10. */
const SCHEMA_VERSION = 39;
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' }; // Grafana puts the chosen one in

/** The dashboard of Grafana, as its sidecar takes it from a ConfigMap. */
export function dashboardFile(): string {
  const dashboard = {
    uid: 'wasabi-s3-operator',
    title: 'Wasabi S3 Operator',
    description: 'Buckets, users, policies and access keys of Wasabi as Kubernetes objects, and the operator at work.',
    tags: ['wasabi', 's3', 'operator'],
    editable: true,
    graphTooltip: 1,
    refresh: '1m',
    schemaVersion: SCHEMA_VERSION,
    time: { from: 'now-6h', to: 'now' },
    timezone: 'browser',
    templating: { list: variables() },
    panels: panels(),
  };
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}

function variables(): readonly object[] {
  const choice = (name: string, label: string, metric: string) => {
    const query = `label_values(${METRICS_PREFIX}${metric}, ${name})`;
    const all = { includeAll: true, multi: true, allValue: '.*', current: { text: 'All', value: '$__all' } };
    return {
      type: 'query',
      name,
      label,
      datasource: DATASOURCE,
      query,
      definition: query,
      refresh: 2,
      sort: 1,
      ...all,
    };
  };
  return [
    { type: 'datasource', name: 'datasource', label: 'Prometheus', query: 'prometheus' },
    choice('namespace', 'Namespace of the operator', METRICS.build.name),
    choice('kind', 'Kind', METRICS.objects.name),
    choice('account', 'Account', METRICS.rateLimitConfigured.name),
  ];
}

function panels(): readonly object[] {
  const placed: object[] = [];
  let y = 0;
  for (const { title, panels: members } of ROWS) {
    placed.push({
      id: placed.length + 1,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
    });
    y += 1;
    let x = 0;
    for (const panel of members) {
      const w = WIDTH[panel.type];
      if (x + w > COLUMNS) {
        x = 0;
        y += HEIGHT;
      }
      placed.push(panelObject(placed.length + 1, panel, { x, y, w, h: HEIGHT }));
      x += w;
    }
    y += HEIGHT;
  }
  return placed;
}

function panelObject(id: number, { title, type, unit, description, queries }: Panel, gridPos: object): object {
  return {
    id,
    type,
    title,
    description,
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: { defaults: { unit, ...(type === 'timeseries' ? { min: 0 } : {}) }, overrides: [] },
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode('A'.charCodeAt(0) + index),
      datasource: DATASOURCE,
      expr,
      legendFormat: legend,
    })),
  };
}
