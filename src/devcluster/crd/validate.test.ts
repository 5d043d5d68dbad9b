import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, JsonObject } from '../json.ts';
import { formatCheck } from './formats.ts';
import { listTypeErrors } from './list-type.ts';
import { compilePattern } from './pattern.ts';
import { parseSchema } from './schema.ts';
import { schemaErrors } from './validate.ts';

const text = { type: 'string' };

function errorsOf(schema: JsonObject, value: Json, old?: Json): string[] {
  const parsed = parseSchema({ type: 'object', properties: { spec: schema } });
  const before = old === undefined ? undefined : { spec: old };
  return schemaErrors({ spec: value }, parsed, before).map(({ field, body }) => `${field}: ${body}`);
}

interface Case {
  readonly schema: JsonObject;
  readonly good: readonly Json[];
  readonly bad: readonly (readonly [value: Json, message: string])[];
}

const cases: readonly Case[] = [
  {
    schema: { ...text, minLength: 2, maxLength: 3 },
    good: ['ab', 'äöü', '👍👍'],
    bad: [
      ['a', 'spec: Invalid value: "a": spec in body should be at least 2 chars long'],
      ['abcd', 'spec: Too long: may not be more than 3 bytes'],
      [5, 'spec: Invalid value: "integer": spec in body must be of type string: "integer"'],
      [null, 'spec: Invalid value: "null": spec in body must be of type string: "null"'],
    ],
  },
  {
    schema: { ...text, pattern: '^[a-z]+$' },
    good: ['abc'],
    bad: [['A', 'spec: Invalid value: "A": spec in body should match \'^[a-z]+$\'']],
  },
  {
    schema: { ...text, enum: ['a', 'b'] },
    good: ['a'],
    bad: [['c', 'spec: Unsupported value: "c": supported values: "a", "b"']],
  },
  { schema: { ...text, nullable: true, enum: ['a', null] }, good: [null, 'a'], bad: [] },
  {
    schema: { type: 'integer', format: 'int32', minimum: 1, maximum: 10, multipleOf: 2 },
    good: [2, 10],
    bad: [
      [0, 'spec: Invalid value: 0: spec in body should be greater than or equal to 1'],
      [12, 'spec: Invalid value: 12: spec in body should be less than or equal to 10'],
      [3, 'spec: Invalid value: 3: spec in body should be a multiple of 2'],
      [true, 'spec: Invalid value: "": spec in body must be of type int32: ""'],
      [1.5, 'spec: Invalid value: "float64": spec in body must be of type int32: "float64"'],
      [3e9, '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec'],
    ],
  },
  {
    schema: { type: 'number', minimum: 0, exclusiveMinimum: true, maximum: 1, exclusiveMaximum: true },
    good: [0.5],
    bad: [
      [0, 'spec: Invalid value: 0: spec in body should be greater than 0'],
      [1, 'spec: Invalid value: 1: spec in body should be less than 1'],
      ['x', 'spec: Invalid value: "string": spec in body must be of type number: "string"'],
    ],
  },
  { schema: { type: 'number', multipleOf: 0.1 }, good: [0.3, 1], bad: [] },
  {
    schema: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'integer' } },
    good: [[1], [1, 2]],
    bad: [
      [[], 'spec: Invalid value: 0: spec in body should have at least 1 items'],
      [[1, 2, 3], 'spec: Too many: 3: must have at most 2 items'],
      [['x'], 'spec[0]: Invalid value: "string": spec[0] in body must be of type integer: "string"'],
    ],
  },
  {
    schema: { type: 'object', minProperties: 1, maxProperties: 1, additionalProperties: { type: 'integer' } },
    good: [{ a: 1 }],
    bad: [
      [{}, 'spec: Invalid value: 0: spec in body should have at least 1 properties'],
      [{ a: 1, b: 2 }, 'spec: Too many: 2: must have at most 1 item'],
      [{ a: 'x' }, 'spec.a: Invalid value: "string": spec.a in body must be of type integer: "string"'],
    ],
  },
  {
    schema: { type: 'object', required: ['a'], properties: { a: text } },
    good: [{ a: '' }],
    bad: [[{}, 'spec.a: Required value']],
  },
  {
    schema: { 'x-kubernetes-int-or-string': true },
    good: [1, 'x'],
    bad: [[true, 'spec: Invalid value: "boolean": spec in body must be of type integer,string: "boolean"']],
  },
  {
    schema: { ...text, format: 'date-time' },
    good: ['2026-01-01T00:00:00Z'],
    bad: [['soon', 'spec: Invalid value: "soon": spec in body must be of type date-time: "soon"']],
  },
  { schema: { ...text, format: 'nobody-knows' }, good: ['x'], bad: [] },
  {
    schema: { type: 'object', properties: { a: text, b: text }, oneOf: [{ required: ['a'] }, { required: ['b'] }] },
    good: [{ a: '' }, { b: '' }],
    bad: [
      [
        { a: '', b: '' },
        '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives',
      ],
      [{}, '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found none valid'],
    ],
  },
  {
    schema: { ...text, anyOf: [{ minLength: 5 }, { pattern: '^a' }] },
    good: ['abc', 'bbbbb'],
    bad: [['b', '<nil>: Invalid value: "": "spec" must validate at least one schema (anyOf)']],
  },
  {
    schema: { ...text, allOf: [{ minLength: 2 }, { pattern: '^a' }] },
    good: ['ab'],
    bad: [['b', '<nil>: Invalid value: "": "spec" must validate all the schemas (allOf). None validated']],
  },
  {
    schema: { ...text, not: { enum: ['bad'] } },
    good: ['good'],
    bad: [['bad', '<nil>: Invalid value: "": "spec" must not validate the schema (not)']],
  },
];

