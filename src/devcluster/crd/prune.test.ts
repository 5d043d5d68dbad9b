import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, JsonObject } from '../json.ts';
import { applyDefaults } from './default.ts';
import { coerceEmbedded, embeddedErrors } from './embedded.ts';
import { prune } from './prune.ts';
import { parseSchema } from './schema.ts';

const text = { type: 'string' };
const root = { apiVersion: 'x/v1', kind: 'X', metadata: { name: 'a', anything: 1 } };

function schemaOf(spec: JsonObject) {
  return parseSchema({ type: 'object', properties: { spec } });
}

interface PruneCase {
  readonly title: string;
  readonly spec: JsonObject;
  readonly value: Json;
  readonly kept: Json;
  readonly unknown: readonly string[];
}

const pruneCases: readonly PruneCase[] = [
  {
    title: 'drops unknown fields at any depth',
    spec: { type: 'object', properties: { a: { type: 'object', properties: { b: text } } } },
    value: { a: { b: 'x', c: 1 }, d: 1 },
    kept: { a: { b: 'x' } },
    unknown: ['spec.a.c', 'spec.d'],
  },
  {
    title: 'keeps the keys of a map and prunes its values',
    spec: { type: 'object', additionalProperties: { type: 'object', properties: { b: text } } },
    value: { one: { b: 'x', c: 1 } },
    kept: { one: { b: 'x' } },
    unknown: ['spec.one.c'],
  },
  {
    title: 'prunes the items of a list',
    spec: { type: 'array', items: { type: 'object', properties: { b: text } } },
    value: [{ b: 'x', c: 1 }, { c: 2 }],
    kept: [{ b: 'x' }, {}],
    unknown: ['spec[0].c', 'spec[1].c'],
  },
  {
    title: 'keeps what is preserved, but for what is specified within',
    spec: {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      properties: { known: { type: 'object', properties: { a: text } } },
    },
    value: { any: { deep: [1] }, known: { a: 'x', b: 1 } },
    kept: { any: { deep: [1] }, known: { a: 'x' } },
    unknown: ['spec.known.b'],
  },
  {
    title: 'keeps the type and metadata of an embedded object',
    spec: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: { type: 'object' } } },
    value: { apiVersion: 'v1', kind: 'K', metadata: { name: 'n' }, spec: { z: 1 }, other: 1 },
    kept: { apiVersion: 'v1', kind: 'K', metadata: { name: 'n' }, spec: {} },
    unknown: ['spec.other', 'spec.spec.z'],
  },
  { title: 'leaves scalars of a wrong type to validation', spec: text, value: 5, kept: 5, unknown: [] },
  {
    title: 'empties objects within additionalProperties: true',
    spec: { type: 'object', additionalProperties: true },
    value: { a: { b: 1 }, c: 'x' },
    kept: { a: {}, c: 'x' },
    unknown: ['spec.a.b'],
  },
];

for (const { title, spec, value, kept, unknown } of pruneCases) {
  test(`pruning ${title}`, () => {
    const result = prune({ ...root, spec: value }, schemaOf(spec));
    assert.deepEqual(result.value, { ...root, spec: kept });
    assert.deepEqual(result.unknownFields, unknown);
  });
}

interface DefaultCase {
  readonly title: string;
  readonly spec: JsonObject;
  readonly value: Json | undefined;
  readonly result: Json | undefined;
}

const nested = {
  type: 'object',
  default: {},
  properties: { a: { ...text, default: 'x' }, b: { type: 'object', properties: { c: { ...text, default: 'y' } } } },
};

const defaultCases: readonly DefaultCase[] = [
  { title: 'fills a default object and what is in it', spec: nested, value: undefined, result: { a: 'x' } },
  { title: 'fills an object that is there', spec: nested, value: { b: {} }, result: { a: 'x', b: { c: 'y' } } },
  { title: 'keeps what is set', spec: nested, value: { a: '' }, result: { a: '' } },
  { title: 'takes the default for a null', spec: nested, value: { a: null }, result: { a: 'x' } },
  {
    title: 'drops a null that is neither nullable nor has a default',
    spec: nested,
    value: { b: null },
    result: { a: 'x' },
  },
  {
    title: 'keeps a null that is nullable',
    spec: { type: 'object', properties: { a: { ...text, nullable: true, default: 'x' } } },
    value: { a: null },
    result: { a: null },
  },
  {
    title: 'fills the items of a list and the values of a map',
    spec: {
      type: 'object',
      properties: {
        l: { type: 'array', items: { type: 'object', properties: { a: { ...text, default: 'x' } } } },
        m: { type: 'object', additionalProperties: { type: 'object', properties: { a: { ...text, default: 'y' } } } },
      },
    },
    value: { l: [{}, { a: 'z' }], m: { k: {} } },
    result: { l: [{ a: 'x' }, { a: 'z' }], m: { k: { a: 'y' } } },
  },
  {
    title: 'fills false, zero and the empty text',
    spec: {
      type: 'object',
      default: {},
      properties: {
        b: { type: 'boolean', default: false },
        n: { type: 'integer', default: 0 },
        t: { ...text, default: '' },
      },
    },
    value: undefined,
    result: { b: false, n: 0, t: '' },
  },
];

for (const { title, spec, value, result } of defaultCases) {
  test(`defaulting ${title}`, () => {
    assert.deepEqual(applyDefaults({ spec: value }, schemaOf(spec)).spec, result);
  });
}

const embedding = parseSchema({
  type: 'object',
  properties: {
    list: {
      type: 'array',
      items: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
    },
  },
});

test('embedded objects: metadata is decoded like that of any object', () => {
  const object = {
    list: [{ apiVersion: 'v1', kind: 'K', metadata: { name: 'n', foo: 1, labels: { a: 'b' } }, spec: 1 }],
  };
  const { value, unknownFields } = coerceEmbedded(object, embedding);
  assert.deepEqual(value, {
    list: [{ apiVersion: 'v1', kind: 'K', metadata: { name: 'n', labels: { a: 'b' } }, spec: 1 }],
  });
  assert.deepEqual(unknownFields, ['list[0].metadata.foo']);
  assert.throws(
    () => coerceEmbedded({ list: [{ metadata: { labels: { a: 1 } } }] }, embedding),
    /list\[0\]\.metadata: Invalid value/,
  );
});

test('embedded objects: kind and apiVersion are required, metadata must be valid', () => {
  const object = { list: [{ kind: 'K' }, { apiVersion: 'v1', kind: 'a b', metadata: { name: 'A B' } }] };
  assert.deepEqual(
    embeddedErrors(object, embedding, '').map(({ field }) => field),
    ['list[0].apiVersion', 'list[1].kind', 'list[1].metadata.name'],
  );
  assert.deepEqual(embeddedErrors(object, parseSchema({ type: 'object' }), ''), []);
});
