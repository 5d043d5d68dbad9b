import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldTerms, labelPredicate } from './selectors.ts';
import { ApiError } from './status.ts';

const labels = { a: '1', b: 'x', 'example.com/c': '', n: '5' };

const cases: readonly (readonly [selector: string, matches: boolean])[] = [
  ['', true],
  ['a', true],
  ['zz', false],
  ['!zz', true],
  ['!a', false],
  ['a=1', true],
  ['a==1', true],
  ['a=2', false],
  ['a!=2', true],
  ['zz!=2', true],
  ['a!=1', false],
  ['a in (1,2)', true],
  ['a in (2)', false],
  ['zz in (1)', false],
  ['a notin (2)', true],
  ['a notin (1,2)', false],
  ['zz notin (1)', true],
  ['example.com/c=', true],
  ['example.com/c in ()', true],
  ['example.com/c in (,x)', true],
  ['n>4', true],
  ['n>5', false],
  ['n<6', true],
  ['b>1', false],
  ['zz<1', false],
  ['a=1,b=x', true],
  ['a=1, b in (x , y)', true],
  ['a=1,b=y', false],
  ['in', false],
  ['a in (in,1)', true],
];

for (const [selector, matches] of cases) {
  test(`label selector ${JSON.stringify(selector)} ${matches ? 'matches' : 'does not match'}`, () => {
    assert.equal(labelPredicate(selector)(labels), matches);
  });
}

const refused: readonly (readonly [selector: string, message: RegExp])[] = [
  ['a b', /^unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt$/],
  ['a in 1', /found '1' expected: '\('/],
  ['a in (1', /expected: ',' or '\)'/],
  ['a in (1 2)', /expected: ',' or '\)'/],
  ['a,', /found '', expected: identifier after ','/],
  [',', /found ',', expected: !, identifier, or 'end of string'/],
  ['a>x', /the value must be an integer/],
  ['a=b=c', /found '=', expected: ',' or 'end of string'/],
  ['a=!', /expected: identifier/],
  ['!=a', /expected: !, identifier/],
  ['/x=1', /prefix part must be non-empty/],
  ['a=b c', /expected: ',' or 'end of string'/],
  [`a=${'x'.repeat(64)}`, /values\[0\]\[a\]: Invalid value: .*must be no more than 63 bytes/],
];

for (const [selector, message] of refused) {
  test(`label selector ${JSON.stringify(selector)} is refused with 400`, () => {
    assert.throws(
      () => labelPredicate(selector),
      (error) => error instanceof ApiError && error.code === 400 && message.test(error.message),
    );
  });
}

test('a label named like a property of all objects is no match', () => {
  assert.equal(labelPredicate('constructor')({}), false);
});

test('field selectors: terms, operators and escapes', () => {
  assert.deepEqual(fieldTerms('metadata.name=a,spec.x!=b,c==d,'), [
    { field: 'metadata.name', operator: '=', value: 'a' },
    { field: 'spec.x', operator: '!=', value: 'b' },
    { field: 'c', operator: '=', value: 'd' },
  ]);
  assert.deepEqual(fieldTerms('a=x\\,y\\=z'), [{ field: 'a', operator: '=', value: 'x,y=z' }]);
  assert.deepEqual(fieldTerms(''), []);
  assert.throws(() => fieldTerms('metadata.name'), /invalid selector: 'metadata.name'; can't understand/);
});
