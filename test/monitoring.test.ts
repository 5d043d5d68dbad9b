import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CHART_VALUES } from '../scripts/chart-values.ts';
import { ALERTS } from '../scripts/monitoring/alerts.ts';
import { ROWS } from '../scripts/monitoring/dashboard-panels.ts';
import { CONDITION_TYPES } from '../src/api/condition-types.ts';
import { EVENT_REASONS } from '../src/api/event-reasons.ts';
import { KINDS } from '../src/api/kinds.ts';
import { REASON_GROUPS } from '../src/api/reasons.ts';
import type { MetricRow } from '../src/telemetry/metric-row.ts';
import { fullName, METRICS } from '../src/telemetry/metrics-table.ts';

/** What alerts and the dashboard say is so; `npm run test:consumers` puts them to a Prometheus. */

const rows = Object.values<MetricRow>(METRICS);
const queries = ROWS.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries.map(({ expr }) => expr)));
/** A metric in a query, without what a histogram adds to its name, and its matchers. */
const NAME = /\b((?:wasabi_s3_operator|process|nodejs)_\w+?)(?:_bucket|_sum|_count)?\b(?:\{([^}]*)\})?/g;

test('dashboard: each metric is on a panel', () => {
  const shown = new Set(queries.flatMap((expr) => [...expr.matchAll(NAME)].map(([, name = '']) => name)));
  const missing = rows.filter((row) => !shown.has(fullName(row)));
  assert.deepEqual(missing, []);
});

test('dashboard and alerts: they name no metric and no label that there is not', () => {
  for (const expr of [...queries, ...ALERTS.map((alert) => alert.expr)]) {
    for (const [, name = '', matchers = ''] of expr.matchAll(NAME)) {
      const found = rows.find((row) => fullName(row) === name);
      assert.ok(found, `${name} in ${expr}`);
      const labels = [...matchers.matchAll(/(\w+)(?:=~|!=|=)"/g)].map(([, label = '']) => label);
      const strange = labels.filter((label) => !found.labels.includes(label) && label !== 'namespace');
      assert.deepEqual(strange, [], `${name} in ${expr}`);
    }
  }
});

test('alerts: reasons, events, kinds, metrics and values of the chart that the steps name are there', () => {
  const words = new Set<string>([
    ...Object.keys(CONDITION_TYPES),
    ...Object.keys(EVENT_REASONS),
    ...REASON_GROUPS.flatMap(({ reasons }) => Object.keys(reasons)),
    ...KINDS.map(({ type }) => type.kind),
    'ServiceMonitor',
    'PodMonitor',
    'NetworkPolicy',
  ]);
  const paths = CHART_VALUES.map(({ path }) => path);
  for (const { name, steps } of ALERTS) {
    const text = steps.join('\n');
    const said = [...text.matchAll(/\b(?:[A-Z][a-z]+){2,}\b/g)].map(([word]) => word);
    assert.deepEqual(
      said.filter((word) => !words.has(word)),
      [],
      name,
    );
    const values = [...text.matchAll(/`((?:operator|rbac|networkPolicy|prometheusRule)\.[\w.]+)`/g)];
    for (const [, path = ''] of values) assert.ok(paths.includes(path), `${name}: ${path}`);
    for (const [, metric = ''] of text.matchAll(NAME)) {
      assert.ok(
        rows.some((row) => fullName(row) === metric),
        `${name}: ${metric}`,
      );
    }
  }
});

test('alerts: the part of the page that each links to is there', () => {
  const page = readFileSync(new URL('../docs/operations/alerts.md', import.meta.url), 'utf8');
  const anchors = [...page.matchAll(/^## (\w+)$/gm)].map(([, title = '']) => title.toLowerCase());
  assert.deepEqual(
    anchors,
    ALERTS.map(({ name }) => name.toLowerCase()),
  );
});
