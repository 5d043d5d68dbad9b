import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../test/support/fake-clock.ts';
import { bucketDefinition } from './api/bucket.ts';
import { GROUP, keyOf } from './api/meta.ts';
import { providerDefinition } from './api/provider.ts';
import { checkLimit } from './drift.ts';
import { indexed } from './indexed-kind.ts';
import { AccountAccess } from './kinds/account-access.ts';
import { bucketReferences } from './kinds/bucket/references.ts';
import { providerReferences } from './kinds/provider/kind.ts';
import { SecretReader } from './kinds/provider-secrets.ts';
import { noObjects, startDevKube } from './kinds/testing/dev-kube.ts';
import type { ManagedResource } from './managed/kind.ts';
import { Lookup } from './managed/lookup.ts';
import type { ReferenceGrant } from './managed/references.ts';
import { ObjectStore } from './runtime/store.ts';
import { indexesOf, StoreSnapshot } from './snapshot.ts';
import { parseAllowedEndpoints } from './wasabi/allowed-endpoints.ts';
import { BucketIndexes } from './wasabi/buckets.ts';
import { ClientPool } from './wasabi/clients.ts';

const clock = new FakeClock();
const kinds = {
  Provider: indexed(providerDefinition, {
    references: providerReferences,
    externalName: ({ metadata }) => metadata.uid,
  }),
  Bucket: indexed(bucketDefinition, { references: bucketReferences, externalName: ({ spec }) => spec.name }),
};

function object(kind: string, name: string, parts: object, metadata: object = {}): ManagedResource {
  const created = { uid: `${kind}-${name}`, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
  return {
    apiVersion: `${GROUP}/v1alpha1`,
    kind,
    metadata: { namespace: 'a', name, ...created, ...metadata },
    ...parts,
  } as unknown as ManagedResource;
}

function provider(name: string, region: string, status?: object, spec: object = {}): ManagedResource {
  const ref = { name: 'keys' };
  const auth = { accessKeySecretRef: ref, secretKeySecretRef: ref };
  return object('Provider', name, { spec: { type: 'wasabi', region, auth, ...spec }, ...(status && { status }) });
}

function bucket(name: string, providerName: string, spec: object = {}, metadata: object = {}): ManagedResource {
  return object('Bucket', name, { spec: { name, providerRef: { name: providerName }, ...spec } }, metadata);
}

test('drift checks: one limit for all Providers of an account, none for what is not compared or leads to no account', async (t) => {
  const { kube } = await startDevKube(t);
  const accountId = '100000000001';
  const objects = [
    provider('east', 'us-east-1', { accountId }),
    provider('west', 'us-west-1', { accountId }, { rateLimit: { requestsPerSecond: 7 } }),
    provider('other', 'us-east-1', { accountId: '100000000002' }),
    provider('new', 'us-east-1'),
    provider('broken', 'us-east-1', { accountId }, { type: 's3', endpoint: undefined }),
    provider('older', 'us-east-1', { accountId }, { rateLimit: { requestsPerSecond: 0 } }),
    bucket('in-older', 'older'),
    bucket('in-east', 'east'),
    bucket('in-west', 'west'),
    bucket('in-other', 'other'),
    bucket('in-new', 'new'),
    bucket('in-broken', 'broken'),
    bucket('in-none', 'none'),
    bucket('suspended', 'east', { suspend: true }),
    bucket('unusable', 'east', { tagging: 'none' }),
    object('Bucket', 'without-spec', {}),
    bucket('deleted', 'east', {}, { deletionTimestamp: '2026-01-02T00:00:00Z', finalizers: ['x/y'] }),
  ];
  const stores = Object.entries(kinds).map(([name, kind]) => {
    const store = new ObjectStore<ManagedResource>({ indexes: indexesOf(kind) });
    for (const one of objects) if (one.kind === name) store.beginWrite(keyOf(one)).finished(one);
    return [name, { kind, store }] as const;
  });
  const none = { namespaces: new ObjectStore(), grants: new ObjectStore<ReferenceGrant>() };
  const snapshot = new StoreSnapshot({ kinds: new Map(stores), ...none });
  const allowed = parseAllowedEndpoints([]);
  const access = new AccountAccess({
    secrets: new SecretReader({ kube, lookup: noObjects, versionOf: () => undefined }),
    pool: new ClientPool({ allowed, clock, random: () => 0, version: 'test' }),
    indexes: new BucketIndexes(clock),
    allowed,
    defaultRate: 20,
  });
  const views = { lookup: new Lookup(snapshot, { allowLegacyCrossNamespace: false }), kinds, access };
  const limitOf = (name: string, kind = 'Bucket') => checkLimit(views, kind, { namespace: 'a', name });

  const east = limitOf('in-east');
  assert.deepEqual([east?.account, east?.perSecond()], [accountId, 20]);
  assert.equal(limitOf('in-west')?.id, east?.id);
  assert.equal(limitOf('in-west')?.perSecond(), 7);
  assert.equal(limitOf('east', 'Provider'), undefined, 'it does not wait');
  assert.notEqual(limitOf('in-other')?.id, east?.id);
  const unlimited = ['in-new', 'in-broken', 'in-older', 'in-none', 'suspended', 'unusable', 'without-spec', 'deleted'];
  for (const name of [...unlimited, 'absent']) {
    assert.equal(limitOf(name), undefined, name);
  }
});
