import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject, ObjectMeta } from '../api/meta.ts';
import { isWorthAPass } from './worth-a-pass.ts';

function object(metadata: Partial<ObjectMeta> = {}, rest: object = {}): KubeObject {
  const base = { name: 'x', uid: 'u', resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' };
  return { apiVersion: 'v1', kind: 'Thing', metadata: { ...base, ...metadata }, ...rest };
}

const rows: readonly (readonly [
  title: string,
  before: KubeObject | undefined,
  after: KubeObject,
  expected: boolean,
])[] = [
  ['a new object', undefined, object(), true],
  ['another incarnation', object(), object({ uid: 'v' }), true],
  ['nothing but another version', object(), object({ resourceVersion: '2' }), false],
  ['status alone', object({}, { status: { a: 1 } }), object({ resourceVersion: '2' }, { status: { a: 2 } }), false],
  ['the spec, as its generation tells', object(), object({ generation: 2 }), true],
  ['the beginning of a deletion', object(), object({ deletionTimestamp: '2026-01-02T00:00:00Z' }), true],
  ['an annotation, such as a request', object(), object({ annotations: { a: 'b' } }), true],
  ['a label', object({ labels: { a: 'b' } }), object({ labels: { a: 'c' } }), true],
  ['labels in another order', object({ labels: { a: '1', b: '2' } }), object({ labels: { b: '2', a: '1' } }), false],
  ['an owner', object(), object({ ownerReferences: [] }), true],
  ['a finalizer that came: our own first pass sets one', object(), object({ finalizers: ['ours'] }), false],
  ['a finalizer that went', object({ finalizers: ['ours', 'theirs'] }), object({ finalizers: ['theirs'] }), true],
];

for (const [title, before, after, expected] of rows) {
  test(`${title} is ${expected ? '' : 'not '}worth a pass`, () => assert.equal(isWorthAPass(before, after), expected));
}
