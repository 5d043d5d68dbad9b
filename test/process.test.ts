import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LEASES } from '../src/api/core-types.ts';
import type { KubeObject } from '../src/api/meta.ts';
import { isTrue } from '../src/managed/conditions.ts';
import type { ManagedResource } from '../src/managed/kind.ts';
import { startAccount } from './support/account.ts';
import { bucket, typeOf } from './support/builders.ts';
import { createNamespace, startTestCluster, until } from './support/cluster.ts';
import {
  exitOf,
  kubeconfigFor,
  metricsPortOf,
  type OperatorProcess,
  probe,
  startProcess,
} from './support/operator-process.ts';
import { startProxy } from './support/proxy.ts';

interface Lease extends KubeObject {
  readonly spec?: { readonly holderIdentity?: string; readonly leaseTransitions?: number };
}

async function scene(t: TestContext) {
  const cluster = await startTestCluster();
  t.after(() => cluster.stop());
  const { emulator, manifests, allowedEndpoints } = await startAccount(t);
  const namespace = await createNamespace(cluster.admin, 'process');
  const flags = [
    `--kubeconfig=${kubeconfigFor(t, cluster)}`,
    '--metrics-port=0',
    `--watch-namespaces=${namespace}`,
    `--leader-election-namespace=${namespace}`,
    allowedEndpoints,
  ];
  const apply = async () => {
    for (const manifest of manifests) await cluster.admin.create(typeOf(manifest.kind), namespace, manifest);
  };
  const ready = (name: string) =>
    until(
      `Bucket ${name} is Ready`,
      async () => {
        const key = { namespace, name };
        const found = await cluster.admin.get<ManagedResource>(typeOf('Bucket'), key);
        return isTrue(found?.status?.conditions, 'Ready');
      },
      40_000,
    );
  const create = (name: string) => cluster.admin.create(typeOf('Bucket'), namespace, bucket(name));
  const lease = () => cluster.admin.get<Lease>(LEASES, { namespace, name: 'wasabi-s3-operator' });
  return { cluster, emulator, namespace, flags, apply, create, ready, lease };
}

test('process: bad settings are told all at once, and end it with 2', async (t) => {
  const operator = startProcess(t, ['--no-such-flag', '--metrics-port=x'], {
    LOG_LEVEL: 'loud',
    KUBERNETES_SERVICE_PORT: 'x',
  });
  assert.equal(await exitOf(operator), 2);
  assert.match(operator.output(), /--no-such-flag: no such flag/);
  assert.match(operator.output(), /--metrics-port: "x" must be a whole number from 0 to 65535/);
  assert.match(operator.output(), /LOG_LEVEL: "loud" must be one of/);
});

test('process: works, tells the truth of itself, and gives the Lease back on SIGTERM', async (t) => {
  const { flags, apply, create, ready, lease, emulator } = await scene(t);
  const operator = startProcess(t, flags);
  await apply();
  await create('from-a-process');
  await ready('from-a-process');
  const port = metricsPortOf(operator);
  const { body: readiness } = await probe(port, '/readyz');
  assert.deepEqual(JSON.parse(readiness), { status: 'ok', checks: { cluster: 'ok', caches: 'ok' } });
  const health = { status: 200, body: '[+]watches ok\n[+]passes ok\nhealthz check passed\n' };
  assert.deepEqual(await probe(port, '/healthz?verbose'), health);
  const { body } = await probe(port, '/metrics');
  assert.match(body, /wasabi_s3_operator_reconcile_total\{kind="Bucket",outcome="InSync"\} [1-9]/);
  assert.match(
    body,
    /wasabi_s3_operator_api_call_total\{service="s3",operation="CreateBucket",[^}]*status="200"[^}]*\} 1\b/,
  );
  assert.match(body, /wasabi_s3_operator_leader 1\b/);
  const agents = new Set(emulator.calls.map(({ userAgent }) => userAgent));
  assert.ok(
    [...agents].every((agent) => agent.startsWith('wasabi-s3-operator/')),
    [...agents].join(),
  );
  operator.child.kill('SIGTERM');
  assert.equal(await exitOf(operator), 0, operator.output());
  assert.equal((await lease())?.spec?.holderIdentity, '');
  const { secretAccessKey } = emulator.account;
  assert.ok(!operator.output().includes(secretAccessKey), 'no secret in the log');
});

