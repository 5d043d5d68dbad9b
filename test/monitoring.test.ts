import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALERTS } from '../scripts/monitoring/alerts.ts';
import { dashboardFile } from '../scripts/monitoring/dashboard.ts';
import { ROWS } from '../scripts/monitoring/dashboard-panels.ts';
import { RUNBOOKS } from '../scripts/monitoring/runbooks/runbooks.ts';
import type { MetricRow } from '../src/telemetry/metric-row.ts';
import { fullName, METRICS } from '../src/telemetry/metrics-table.ts';

/** What alerts and the dashboard say is so; `npm run test:consumers` puts them to a Prometheus. */

const rows = Object.values<MetricRow>(METRICS);
const queries = ROWS.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries.map(({ expr }) => expr)));
const asked = Object.values(RUNBOOKS).flatMap(({ looks }) =>
  looks.filter(({ language }) => language === 'promql').map(({ text }) => text),
);
/** A metric in a query, without what a histogram adds to its name, and its matchers. */
const NAME = /\b((?:wasabi_s3_operator|process|nodejs)_\w+?)(?:_bucket|_sum|_count)?\b(?:\{([^}]*)\})?/g;

test('dashboard: each metric is on a panel', () => {
  const shown = new Set(queries.flatMap((expr) => [...expr.matchAll(NAME)].map(([, name = '']) => name)));
  const missing = rows.filter((row) => !shown.has(fullName(row)));
  assert.deepEqual(missing, []);
});

test('dashboard, alerts and runbooks: they name no metric and no label that there is not', () => {
  for (const expr of [...queries, ...ALERTS.map((alert) => alert.expr), ...asked]) {
    for (const [, name = '', matchers = ''] of expr.matchAll(NAME)) {
      const found = rows.find((row) => fullName(row) === name);
      assert.ok(found, `${name} in ${expr}`);
      const labels = [...matchers.matchAll(/(\w+)(?:=~|!=|=)"/g)].map(([, label = '']) => label);
      const strange = labels.filter((label) => !found.labels.includes(label) && label !== 'namespace');
      assert.deepEqual(strange, [], `${name} in ${expr}`);
    }
  }
});

test('dashboard: who chooses namespaces, kinds or accounts sees these alone, on each panel that could tell them apart', () => {
  const { templating } = JSON.parse(dashboardFile()) as { templating: { list: readonly { name: string }[] } }; // our own
  const choices = templating.list.map(({ name }) => name).filter((name) => name !== 'datasource');
  assert.deepEqual(choices, ['namespace', 'kind', 'account']);
  for (const expr of queries) {
    for (const [, name = '', matchers = ''] of expr.matchAll(NAME)) {
      const labels = rows.find((row) => fullName(row) === name)?.labels ?? [];
      const isOurs = name.startsWith('wasabi_s3_operator_'); // others are joined with ours
      const missing = choices.filter(
        (label) =>
          isOurs && (label === 'namespace' || labels.includes(label)) && !matchers.includes(`${label}=~"$${label}"`),
      );
      assert.deepEqual(missing, [], `${name} in ${expr}`);
    }
  }
});