for (const { schema, good, bad } of cases) {
  test(`validation by ${JSON.stringify(schema)}`, () => {
    for (const value of good) assert.deepEqual(errorsOf(schema, value), [], JSON.stringify(value));
    for (const [value, message] of bad)
      assert.ok(
        errorsOf(schema, value).includes(message),
        `${JSON.stringify(value)}: ${errorsOf(schema, value).join(' | ')}`,
      );
  });
}

const limited = { type: 'object', properties: { a: { ...text, maxLength: 2 }, b: text } };
const keyed = {
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['k'],
  items: { type: 'object', properties: { k: text, v: { type: 'integer', minimum: 1 } } },
};

test('ratcheting: what was wrong and did not change is not held against an update', () => {
  const wrong = { a: 'abc', b: '1' };
  assert.deepEqual(errorsOf(limited, { ...wrong, b: '2' }, wrong), []);
  assert.equal(errorsOf(limited, { ...wrong, a: 'abcd' }, wrong).length, 1);
  assert.equal(errorsOf(limited, wrong).length, 1);
});

test('ratcheting: items are told apart by key in lists of type map alone', () => {
  const old = [
    { k: 'x', v: 0 },
    { k: 'y', v: 1 },
  ];
  const next = [
    { k: 'y', v: 2 },
    { k: 'x', v: 0 },
  ];
  assert.deepEqual(errorsOf(keyed, next, old), []);
  const atomic = { type: 'array', items: keyed.items };
  assert.equal(errorsOf(atomic, next, old).length, 1);
  assert.deepEqual(errorsOf(atomic, old, old), []);
});

