import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, JsonObject } from '../json.ts';
import { CelRules, usesOldSelf } from './cel.ts';
import { celName } from './cel-values.ts';
import { parseSchema } from './schema.ts';

const fields: JsonObject = {
  a: { type: 'integer' },
  r: { type: 'number' },
  s: { type: 'string' },
  l: { type: 'array', items: { type: 'object', properties: { id: { type: 'string' }, n: { type: 'integer' } } } },
  tags: { type: 'array', items: { type: 'string' } },
  m: { type: 'object', additionalProperties: { type: 'string' } },
  p: { 'x-kubernetes-int-or-string': true },
  t: { type: 'string', format: 'date-time' },
  d: { type: 'string', format: 'duration' },
  by: { type: 'string', format: 'byte' },
  nul: { type: 'string', nullable: true },
  o: { type: 'object', properties: { x: { type: 'string' }, y: { type: 'integer' } } },
  'da-sh': { type: 'string' },
  namespace: { type: 'string' },
};

const value: JsonObject = {
  a: 3,
  r: 1,
  s: 'abc',
  l: [{ id: 'x', n: 1 }, { id: 'y' }],
  tags: ['b', 'a'],
  m: { k: 'v' },
  p: 80,
  t: '2026-01-01T00:00:00Z',
  d: '5m',
  by: 'aGk=',
  nul: null,
  o: { x: '1', y: 2 },
  'da-sh': 'D',
  namespace: 'N',
};

function errorsOf(rules: readonly JsonObject[], self: Json, old?: Json): string[] {
  const schema = { type: 'object', properties: fields, 'x-kubernetes-validations': rules };
  const parsed = parseSchema({ type: 'object', properties: { spec: schema } });
  const before = old === undefined ? undefined : { metadata: { name: 'n' }, spec: old };
  const found = new CelRules(parsed, true).errors({ metadata: { name: 'n' }, spec: self }, before);
  return found.map(({ field, body }) => `${field}: ${body}`);
}

const holding = [
  'self.a > 2 && self.a > 2.5 && self.r > 0 && self.r == 1.0',
  '!has(self.nul) && !self.?nul.hasValue() && !has(self.zz)',
  'self.l.all(x, has(x.n) || x.id == "y") && self.l.exists_one(x, x.id == "x") && self.l[0].id == "x"',
  '"a" in self.tags && "k" in self.m && self.m.all(k, self.m[k] != "")',
  'type(self.p) == int ? self.p > 10 : self.p.endsWith("%")',
  'self.t > timestamp("2025-01-01T00:00:00Z") && self.d < duration("10m") && self.by == b"hi"',
  'self.da__dash__sh == "D" && self.__namespace__ == "N"',
  'self.?zz.orValue("q") == "q" && self.?s.hasValue()',
  'self.?s.optMap(v, v + "!").orValue("") == "abc!" && !self.?zz.optMap(v, v).hasValue()',
  'self.?s.optFlatMap(v, optional.of(v)).hasValue()',
  'self.tags.map(x, x + "!").join(",") == "b!,a!" && !self.tags.isSorted() && [1, 2, 2].isSorted()',
  'sets.contains(self.tags, ["a"]) && sets.equivalent(self.tags, ["a", "b"]) && !sets.intersects(self.tags, ["c"])',
  'self.s.matches("^[a-z]+$") && self.s.find("[bc]+") == "bc" && "a1b2".findAll("[0-9]") == ["1", "2"]',
  '"a1b2".findAll("[0-9]", 1) == ["1"] && "a1".findAll("[0-9]", -1) == ["1"] && "abc".charAt(1) == "b"',
  '"aXaX".replace("X", "$&") == "a$&a$&" && "aXaX".replace("X", "y", 1) == "ayaX" && "aX".replace("X", "y", -1) == "ay"',
  '[1, 2].sum() == 3 && [1.5, 2.0].sum() == 3.5 && [3, 1].min() == 1 && [3, 1].max() == 3',
  '["a", "b", "a"].indexOf("a") == 0 && ["a", "b", "a"].lastIndexOf("a") == 2 && ["a"].indexOf("z") == -1',
  '["a", "a"].distinct() == ["a"] && [2, 1].sort() == [1, 2] && [1, 2].reverse() == [2, 1] && [1, 2, 3].slice(1, 2) == [2]',
  '[[1], [2]].flatten() == [1, 2] && strings.quote("a") == "\\"a\\""',
  'url("https://h.x:8/p?q=1&q=2").getHost() == "h.x:8" && url("https://h.x:8/p").getPort() == "8" && isURL("/x") && !isURL("x")',
  'url("https://[::1]/p?q=1").getHostname() == "::1" && url("/p").getScheme() == "" && url("https://a/p").getEscapedPath() == "/p"',
  'url("https://a/?q=1&q=2").getQuery()["q"] == ["1", "2"]',
  'cidr("10.0.0.0/8").containsIP("10.1.1.1") && !cidr("10.0.0.0/8").containsIP(ip("11.1.1.1")) && cidr("::/64").prefixLength() == 64',
  'isIP("::1") && !isIP("x") && isCIDR("10.0.0.0/8") && !isCIDR("10.0.0.0") && ip("1.1.1.1").family() == 4',
];

for (const rule of holding) {
  test(`CEL: ${rule}`, () => assert.deepEqual(errorsOf([{ rule }], value), []));
}

