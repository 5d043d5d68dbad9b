import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { clientOf, createNamespace, installCrds, staticAccess } from '../../test/support/cluster.ts';
import { USERS, type User } from '../api/user.ts';
import { startDevCluster } from '../devcluster/server.ts';
import { systemClock } from '../runtime/clock.ts';
import { FINALIZER } from './annotations.ts';
import type { Target } from './kind.ts';
import { ObjectWrites } from './writes.ts';

const target: Target = { provider: { namespace: 'ns', name: 'wasabi' }, accountId: '1', region: 'eu', name: 'reader' };
const fence = { assertHeld: () => undefined, remainingMs: () => 60_000, identity: 'me', epoch: 1 };

/** A stored User, and what claims it. */
async function start(t: TestContext): Promise<{ writes: ObjectWrites; resource: User; read: () => Promise<User> }> {
  const cluster = await startDevCluster();
  const kube = clientOf(staticAccess(cluster.url, cluster.token.reveal()));
  t.after(async () => {
    await kube.close();
    await cluster.stop();
  });
  await installCrds(kube, ['User']);
  const namespace = await createNamespace(kube, 'claims');
  const body = {
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind: 'User',
    metadata: { name: 'it' },
    spec: { providerRef: { name: 'wasabi' }, name: 'reader' },
  };
  const resource = await kube.create<User>(USERS, namespace, body);
  const read = async () => {
    const found = await kube.get<User>(USERS, { namespace, name: 'it' });
    assert.ok(found);
    return found;
  };
  return { writes: new ObjectWrites({ kube, fence, clock: systemClock }), resource, read };
}

for (const needsTarget of [true, false]) {
  test(`a claim ${needsTarget ? 'with' : 'without'} a target records what the kind announces, and once`, async (t) => {
    const { writes, resource, read } = await start(t);
    const fields = { attached: ['arn:aws:iam::aws:policy/ReadOnly'] };
    const options = { willCreate: false, needsTarget, clockOffsetMs: 0, fields };
    const claimed = await writes.claim(USERS, resource, target, options);
    const { metadata, status } = await read();
    assert.deepEqual(metadata.finalizers, [FINALIZER]);
    assert.deepEqual([status?.attached, status?.target?.name], [fields.attached, needsTarget ? 'reader' : undefined]);
    await writes.claim(USERS, claimed, target, options);
    assert.equal((await read()).metadata.resourceVersion, metadata.resourceVersion);
  });
}
