import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ManagedResource } from './kind.ts';
import { markerText, releasedText } from './marker.ts';
import { ownerOf, rivalMessage, rivalOf } from './rivals.ts';

function bucket(name: string, createdAt: string, spec: ManagedResource['spec'] = {}, namespace = 'a'): ManagedResource {
  return {
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind: 'Bucket',
    metadata: { name, namespace, uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: createdAt },
    spec,
  };
}

const old = bucket('old', '2026-01-01T00:00:00Z');
const young = bucket('young', '2026-02-01T00:00:00Z');
const twin = bucket('twin', '2026-01-01T00:00:00Z');
const same = [old, young].map((resource) => ({ resource, accountId: '1' }));
const marker = (resource: ManagedResource) => markerText(ownerOf(resource, 'c'));

test('rivals: the older object has the resource', () => {
  assert.equal(rivalOf(young, '1', same, undefined, 'c'), old);
  assert.equal(rivalOf(old, '1', same, undefined, 'c'), undefined);
});

test('rivals: of two made in the same second the smaller uid has it, whoever asks', () => {
  const contenders = [old, twin].map((resource) => ({ resource, accountId: '1' }));
  assert.equal(rivalOf(twin, '1', contenders, undefined, 'c'), old);
  assert.equal(rivalOf(old, '1', contenders, undefined, 'c'), undefined);
});

test('rivals: the incumbent by marker keeps it, however young', () => {
  assert.equal(rivalOf(old, '1', same, { marker: marker(young) }, 'c'), young);
  assert.equal(rivalOf(young, '1', same, { marker: marker(young) }, 'c'), undefined);
});

test('rivals: a marker of another cluster, of nobody here, or a released one decides nothing', () => {
  assert.equal(rivalOf(young, '1', same, { marker: marker(young).replace('c/', 'other/') }, 'c'), old);
  assert.equal(rivalOf(young, '1', same, { marker: markerText({ ...ownerOf(young, 'c'), uid: 'gone' }) }, 'c'), old);
  assert.equal(rivalOf(young, '1', same, { marker: releasedText(ownerOf(young, 'c')) }, 'c'), old);
});

test('rivals: without a marker the one that recorded this very incarnation keeps it, however young', () => {
  const target = { provider: 'a/p', accountId: '1', region: 'global', name: 'x', identity: 'AIDA1' };
  const holder = { ...young, status: { target } };
  const contenders = [old, holder].map((resource) => ({ resource, accountId: '1' }));
  assert.equal(rivalOf(old, '1', contenders, { identity: 'AIDA1' }, 'c'), holder);
  assert.equal(rivalOf(holder, '1', contenders, { identity: 'AIDA1' }, 'c'), undefined);
  assert.equal(rivalOf(holder, '1', contenders, { identity: 'AIDA2' }, 'c'), old, 'that one is gone');
  assert.equal(rivalOf(holder, '1', contenders, undefined, 'c'), old, 'there is none');
});

test('rivals: another account, an observer and a suspended object are none', () => {
  const contenders = [
    { resource: old, accountId: '2' },
    { resource: bucket('o', '2025-01-01T00:00:00Z', { mode: 'Observe' }), accountId: '1' },
    { resource: bucket('s', '2025-01-01T00:00:00Z', { suspend: true }), accountId: '1' },
    { resource: bucket('ungranted', '2025-01-01T00:00:00Z'), accountId: undefined },
  ];
  assert.equal(rivalOf(young, '1', contenders, undefined, 'c'), undefined);
});

test('rivals: the message names the winner only inside the namespace of the loser', () => {
  assert.match(rivalMessage(young, old, 'bucket "logs"'), /^bucket "logs" already belongs to Bucket a\/old: /);
  const far = bucket('secret-name', '2026-01-01T00:00:00Z', {}, 'b');
  assert.doesNotMatch(rivalMessage(young, far, 'bucket "logs"'), /secret-name|\bb\b/);
});