test('CEL: objects and lists are equal by what they hold', () => {
  const old = { ...value, o: { y: 2, x: '1' } };
  const rule = 'self.o == oldSelf.o && self.m == oldSelf.m && self.l == oldSelf.l && self == oldSelf';
  assert.deepEqual(errorsOf([{ rule }], value, old), []);
  assert.equal(errorsOf([{ rule: 'self.l == oldSelf.l' }], value, { ...old, l: [] }).length, 1);
});

const failing: readonly (readonly [rule: JsonObject, error: string])[] = [
  [{ rule: 'self.a > 5' }, 'spec: Invalid value: failed rule: self.a > 5'],
  [{ rule: 'self.a > 5', message: ' too low ' }, 'spec: Invalid value: too low'],
  [{ rule: 'self.a > 5', messageExpression: '"a is " + string(self.a)' }, 'spec: Invalid value: a is 3'],
  [{ rule: 'self.a > 5', message: 'm', messageExpression: '"a\\nb"' }, 'spec: Invalid value: m'],
  [{ rule: 'self.a > 5', message: 'm', messageExpression: 'self.zz' }, 'spec: Invalid value: m'],
  [{ rule: 'self.a > 5', reason: 'FieldValueForbidden', message: 'no' }, 'spec: Forbidden: no'],
  [{ rule: 'self.a > 5', reason: 'FieldValueRequired', message: 'no' }, 'spec: Required value: no'],
  [{ rule: 'self.a > 5', reason: 'FieldValueDuplicate' }, 'spec: Duplicate value: null'],
  [{ rule: 'self.a > 5', fieldPath: '.a', message: 'm' }, 'spec.a: Invalid value: m'],
  [{ rule: 'self.a > 5', fieldPath: ".m['a b']", message: 'm' }, 'spec.m[a b]: Invalid value: m'],
  [{ rule: 'self.zz == 1' }, 'spec: Invalid value: "object": no such key: zz evaluating rule: self.zz == 1'],
  [
    { rule: 'self.l[7].id == ""', message: 'm' },
    'spec: Invalid value: "object": index out of bounds: 7 evaluating rule: m',
  ],
];

for (const [rule, error] of failing) {
  test(`CEL: ${JSON.stringify(rule)} fails`, () => assert.deepEqual(errorsOf([rule], value), [error]));
}

test('CEL: rules of items, maps and scalars name their place and show the scalar', () => {
  const scalar = { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > 1' }] };
  const schema = parseSchema({
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: { l: { type: 'array', items: scalar }, m: { type: 'object', additionalProperties: scalar } },
      },
    },
    'x-kubernetes-validations': [{ rule: 'self.metadata.name == "other"' }],
  });
  const found = new CelRules(schema, true).errors(
    { metadata: { name: 'n' }, spec: { l: [2, 1], m: { k: 0 } } },
    undefined,
  );
  assert.deepEqual(
    found.map(({ field, body }) => `${field}: ${body}`),
    [
      '<nil>: Invalid value: failed rule: self.metadata.name == "other"',
      'spec.l[1]: Invalid value: 1: failed rule: self > 1',
      'spec.m[k]: Invalid value: 0: failed rule: self > 1',
    ],
  );
});

test('CEL: a transition rule is asked only when there is a state before', () => {
  const rule = { rule: 'self.a == oldSelf.a' };
  assert.deepEqual(errorsOf([rule], { a: 1 }), []);
  assert.deepEqual(errorsOf([rule], { a: 1 }, { a: 1 }), []);
  assert.equal(errorsOf([rule], { a: 2 }, { a: 1 }).length, 1);
});

test('CEL: with optionalOldSelf it is asked always, and oldSelf is an optional', () => {
  const rule = { rule: 'oldSelf.hasValue() ? self.a >= oldSelf.value().a : self.a >= 10', optionalOldSelf: true };
  assert.equal(errorsOf([rule], { a: 5 }).length, 1);
  assert.deepEqual(errorsOf([rule], { a: 10 }), []);
  assert.deepEqual(errorsOf([rule], { a: 5 }, { a: 4 }), []);
  assert.equal(errorsOf([rule], { a: 3 }, { a: 4 }).length, 1);
});

test('CEL: ratcheting forgives a failing rule over what did not change, but no transition rule', () => {
  const rule = { rule: 'self.a > 5' };
  assert.deepEqual(errorsOf([rule], { a: 1 }, { a: 1 }), []);
  assert.equal(errorsOf([rule], { a: 1, s: 'x' }, { a: 1 }).length, 1);
  assert.equal(errorsOf([{ rule: 'self.a > oldSelf.a' }], { a: 1 }, { a: 1 }).length, 1);
});

test('CEL: rules within allOf are asked as well', () => {
  const schema = parseSchema({
    type: 'object',
    properties: { s: { type: 'string', allOf: [{ 'x-kubernetes-validations': [{ rule: 'self == "x"' }] }] } },
  });
  assert.equal(new CelRules(schema, true).errors({ s: 'y' }, undefined).length, 1);
});

test('CEL: oldSelf in a text is no transition rule', () => {
  assert.equal(usesOldSelf('self == oldSelf'), true);
  assert.equal(usesOldSelf('self == "oldSelf" || self.oldSelf == \'oldSelf\''), false);
});

test('CEL: names that are no identifiers are escaped, or cannot be named', () => {
  assert.deepEqual(['a', 'a-b', 'a.b/c', 'a__b', 'namespace', '1a', 'a b', 'é'].map(celName), [
    'a',
    'a__dash__b',
    'a__dot__b__slash__c',
    'a__underscores__b',
    '__namespace__',
    undefined,
    undefined,
    undefined,
  ]);
});
