import assert from 'node:assert/strict';
import type { Answer } from './client.ts';
import { at, textAt } from './json.ts';
import { expectRefused } from './refusal.ts';
import type { ConformanceCase, World } from './world.ts';

const modified = /the object has been modified; please apply your changes to the latest version and try again$/;

function withMetadata(object: unknown, changes: object): object {
  return { ...Object(object), metadata: { ...Object(at(object, 'metadata')), ...changes } };
}

function ok(answer: Answer): unknown {
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

const versionOf = (object: unknown): string => textAt(object, 'metadata.resourceVersion');
const widgetIn = (world: World, spec: object = { size: 1 }): Promise<unknown> =>
  world.create('widgets', { metadata: { name: 'w' }, spec });

/** What every write does to generation and resourceVersion, and how two writers are kept apart. */
export const writeCases: readonly ConformanceCase[] = [
  {
    id: 'writes/create-fills-the-metadata',
    run: async (world) => {
      const object = await world.create('widgets', {
        metadata: { name: 'w', uid: 'mine', creationTimestamp: '2020-01-01T00:00:00Z', generation: 7 },
        spec: {},
      });
      assert.partialDeepStrictEqual(object, { metadata: { name: 'w', namespace: world.namespace, generation: 1 } });
      assert.match(textAt(object, 'metadata.uid'), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      assert.match(textAt(object, 'metadata.creationTimestamp'), /^20[2-9]\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      assert.notEqual(at(object, 'metadata.creationTimestamp'), '2020-01-01T00:00:00Z');
      assert.notEqual(versionOf(object), '');
    },
  },
  {
    id: 'writes/create-drops-a-deletion-timestamp',
    run: async (world) => {
      const metadata = { name: 'w', deletionTimestamp: '2020-01-01T00:00:00Z', finalizers: ['example.com/a'] };
      const object = await world.create('widgets', { metadata, spec: {} });
      assert.equal(at(object, 'metadata.deletionTimestamp'), undefined);
      assert.deepEqual(at(object, 'metadata.finalizers'), ['example.com/a']);
    },
  },
  {
    id: 'generation/moves-with-the-spec-alone',
    run: async (world) => {
      await widgetIn(world);
      const generation = async (body: object, subresource?: string): Promise<unknown> =>
        at(
          ok(await world.patch('widgets', 'w', body, 'merge', subresource === undefined ? {} : { subresource })),
          'metadata.generation',
        );
      assert.equal(await generation({ metadata: { labels: { a: '1' }, annotations: { b: '2' } } }), 1);
      assert.equal(await generation({ metadata: { finalizers: ['example.com/a'] } }), 1);
      assert.equal(await generation({ status: { phase: 'Up' } }, 'status'), 1);
      assert.equal(await generation({ spec: { size: 2 } }), 2);
      assert.equal(await generation({ spec: { size: 2 } }), 2);
      assert.equal(await generation({ metadata: { generation: 9 }, spec: { size: 3 } }), 3);
    },
  },
  {
    id: 'generation/moves-with-everything-but-metadata-without-a-status-subresource',
    run: async (world) => {
      const name = world.unique('gadget');
      await world.create('gadgets', { metadata: { name }, spec: { size: 1 } });
      world.defer(() => world.delete('gadgets', name));
      const generation = async (body: object): Promise<unknown> =>
        at(ok(await world.patch('gadgets', name, body)), 'metadata.generation');
      assert.equal(await generation({ metadata: { labels: { a: '1' } } }), 1);
      assert.equal(await generation({ status: { phase: 'Up' } }), 2);
      assert.equal(await generation({ spec: { size: 2 } }), 3);
    },
  },
  {
    id: 'resource-version/moves-with-every-change',
    run: async (world) => {
      const seen = new Set([versionOf(await widgetIn(world))]);
      for (const body of [{ metadata: { labels: { a: '1' } } }, { spec: { size: 2 } }]) {
        seen.add(versionOf(ok(await world.patch('widgets', 'w', body))));
      }
      assert.equal(seen.size, 3);
    },
  },
  {
    id: 'resource-version/stays-when-nothing-changes',
    run: async (world) => {
      const widget = await widgetIn(world);
      for (const answer of [
        await world.patch('widgets', 'w', {}),
        await world.patch('widgets', 'w', { spec: { size: 1 } }),
        await world.patch('widgets', 'w', { metadata: { labels: null } }),
        await world.patch('widgets', 'w', [], 'json'),
        await world.put('widgets', widget),
      ]) {
        assert.equal(versionOf(ok(answer)), versionOf(widget));
      }
      const map = await world.create('configmaps', { metadata: { name: 'm' }, data: { a: '1' } });
      assert.equal(versionOf(ok(await world.patch('configmaps', 'm', { data: { a: '1' } }))), versionOf(map));
    },
  },
  {
    id: 'conflict/put-with-an-old-version-is-409',
    run: async (world) => {
      for (const resource of ['widgets', 'configmaps'] as const) {
        const old = await world.create(resource, { metadata: { name: 'w' } });
        ok(await world.patch(resource, 'w', { metadata: { labels: { a: '1' } } }));
        const answer = await world.put(resource, old);
        expectRefused(answer, { code: 409, reason: 'Conflict', message: modified });
        assert.partialDeepStrictEqual(answer.body, { details: { name: 'w', kind: resource } });
      }
    },
  },
  {
    id: 'conflict/custom-resources-need-a-version-in-a-put',
    run: async (world) => {
      const answer = await world.put('widgets', withMetadata(await widgetIn(world), { resourceVersion: undefined }));
      expectRefused(answer, {
        code: 422,
        reason: 'Invalid',
        causes: [{ field: 'metadata.resourceVersion', message: /must be specified for an update/ }],
      });
    },
  },
  {
    id: 'conflict/built-in-resources-may-be-put-without-a-version',
    run: async (world) => {
      const map = await world.create('configmaps', { metadata: { name: 'm' } });
      const answer = await world.put('configmaps', {
        ...withMetadata(map, { resourceVersion: undefined }),
        data: { a: '1' },
      });
      assert.partialDeepStrictEqual(ok(answer), { data: { a: '1' } });
    },
  },
  {
    id: 'conflict/put-with-another-uid-is-409',
    run: async (world) => {
      const answer = await world.put('widgets', withMetadata(await widgetIn(world), { uid: 'other' }));
      expectRefused(answer, { code: 409, reason: 'Conflict', message: /Precondition failed: UID in precondition/ });
    },
  },
  {
    id: 'conflict/put-of-an-absent-object-is-404',
    run: async (world) => {
      const absent = withMetadata(await widgetIn(world), { name: 'absent', uid: undefined });
      expectRefused(await world.put('widgets', absent), { code: 404, reason: 'NotFound' });
    },
  },
  {
    id: 'conflict/put-replaces-the-whole-object-but-not-what-the-server-owns',
    run: async (world) => {
      const widget = await world.create('widgets', {
        metadata: { name: 'w', labels: { a: '1' } },
        spec: { size: 1, lower: 1 },
      });
      const metadata = { name: 'w', resourceVersion: versionOf(widget) };
      const body = { apiVersion: at(widget, 'apiVersion'), kind: 'Widget', metadata, spec: { size: 2 } };
      const put = ok(await world.put('widgets', body));
      assert.deepEqual(at(put, 'spec'), { size: 2, colour: 'red', options: { mode: 'fast', depth: 3 } });
      assert.equal(at(put, 'metadata.labels'), undefined);
      assert.equal(at(put, 'metadata.uid'), at(widget, 'metadata.uid'));
      assert.equal(at(put, 'metadata.creationTimestamp'), at(widget, 'metadata.creationTimestamp'));
    },
  },
  {
    id: 'conflict/create-with-a-resource-version-fails',
    run: async (world) => {
      const answer = await world.post('configmaps', { metadata: { name: 'm', resourceVersion: '5' } });
      assert.equal(answer.status, 500, answer.text);
      assert.match(textAt(answer.body, 'message'), /resourceVersion should not be set on objects to be created/);
    },
  },
];