test('list types: doubled values of sets and doubled keys of maps, each once', () => {
  const schema = parseSchema({
    type: 'object',
    properties: { s: { type: 'array', 'x-kubernetes-list-type': 'set', items: text }, m: keyed },
    additionalProperties: false,
  });
  const value = {
    s: ['a', 'b', 'a', 'a'],
    m: [
      { k: 'x', v: 1 },
      { k: 'x', v: 2 },
    ],
    other: 1,
  };
  assert.deepEqual(
    listTypeErrors(value, schema, '').map(({ field, body }) => `${field}: ${body}`),
    ['s[2]: Duplicate value: "a"', 'm[1]: Duplicate value: {"k":"x"}'],
  );
  const map = parseSchema({ type: 'object', additionalProperties: { type: 'array', 'x-kubernetes-list-type': 'set' } });
  assert.deepEqual(
    listTypeErrors({ k: [{ a: 1 }, { a: 1 }] }, map, 'spec').map(({ field }) => field),
    ['spec[k][1]'],
  );
});

const formats: readonly (readonly [format: string, good: readonly string[], bad: readonly string[]])[] = [
  [
    'date-time',
    ['2026-02-28T23:59:59.123Z', '2026-01-01t00:00:00+01:00'],
    ['2026-02-30T00:00:00Z', '2026-01-01', '2026-01-01T24:00:00Z'],
  ],
  ['date', ['2026-12-31'], ['2026-13-01', '26-1-1']],
  ['duration', ['5m', '1h30m', '-1.5s', '0', '100ms'], ['5', 'm', '5x', '']],
  ['uri', ['http://a/b', '/a', 'urn:x:y'], ['a', 'http://[', '/a b', 'http://a\n']],
  ['email', ['a@b', 'A <a@b.c>'], ['a', '@']],
  ['hostname', ['a', 'a.com', 'a-b.example'], ['a_b', '-a', 'a.b', 'x'.repeat(300)]],
  ['ipv4', ['1.2.3.4'], ['1.2.3', '::1']],
  ['ipv6', ['::1'], ['1.2.3.4']],
  ['cidr', ['10.0.0.0/8', '::/0'], ['10.0.0.0', '10.0.0.0/33', '1.1.1.1/8/8']],
  ['mac', ['00:11:22:33:44:55', '0011.2233.4455'], ['00:11']],
  ['uuid', ['123e4567-e89b-12d3-a456-426614174000'], ['x']],
  ['uuid3', ['123e4567-e89b-32d3-a456-426614174000'], ['123e4567-e89b-12d3-a456-426614174000']],
  ['uuid4', ['123e4567-e89b-42d3-a456-426614174000'], ['123e4567-e89b-42d3-c456-426614174000']],
  ['uuid5', ['123e4567-e89b-52d3-a456-426614174000'], ['123e4567-e89b-42d3-a456-426614174000']],
  ['byte', ['AAAA', 'AA=='], ['', '!']],
  ['password', ['anything'], []],
  ['hexcolor', ['#fff', 'a0b1c2'], ['#ff']],
  ['bsonobjectid', ['0123456789abcdef01234567'], ['x']],
  ['k8s-short-name', ['a-1'], ['A', 'a.b', 'x'.repeat(64)]],
  ['k8s-long-name', ['a.b-1'], ['A', 'a..b']],
];

for (const [format, good, bad] of formats) {
  test(`format ${format}`, () => {
    const check = formatCheck(format);
    assert.ok(check !== undefined);
    for (const value of good) assert.ok(check(value), value);
    for (const value of bad) assert.ok(!check(value), value);
  });
}

test("patterns in Go's syntax", () => {
  const matches = (source: string, value: string) => compilePattern(source)?.test(value);
  assert.equal(matches('(?i)^abc$', 'ABC'), true);
  assert.equal(matches('^\\Qa.b\\E$', 'a.b'), true);
  assert.equal(matches('^\\Qa.b\\E$', 'axb'), false);
  assert.equal(matches('\\Aa\\z', 'a'), true);
  assert.equal(matches('^(?P<x>a)$', 'a'), true);
  assert.equal(matches('^[[:alpha:]]+$', 'abc'), true);
  assert.equal(matches('^\\pL+$', 'é'), true);
  assert.equal(matches('^[a-z0-9][a-z0-9\\-\\.]{1,61}[a-z0-9]$', 'my-bucket.name'), true);
  assert.equal(compilePattern('('), undefined);
});
