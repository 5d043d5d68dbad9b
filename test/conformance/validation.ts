import assert from 'node:assert/strict';
import { at, textAt } from './json.ts';
import { type Cause, expectRefused } from './refusal.ts';
import { group } from './resources.ts';
import type { ConformanceCase } from './world.ts';

interface InvalidSpec {
  readonly id: string;
  readonly spec: object;
  readonly causes: readonly Cause[];
}

function cause(field: string, reason: string, message: string): Cause {
  return { field, reason, message };
}

const invalid = 'FieldValueInvalid';
const wrongType = 'FieldValueTypeInvalid';
const tooMany = 'FieldValueTooMany';
const tooLong = 'FieldValueTooLong';

const invalidSpecs: readonly InvalidSpec[] = [
  {
    id: 'min-length',
    spec: { name: 'ab' },
    causes: [cause('spec.name', invalid, 'Invalid value: "ab": spec.name in body should be at least 3 chars long')],
  },
  {
    id: 'max-length',
    spec: { name: 'abcdefghijk' },
    causes: [cause('spec.name', tooLong, 'Too long: may not be more than 10 bytes')],
  },
  {
    id: 'pattern',
    spec: { name: 'ABC' },
    causes: [cause('spec.name', invalid, `Invalid value: "ABC": spec.name in body should match '^[a-z]+$'`)],
  },
  {
    id: 'minimum',
    spec: { size: 0 },
    causes: [cause('spec.size', invalid, 'Invalid value: 0: spec.size in body should be greater than or equal to 1')],
  },
  {
    id: 'maximum',
    spec: { size: 101 },
    causes: [cause('spec.size', invalid, 'Invalid value: 101: spec.size in body should be less than or equal to 100')],
  },
  {
    id: 'exclusive-minimum',
    spec: { ratio: 0 },
    causes: [cause('spec.ratio', invalid, 'Invalid value: 0: spec.ratio in body should be greater than 0')],
  },
  {
    id: 'enum',
    spec: { colour: 'pink' },
    causes: [
      cause(
        'spec.colour',
        'FieldValueNotSupported',
        'Unsupported value: "pink": supported values: "red", "green", "blue"',
      ),
    ],
  },
  {
    id: 'text-for-an-integer',
    spec: { size: '1' },
    causes: [
      cause('spec.size', wrongType, 'Invalid value: "string": spec.size in body must be of type integer: "string"'),
    ],
  },
  {
    id: 'text-for-a-boolean',
    spec: { enabled: 'yes' },
    causes: [
      cause(
        'spec.enabled',
        wrongType,
        'Invalid value: "string": spec.enabled in body must be of type boolean: "string"',
      ),
    ],
  },
  {
    id: 'text-for-a-list',
    spec: { tags: 'a' },
    causes: [
      cause('spec.tags', wrongType, 'Invalid value: "string": spec.tags in body must be of type array: "string"'),
    ],
  },
  {
    id: 'number-in-a-list-of-texts',
    spec: { tags: ['a', 1] },
    causes: [
      cause(
        'spec.tags[1]',
        wrongType,
        'Invalid value: "integer": spec.tags[1] in body must be of type string: "integer"',
      ),
    ],
  },
  {
    id: 'list-for-an-object',
    spec: { options: [] },
    causes: [
      cause('spec.options', wrongType, 'Invalid value: "array": spec.options in body must be of type object: "array"'),
    ],
  },
  {
    id: 'min-items',
    spec: { tags: [] },
    causes: [cause('spec.tags', invalid, 'Invalid value: 0: spec.tags in body should have at least 1 items')],
  },
  {
    id: 'max-items',
    spec: { tags: ['a', 'b', 'c', 'd'] },
    causes: [cause('spec.tags', tooMany, 'Too many: 4: must have at most 3 items')],
  },
  {
    id: 'max-properties',
    spec: { labels: { a: '1', b: '2', c: '3' } },
    causes: [cause('spec.labels', tooMany, 'Too many: 3: must have at most 2 items')],
  },
  {
    id: 'value-of-a-map',
    spec: { labels: { a: '123456' } },
    causes: [cause('spec.labels.a', tooLong, 'Too long: may not be more than 5 bytes')],
  },
  {
    id: 'duplicate-in-a-set',
    spec: { words: ['a', 'b', 'a'] },
    causes: [cause('spec.words[2]', 'FieldValueDuplicate', 'Duplicate value: "a"')],
  },
  {
    id: 'duplicate-key-in-a-list-map',
    spec: { rules: [{ id: 'a' }, { id: 'b' }, { id: 'a', days: 2 }] },
    causes: [cause('spec.rules[2]', 'FieldValueDuplicate', 'Duplicate value: {"id":"a"}')],
  },
  {
    id: 'required-in-a-list',
    spec: { rules: [{ days: 1 }] },
    causes: [cause('spec.rules[0].id', 'FieldValueRequired', 'Required value')],
  },
  {
    id: 'minimum-in-a-list',
    spec: { rules: [{ id: 'a', days: 0 }] },
    causes: [
      cause(
        'spec.rules[0].days',
        invalid,
        'Invalid value: 0: spec.rules[0].days in body should be greater than or equal to 1',
      ),
    ],
  },
  {
    id: 'int-or-string-is-neither',
    spec: { port: true },
    causes: [
      cause(
        'spec.port',
        wrongType,
        'Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
      ),
    ],
  },
  {
    id: 'format-date-time',
    spec: { at: 'yesterday' },
    causes: [
      cause('spec.at', wrongType, 'Invalid value: "yesterday": spec.at in body must be of type date-time: "yesterday"'),
    ],
  },
  {
    id: 'several-at-once',
    spec: { size: 101, name: 'ab', colour: 'pink' },
    causes: [{ field: 'spec.size' }, { field: 'spec.name' }, { field: 'spec.colour' }],
  },
];

