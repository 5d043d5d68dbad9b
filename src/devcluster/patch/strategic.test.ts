import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, JsonObject } from '../json.ts';
import { ApiError } from '../status.ts';
import { strategicMergePatch } from './strategic.ts';

const owner = (uid: string, name = uid): JsonObject => ({ uid, name });

interface Case {
  readonly title: string;
  readonly target: JsonObject;
  readonly patch: JsonObject;
  readonly result: Json;
}

const cases: readonly Case[] = [
  {
    title: 'merges maps and takes null keys away',
    target: { data: { a: '1', b: '2' } },
    patch: { data: { a: null, c: '3' } },
    result: { data: { b: '2', c: '3' } },
  },
  {
    title: 'merges owner references by uid',
    target: { metadata: { ownerReferences: [owner('1'), owner('2')] } },
    patch: { metadata: { ownerReferences: [owner('2', 'new'), owner('3')] } },
    result: { metadata: { ownerReferences: [owner('1'), owner('2', 'new'), owner('3')] } },
  },
  {
    title: 'deletes an item by its key',
    target: { metadata: { ownerReferences: [owner('1'), owner('2')] } },
    patch: {
      metadata: {
        ownerReferences: [
          { $patch: 'delete', uid: '1' },
          { $patch: 'delete', uid: 'none' },
        ],
      },
    },
    result: { metadata: { ownerReferences: [owner('2')] } },
  },
  {
    title: 'replaces a list by key when told to',
    target: { secrets: [{ name: 'a' }, { name: 'b' }] },
    patch: { secrets: [{ $patch: 'replace' }, { name: 'c' }] },
    result: { secrets: [{ name: 'c' }] },
  },
  {
    title: 'unites finalizers',
    target: { metadata: { finalizers: ['a/b'] } },
    patch: { metadata: { finalizers: ['c/d', 'a/b'] } },
    result: { metadata: { finalizers: ['a/b', 'c/d'] } },
  },
  {
    title: 'deletes from a list of texts',
    target: { metadata: { finalizers: ['a/b', 'c/d'] } },
    patch: { metadata: { '$deleteFromPrimitiveList/finalizers': ['a/b'], '$setElementOrder/finalizers': ['c/d'] } },
    result: { metadata: { finalizers: ['c/d'] } },
  },
  {
    title: 'replaces a list that has no key',
    target: { spec: { finalizers: ['kubernetes'] } },
    patch: { spec: { finalizers: [] } },
    result: { spec: { finalizers: [] } },
  },
  {
    title: 'replaces and deletes maps when told to',
    target: { data: { a: '1' }, binaryData: { b: 'AA==' } },
    patch: { data: { $patch: 'replace', n: '1' }, binaryData: { $patch: 'delete' } },
    result: { data: { n: '1' }, binaryData: {} },
  },
  {
    title: 'keeps only the keys it is told to retain',
    target: { data: { a: '1', b: '2' } },
    patch: { data: { $retainKeys: ['b', 'c'], c: '3' } },
    result: { data: { b: '2', c: '3' } },
  },
];

for (const { title, target, patch, result } of cases) {
  test(`strategic merge patch ${title}`, () => assert.deepEqual(strategicMergePatch(target, patch), result));
}

test('strategic merge patch refuses an unknown directive, and an item without its key', () => {
  const isBad = (error: unknown) => error instanceof ApiError && error.code === 400;
  const target = { metadata: { ownerReferences: [owner('1')] } };
  assert.throws(() => strategicMergePatch(target, { metadata: { $patch: 'bogus' } }), isBad);
  assert.throws(() => strategicMergePatch(target, { metadata: { ownerReferences: [{ name: 'x' }] } }), isBad);
  assert.throws(() => strategicMergePatch(target, { metadata: { ownerReferences: ['x'] } }), isBad);
});