test('process: gives the Lease back though the signal comes twice, as npm makes it of Ctrl-C', async (t) => {
  const { flags, cluster, lease } = await scene(t);
  const { url, ca, token } = cluster;
  const proxy = await startProxy({ url, ...(ca === undefined ? {} : { ca }) });
  t.after(() => proxy.stop());
  const operator = startProcess(t, [
    ...flags,
    `--kubeconfig=${kubeconfigFor(t, { url: proxy.url, token, ca: undefined })}`,
  ]);
  await until('it leads', async () => (await lease())?.spec?.holderIdentity?.includes('_') === true);
  proxy.decide(({ body }) => {
    // While the Lease is on its way back.
    if (body.includes('"holderIdentity":""')) operator.child.kill('SIGINT');
    return 'pass';
  });
  operator.child.kill('SIGINT');
  assert.equal(await exitOf(operator), 0, operator.output());
  assert.equal((await lease())?.spec?.holderIdentity, '');
  assert.equal(operator.output().split('"stopping"').length, 2, operator.output());
});

test('process: alive, and says what it waits for, while the API server is away', async (t) => {
  const { flags, cluster, lease } = await scene(t);
  const proxy = await startProxy({ url: cluster.url, ...(cluster.ca === undefined ? {} : { ca: cluster.ca }) });
  t.after(() => proxy.stop());
  const away = () => proxy.decide(() => ({ status: 503 }));
  away();
  const { token } = cluster;
  const started = () =>
    startProcess(t, [...flags, `--kubeconfig=${kubeconfigFor(t, { url: proxy.url, token, ca: undefined })}`]);
  const waits = async (operator: OperatorProcess, pattern: RegExp) => {
    await until('it has asked', async () => {
      const port = metricsPortOf(operator);
      return !Number.isNaN(port) && pattern.test((await probe(port, '/readyz')).body);
    });
    assert.equal((await probe(metricsPortOf(operator), '/readyz')).status, 503);
    assert.equal((await probe(metricsPortOf(operator), '/healthz')).status, 200);
  };
  const stopped = started();
  await waits(stopped, /"cluster":"[^"]*503/);
  stopped.child.kill('SIGTERM');
  assert.equal(await exitOf(stopped), 0, stopped.output());

  const operator = started();
  await waits(operator, /"cluster":"[^"]*503/);
  proxy.decide(({ url }) => (url.endsWith('/kube-system') ? { status: 403 } : 'pass'));
  await waits(operator, /grant that, or name the cluster with --cluster-id/);
  proxy.decide(undefined);
  await until('it leads', async () => (await lease())?.spec?.holderIdentity?.includes('_') === true);
  assert.equal((await probe(metricsPortOf(operator), '/readyz')).status, 200);
});

