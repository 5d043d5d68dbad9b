import assert from 'node:assert/strict';
import { crdOf } from './crds.ts';
import { at } from './json.ts';
import { group } from './resources.ts';
import type { ConformanceCase, World } from './world.ts';

async function specOf(world: World, spec: object): Promise<unknown> {
  return at(await world.create('widgets', { metadata: { name: 'w' }, spec }), 'spec');
}

const defaults = { colour: 'red', options: { mode: 'fast', depth: 3 } };

/** What the server adds to an object, and what it takes away. */
export const defaultingCases: readonly ConformanceCase[] = [
  {
    id: 'defaulting/fills-absent-fields-and-nested-ones-below-an-empty-object',
    run: async (world) => {
      assert.deepEqual(await specOf(world, {}), defaults);
      assert.deepEqual(at(await world.get('widgets', 'w'), 'spec'), defaults);
    },
  },
  {
    id: 'defaulting/leaves-what-is-given',
    run: async (world) => {
      const spec = { colour: 'blue', options: { mode: 'slow', depth: 0 } };
      assert.deepEqual(await specOf(world, spec), spec);
    },
  },
  {
    id: 'defaulting/fills-inside-a-given-object',
    run: async (world) => {
      assert.deepEqual(await specOf(world, { options: { depth: 9, inner: {} } }), {
        colour: 'red',
        options: { mode: 'fast', depth: 9, inner: { deep: true } },
      });
    },
  },
  {
    id: 'defaulting/fills-inside-the-entries-of-a-list',
    run: async (world) => {
      assert.deepEqual(at(await specOf(world, { rules: [{ id: 'a' }, { id: 'b', prefix: 'x' }] }), 'rules'), [
        { id: 'a', prefix: '' },
        { id: 'b', prefix: 'x' },
      ]);
    },
  },
  {
    id: 'defaulting/does-not-make-an-absent-spec',
    run: async (world) => {
      assert.equal(at(await world.create('widgets', { metadata: { name: 'w' } }), 'spec'), undefined);
    },
  },
  {
    id: 'defaulting/null-counts-as-absent-where-it-is-not-allowed',
    run: async (world) => {
      assert.deepEqual(await specOf(world, { colour: null, size: null, options: { mode: null } }), defaults);
    },
  },
  {
    id: 'defaulting/null-is-kept-where-it-is-allowed',
    run: async (world) => {
      assert.deepEqual(await specOf(world, { note: null }), { ...defaults, note: null });
    },
  },
  {
    id: 'defaulting/comes-back-when-a-patch-removes-the-field',
    run: async (world) => {
      await specOf(world, { colour: 'blue' });
      const answer = await world.patch('widgets', 'w', { spec: { colour: null, options: null } });
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(at(answer.body, 'spec'), defaults);
    },
  },
  {
    id: 'defaulting/a-default-that-came-later-shows-on-read-without-a-write',
    run: async (world) => {
      const kind = `Late${world.unique('x').slice(2)}`;
      const plural = kind.toLowerCase();
      const crd = crdOf({
        kind,
        plural,
        properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
      });
      await world.create('crds', crd);
      world.defer(() => world.delete('crds', crd.metadata.name));
      const path = `/apis/${group}/v1/namespaces/${world.namespace}/${plural}`;
      await world.until(path, ({ status }) => status === 200);
      const body = { apiVersion: `${group}/v1`, kind, metadata: { name: 'old' }, spec: {} };
      const created = await world.client.call('POST', path, { body });
      assert.equal(created.status, 201, created.text);
      const added = { type: 'string', default: 'new' };
      const schema = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/late';
      const patch = [{ op: 'add', path: schema, value: added }];
      const patched = await world.patch('crds', crd.metadata.name, patch, 'json');
      assert.equal(patched.status, 200, patched.text);
      const read = await world.until(`${path}/old`, (answer) => at(answer.body, 'spec.late') === 'new');
      assert.equal(at(read.body, 'metadata.resourceVersion'), at(created.body, 'metadata.resourceVersion'));
      assert.equal(at(read.body, 'metadata.generation'), 1);
    },
  },
  {
    id: 'pruning/removes-unknown-fields-at-every-depth',
    run: async (world) => {
      const object = await world.create('widgets', {
        metadata: { name: 'w', nonsense: 1 },
        nonsense: 1,
        spec: { nonsense: 1, options: { nonsense: 1 }, rules: [{ id: 'a', nonsense: 1 }] },
      });
      assert.deepEqual(at(object, 'spec'), { ...defaults, rules: [{ id: 'a', prefix: '' }] });
      assert.equal(at(object, 'nonsense'), undefined);
      assert.equal(at(object, 'metadata.nonsense'), undefined);
    },
  },
  {
    id: 'pruning/keeps-what-preserve-unknown-fields-says',
    run: async (world) => {
      const free = { a: { b: [1, { c: null }] } };
      assert.deepEqual(at(await specOf(world, { free }), 'free'), free);
    },
  },
  {
    id: 'pruning/keeps-the-keys-of-a-map',
    run: async (world) => {
      assert.deepEqual(at(await specOf(world, { labels: { a: '1', b: '2' } }), 'labels'), { a: '1', b: '2' });
    },
  },
  {
    id: 'pruning/unknown-fields-of-a-patch-change-nothing',
    run: async (world) => {
      const before = await world.create('widgets', { metadata: { name: 'w' }, spec: {} });
      const answer = await world.patch('widgets', 'w', { spec: { nonsense: 1 } });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(at(answer.body, 'metadata.resourceVersion'), at(before, 'metadata.resourceVersion'));
    },
  },
];
