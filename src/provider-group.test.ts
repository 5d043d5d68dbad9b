import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GROUP, keyOf, type ObjectKey } from './api/meta.ts';
import { providerReference } from './kinds/provider-reference.ts';
import type { ManagedResource } from './managed/kind.ts';
import { Lookup } from './managed/lookup.ts';
import type { Reference, ReferenceGrant } from './managed/references.ts';
import { providerGroup } from './provider-group.ts';
import { ObjectStore } from './runtime/store.ts';
import { type IndexedKind, indexesOf, StoreSnapshot } from './snapshot.ts';

interface Refs {
  readonly providerRef?: { readonly name: string; readonly namespace?: string };
  readonly ref?: Pick<Reference, 'kind' | 'key'>;
}

/** A kind whose spec names what the test says. */
const kind: IndexedKind = {
  references: ({ spec, metadata }) => {
    const { providerRef, ref } = spec as Refs;
    const path = 'spec.ref';
    return [
      ...(ref === undefined ? [] : [{ ...ref, path, group: GROUP, isLegacy: false, blocksDeletion: true }]),
      ...(providerRef === undefined ? [] : [providerReference(metadata.namespace, providerRef)]),
    ];
  },
  externalName: () => '',
  mentions: () => [],
};

function world(objects: readonly ManagedResource[]) {
  const names = ['Provider', 'Bucket', 'User', 'BucketPolicy', 'AccessKey'];
  const kinds = Object.fromEntries(names.map((name) => [name, kind]));
  const stores = names.map((name) => {
    const store = new ObjectStore<ManagedResource>({ indexes: indexesOf(kind) });
    for (const one of objects) if (one.kind === name) store.beginWrite(keyOf(one)).finished(one);
    return [name, { kind, store }] as const;
  });
  const none = { namespaces: new ObjectStore(), grants: new ObjectStore<ReferenceGrant>() };
  const lookup = new Lookup(new StoreSnapshot({ kinds: new Map(stores), ...none }), {
    allowLegacyCrossNamespace: false,
  });
  return (name: string, key: ObjectKey) => providerGroup(lookup, kinds, name, key);
}

function object(name: string, spec: Refs & { readonly allowedNamespaces?: object }, namespace = 'a', provider = '') {
  const status = { target: { provider, accountId: '1', region: '', name: '' } };
  return {
    apiVersion: `${GROUP}/v1alpha1`,
    kind: name,
    metadata: { namespace, name: 'it', uid: `${namespace}-${name}`, resourceVersion: '1', creationTimestamp: '' },
    spec,
    ...(provider === '' ? {} : { status }),
  } as ManagedResource;
}

const own = { namespace: 'a', name: 'it' };
const shared = object('Provider', { allowedNamespaces: { from: 'All' } });

test('an object is of the group of the Provider that its spec names, and a Provider of its own', () => {
  const groupOf = world([
    shared,
    object('Bucket', { providerRef: { name: 'it' } }),
    object('User', { providerRef: { name: 'it', namespace: 'a' } }, 'b'),
  ]);
  assert.equal(groupOf('Provider', own), 'Provider a/it');
  assert.equal(groupOf('Bucket', own), 'Provider a/it');
  assert.equal(groupOf('User', { namespace: 'b', name: 'it' }), 'Provider a/it');
});

test('a BucketPolicy is of the group of its Bucket, an AccessKey that names no Provider of that of its User', () => {
  const groupOf = world([
    object('Bucket', { providerRef: { name: 'one' } }),
    object('User', { providerRef: { name: 'two' } }),
    object('BucketPolicy', { ref: { kind: 'Bucket', key: own } }),
    object('AccessKey', { ref: { kind: 'User', key: own } }),
  ]);
  assert.equal(groupOf('BucketPolicy', own), 'Provider a/one');
  assert.equal(groupOf('AccessKey', own), 'Provider a/two');
});

test('whoever may not use a Provider takes none of its turns', () => {
  const groupOf = world([
    object('Provider', {}),
    object('Bucket', { providerRef: { name: 'it', namespace: 'a' } }, 'stranger'),
  ]);
  assert.equal(groupOf('Bucket', { namespace: 'stranger', name: 'it' }), 'Namespace stranger');
});

test('what leads to no Provider is of the group of the recorded one, else of its namespace', () => {
  const gone = { kind: 'Bucket', key: { namespace: 'a', name: 'gone' } };
  const groupOf = world([
    object('BucketPolicy', { ref: gone }, 'a', 'a/recorded'),
    object('BucketPolicy', { ref: gone }, 'b'),
  ]);
  assert.equal(groupOf('BucketPolicy', own), 'Provider a/recorded');
  assert.equal(groupOf('BucketPolicy', { namespace: 'b', name: 'it' }), 'Namespace b');
  assert.equal(groupOf('Bucket', { namespace: 'c', name: 'unknown' }), 'Namespace c');
});
