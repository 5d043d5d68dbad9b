import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../json.ts';
import { ApiError } from '../status.ts';
import { jsonPatch } from './json.ts';

interface Case {
  readonly title: string;
  readonly document: Json;
  readonly patch: Json;
  readonly result: Json;
}

const cases: readonly Case[] = [
  { title: 'add sets a key', document: { a: 1 }, patch: [{ op: 'add', path: '/b', value: 2 }], result: { a: 1, b: 2 } },
  {
    title: 'add inserts into a list',
    document: [1, 3],
    patch: [{ op: 'add', path: '/1', value: 2 }],
    result: [1, 2, 3],
  },
  {
    title: 'add with - appends',
    document: { l: [1] },
    patch: [{ op: 'add', path: '/l/-', value: 2 }],
    result: { l: [1, 2] },
  },
  {
    title: 'add at -1 appends, as the library of the real server does',
    document: [1],
    patch: [{ op: 'add', path: '/-1', value: 2 }],
    result: [1, 2],
  },
  {
    title: 'add replaces the whole document',
    document: { a: 1 },
    patch: [{ op: 'add', path: '', value: [] }],
    result: [],
  },
  { title: 'add without a value adds null', document: {}, patch: [{ op: 'add', path: '/a' }], result: { a: null } },
  { title: 'remove takes a key', document: { a: 1, b: 2 }, patch: [{ op: 'remove', path: '/a' }], result: { b: 2 } },
  { title: 'remove takes an item', document: [1, 2], patch: [{ op: 'remove', path: '/0' }], result: [2] },
  { title: 'remove at -1 takes the last item', document: [1, 2], patch: [{ op: 'remove', path: '/-1' }], result: [1] },
  {
    title: 'replace sets a value',
    document: { a: { b: 1 } },
    patch: [{ op: 'replace', path: '/a/b', value: 2 }],
    result: { a: { b: 2 } },
  },
  {
    title: 'replace sets an absent key, as the real server does',
    document: {},
    patch: [{ op: 'replace', path: '/a', value: 2 }],
    result: { a: 2 },
  },
  { title: 'replace sets an item', document: [1, 2], patch: [{ op: 'replace', path: '/1', value: 3 }], result: [1, 3] },
  {
    title: 'replace the whole document',
    document: { a: 1 },
    patch: [{ op: 'replace', path: '', value: 2 }],
    result: 2,
  },
  { title: 'move', document: { a: 1 }, patch: [{ op: 'move', from: '/a', path: '/b' }], result: { b: 1 } },
  { title: 'copy', document: { a: [1] }, patch: [{ op: 'copy', from: '/a/0', path: '/b' }], result: { a: [1], b: 1 } },
  {
    title: 'test of an equal value passes',
    document: { a: { x: 1, y: [2] } },
    patch: [{ op: 'test', path: '/a', value: { y: [2], x: 1 } }],
    result: { a: { x: 1, y: [2] } },
  },
  {
    title: 'escaped slashes and tildes',
    document: {},
    patch: [{ op: 'add', path: '/a~1b~0c', value: 1 }],
    result: { 'a/b~c': 1 },
  },
  {
    title: 'deep in lists',
    document: { a: [{ b: 1 }] },
    patch: [{ op: 'add', path: '/a/0/c', value: 2 }],
    result: { a: [{ b: 1, c: 2 }] },
  },
];

for (const { title, document, patch, result } of cases) {
  test(`JSON patch: ${title}`, () => {
    const before = structuredClone(document);
    assert.deepEqual(jsonPatch(document, patch), result);
    assert.deepEqual(document, before, 'the document is not changed in place');
  });
}

const failures: readonly (readonly [title: string, document: Json, operation: Json])[] = [
  ['test of another value', { a: 1 }, { op: 'test', path: '/a', value: 2 }],
  ['test of an absent value against null', {}, { op: 'test', path: '/a', value: null }],
  ['remove of an absent key', {}, { op: 'remove', path: '/a' }],
  ['remove beyond the list', [1], { op: 'remove', path: '/1' }],
  ['add below nothing', {}, { op: 'add', path: '/a/b', value: 1 }],
  ['add below a text', { a: 'x' }, { op: 'add', path: '/a/b', value: 1 }],
  ['replace below a text', { a: 'x' }, { op: 'replace', path: '/a/b', value: 1 }],
  ['remove below a text', { a: 'x' }, { op: 'remove', path: '/a/b' }],
  ['an index beyond the end', [1], { op: 'add', path: '/3', value: 1 }],
  ['an index that is no number', [1], { op: 'add', path: '/x', value: 1 }],
  ['move of nothing', {}, { op: 'move', from: '/a', path: '/b' }],
  ['copy of nothing', {}, { op: 'copy', from: '/a', path: '/b' }],
  ['no path', {}, { op: 'add', value: 1 }],
  ['a path without a slash', {}, { op: 'add', path: 'a', value: 1 }],
  ['an unknown operation', {}, { op: 'frob', path: '/a' }],
  ['remove of the whole document', {}, { op: 'remove', path: '' }],
];

for (const [title, document, operation] of failures) {
  test(`JSON patch refuses ${title} with 422`, () => {
    assert.throws(
      () => jsonPatch(document, [operation]),
      (error) => error instanceof ApiError && error.code === 422 && error.reason === 'Invalid',
    );
  });
}

test('JSON patch: one failing operation undoes all', () => {
  const document = { a: 1 };
  const patch = [
    { op: 'add', path: '/b', value: 2 },
    { op: 'remove', path: '/nope' },
  ];
  assert.throws(() => jsonPatch(document, patch));
  assert.deepEqual(document, { a: 1 });
});

test('JSON patch: what is no list of operations is a bad request', () => {
  for (const patch of [{}, [1], 'x'])
    assert.throws(
      () => jsonPatch({}, patch),
      (error) => error instanceof ApiError && error.code === 400,
    );
});

test('JSON patch: more than 10,000 operations are too many', () => {
  const patch = Array.from({ length: 10_001 }, () => ({ op: 'add', path: '/a', value: 1 }));
  assert.throws(
    () => jsonPatch({}, patch),
    (error) => error instanceof ApiError && error.code === 413,
  );
});
