import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../api/meta.ts';
import { ReconcileError } from '../runtime/errors.ts';
import { FINALIZER, RELEASED_FROM } from './annotations.ts';
import { hasFinalizer, Lookup, type Snapshot } from './lookup.ts';
import type { Reference } from './references.ts';
import { other, toy } from './testing/stage.ts';

const near: Reference = {
  path: 'spec.providerRef',
  group: 's3.cloud37.dev',
  kind: 'Provider',
  key: { namespace: 'a', name: 'p' },
  isLegacy: true,
  blocksDeletion: true,
};
const far: Reference = { ...near, key: { namespace: 'far', name: 'p' } };

function provider(namespace: string, spec: object = {}): KubeObject {
  const found = other('Provider', 'p', { spec });
  return { ...found, metadata: { ...found.metadata, namespace } };
}

function lookup(
  objects: readonly KubeObject[],
  options: Partial<ConstructorParameters<typeof Lookup>[1]> = {},
  snapshot: Partial<Snapshot> = {},
): Lookup {
  const found: Snapshot = {
    get: (kind, { namespace, name }) =>
      objects.find(
        ({ kind: its, metadata }) => its === kind && metadata.name === name && metadata.namespace === namespace,
      ) as never,
    referrers: () => [],
    namesakes: () => [],
    namespaceLabels: () => ({ team: 'a' }),
    isTerminating: (namespace) => namespace === 'ending',
    referenceGrants: () => [],
    ...snapshot,
  };
  return new Lookup(found, { allowLegacyCrossNamespace: false, ...options });
}

/** Why the reference leads nowhere. */
function refusal(from: Lookup, reference: Reference): readonly unknown[] {
  try {
    from.follow(toy(), reference);
  } catch (thrown) {
    assert.ok(thrown instanceof ReconcileError);
    return [thrown.type, thrown.reason, thrown.message];
  }
  return [];
}

test('a reference leads to what is there and admits it', () => {
  const [here, open, closed] = [
    provider('a'),
    provider('far', { allowedNamespaces: { from: 'All' } }),
    provider('far'),
  ];
  assert.equal(lookup([here]).follow(toy(), near), here);
  assert.equal(lookup([open]).follow(toy(), far), open);
  assert.equal(lookup([closed], { allowLegacyCrossNamespace: true }).follow(toy(), far), closed);
  const selector = provider('far', {
    allowedNamespaces: { from: 'Selector', selector: { matchLabels: { team: 'a' } } },
  });
  assert.equal(lookup([selector]).follow(toy(), far), selector);
});

test('a reference that leads nowhere says what to do', () => {
  assert.deepEqual(refusal(lookup([]), near), [
    'DependencyNotReady',
    'ProviderNotFound',
    'spec.providerRef: Provider a/p does not exist: create it, or correct the reference',
  ]);
  assert.deepEqual(refusal(lookup([]), { ...near, isFixed: true, kind: 'Thing' }), [
    'DependencyNotReady',
    'NotFound',
    'spec.providerRef: Thing a/p does not exist: create it, or make this object anew with another reference',
  ]);
});

test('across namespaces what is not there and what does not admit read the same', () => {
  const expected = [
    'DependencyNotReady',
    'RefNotPermitted',
    'spec.providerRef: Provider far/p does not exist or does not admit namespace a: its owner opens it with spec.allowedNamespaces or a ReferenceGrant',
  ];
  assert.deepEqual(refusal(lookup([]), far), expected);
  assert.deepEqual(refusal(lookup([provider('far')]), far), expected);
});

test('a namespace that is not watched is named as such', () => {
  const message =
    'spec.providerRef: Provider far/p cannot be seen: this operator does not watch namespace far; add it to --watch-namespaces, or refer to an object of a namespace that is watched';
  assert.deepEqual(refusal(lookup([], { namespaces: ['a'] }), far), ['DependencyNotReady', 'RefNotPermitted', message]);
  assert.equal(
    refusal(lookup([], { namespaces: ['a', 'far'] }), far)[2]
      ?.toString()
      .includes('cannot be seen'),
    false,
  );
});

test('what only the flag opens is told apart', () => {
  const opened = (objects: readonly KubeObject[], allowLegacyCrossNamespace: boolean, reference = far) =>
    lookup(objects, { allowLegacyCrossNamespace }).isOpenedByFlag(toy(), reference);
  assert.equal(opened([provider('far')], true), true);
  assert.equal(opened([provider('far')], false), false);
  assert.equal(opened([provider('far')], true, { ...far, isLegacy: false }), false);
  assert.equal(opened([provider('far', { allowedNamespaces: { from: 'All' } })], true), false);
  assert.equal(opened([provider('a')], true, near), false);
});

test('a namespace that is going, and a run that only observes', () => {
  const found = lookup([]);
  assert.deepEqual([found.isTerminating('ending'), found.isTerminating('a')], [true, false]);
  const observers = [undefined, false, true].map(
    (observeOnly) => lookup([], observeOnly === undefined ? {} : { observeOnly }).isObserveOnly,
  );
  assert.deepEqual(observers, [false, false, true]);
});

test('dependents: what refers validly, is held by us, and is neither owned nor let go of', () => {
  const owner = toy();
  const referrer = (metadata: object, reference: Partial<Reference> = {}) => ({
    resource: toy({ metadata: { name: 'x', uid: 'x', finalizers: [FINALIZER], ...metadata } }),
    references: [{ ...near, kind: 'Bucket', key: { namespace: 'a', name: 'it' }, ...reference }],
  });
  const blocks = (...given: Parameters<typeof referrer>) => {
    const found = lookup([], {}, { referrers: () => [referrer(...given)] });
    assert.equal(found.hasDependents(owner), [...found.dependents(owner)].length === 1);
    return found.hasDependents(owner);
  };
  assert.equal(blocks({}), true);
  assert.equal(blocks({ finalizers: undefined }), false, 'nothing of ours holds it');
  assert.equal(blocks({ finalizers: ['somebody/else'] }), false);
  assert.equal(blocks({ annotations: { [RELEASED_FROM]: 'u' } }), false);
  assert.equal(blocks({ annotations: { [RELEASED_FROM]: 'another' } }), true);
  const owned = (uid: string) => ({ ownerReferences: [{ apiVersion: '', kind: 'Bucket', name: 'it', uid }] });
  assert.deepEqual([blocks(owned('u')), blocks(owned('another'))], [false, true]);
  assert.equal(blocks({}, { blocksDeletion: false }), false);
  assert.equal(blocks({ namespace: 'far' }), false, 'nobody admits it');
});

test('our finalizer among others', () => {
  const held = [[FINALIZER], ['x', FINALIZER], ['x'], undefined].map((finalizers) =>
    hasFinalizer(toy({ metadata: { finalizers } })),
  );
  assert.deepEqual(held, [true, true, false, false]);
});
