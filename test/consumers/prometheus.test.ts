import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { ALERTS } from '../../scripts/monitoring/alerts.ts';
import { ROWS } from '../../scripts/monitoring/dashboard-panels.ts';
import { startAccount } from '../support/account.ts';
import { accessKey, bucket, typeOf, user } from '../support/builders.ts';
import { CHART } from '../support/chart.ts';
import { createNamespace, startTestCluster, until } from '../support/cluster.ts';
import { kubeconfigFor, metricsPortOf, probe, startProcess } from '../support/operator-process.ts';
import { folderFor, promtool, promtoolOn, startPrometheus, withoutPrometheus } from '../support/prometheus.ts';
import { ALERT_CASES, type AlertCase, type Series } from './alert-cases.ts';

/** A Prometheus that we did not write takes our alerts, fires them when it should, and answers every query of the dashboard. */

const RULES = join(CHART, 'files/alerts.yaml');
const skip = withoutPrometheus();

/** A file for `promtool test rules`: of that alert, and no other, that many fire with these labels. */
function unitTest(name: string, series: Series, { atHours = 3, labels }: AlertCase, isFiring: boolean): string {
  const severity = ALERTS.find((alert) => alert.name === name)?.severity;
  const all = { __name__: 'ALERTS', alertname: name, alertstate: 'firing', severity, ...labels };
  const text = Object.entries(all).map(([label, value]) => `${label}="${value}"`);
  return stringify({
    rule_files: [RULES],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: [
          {
            expr: `ALERTS{alertname="${name}",alertstate="firing"}`,
            eval_time: `${atHours}h`,
            exp_samples: isFiring ? [{ labels: `{${text.join(',')}}`, value: 1 }] : [],
          },
        ],
      },
    ],
  });
}

test('alerts: promtool takes the file', { skip }, () => promtool('check', 'rules', RULES));

test('alerts: each has its case', () => {
  assert.deepEqual(
    Object.keys(ALERT_CASES),
    ALERTS.map(({ name }) => name),
  );
});

for (const [name, each] of Object.entries(ALERT_CASES)) {
  test(`alerts: ${name} fires when it should, and not when it should not`, { skip }, (t) => {
    const folder = folderFor(t);
    const { fires, firesToo = fires, quiet } = each;
    for (const [title, series] of Object.entries({ fires, firesToo, quiet })) {
      const file = join(folder, `${title}.yaml`);
      writeFileSync(file, unitTest(name, series, each, title !== 'quiet'));
      promtool('test', 'rules', file);
    }
  });
}

/** As Grafana puts in what its reader chose. */
function chosen(expr: string): string {
  return expr.replaceAll(/\$(?:namespace|kind|account)/g, '.*').replaceAll('$__rate_interval', '10s');
}

/** What has to happen first: an operator at work has nothing to show there. */
const EMPTY_AT_PEACE: ReadonlySet<string> = new Set([
  'Not Ready for',
  'Deleting for',
  'Failures',
  'Drift',
  'Lists made anew',
  'Held back',
  'Unsupported settings',
  'Certificates end in',
  'Failed passes that are tried again',
]);

test('dashboard: a Prometheus answers every query, and all that work shows has an answer', { skip }, async (t) => {
  const cluster = await startTestCluster();
  t.after(() => cluster.stop());
  const namespace = await createNamespace(cluster.admin, 'metrics');
  const { manifests, allowedEndpoints } = await startAccount(t);
  const rotate = { enabled: true, intervalDays: 30 };
  const all = [...manifests, bucket('logs'), user('reader'), accessKey('reader', 'reader', { rotate })];
  for (const manifest of all) await cluster.admin.create(typeOf(manifest.kind), namespace, manifest);
  const operator = startProcess(t, [
    `--kubeconfig=${kubeconfigFor(t, cluster)}`,
    '--metrics-port=0',
    `--leader-election-namespace=${namespace}`,
    `--watch-namespaces=${namespace}`,
    '--cluster-id=one',
    allowedEndpoints,
  ]);
  await until('it serves metrics', () => Promise.resolve(!Number.isNaN(metricsPortOf(operator))));
  const { ask, query } = await startPrometheus(t, { metricsPort: metricsPortOf(operator), rules: RULES });
  const panels = ROWS.flatMap((row) => row.panels);
  for (const { title, queries } of panels) {
    for (const { expr } of queries) {
      if (EMPTY_AT_PEACE.has(title)) await query(chosen(expr));
      else await until(`${title} has an answer: ${expr}`, async () => (await query(chosen(expr))).length > 0);
    }
  }
  await until('the key is delivered, and all is well', async () => {
    const notReady = await query('sum(wasabi_s3_operator_objects{condition="Ready",status!="True"}) == 0');
    return (
      notReady.length === 1 &&
      (await query('wasabi_s3_operator_access_key_rotation_due_timestamp_seconds')).length === 1
    );
  });
  const { body } = await probe(metricsPortOf(operator), '/metrics');
  assert.equal(promtoolOn(body, 'check', 'metrics'), '', 'names, help and types are as Prometheus wants them');
  const { groups } = (await ask('/api/v1/rules')) as {
    groups: readonly { rules: readonly { name: string; health: string; state: string; lastError?: string }[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);
  assert.deepEqual(
    rules.map(({ name, health, state }) => `${name} ${health} ${state}`),
    ALERTS.map(({ name }) => `${name} ok inactive`),
    JSON.stringify(rules.map(({ lastError }) => lastError)),
  );
});
