import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WORKLOADS } from '../src/api/core-types.ts';
import { eventsAbout, inject, kubeError } from './support/answers.ts';
import { until } from './support/cluster.ts';
import { isWorking, type KeyWorld, keysOf, pairIn, settledKey } from './support/keys.ts';
import { annotate } from './support/outside.ts';
import { deploy, restarts, type WorkloadKind, workload } from './support/restart-targets.ts';

/** Workloads that read the key when they start: restarted once for each change of what they read. */

const IAM = 'team-iam';
const KEY_CONTENT = 's3.cloud37.dev/key-content';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const flags = ['--drift-check-interval-seconds=0'];
const OUTPUT = { name: 'it-original', preset: 'original' } as const;
const outputs = [OUTPUT];
const rotate = { enabled: true, intervalDays: 10, previousKeysRetentionDays: 2 };
const KINDS = ['StatefulSet', 'DaemonSet', 'Deployment'] as const;
const restart = KINDS.map((kind) => ({ kind, name: 'web' }));

async function withWorkloads(
  t: Parameters<typeof settledKey>[0],
  kinds: readonly WorkloadKind[] = KINDS,
): Promise<KeyWorld> {
  const it = await settledKey(t, IAM, { rotate, outputs }, { flags });
  for (const kind of kinds) await deploy(it.world, kind);
  await it.world.patch('AccessKey', 'it', { spec: { restart } });
  await it.world.reaches('AccessKey', 'it', 'Synced', 'True');
  await it.world.settle();
  return it;
}

async function rotated(it: KeyWorld, when = 'now'): Promise<void> {
  const { accessKeyId } = await pairIn(it.world, 'it-credentials');
  await annotate(it.world, 'AccessKey', 'it', { 's3.cloud37.dev/rotate-requested-at': when });
  await until('the switch', async () => (await pairIn(it.world, 'it-credentials')).accessKeyId !== accessKeyId);
  await it.world.settle();
}

function told({ world }: KeyWorld, reason: string): readonly string[] {
  return eventsAbout(world, 'AccessKey', 'it').flatMap((event) => (event.reason === reason ? [event.note] : []));
}

function restartBlocked({ world }: KeyWorld) {
  return world.condition('AccessKey', 'it', 'RestartBlocked');
}

test('workloads are restarted once a rotation, after the outputs were written, and not when they are first seen', async (t) => {
  const it = await withWorkloads(t);
  for (const kind of KINDS) {
    assert.deepEqual(await restarts(it.world, kind), { times: 0, at: undefined, team: 'a' });
  }
  const before = it.world.kubeWrites().length;
  await rotated(it);
  for (const kind of KINDS) {
    const { times, at, team } = await restarts(it.world, kind);
    assert.deepEqual([times, team], [1, 'a']);
    assert.ok(Date.parse(at ?? '') > 0, at);
  }
  const written = it.world
    .kubeWrites()
    .slice(before)
    .map((write) => write.split('/').slice(-2).join('/'));
  assert.deepEqual(
    written.filter((name) => /^(secrets\/it-(credentials|original)|.*s\/web)$/.test(name)),
    ['secrets/it-credentials', 'secrets/it-original', 'statefulsets/web', 'daemonsets/web', 'deployments/web'],
  );
  assert.equal(told(it, 'WorkloadRestarted').length, 3);
  assert.ok(told(it, 'OutputsWritten').some((note) => note.includes('it-original')));
  const writes = it.world.kubeWrites().length;
  await it.leap(DAY);
  await it.world.restart();
  await it.world.settle();
  assert.deepEqual(it.world.kubeWrites().slice(writes), []);
  assert.equal((await restarts(it.world)).times, 1);
  await it.world.expectValid('AccessKey', 'it');
});

test('a change of an output alone restarts, a new output does not', async (t) => {
  const it = await withWorkloads(t);
  const added = [...outputs, { name: 'it-env', preset: 'aws-env', parameters: { bucket: 'one' } }];
  await it.world.patch('AccessKey', 'it', { spec: { outputs: added } });
  await until('the new output', async () => (await pairIn(it.world, 'it-env')) !== undefined);
  await it.world.reaches('AccessKey', 'it', 'Synced', 'True');
  await it.world.settle();
  assert.equal((await restarts(it.world)).times, 0);
  const changed = [...outputs, { name: 'it-env', preset: 'aws-env', parameters: { bucket: 'other' } }];
  await it.world.patch('AccessKey', 'it', { spec: { outputs: changed } });
  await until('the restart', async () => (await restarts(it.world)).times === 1);
  await it.world.settle();
  assert.equal((await restarts(it.world)).times, 1);
});

