import assert from 'node:assert/strict';
import { at } from './json.ts';
import { type OwnCrd, ownCrd } from './own-crd.ts';
import { expectRefused } from './refusal.ts';
import type { ConformanceCase, World } from './world.ts';

const loose = {
  type: 'object',
  properties: {
    a: { type: 'string', maxLength: 20 },
    b: { type: 'string', maxLength: 20 },
    rules: {
      type: 'array',
      maxItems: 5,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['id'],
      items: {
        type: 'object',
        required: ['id'],
        properties: { id: { type: 'string', maxLength: 20 }, days: { type: 'integer' } },
      },
    },
  },
};

const days = { type: 'integer', minimum: 1 };
const item = { ...loose.properties.rules.items, properties: { ...loose.properties.rules.items.properties, days } };
const noBang = { rule: "!self.contains('!')", message: 'no exclamation marks' };

const strict = {
  ...loose,
  properties: {
    a: { ...loose.properties.a, minLength: 3 },
    b: { ...loose.properties.b, 'x-kubernetes-validations': [noBang] },
    rules: { ...loose.properties.rules, items: item },
  },
};

/** An object that was stored under the loose schema and breaks the strict one, which is now in force, in three places. */
async function storedBefore(world: World): Promise<OwnCrd> {
  const crd = await ownCrd(world, loose);
  const created = await crd.post('old', { a: 'x', b: 'hey!', rules: [{ id: 'one', days: 0 }] });
  assert.equal(created.status, 201, created.text);
  await crd.replaceSpecSchema(strict, { a: 'x' });
  return crd;
}

const invalid = { code: 422, reason: 'Invalid' } as const;

/** What is stored and has become invalid may stay as it is, and the rest of the object can be edited. */
export const ratchetingCases: readonly ConformanceCase[] = [
  {
    id: 'ratcheting/other-fields-can-be-edited',
    run: async (world) => {
      const { patch } = await storedBefore(world);
      const labelled = await patch('old', { metadata: { labels: { a: '1' } } });
      assert.equal(labelled.status, 200, labelled.text);
      const added = await patch('old', {
        spec: {
          rules: [
            { id: 'one', days: 0 },
            { id: 'two', days: 2 },
          ],
        },
      });
      assert.equal(added.status, 200, added.text);
      assert.equal(at(added.body, 'spec.a'), 'x');
    },
  },
  {
    id: 'ratcheting/a-changed-field-must-be-valid',
    run: async (world) => {
      const { patch } = await storedBefore(world);
      expectRefused(await patch('old', { spec: { a: 'y' } }), { ...invalid, causes: [{ field: 'spec.a' }] });
      expectRefused(await patch('old', { spec: { b: 'ho!' } }), {
        ...invalid,
        causes: [{ field: 'spec.b', message: /no exclamation marks/ }],
      });
      const mended = await patch('old', { spec: { a: 'yes', b: 'ho' } });
      assert.equal(mended.status, 200, mended.text);
    },
  },
  {
    id: 'ratcheting/entries-of-a-list-map-are-compared-by-key',
    run: async (world) => {
      const { patch } = await storedBefore(world);
      const moved = await patch('old', {
        spec: {
          rules: [
            { id: 'zero', days: 1 },
            { id: 'one', days: 0 },
          ],
        },
      });
      assert.equal(moved.status, 200, moved.text);
      expectRefused(await patch('old', { spec: { rules: [{ id: 'new', days: 0 }] } }), {
        ...invalid,
        causes: [{ field: 'spec.rules[0].days' }],
      });
    },
  },
  {
    id: 'ratcheting/new-objects-must-be-valid',
    run: async (world) => {
      const { post } = await storedBefore(world);
      expectRefused(await post('new', { a: 'x' }), { ...invalid, causes: [{ field: 'spec.a' }] });
    },
  },
];
