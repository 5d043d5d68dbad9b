import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { KubeObject } from '../../src/api/meta.ts';
import { iamPolicy, user } from '../support/builders.ts';
import { childrenOf, childSecret, makeStack } from '../support/children.ts';
import { installCrds } from '../support/cluster.ts';
import { sharedControlPlane } from '../support/control-plane-environment.ts';
import { openGuideWorld, reopenWay, startGuideCluster } from '../support/guide-cluster.ts';
import { deskFor, guidePrograms, isInstalled } from '../support/guide-desk.ts';
import { GuideReader } from '../support/guide-reader.ts';
import { isWorking, secretOf } from '../support/keys.ts';
import { serviceState } from '../support/predecessor-work.ts';
import { applyProvider, World } from '../support/world.ts';

/** docs/guides/backup-and-restore.md, typed as it stands: a cluster is lost, and another one goes on. */

const GUIDE = 'docs/guides/backup-and-restore.md';
const skip = sharedControlPlane() === undefined ? 'npm run test:cluster has the binaries' : false;
const reading = { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: 'arn:aws:s3:::data/*' }] };
const OBJECTS = [
  ['Provider', 'wasabi'],
  ['Bucket', 'data'],
  ...childrenOf('data'),
  ['IAMPolicy', 'reading'],
  ['User', 'reports'],
] as const;

test(`${GUIDE}: as typed, another cluster goes on where the lost one was`, { skip }, async (t) => {
  const programs = await guidePrograms();
  if (programs === undefined) return t.skip('kubectl and helm are not there, and no Go to build them');
  if (!isInstalled('jq')) return t.skip('jq is not installed');
  const { cluster, kubeconfig } = await startGuideCluster(t);
  await installCrds(cluster.admin);
  const lost = await openGuideWorld(t, cluster);
  await applyProvider(lost);
  await makeStack(lost, 'data');
  await lost.apply(iamPolicy('reading', reading));
  await lost.apply(user('reports', { policyRef: { name: 'reading' } }));
  await lost.reaches('User', 'reports', 'Ready', 'True');
  await lost.console.send(new PutObjectCommand({ Bucket: 'data', Key: 'precious', Body: 'x' }));
  await lost.settle();
  const desk = deskFor(t, programs, kubeconfig, lost.operator.wasabi.port);
  const reader = new GuideReader(t, GUIDE, desk);

  await reader.section('What to back up');
  await lost.kill();
  await cluster.stop();
  await reopenWay(t, lost);
  const state = serviceState(lost);

  const other = await startGuideCluster(t);
  reader.useCluster(other.kubeconfig);
  const looked = await reader.section('The cluster is lost and built again');
  for (const [kind, name] of OBJECTS) assert.match(looked, new RegExp(`^${kind} +\\S+ +${name} +<none>$`, 'm'));
  reader.end();
  await reader.interrupt('operator');

  const { emulator, namespace, operator } = lost;
  const world = new World({
    cluster: other.cluster,
    emulator,
    namespace,
    operator,
    flags: [],
    neighbours: [],
    signer: lost.signer,
  });
  t.after(() => world.console.destroy());
  for (const [kind, name] of OBJECTS) {
    await world.reaches(kind, name, 'Ready', 'True');
    await world.reaches(kind, name, 'Synced', 'InSync');
    await world.expectValid(kind, name);
  }
  // What has an owner that the cluster does not know is deleted sooner or later.
  const uidOf = async (kind: string, name: string) => (await world.get(kind, name))?.metadata.uid;
  const ownersOf = (object: KubeObject | undefined) => object?.metadata.ownerReferences?.map(({ uid }) => uid);
  for (const [kind, name] of childrenOf('data')) {
    assert.deepEqual(ownersOf(await world.get(kind, name)), [await uidOf('Bucket', 'data')], `${kind} ${name}`);
  }
  assert.deepEqual(ownersOf(await secretOf(world, childSecret('data'))), [await uidOf('AccessKey', 'data-accesskey')]);
  assert.ok(await isWorking(world, childSecret('data')));
  assert.deepEqual(serviceState(world), state);
});
