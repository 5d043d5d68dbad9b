import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeClock, settle, waitFor } from '../../test/support/fake-clock.ts';
import { SECRETS } from '../api/core-types.ts';
import type { Provider } from '../api/provider.ts';
import type { ManagedResource } from '../managed/kind.ts';
import { Turn } from '../runtime/turn.ts';
import { parseAllowedEndpoints } from '../wasabi/allowed-endpoints.ts';
import { BucketIndexes } from '../wasabi/buckets.ts';
import { type Answer, poolFor, startLoopback } from '../wasabi/testing/loopback.ts';
import { AccountAccess } from './account-access.ts';
import { SecretReader, versionText } from './provider-secrets.ts';
import { noObjects, startDevKube } from './testing/dev-kube.ts';

const ACCOUNT = '100000000001';
const bucket = {
  kind: 'Bucket',
  metadata: { namespace: 'default', name: 'b', uid: 'b' },
} as unknown as ManagedResource;
const user: Answer = {
  status: 200,
  body: `<GetUserResponse><GetUserResult><User><Path>/</Path><UserId>U</UserId><Arn>arn:aws:iam::${ACCOUNT}:root</Arn></User></GetUserResult></GetUserResponse>`,
};

/** The way into an account whose service answers who is calling only when the test lets it. */
async function start(t: TestContext) {
  const { kube } = await startDevKube(t);
  const stringData = { id: 'TESTKEY0000000000001', secret: 'test-secret-0123456789' };
  const secret = await kube.create(SECRETS, 'default', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'keys' },
    stringData,
  });
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const server = await startLoopback(t, () => released.then(() => user));
  const parts = {
    secrets: new SecretReader({ kube, lookup: noObjects, versionOf: () => versionText(secret) }),
    pool: poolFor(server),
    indexes: new BucketIndexes(new FakeClock()),
    allowed: parseAllowedEndpoints([server.url]),
    defaultRate: 100,
  };
  const provider: Provider = {
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind: 'Provider',
    metadata: { name: 'p', namespace: 'default', uid: 'p', resourceVersion: '1', creationTimestamp: '' },
    spec: {
      type: 's3',
      region: 'us-east-1',
      endpoint: server.url,
      pathStyle: true,
      auth: {
        accessKeySecretRef: { name: 'keys', key: 'id' },
        secretKeySecretRef: { name: 'keys', key: 'secret' },
      },
    },
    status: {
      accountId: ACCOUNT,
      conditions: [{ type: 'AuthValid', status: 'True', reason: 'Accepted', message: '', lastTransitionTime: '' }],
    },
  };
  const access = new AccountAccess(parts);
  return {
    server,
    release,
    connect: (signal: AbortSignal) =>
      access.connect(bucket, provider, ACCOUNT, { signal, turn: new Turn(new FakeClock(), 'user') }),
  };
}

test('a pass that is cancelled takes none of those along that wait for the same answer', async (t) => {
  const { server, release, connect } = await start(t);
  const first = new AbortController();
  const cancelled = connect(first.signal);
  await waitFor('the service is asked', () => server.requests.length === 1);
  const other = connect(new AbortController().signal);
  await settle(); // the Secret is known by now, so the other one waits for the same answer
  first.abort();
  await assert.rejects(cancelled, { type: 'Transient', reason: 'Cancelled' });
  release();
  assert.ok((await other).client);
  assert.equal(server.requests.length, 2); // STS, which says nothing, and IAM
});

test('an answer for which nobody waits any more is asked for again', async (t) => {
  const { server, release, connect } = await start(t);
  const only = new AbortController();
  const cancelled = connect(only.signal);
  await waitFor('the service is asked', () => server.requests.length === 1);
  only.abort();
  await assert.rejects(cancelled, { type: 'Transient', reason: 'Cancelled' });
  release();
  assert.ok((await connect(new AbortController().signal)).client);
  assert.ok((await connect(new AbortController().signal)).client);
  assert.equal(server.requests.length, 3);
});
