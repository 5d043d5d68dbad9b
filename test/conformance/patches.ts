import assert from 'node:assert/strict';
import type { Answer } from './client.ts';
import { at } from './json.ts';
import { expectRefused } from './refusal.ts';
import type { ConformanceCase, World } from './world.ts';

function ok(answer: Answer): unknown {
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

const widgetIn = (world: World): Promise<unknown> =>
  world.create('widgets', {
    metadata: { name: 'w', labels: { a: '1', b: '2' } },
    spec: { size: 1, tags: ['x', 'y'], free: { deep: { one: 1, two: 2 } } },
  });

const refusedPatch = {
  code: 422,
  reason: 'Invalid',
  message: 'the server rejected our request due to an error in our request',
} as const;

/** RFC 7386 and RFC 6902 as the API server reads them. */
export const patchCases: readonly ConformanceCase[] = [
  {
    id: 'merge-patch/merges-objects-replaces-lists-and-removes-null',
    run: async (world) => {
      await widgetIn(world);
      const object = ok(
        await world.patch('widgets', 'w', {
          metadata: { labels: { a: null, c: '3' } },
          spec: { size: null, tags: ['z'], free: { deep: { one: null, three: 3 } } },
        }),
      );
      assert.deepEqual(at(object, 'metadata.labels'), { b: '2', c: '3' });
      assert.equal(at(object, 'spec.size'), undefined);
      assert.deepEqual(at(object, 'spec.tags'), ['z']);
      assert.deepEqual(at(object, 'spec.free'), { deep: { two: 2, three: 3 } });
    },
  },
  {
    id: 'merge-patch/guarded-by-resource-version',
    run: async (world) => {
      const old = await widgetIn(world);
      const body = (size: number): object => ({
        metadata: { resourceVersion: at(old, 'metadata.resourceVersion') },
        spec: { size },
      });
      ok(await world.patch('widgets', 'w', body(2)));
      expectRefused(await world.patch('widgets', 'w', body(3)), {
        code: 409,
        reason: 'Conflict',
        message: /the object has been modified/,
      });
    },
  },
  {
    id: 'merge-patch/another-uid-is-an-invalid-change',
    run: async (world) => {
      await widgetIn(world);
      const causes = [{ field: 'metadata.uid', message: 'Invalid value: "other": field is immutable' }];
      const answer = await world.patch('widgets', 'w', { metadata: { uid: 'other' }, spec: { size: 2 } });
      expectRefused(answer, { code: 422, reason: 'Invalid', causes });
    },
  },
  {
    id: 'merge-patch/the-same-uid-passes',
    run: async (world) => {
      const uid = at(await widgetIn(world), 'metadata.uid');
      assert.equal(at(ok(await world.patch('widgets', 'w', { metadata: { uid }, spec: { size: 2 } })), 'spec.size'), 2);
    },
  },
  {
    id: 'merge-patch/name-and-namespace-cannot-be-changed',
    run: async (world) => {
      await widgetIn(world);
      for (const metadata of [{ name: 'other' }, { namespace: 'other' }]) {
        expectRefused(await world.patch('widgets', 'w', { metadata }), { code: 400, reason: 'BadRequest' });
      }
    },
  },
  {
    id: 'merge-patch/generation-and-creation-time-are-kept-as-they-are',
    run: async (world) => {
      const widget = await widgetIn(world);
      const patched = ok(await world.patch('widgets', 'w', { metadata: { generation: 9, creationTimestamp: null } }));
      assert.deepEqual(patched, widget);
    },
  },
  {
    id: 'merge-patch/of-an-absent-object-is-404',
    run: async (world) => {
      expectRefused(await world.patch('widgets', 'absent', { spec: {} }), { code: 404, reason: 'NotFound' });
    },
  },
  {
    id: 'merge-patch/malformed-is-400',
    run: async (world) => {
      await widgetIn(world);
      for (const body of ['{"spec":', '[]']) {
        expectRefused(await world.patch('widgets', 'w', body), { code: 400, reason: 'BadRequest' });
      }
    },
  },
  {
    id: 'json-patch/add-replace-remove-move-copy',
    run: async (world) => {
      await widgetIn(world);
      const object = ok(
        await world.patch(
          'widgets',
          'w',
          [
            { op: 'add', path: '/spec/tags/1', value: 'm' },
            { op: 'add', path: '/spec/free/list', value: [1] },
            { op: 'add', path: '/spec/free/list/-', value: 2 },
            { op: 'replace', path: '/spec/size', value: 5 },
            { op: 'remove', path: '/metadata/labels/a' },
            { op: 'move', from: '/spec/free/deep/one', path: '/spec/free/one' },
            { op: 'copy', from: '/spec/free/one', path: '/spec/free/uno' },
          ],
          'json',
        ),
      );
      assert.deepEqual(at(object, 'spec.tags'), ['x', 'm', 'y']);
      assert.deepEqual(at(object, 'spec.free'), { deep: { two: 2 }, list: [1, 2], one: 1, uno: 1 });
      assert.equal(at(object, 'spec.size'), 5);
      assert.deepEqual(at(object, 'metadata.labels'), { b: '2' });
    },
  },
  {
    id: 'json-patch/escaped-keys',
    run: async (world) => {
      await widgetIn(world);
      const path = '/spec/free/example.com~1a~0b';
      const object = ok(await world.patch('widgets', 'w', [{ op: 'add', path, value: 1 }], 'json'));
      assert.equal(at(object, ['spec', 'free', 'example.com/a~b']), 1);
    },
  },
  {
    id: 'json-patch/test-that-holds-lets-the-rest-through',
    run: async (world) => {
      const version = at(await widgetIn(world), 'metadata.resourceVersion');
      const patch = [
        { op: 'test', path: '/metadata/resourceVersion', value: version },
        { op: 'test', path: '/spec/tags', value: ['x', 'y'] },
        { op: 'replace', path: '/spec/size', value: 2 },
      ];
      assert.equal(at(ok(await world.patch('widgets', 'w', patch, 'json')), 'spec.size'), 2);
    },
  },
  {
    id: 'json-patch/test-that-fails-is-422-and-changes-nothing',
    run: async (world) => {
      const widget = await widgetIn(world);
      const patch = [
        { op: 'replace', path: '/spec/size', value: 2 },
        { op: 'test', path: '/metadata/labels/a', value: 'other' },
      ];
      expectRefused(await world.patch('widgets', 'w', patch, 'json'), refusedPatch);
      assert.deepEqual(await world.get('widgets', 'w'), widget);
    },
  },
  ...[
    { id: 'remove-of-an-absent-field', operation: { op: 'remove', path: '/metadata/labels/zz' } },
    { id: 'add-below-an-absent-parent', operation: { op: 'add', path: '/metadata/annotations/a', value: '1' } },
    { id: 'index-behind-the-end', operation: { op: 'add', path: '/spec/tags/7', value: '1' } },
    { id: 'unknown-operation', operation: { op: 'frob', path: '/spec/size', value: 1 } },
  ].map(
    ({ id, operation }): ConformanceCase => ({
      id: `json-patch/${id}-is-422`,
      run: async (world) => {
        await widgetIn(world);
        expectRefused(await world.patch('widgets', 'w', [operation], 'json'), refusedPatch);
      },
    }),
  ),
  {
    id: 'json-patch/that-is-no-list-is-400',
    run: async (world) => {
      await widgetIn(world);
      expectRefused(await world.patch('widgets', 'w', { op: 'remove' }, 'json'), { code: 400, reason: 'BadRequest' });
    },
  },
  {
    id: 'json-patch/an-old-resource-version-in-the-result-is-409',
    run: async (world) => {
      const old = at(await widgetIn(world), 'metadata.resourceVersion');
      ok(await world.patch('widgets', 'w', { spec: { size: 2 } }));
      const patch = [{ op: 'replace', path: '/metadata/resourceVersion', value: old }];
      expectRefused(await world.patch('widgets', 'w', patch, 'json'), { code: 409, reason: 'Conflict' });
    },
  },
  {
    id: 'strategic-merge-patch/of-a-secret-as-kubectl-apply-sends-it',
    run: async (world) => {
      await world.create('secrets', { metadata: { name: 's', labels: { a: '1' } }, data: { x: 'MQ==', y: 'Mg==' } });
      const body = { metadata: { annotations: { note: 'n' } }, data: { x: null, z: 'Mw==' } };
      const object = ok(await world.patch('secrets', 's', body, 'strategic'));
      assert.deepEqual(at(object, 'data'), { y: 'Mg==', z: 'Mw==' });
      assert.partialDeepStrictEqual(object, { metadata: { labels: { a: '1' }, annotations: { note: 'n' } } });
    },
  },
];
