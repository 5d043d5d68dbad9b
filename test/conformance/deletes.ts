import assert from 'node:assert/strict';
import type { Answer } from './client.ts';
import { at, namesIn } from './json.ts';
import { expectRefused } from './refusal.ts';
import type { ConformanceCase, World } from './world.ts';

function ok(answer: Answer): unknown {
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

const finalizers = ['example.com/a', 'example.com/b'];

/** A widget that is being deleted and held by two finalizers. */
async function heldWidget(world: World): Promise<unknown> {
  await world.create('widgets', { metadata: { name: 'w', finalizers }, spec: { size: 1 } });
  return ok(await world.delete('widgets', 'w'));
}

async function isGone(world: World, name: string): Promise<void> {
  const answer = await world.client.call('GET', world.path('widgets', name));
  expectRefused(answer, { code: 404, reason: 'NotFound' });
}

/** Deletion, its preconditions, and finalizers. */
export const deleteCases: readonly ConformanceCase[] = [
  {
    id: 'delete/answers-success-with-the-uid-and-the-object-is-gone',
    run: async (world) => {
      const widget = await world.create('widgets', { metadata: { name: 'w' }, spec: {} });
      const answer = ok(await world.delete('widgets', 'w'));
      assert.partialDeepStrictEqual(answer, {
        kind: 'Status',
        status: 'Success',
        details: { name: 'w', kind: 'widgets', uid: at(widget, 'metadata.uid') },
      });
      await isGone(world, 'w');
      expectRefused(await world.delete('widgets', 'w'), { code: 404, reason: 'NotFound' });
    },
  },
  {
    id: 'delete/a-name-can-be-used-again-and-gets-another-uid',
    run: async (world) => {
      const first = await world.create('widgets', { metadata: { name: 'w' }, spec: {} });
      await world.delete('widgets', 'w');
      const second = await world.create('widgets', { metadata: { name: 'w' }, spec: {} });
      assert.notEqual(at(second, 'metadata.uid'), at(first, 'metadata.uid'));
      assert.equal(at(second, 'metadata.generation'), 1);
    },
  },
  {
    id: 'delete/precondition-uid',
    run: async (world) => {
      const uid = at(await world.create('widgets', { metadata: { name: 'w' }, spec: {} }), 'metadata.uid');
      expectRefused(await world.delete('widgets', 'w', { preconditions: { uid: 'other' } }), {
        code: 409,
        reason: 'Conflict',
        message: /the UID in the precondition \(other\) does not match the UID in record/,
      });
      ok(await world.delete('widgets', 'w', { preconditions: { uid } }));
    },
  },
  {
    id: 'delete/precondition-resource-version',
    run: async (world) => {
      const widget = await world.create('widgets', { metadata: { name: 'w' }, spec: {} });
      const changed = ok(await world.patch('widgets', 'w', { spec: { size: 2 } }));
      const deleteAt = (object: unknown): Promise<Answer> =>
        world.delete('widgets', 'w', { preconditions: { resourceVersion: at(object, 'metadata.resourceVersion') } });
      expectRefused(await deleteAt(widget), {
        code: 409,
        reason: 'Conflict',
        message: /the ResourceVersion in the precondition \(\d+\) does not match the ResourceVersion in record/,
      });
      ok(await deleteAt(changed));
    },
  },
  {
    id: 'delete/preconditions-hold-for-an-object-that-is-being-deleted-too',
    run: async (world) => {
      await heldWidget(world);
      const answer = await world.delete('widgets', 'w', { preconditions: { uid: 'other' } });
      expectRefused(answer, { code: 409, reason: 'Conflict' });
    },
  },
  {
    id: 'delete/propagation-policy-is-one-of-three',
    run: async (world) => {
      await world.create('widgets', { metadata: { name: 'w' }, spec: {} });
      expectRefused(await world.delete('widgets', 'w', { propagationPolicy: 'Sideways' }), {
        code: 422,
        reason: 'Invalid',
        causes: [{ field: 'propagationPolicy', reason: 'FieldValueNotSupported' }],
      });
    },
  },
  {
    id: 'delete/of-a-collection-takes-what-the-selector-matches',
    run: async (world) => {
      for (const [name, a] of Object.entries({ one: '1', two: '2', three: '1' })) {
        await world.create('configmaps', { metadata: { name, labels: { a } } });
      }
      const query = { labelSelector: 'a=1' };
      const answer = ok(await world.client.call('DELETE', world.path('configmaps'), { query }));
      assert.equal(at(answer, 'kind'), 'ConfigMapList');
      assert.deepEqual(namesIn(await world.list('configmaps')), ['two']);
    },
  },
  {
    id: 'finalizers/hold-the-object-and-its-deletion-time-is-set',
    run: async (world) => {
      const held = await heldWidget(world);
      assert.partialDeepStrictEqual(held, { kind: 'Widget', metadata: { name: 'w', deletionGracePeriodSeconds: 0 } });
      assert.deepEqual(at(held, 'metadata.finalizers'), finalizers);
      assert.match(String(at(held, 'metadata.deletionTimestamp')), /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.equal(at(held, 'metadata.generation'), 2, 'deletion is a change that a controller must observe');
      assert.deepEqual(await world.get('widgets', 'w'), held);
    },
  },
  {
    id: 'finalizers/a-second-delete-changes-nothing',
    run: async (world) => {
      const held = await heldWidget(world);
      assert.deepEqual(ok(await world.delete('widgets', 'w')), held);
    },
  },
  {
    id: 'finalizers/the-name-stays-taken',
    run: async (world) => {
      await heldWidget(world);
      expectRefused(await world.post('widgets', { metadata: { name: 'w' }, spec: {} }), {
        code: 409,
        reason: 'AlreadyExists',
        message: /^object is being deleted: widgets\.conformance\.example\.com "w" already exists$/,
      });
    },
  },
  {
    id: 'finalizers/spec-and-status-can-still-be-written',
    run: async (world) => {
      await heldWidget(world);
      const edited = ok(await world.patch('widgets', 'w', { spec: { size: 5 } }));
      assert.partialDeepStrictEqual(edited, { metadata: { generation: 3 }, spec: { size: 5 } });
      const body = { status: { phase: 'Leaving' } };
      ok(await world.patch('widgets', 'w', body, 'merge', { subresource: 'status' }));
    },
  },
  {
    id: 'finalizers/none-can-be-added-while-deleting',
    run: async (world) => {
      await heldWidget(world);
      for (const added of [[...finalizers, 'example.com/c'], ['example.com/c']]) {
        expectRefused(await world.patch('widgets', 'w', { metadata: { finalizers: added } }), {
          code: 422,
          reason: 'Invalid',
          causes: [
            {
              field: 'metadata.finalizers',
              reason: 'FieldValueForbidden',
              message:
                'Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/c"}',
            },
          ],
        });
      }
    },
  },
  {
    id: 'finalizers/the-deletion-time-cannot-be-taken-back-or-set',
    run: async (world) => {
      const held = await heldWidget(world);
      assert.deepEqual(ok(await world.patch('widgets', 'w', { metadata: { deletionTimestamp: null } })), held);
      await world.create('widgets', { metadata: { name: 'alive' }, spec: {} });
      const set = await world.patch('widgets', 'alive', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } });
      expectRefused(set, { code: 422, reason: 'Invalid', causes: [{ field: 'metadata.deletionTimestamp' }] });
    },
  },
  {
    id: 'finalizers/the-last-one-that-goes-takes-the-object-along',
    run: async (world) => {
      await heldWidget(world);
      const one = ok(await world.patch('widgets', 'w', { metadata: { finalizers: ['example.com/b'] } }));
      assert.deepEqual(at(one, 'metadata.finalizers'), ['example.com/b']);
      const none = ok(await world.patch('widgets', 'w', { metadata: { finalizers: null } }));
      assert.equal(at(none, 'metadata.finalizers'), undefined);
      await isGone(world, 'w');
    },
  },
  {
    id: 'finalizers/json-patch-and-put-can-take-the-last-one-off',
    run: async (world) => {
      await heldWidget(world);
      const patch = [
        { op: 'test', path: '/metadata/finalizers/0', value: 'example.com/a' },
        { op: 'remove', path: '/metadata/finalizers/0' },
      ];
      const left = ok(await world.patch('widgets', 'w', patch, 'json'));
      const metadata = { ...Object(at(left, 'metadata')), finalizers: [] };
      ok(await world.put('widgets', { ...Object(left), metadata }));
      await isGone(world, 'w');
    },
  },
  {
    id: 'finalizers/of-a-living-object-come-and-go',
    run: async (world) => {
      await world.create('widgets', { metadata: { name: 'w' }, spec: {} });
      ok(await world.patch('widgets', 'w', { metadata: { finalizers } }));
      ok(await world.patch('widgets', 'w', { metadata: { finalizers: null } }));
      await world.get('widgets', 'w');
    },
  },
];