test('a crash around the restart neither loses nor doubles it', async (t) => {
  for (const verdict of ['cutBefore', 'cutAfter'] as const) {
    await t.test(verdict, async (sub) => {
      const it = await withWorkloads(sub, ['StatefulSet']);
      await it.world.patch('AccessKey', 'it', { spec: { restart: [restart[0]] } });
      await it.world.settle();
      const fault = inject(
        it.world.operator.kube,
        ({ method, url }) => method === 'PATCH' && url.includes('/statefulsets/web'),
        (hit) => (hit === 1 ? verdict : 'pass'),
      );
      await annotate(it.world, 'AccessKey', 'it', { 's3.cloud37.dev/rotate-requested-at': 'now' });
      await until('the crash', () => Promise.resolve(fault.hits.length > 0));
      await it.world.restart();
      await it.leap(HOUR);
      await until('the restart', async () => (await restarts(it.world)).times === 1);
      await it.leap(HOUR);
      assert.equal((await restarts(it.world)).times, 1);
      assert.ok(await isWorking(it.world, 'it-original'));
    });
  }
});

test('a workload that is missing is told, keeps nothing from going on, and is taken in when it comes', async (t) => {
  const it = await withWorkloads(t, ['StatefulSet', 'Deployment']);
  const blocked = await restartBlocked(it);
  assert.equal(blocked?.reason, 'RestartTargetMissing');
  assert.match(blocked.message ?? '', /DaemonSet web does not exist/);
  await rotated(it);
  assert.equal((await restarts(it.world)).times, 1);
  await it.world.reaches('AccessKey', 'it', 'Ready', 'True');
  await it.world.reaches('AccessKey', 'it', 'Synced', 'True');
  assert.equal(told(it, 'RestartTargetMissing').length, 1);
  await it.world.expectValid('AccessKey', 'it');
  await deploy(it.world, 'DaemonSet');
  await it.leap(HOUR);
  await until('it is taken in', async () => (await restartBlocked(it)) === undefined);
  assert.match(
    (await workload(it.world, 'DaemonSet')).metadata.annotations?.['s3.cloud37.dev/key-content'] ?? '',
    /it-original/,
  );
});

for (const method of ['GET', 'PATCH']) {
  test(`without the right to ${method} a workload the condition names the rule, and the restart comes with the right`, async (t) => {
    const it = await withWorkloads(t, ['StatefulSet']);
    await it.world.patch('AccessKey', 'it', { spec: { restart: [restart[0]] } });
    await it.world.settle();
    const fault = inject(
      it.world.operator.kube,
      (call) => call.method === method && call.url.includes('/statefulsets/web'),
      kubeError(403, 'Forbidden'),
    );
    await rotated(it);
    const blocked = await restartBlocked(it);
    assert.equal(blocked?.reason, 'Forbidden');
    assert.match(blocked.message ?? '', /\{apiGroups: \[apps\], resources: \[statefulsets\], verbs: \[get, patch\]\}/);
    await it.world.reaches('AccessKey', 'it', 'Synced', 'True');
    assert.equal((await restarts(it.world)).times, 0);
    assert.ok(await isWorking(it.world, 'it-original'));
    fault.end();
    await it.leap(HOUR);
    await until('the restart', async () => (await restarts(it.world)).times === 1);
    await until('nothing is blocked', async () => (await restartBlocked(it)) === undefined);
    await it.world.expectValid('AccessKey', 'it');
  });
}

test('a workload that joins while the previous key lives on may have that one: it is restarted', async (t) => {
  const it = await settledKey(t, IAM, { rotate, outputs }, { flags });
  await deploy(it.world, 'StatefulSet');
  await rotated(it);
  await it.world.patch('AccessKey', 'it', { spec: { restart: [restart[0]] } });
  await it.world.settle();
  await until('the restart', async () => (await restarts(it.world)).times === 1);
  await it.world.settle();
  assert.equal((await restarts(it.world)).times, 1);
});

test('a workload that loses the annotation is not restarted again for the same change', async (t) => {
  const it = await withWorkloads(t, ['StatefulSet']);
  await it.world.patch('AccessKey', 'it', { spec: { restart: [restart[0]] } });
  await it.world.settle();
  await rotated(it);
  assert.equal((await restarts(it.world)).times, 1);
  const key = it.world.key('web');
  const body = { metadata: { annotations: { [KEY_CONTENT]: null } } };
  for (let times = 0; times < 2; times += 1) {
    await it.world.cluster.admin.patch(WORKLOADS.StatefulSet, key, { type: 'merge', body });
    await annotate(it.world, 'AccessKey', 'it', { 's3.cloud37.dev/reconcile-requested-at': String(times) });
    await until('it is noted anew', async () =>
      Object.hasOwn((await workload(it.world)).metadata.annotations ?? {}, KEY_CONTENT),
    );
    await it.world.settle();
  }
  assert.equal((await restarts(it.world)).times, 1);
});

test('nothing is restarted while a new key does not work, nor by a freeze', async (t) => {
  const it = await withWorkloads(t);
  await annotate(it.world, 'AccessKey', 'it', { 's3.cloud37.dev/freeze': 'true' });
  await it.world.reaches('AccessKey', 'it', 'Ready', 'Frozen');
  await it.leap(HOUR);
  assert.equal((await restarts(it.world)).times, 0);
  await annotate(it.world, 'AccessKey', 'it', { 's3.cloud37.dev/freeze': null });
  await it.world.reaches('AccessKey', 'it', 'Ready', 'True');
  await it.world.settle();
  assert.equal((await restarts(it.world)).times, 0);
  assert.equal(keysOf(it.world, IAM).length, 1);
});
