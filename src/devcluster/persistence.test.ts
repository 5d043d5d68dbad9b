import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { textOf } from './json.ts';
import { startDevCluster } from './server.ts';
import { configMap, metadataOf, serveWidgets, startCluster, WIDGETS, widget } from './testing/client.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'devcluster-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('devcluster: a folder keeps objects, definitions, revisions and the token over a restart', async (t) => {
  const dataDir = await folderFor(t);
  const first = await startCluster(t, { dataDir });
  await serveWidgets(first, { type: 'object', 'x-kubernetes-preserve-unknown-fields': true });
  await first.create(WIDGETS, widget('w', { spec: { size: 3 } }));
  const map = await first.create(MAPS, configMap('kept'));
  await first.create(MAPS, configMap('later'));
  const kubeSystem = metadataOf((await first.call('GET', '/api/v1/namespaces/kube-system')).body);
  await first.cluster.stop();
  assert.equal((await stat(join(dataDir, 'cluster.json'))).mode & 0o777, 0o600, 'Secrets are in it');

  const second = await startCluster(t, { dataDir });
  assert.equal(second.cluster.token.reveal(), first.cluster.token.reveal(), 'kubeconfigs go on');
  const read = await second.until(`${WIDGETS}/w`, ({ code }) => code === 200);
  assert.deepEqual(read.body.spec, { size: 3 });
  assert.deepEqual((await second.call('GET', `${MAPS}/kept`)).body.metadata, map.metadata);
  const again = metadataOf((await second.call('GET', '/api/v1/namespaces/kube-system')).body);
  assert.equal(again.uid, kubeSystem.uid, 'the identity of the cluster');
  const next = await second.create(MAPS, configMap('new'));
  assert.ok(Number(metadataOf(next).resourceVersion) > Number(metadataOf(map).resourceVersion));
  const from = textOf(metadataOf(map).resourceVersion);
  const stale = await second.watch(`${MAPS}?watch=1&resourceVersion=${from}`);
  assert.equal((await stale.next()).type, 'ERROR', 'what happened before the restart is not told again');
});

test('devcluster: an owner that went with the folder takes what it owns with it', async (t) => {
  const dataDir = await folderFor(t);
  const first = await startCluster(t, { dataDir });
  const { uid = '' } = metadataOf(await first.create(MAPS, configMap('owner')));
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }];
  await first.create(MAPS, { ...configMap('owned'), metadata: { name: 'owned', ownerReferences } });
  await first.cluster.stop();
  const second = await startCluster(t, { dataDir });
  await second.call('DELETE', `${MAPS}/owner`);
  await second.until(`${MAPS}/owned`, ({ code }) => code === 404);
});

test('devcluster: a folder of another format is refused with its name', async (t) => {
  const dataDir = await folderFor(t);
  const file = join(dataDir, 'cluster.json');
  await writeFile(file, '{"format": 99}');
  await assert.rejects(startDevCluster({ dataDir }), new Error(`${file}: format 99 is not 1: use another folder`));
  await writeFile(file, '{');
  await assert.rejects(startDevCluster({ dataDir }), /cluster\.json cannot be read: .*: use another folder/);
});
