import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, JsonObject } from './json.ts';
import { decodeStruct, type StructType } from './typed.ts';

const type: StructType = {
  name: 'Thing',
  fields: {
    text: 'string',
    pointer: 'text',
    on: 'bool',
    flag: 'flag',
    count: 'int',
    blob: 'bytes',
    at: 'time',
    exactly: 'microtime',
    raw: 'any',
    names: { list: 'string' },
    labels: { map: 'string' },
    blobs: { map: 'bytes' },
    part: { name: 'Part', fields: { a: 'string' } },
    parts: { list: { name: 'Part', fields: { a: 'string' } } },
    either: { choose: (value) => (typeof value === 'boolean' ? 'bool' : { name: 'Part', fields: { a: 'string' } }) },
  },
};

const kept: readonly (readonly [given: JsonObject, decoded: JsonObject])[] = [
  [
    { text: '', pointer: '', on: false, flag: false },
    { pointer: '', on: false },
  ],
  [{ text: null, count: null, labels: null, part: null }, {}],
  [
    { count: 7, text: 'x' },
    { count: 7, text: 'x' },
  ],
  [
    { blob: 'AQ\n==', blobs: { x: '', y: null } },
    { blob: 'AQ==', blobs: { x: '', y: '' } },
  ],
  [{ at: '2026-01-02T03:04:05.999+02:00' }, { at: '2026-01-02T01:04:05Z' }],
  [{ exactly: '2026-01-02T03:04:05.000001Z' }, { exactly: '2026-01-02T03:04:05.000001Z' }],
  [{ raw: [null, { a: 1 }] }, { raw: [null, { a: 1 }] }],
  [
    { names: ['a', null], labels: {}, parts: [{}, null] },
    { names: ['a', ''], parts: [{}, {}] },
  ],
  [{ names: [], labels: { a: null } }, { labels: { a: '' } }],
  [{ either: true }, { either: true }],
  [{ either: { a: 'x', b: 1 } }, { either: { a: 'x' } }],
];

for (const [given, decoded] of kept)
  test(`typed: ${JSON.stringify(given)}`, () => assert.deepEqual(decodeStruct(type, given).value, decoded));

test('typed: unknown fields are named by their paths and dropped', () => {
  const given = { odd: 1, part: { b: 1 }, parts: [{ a: 'x', c: 1 }], constructor: 1 };
  const { value, unknownFields } = decodeStruct(type, given);
  assert.deepEqual(value, { part: {}, parts: [{ a: 'x' }] });
  assert.deepEqual(unknownFields, ['odd', 'part.b', 'parts[0].c', 'constructor']);
});

test('typed: a field called __proto__ is data, not a prototype', () => {
  const given: JsonObject = { labels: JSON.parse('{"__proto__":"x"}') as Json };
  const { value } = decodeStruct(type, given);
  assert.equal(JSON.stringify(value), '{"labels":{"__proto__":"x"}}');
});

const wrong: readonly (readonly [given: JsonObject, message: string])[] = [
  [{ text: 7 }, 'json: cannot unmarshal number into Go struct field Thing.text of type string'],
  [{ on: 'x' }, 'json: cannot unmarshal string into Go struct field Thing.on of type bool'],
  [{ count: '7' }, 'json: cannot unmarshal string into Go struct field Thing.count of type int32'],
  [{ count: 1.5 }, 'json: cannot unmarshal number 1.5 into Go struct field Thing.count of type int32'],
  [{ labels: ['x'] }, 'json: cannot unmarshal array into Go struct field Thing.labels of type map[string]string'],
  [{ labels: { a: {} } }, 'json: cannot unmarshal object into Go struct field Thing.labels of type string'],
  [{ names: 'x' }, 'json: cannot unmarshal string into Go struct field Thing.names of type []string'],
  [{ part: true }, 'json: cannot unmarshal bool into Go struct field Thing.part of type v1.Part'],
  [{ part: { a: [] } }, 'json: cannot unmarshal array into Go struct field Part.part.a of type string'],
  [{ blob: 'A' }, 'illegal base64 data at input byte 0'],
  [{ at: 'x' }, 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'],
  [{ at: '2026-02-31T25:00:00Z' }, 'parsing time "2026-02-31T25:00:00Z"'],
  [
    { exactly: '2026-01-02T03:04:05Z' },
    'parsing time "2026-01-02T03:04:05Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
  ],
];

for (const [given, message] of wrong) {
  test(`typed: ${JSON.stringify(given)} is refused`, () => {
    assert.throws(
      () => decodeStruct(type, given),
      (error: Error) => error.message.startsWith(message) || assert.fail(error.message),
    );
  });
}