const validSpecs: readonly { readonly id: string; readonly spec: object }[] = [
  { id: 'bounds-themselves', spec: { name: 'abc', size: 100, tags: ['a', 'b', 'c'], ratio: 1 } },
  { id: 'int-or-string-as-integer', spec: { port: 80 } },
  { id: 'int-or-string-as-text', spec: { port: '80%' } },
  { id: 'date-time', spec: { at: '2026-01-02T03:04:05Z' } },
  { id: 'one-of', spec: { choice: { a: 'x' } } },
];

/** Schema validation: what is refused, and in which words. */
export const validationCases: readonly ConformanceCase[] = [
  ...invalidSpecs.map(
    ({ id, spec, causes }): ConformanceCase => ({
      id: `validation/refuses-${id}`,
      run: async (world) => {
        const answer = await world.post('widgets', { metadata: { name: 'bad' }, spec });
        expectRefused(answer, { code: 422, reason: 'Invalid', causes });
        assert.partialDeepStrictEqual(answer.body, { details: { name: 'bad', group, kind: 'Widget' } });
        assert.ok(textAt(answer.body, 'message').startsWith(`Widget.${group} "bad" is invalid: `), answer.text);
      },
    }),
  ),
  ...validSpecs.map(
    ({ id, spec }): ConformanceCase => ({
      id: `validation/accepts-${id}`,
      run: async (world) => {
        await world.create('widgets', { metadata: { name: 'good' }, spec });
        assert.partialDeepStrictEqual(at(await world.get('widgets', 'good'), 'spec'), spec);
      },
    }),
  ),
  {
    id: 'validation/message-joins-several-causes-in-brackets',
    run: async (world) => {
      const one = await world.post('widgets', { metadata: { name: 'bad' }, spec: { size: 0 } });
      const sizeText = 'spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1';
      expectRefused(one, { code: 422, reason: 'Invalid', message: `Widget.${group} "bad" is invalid: ${sizeText}` });
      const two = await world.post('widgets', { metadata: { name: 'bad' }, spec: { size: 0, name: 'ab' } });
      expectRefused(two, { code: 422, reason: 'Invalid', message: /is invalid: \[spec\..*, spec\..*\]$/ });
    },
  },
  {
    id: 'validation/one-of-needs-exactly-one',
    run: async (world) => {
      for (const choice of [{}, { a: 'x', b: 'y' }]) {
        const answer = await world.post('widgets', { metadata: { name: 'bad' }, spec: { choice } });
        expectRefused(answer, {
          code: 422,
          reason: 'Invalid',
          message: /must validate one and only one schema \(oneOf\)/,
        });
      }
    },
  },
  {
    id: 'validation/fractions-are-no-integers',
    run: async (world) => {
      const answer = await world.post('widgets', { metadata: { name: 'bad' }, spec: { size: 1.5 } });
      expectRefused(answer, { code: 422, reason: 'Invalid', message: /spec\.size in body must be of type integer/ });
    },
  },
  {
    id: 'validation/spec-of-another-type',
    run: async (world) => {
      const answer = await world.post('widgets', { metadata: { name: 'bad' }, spec: 'text' });
      const message = 'Invalid value: "string": spec in body must be of type object: "string"';
      expectRefused(answer, { code: 422, reason: 'Invalid', causes: [cause('spec', wrongType, message)] });
    },
  },
  {
    id: 'validation/labels-of-another-type-are-a-bad-request',
    run: async (world) => {
      const answer = await world.post('widgets', { metadata: { name: 'bad', labels: { a: 1 } }, spec: {} });
      expectRefused(answer, { code: 400, reason: 'BadRequest', message: /cannot be handled as a Widget/ });
    },
  },
  {
    id: 'validation/updates-and-patches-are-validated-too',
    run: async (world) => {
      const widget = await world.create('widgets', { metadata: { name: 'w' }, spec: { size: 1 } });
      const causes = [{ field: 'spec.size', reason: invalid }];
      expectRefused(await world.patch('widgets', 'w', { spec: { size: 0 } }), { code: 422, reason: 'Invalid', causes });
      const replaced = { ...Object(widget), spec: { size: 0 } };
      expectRefused(await world.put('widgets', replaced), { code: 422, reason: 'Invalid', causes });
      assert.equal(at(await world.get('widgets', 'w'), 'spec.size'), 1);
    },
  },
  {
    id: 'validation/status-is-validated-at-its-own-path',
    run: async (world) => {
      await world.create('widgets', { metadata: { name: 'w' }, spec: {} });
      const conditions = [{ type: 'Ready', status: 'Maybe' }];
      const answer = await world.patch('widgets', 'w', { status: { conditions } }, 'merge', { subresource: 'status' });
      expectRefused(answer, {
        code: 422,
        reason: 'Invalid',
        causes: [{ field: 'status.conditions[0].status', reason: 'FieldValueNotSupported' }],
      });
    },
  },
];
