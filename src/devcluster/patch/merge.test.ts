import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../json.ts';
import { mergePatch } from './merge.ts';

/** The examples of RFC 7386, appendix A, and what it says nothing of. */
const cases: readonly (readonly [target: Json, patch: Json, result: Json])[] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  [
    {},
    JSON.parse('{"__proto__": {"polluted": true}}') as Json,
    JSON.parse('{"__proto__": {"polluted": true}}') as Json,
  ],
];

for (const [target, patch, result] of cases) {
  test(`merge patch: ${JSON.stringify(patch)} on ${JSON.stringify(target)}`, () => {
    const before = structuredClone(target);
    assert.deepEqual(mergePatch(target, patch), result);
    assert.deepEqual(target, before, 'the target is not changed in place');
  });
}

test('merge patch: a key named __proto__ is no prototype', () => {
  mergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}') as Json);
  assert.equal(Reflect.get({}, 'polluted'), undefined);
});