test('process: a defect that nobody caught is a line of the log, and ends it with 1', async (t) => {
  const { flags } = await scene(t);
  const planted =
    "const timer=setInterval(()=>{if(process.listenerCount('uncaughtException')===0)return;clearInterval(timer);Promise.reject(new TypeError('planted'))},20)";
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(planted)}` };
  const operator = startProcess(t, flags, env);
  assert.equal(await exitOf(operator), 1);
  const line = operator
    .output()
    .split('\n')
    .find((each) => each.includes('"a defect ends this process"'));
  const { level, error } = JSON.parse(line ?? '{}') as Record<string, unknown>;
  assert.equal(level, 'error');
  assert.match((error as { readonly stack: string }).stack, /\ncaused by TypeError: planted\n {4}at /);
});

test('process: a port that is taken ends it with 1, and says so', async (t) => {
  const { flags, emulator } = await scene(t);
  const operator = startProcess(t, [...flags, `--metrics-port=${emulator.port}`]);
  assert.equal(await exitOf(operator), 1);
  assert.match(operator.output(), /^--metrics-port \(METRICS_PORT\) \d+: the port is in use.*\n$/m);
  assert.doesNotMatch(operator.output(), /Internal|stack/);
});

test('process: a kubeconfig that is missing or unreadable ends it with 1 and one sentence', async (t) => {
  const missing = startProcess(t, ['--kubeconfig=/nowhere/config', '--metrics-port=0']);
  assert.equal(await exitOf(missing), 1);
  assert.match(missing.output(), /^no way to reach a cluster: .*\/nowhere\/config\. Pass --kubeconfig FILE\n$/);
  const file = fileURLToPath(import.meta.url);
  const unreadable = startProcess(t, [`--kubeconfig=${file}`, '--metrics-port=0']);
  assert.equal(await exitOf(unreadable), 1);
  assert.match(unreadable.output(), /^kubeconfig \S+ cannot be read: .*\n$/);
});

test('process: without our definitions, or with a token that is refused, readiness and log say what to do', async (t) => {
  const { flags, cluster } = await scene(t);
  const proxy = await startProxy({ url: cluster.url, ...(cluster.ca === undefined ? {} : { ca: cluster.ca }) });
  t.after(() => proxy.stop());
  let isKnown = false;
  proxy.decide(({ url }) => {
    if (!isKnown) return url.endsWith('/kube-system') ? { status: 401 } : 'pass';
    return url.startsWith('/apis/s3.cloud37.dev/') ? { status: 404 } : 'pass';
  });
  const { token } = cluster;
  const operator = startProcess(t, [
    ...flags,
    `--kubeconfig=${kubeconfigFor(t, { url: proxy.url, token, ca: undefined })}`,
  ]);
  const ready = async () => {
    const port = metricsPortOf(operator);
    return Number.isNaN(port) ? '' : (await probe(port, '/readyz')).body;
  };
  await until('it says that the token is refused', async () => /check the token/.test(await ready()));
  isKnown = true;
  await until('it says what is missing', async () =>
    /the CustomResourceDefinitions are not installed: kubectl apply -f \S+: .*Bucket/.test(await ready()),
  );
  assert.match(operator.output(), /"problems":\["the CustomResourceDefinitions are not installed/);
});

test('process: who loses the Lease says so in one line and ends with 1', async (t) => {
  const { flags, cluster, namespace, lease } = await scene(t);
  const operator = startProcess(t, flags);
  await until('it leads', async () => (await lease())?.spec?.holderIdentity?.includes('_') === true);
  const spec = { holderIdentity: 'somebody-else', leaseTransitions: 9 };
  const key = { namespace, name: 'wasabi-s3-operator' };
  await cluster.admin.patch(LEASES, key, { type: 'merge', body: { spec } });
  assert.equal(await exitOf(operator), 1, operator.output());
  const lines = operator.output().trim().split('\n');
  const told = lines.filter((line) => line.includes('leadership is lost'));
  assert.equal(told.length, 1, operator.output());
  assert.partialDeepStrictEqual(JSON.parse(told[0] ?? ''), {
    level: 'error',
    reason: 'the Lease is held by "somebody-else"',
  });
  assert.doesNotMatch(operator.output(), /Internal|stack/);
});

test('process: a standby takes over when the leader goes, and again when it is killed', async (t) => {
  const { flags, apply, create, ready, lease, emulator } = await scene(t);
  const first = startProcess(t, flags);
  await apply();
  await create('under-the-first');
  await ready('under-the-first');
  const second = startProcess(t, flags);
  await until('the second stands by', () => Promise.resolve(second.output().includes('standing by to take over')));
  assert.match(second.output(), new RegExp(`"holder":"${(await lease())?.spec?.holderIdentity}"`));
  first.child.kill('SIGTERM');
  await exitOf(first);
  await create('under-the-second');
  await ready('under-the-second');
  const epoch = (await lease())?.spec?.leaseTransitions ?? 0;
  assert.ok(epoch >= 1, `the epoch grows with each leader: ${epoch}`);
  if (process.env['TEST_CLUSTER_URL'] === undefined) return; // waiting for a Lease to run out takes 15 s
  const third = startProcess(t, flags);
  await until('the third is started', () => Promise.resolve(third.output().includes('"started"')));
  second.child.kill('SIGKILL');
  await create('under-the-third');
  await ready('under-the-third');
  const created = emulator.calls.filter(({ operation, status }) => operation === 'CreateBucket' && status === 200);
  assert.equal(created.length, 3, 'each bucket was created once');
});
