import assert from 'node:assert/strict';
import type { Answer } from './client.ts';
import { at } from './json.ts';
import { expectRefused } from './refusal.ts';
import { resources } from './resources.ts';
import type { ConformanceCase, World } from './world.ts';

function applyMap(world: World, data: object, query: Readonly<Record<string, string>>): Promise<Answer> {
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data };
  return world.patch('configmaps', 'm', body, 'apply', { query });
}

function applyWidget(world: World, content: object, fieldManager: string, subresource?: string): Promise<Answer> {
  const { apiVersion, kind } = resources.widgets;
  const body = { apiVersion, kind, metadata: { name: 'w' }, ...content };
  const query = { fieldManager };
  return world.patch('widgets', 'w', body, 'apply', subresource === undefined ? { query } : { query, subresource });
}

const one = { fieldManager: 'one' };
const two = { fieldManager: 'two' };

/** Server-side apply. */
export const applyCases: readonly ConformanceCase[] = [
  {
    id: 'apply/creates-and-updates',
    run: async (world) => {
      const created = await applyMap(world, { a: '1', b: '1' }, one);
      assert.equal(created.status, 201, created.text);
      const again = await applyMap(world, { a: '1', b: '1' }, one);
      assert.equal(again.status, 200, again.text);
      assert.equal(at(again.body, 'metadata.resourceVersion'), at(created.body, 'metadata.resourceVersion'));
      const updated = await applyMap(world, { a: '2', b: '1' }, one);
      assert.deepEqual(at(updated.body, 'data'), { a: '2', b: '1' });
    },
  },
  {
    id: 'apply/removes-what-its-manager-no-longer-names',
    run: async (world) => {
      await applyMap(world, { a: '1', b: '1' }, one);
      await world.patch('configmaps', 'm', { data: { c: '1' } });
      assert.deepEqual(at((await applyMap(world, { a: '1' }, one)).body, 'data'), { a: '1', c: '1' });
    },
  },
  {
    id: 'apply/does-not-take-what-another-manager-set',
    run: async (world) => {
      await applyMap(world, { a: '1' }, one);
      expectRefused(await applyMap(world, { a: '2' }, two), {
        code: 409,
        reason: 'Conflict',
        message: 'Apply failed with 1 conflict: conflict with "one": .data.a',
        causes: [{ reason: 'FieldManagerConflict', field: '.data.a', message: 'conflict with "one"' }],
      });
      const shared = await applyMap(world, { a: '1', b: '2' }, two);
      assert.deepEqual(at(shared.body, 'data'), { a: '1', b: '2' });
    },
  },
  {
    id: 'apply/takes-it-by-force',
    run: async (world) => {
      await applyMap(world, { a: '1' }, one);
      const forced = await applyMap(world, { a: '2' }, { ...two, force: 'true' });
      assert.equal(forced.status, 200, forced.text);
      assert.deepEqual(at(forced.body, 'data'), { a: '2' });
      expectRefused(await applyMap(world, { a: '1' }, one), { code: 409, reason: 'Conflict' });
    },
  },
  {
    id: 'apply/needs-a-manager',
    run: async (world) => {
      const causes = [{ field: 'fieldManager', reason: 'FieldValueRequired' }];
      expectRefused(await applyMap(world, { a: '1' }, {}), { code: 422, reason: 'Invalid', causes });
    },
  },
  {
    id: 'apply/merges-list-maps-by-key',
    run: async (world) => {
      await applyWidget(world, { spec: { rules: [{ id: 'a' }] } }, 'one');
      const answer = await applyWidget(world, { spec: { rules: [{ id: 'b', days: 2 }] } }, 'two');
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(at(answer.body, 'spec.rules'), [
        { id: 'a', prefix: '' },
        { id: 'b', days: 2, prefix: '' },
      ]);
    },
  },
  {
    id: 'apply/validates-and-defaults',
    run: async (world) => {
      const causes = [{ field: 'spec.size' }];
      const invalid = await applyWidget(world, { spec: { size: 0 } }, 'one');
      expectRefused(invalid, { code: 422, reason: 'Invalid', causes });
      const valid = await applyWidget(world, { spec: { size: 1 } }, 'one');
      assert.partialDeepStrictEqual(valid.body, { spec: { size: 1, colour: 'red' } });
    },
  },
  {
    id: 'apply/to-the-status',
    run: async (world) => {
      await applyWidget(world, { spec: { size: 1 } }, 'one');
      const answer = await applyWidget(world, { status: { phase: 'Up' } }, 'one', 'status');
      assert.equal(answer.status, 200, answer.text);
      assert.partialDeepStrictEqual(answer.body, { spec: { size: 1 }, status: { phase: 'Up' } });
    },
  },
];
