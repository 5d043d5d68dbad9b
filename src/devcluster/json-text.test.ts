import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalText, isEqual, type Json, omit, withKey } from './json.ts';
import { duplicateKeys, goTypeOf, summary, syntaxProblem } from './json-text.ts';

const duplicates: readonly (readonly [text: string, paths: readonly string[]])[] = [
  ['{}', []],
  ['{"a":1,"b":{"a":2}}', []],
  ['{"a":1,"a":2,"a":3}', ['a']],
  ['{"data":{"k":"1","k":"2"},"x":[{"y":1},{"y":1,"y":2}]}', ['data.k', 'x[1].y']],
  ['[[{"a":1}],[{"a":1,"a":1}]]', ['[1][0].a']],
  ['{"a":"{\\"b\\":1,\\"b\\":2}"}', []],
  ['{"a\\"b":1,"a\\u0022b":2}', ['a"b']],
  ['{"a":[1,{"b":[]},{"c":1,"c":2}],"d":{},"d":1}', ['a[2].c', 'd']],
];

for (const [text, paths] of duplicates) {
  test(`keys that stand twice in ${text}`, () => assert.deepEqual(duplicateKeys(text), paths));
}

test('a body in an error message: objects as text, others in hex, short', () => {
  assert.equal(summary(Buffer.from('')), '<empty>');
  assert.equal(summary(Buffer.from('{"a"')), '{"a"');
  assert.equal(summary(Buffer.from('[]')), '5b5d');
  assert.equal(summary(Buffer.from(`{${'x'.repeat(40)}`)), `{${'x'.repeat(29)} ...`);
});

test('the words of a syntax error', () => {
  const words = (text: string): string => {
    try {
      JSON.parse(text);
      return '';
    } catch (error) {
      return syntaxProblem(error);
    }
  };
  assert.equal(words('x'), "invalid character 'x' looking for beginning of value");
  for (const text of ['', '{', '{"a"', '[1']) assert.equal(words(text), 'unexpected end of JSON input', text);
});

test('types in the words of Go', () => {
  const values: readonly Json[] = [null, true, 1, 'x', [], {}];
  assert.deepEqual(values.map(goTypeOf), ['null', 'bool', 'number', 'string', 'array', 'object']);
});

test('JSON values: equality does not see the order of keys, nor keys without a value', () => {
  assert.ok(isEqual({ a: 1, b: [{ c: 2 }] }, { b: [{ c: 2 }], a: 1, d: undefined }));
  for (const [a, b] of [
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, { b: 1 }],
    [[1], [1, 2]],
    [{}, []],
    [null, {}],
    [1, '1'],
  ] as const)
    assert.equal(isEqual(a, b), false, JSON.stringify([a, b]));
});

test('JSON values: copies with and without keys', () => {
  const object = { a: 1, b: 2 };
  assert.deepEqual(omit(object, 'a'), { b: 2 });
  assert.deepEqual(withKey(object, 'a', undefined), { b: 2 });
  assert.equal(withKey(object, 'zz', undefined), object);
  assert.deepEqual(withKey(object, 'c', 3), { a: 1, b: 2, c: 3 });
  assert.equal(canonicalText({ b: { d: 1, c: 2 }, a: [] }), '{"a":[],"b":{"c":2,"d":1}}');
  assert.equal(canonicalText(undefined), '');
});
