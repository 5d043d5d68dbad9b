import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../json.ts';
import type { ApiObject } from '../object.ts';
import { parseSchema } from './schema.ts';
import { SchemaRules } from './schema-rules.ts';

const rules = new SchemaRules(
  parseSchema({
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        required: ['a'],
        properties: {
          a: { type: 'integer', maximum: 9 },
          l: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
        },
        'x-kubernetes-validations': [{ rule: 'self.a > 3' }],
      },
      status: { type: 'object', properties: { phase: { type: 'string', enum: ['Ready'] } } },
    },
  }),
);

function object(spec: JsonObject, status?: JsonObject): ApiObject {
  const metadata = { name: 'a', uid: '', resourceVersion: '', creationTimestamp: '' };
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata, spec, ...(status === undefined ? {} : { status }) };
}

function textsOf(now: ApiObject, old?: ApiObject, subresource?: 'status'): readonly string[] {
  return rules.errors(now, old, subresource).map(({ field, body }) => `${field}: ${body}`);
}

test('schema rules: a wrong shape keeps the rules from being run, and says so', () => {
  const [first, second, ...more] = textsOf(object({}));
  assert.equal(first, 'spec.a: Required value');
  assert.match(second ?? '', /^<nil>: Invalid value: null: some validation rules were not checked/);
  assert.deepEqual(more, []);
});

test('schema rules: a wrong value does not', () => {
  assert.deepEqual(textsOf(object({ a: 1, l: ['x', 'x'] })), [
    'spec.l[1]: Duplicate value: "x"',
    'spec: Invalid value: failed rule: self.a > 3',
  ]);
  assert.deepEqual(textsOf(object({ a: 10 })), [
    'spec.a: Invalid value: 10: spec.a in body should be less than or equal to 9',
  ]);
});

test('schema rules: doubles that were there before may stay', () => {
  const old = object({ a: 4, l: ['x', 'x'] });
  assert.deepEqual(textsOf(object({ a: 5, l: ['x', 'x'] }), old), []);
  assert.equal(textsOf(object({ a: 5, l: ['x', 'x'] }), object({ a: 4, l: ['x'] })).length, 1);
});

test('schema rules: a status write is held to the schema of the status', () => {
  assert.deepEqual(textsOf(object({}, { phase: 'Odd' }), object({}), 'status').slice(0, 1), [
    'status.phase: Unsupported value: "Odd": supported values: "Ready"',
  ]);
  assert.deepEqual(textsOf(object({ a: 4 }), object({ a: 4 }, { phase: 'Ready' }), 'status'), []);
});
