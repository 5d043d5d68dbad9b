import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNamespace } from './support/cluster.ts';
import { shareCluster } from './support/shared-cluster.ts';

const shared = shareCluster();

test('--secret-namespaces: Secrets are listed there alone, whatever else is watched', async (t) => {
  const tenant = await createNamespace(shared.cluster.admin, 'tenant');
  const world = await shared.startWorld(t, { neighbours: [tenant], flags: [`--secret-namespaces=${tenant}`] });
  const lists = world.operator.kube.calls.filter(({ url }) => /\/secrets\?.*labelSelector=/.test(url));
  assert.ok(lists.length > 0);
  for (const { url } of lists) assert.match(url, new RegExp(`^/api/v1/namespaces/${tenant}/secrets\\?`));
});
