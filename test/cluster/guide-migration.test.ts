import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { KubeObject } from '../../src/api/meta.ts';
import { until } from '../support/cluster.ts';
import { sharedControlPlane } from '../support/control-plane-environment.ts';
import { openGuideWorld, reopenWay, startGuideCluster } from '../support/guide-cluster.ts';
import { deskFor, type GuidePrograms, guidePrograms } from '../support/guide-desk.ts';
import { GuideReader } from '../support/guide-reader.ts';
import { isWorking, keysOf } from '../support/keys.ts';
import { writePredecessorChart } from '../support/predecessor-chart.ts';
import { leftObjects, predecessorsWork, serviceState } from '../support/predecessor-work.ts';
import type { World } from '../support/world.ts';
import { run } from './control-plane/run-command.ts';
import { helm } from './helm.ts';

/** docs/guides/migration.md, typed as it stands on a real control plane, with a predecessor that Helm installed. */

const GUIDE = 'docs/guides/migration.md';
const NAME = 'wasabi-s3-operator';
const skip = sharedControlPlane() === undefined ? 'npm run test:cluster has the binaries' : false;

/** The predecessor's release, and its work of months; a reader with a kubeconfig of that cluster. */
async function leftByPredecessor(t: TestContext, programs: GuidePrograms) {
  const { cluster, kubeconfig } = await startGuideCluster(t);
  const world = await openGuideWorld(t, cluster);
  const desk = deskFor(t, programs, kubeconfig, world.operator.wasabi.port);
  const home = desk.env['HOME'] ?? '';
  const runHelm = (...args: readonly string[]) => helm(programs.helm, kubeconfig, home, args);
  await runHelm('install', NAME, writePredecessorChart(home), '--namespace', NAME, '--create-namespace');
  const keys = await predecessorsWork(world);
  await reopenWay(t, world);
  const kubectl = (...args: readonly string[]) => run(programs.kubectl, args, { env: desk.env });
  return { world, desk, keys, runHelm, kubectl };
}

async function allAre(world: World, type: string): Promise<void> {
  for (const [kind, name] of leftObjects) await world.reaches(kind, name, type, 'True');
}

async function finalizersOf(world: World): Promise<readonly unknown[]> {
  const objects = await Promise.all(leftObjects.map(([kind, name]) => world.get(kind, name)));
  return objects.map((object) => object?.metadata.finalizers);
}

test(`${GUIDE}: as typed, everything is taken over and nothing is lost`, { skip }, async (t) => {
  const programs = await guidePrograms();
  if (programs === undefined) return t.skip('kubectl and helm are not there, and no Go to build them');
  const { world, desk, keys, runHelm, kubectl } = await leftByPredecessor(t, programs);
  const reader = new GuideReader(t, GUIDE, desk);
  const [state, finalizers] = [serviceState(world), await finalizersOf(world)];

  await reader.section('1. Keep the definitions');
  const copy = (file: string) => JSON.parse(readFileSync(join(desk.folder, file), 'utf8')) as { items: KubeObject[] };
  const copied = copy('wasabi-objects.json').items.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  assert.deepEqual(copied.toSorted(), leftObjects.map(([kind, name]) => `${kind} ${name}`).toSorted());
  assert.deepEqual(
    copy('wasabi-secrets.json').items.map(({ metadata }) => metadata.name),
    ['logs-accesskey-credentials'],
  );

  await reader.section('2. Stop the predecessor');
  assert.equal(await kubectl('-n', NAME, 'get', 'pods', '-o', 'name'), '');

  const looked = await reader.section('3. Look before you leap');
  assert.match(looked, /^AccessKey .* logs-accesskey +\[record whose the keys are labels, annotations and owner/m);
  assert.match(looked, /^Bucket +\S+ +logs +\[tagging: keys s3\.cloud37\.dev\/owned-by, team\]/m);
  assert.match(looked, /^User +\S+ +reports +\[inline policy: \+ Allow s3:GetObject/m);
  await allAre(world, 'Ready');
  assert.deepEqual(world.serviceWrites(), []);
  assert.deepEqual([serviceState(world), await finalizersOf(world)], [state, finalizers]);

  await reader.section('4. Let it work');
  await allAre(world, 'Ready');
  assert.deepEqual(world.serviceWrites().toSorted(), ['PutBucketTagging', 'PutUserPolicy']);

  const lost = { KEY_NAMESPACE: world.namespace, KEY_OBJECT: 'logs-accesskey', KEY_ID: keys.lostId };
  const damage = await reader.section('5. Clean up what the predecessor damaged', lost);
  assert.match(damage, new RegExp(`^AccessKey .* logs-accesskey .*${keys.lostId}`, 'm'));
  assert.match(damage, /^User .* auditor .*auditor-policy/m);
  const livingKeys = () => keysOf(world, 'logs').map(({ accessKeyId }) => accessKeyId);
  await until('the key is revoked', async () => !livingKeys().includes(keys.lostId));
  assert.deepEqual(livingKeys(), [keys.usedId]);

  await reader.section('6. Remove the predecessor');
  reader.end();
  await assert.rejects(runHelm('uninstall', NAME, '--namespace', NAME), /release: not found/);
  const left = await kubectl(
    '-n',
    NAME,
    'get',
    'all,serviceaccount,clusterrole,clusterrolebinding,secret',
    '-o',
    'name',
  );
  assert.deepEqual(
    left.split('\n').filter((line) => line.includes(NAME) || line.startsWith('secret')),
    ['secret/mail-password'],
  );
  await reader.interrupt('operator');

  for (const [kind, name] of leftObjects) {
    const object = await world.get(kind, name);
    assert.equal(object?.metadata.deletionTimestamp, undefined, `${kind} ${name}`);
    await world.expectValid(kind, name);
  }
  const destructive = world.operatorCalls().filter(({ operation }) => /^(Delete|Detach|Remove|Abort)/.test(operation));
  assert.deepEqual(
    destructive.map(({ operation }) => operation),
    ['DeleteAccessKey'],
  );
  assert.ok(await isWorking(world, 'logs-accesskey-credentials'));
});
