import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { cutText } from './cut-text.ts';

const rows: readonly [text: string, max: number, expected: string][] = [
  ['abc', 3, 'abc'],
  ['abcd', 3, 'ab…'],
  ['a😀b', 4, 'a😀b'],
  ['a😀bc', 4, 'a😀…'],
  ['a😀bc', 3, 'a…'],
  ['a\ud83d', 3, 'a\ufffd'],
  ['\ude00bcd', 3, '\ufffdb…'],
];
for (const [text, max, expected] of rows) {
  test(`${JSON.stringify(text)} in ${max} units`, () => assert.equal(cutText(text, max), expected));
}

test('whatever is cut is well-formed, short enough, and cut once', () => {
  const halves = fc.string({ unit: fc.constantFrom('a', '\ud83d', '\ude00', '😀', 'é') });
  fc.assert(
    fc.property(halves, fc.integer({ min: 1, max: 12 }), (text, max) => {
      const cut = cutText(text, max);
      assert.ok(cut.isWellFormed() && cut.length <= max);
      assert.equal(cutText(cut, max), cut);
    }),
  );
});
