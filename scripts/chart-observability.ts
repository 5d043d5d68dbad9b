import { SAMPLERS } from '../src/config-tracing.ts';
import type { Schema } from './chart-tenants.ts';
import type { ChartValue } from './chart-values.ts';
import { ALERTS } from './monitoring/alerts.ts';

/** Values of the chart for metrics, alerts and traces. */

const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };
const labels: Schema = { type: 'object', additionalProperties: text };
const duration: Schema = { type: 'string', pattern: '^([0-9]+(ms|[smh]))+$' };
const alertNames: Schema = { type: 'array', uniqueItems: true, items: { enum: ALERTS.map(({ name }) => name) } };

/** Traces by OTLP. */
export const TRACING: readonly ChartValue[] = [
  { path: 'tracing.enabled', schema: flag, meaning: 'whether traces are sent by OTLP: docs/operations/traces.md' },
  {
    path: 'tracing.endpoint',
    schema: { type: 'string', pattern: '^(https?://.+)?$' },
    meaning: 'the collector, such as `http://collector.tracing.svc:4317`',
  },
  {
    path: 'tracing.protocol',
    schema: { enum: ['', 'grpc', 'http/protobuf'] },
    meaning: 'empty: `grpc` at port 4317, else `http/protobuf`',
  },
  { path: 'tracing.sampler', schema: { enum: SAMPLERS }, meaning: 'which traces are kept' },
  {
    path: 'tracing.samplerRatio',
    schema: { type: 'number', minimum: 0, maximum: 1 },
    meaning: 'the share that the samplers of a ratio keep',
  },
  {
    path: 'tracing.headersSecret.name',
    schema: text,
    meaning: 'a Secret with headers for the collector, as `NAME=VALUE,…`; empty: none',
  },
  { path: 'tracing.headersSecret.key', schema: text, meaning: 'its key' },
  {
    path: 'tracing.resourceAttributes',
    schema: labels,
    meaning: 'on every span, beside namespace and name of the pod: `{deployment.environment.name: production}`',
  },
];

/** Objects of the Prometheus Operator, and a dashboard. */
export const MONITORING: readonly ChartValue[] = [
  ...['serviceMonitor', 'podMonitor'].flatMap((monitor) => [
    {
      path: `${monitor}.enabled`,
      schema: flag,
      meaning: 'for the Prometheus Operator; choose one of the two monitors',
    },
    { path: `${monitor}.interval`, schema: duration, meaning: 'how often metrics are read' },
    { path: `${monitor}.scrapeTimeout`, schema: duration, meaning: 'how long that may take' },
    { path: `${monitor}.labels`, schema: labels, meaning: 'labels by which Prometheus chooses its monitors' },
  ]),
  {
    path: 'prometheusRule.enabled',
    schema: flag,
    meaning: 'alerts for the Prometheus Operator: docs/operations/alerts.md',
  },
  { path: 'prometheusRule.labels', schema: labels, meaning: 'labels by which Prometheus chooses its rules' },
  { path: 'prometheusRule.disabled', schema: alertNames, meaning: 'alerts that are left out' },
  {
    path: 'prometheusRule.runbookUrl',
    schema: text,
    meaning:
      'where the folder docs/operations/runbooks is served, to a page of which each alert links; empty: that of the version',
  },
  {
    path: 'dashboard.enabled',
    schema: flag,
    meaning: 'a ConfigMap with a dashboard for the sidecar of Grafana',
  },
  {
    path: 'dashboard.labels',
    schema: labels,
    meaning: 'labels by which the sidecar chooses its dashboards',
  },
  { path: 'dashboard.annotations', schema: labels, meaning: 'such as the folder: `{grafana_folder: Storage}`' },
];
