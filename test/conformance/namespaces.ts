import assert from 'node:assert/strict';
import type { Answer } from './client.ts';
import { at, listAt } from './json.ts';
import { expectRefused } from './refusal.ts';
import type { ConformanceCase, World } from './world.ts';

/** A namespace beside the one of the case, and calls into it. */
async function another(world: World) {
  const name = world.unique('another');
  const object = await world.create('namespaces', { metadata: { name } });
  const path = `/api/v1/namespaces/${name}`;
  const map = (map: string, metadata: object = {}): Promise<Answer> =>
    world.client.call('POST', `${path}/configmaps`, {
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: map, ...metadata } },
    });
  const release = (map: string): Promise<Answer> =>
    world.client.call('PATCH', `${path}/configmaps/${map}`, {
      body: { metadata: { finalizers: null } },
      contentType: 'application/merge-patch+json',
    });
  return { name, object, path, map, release };
}

function conditionStatus(object: unknown, type: string): unknown {
  return at(
    listAt(object, 'status.conditions').find((condition) => at(condition, 'type') === type),
    'status',
  );
}

/** The life of a namespace. */
export const namespaceCases: readonly ConformanceCase[] = [
  {
    id: 'namespace/carries-its-name-as-a-label-and-is-active',
    run: async (world) => {
      const { name, object } = await another(world);
      assert.partialDeepStrictEqual(object, {
        metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
        spec: { finalizers: ['kubernetes'] },
        status: { phase: 'Active' },
      });
      assert.equal(at(object, 'metadata.namespace'), undefined);
    },
  },
  {
    id: 'namespace/the-label-cannot-be-taken-off',
    run: async (world) => {
      const { name } = await another(world);
      for (const value of [null, 'other']) {
        const answer = await world.patch('namespaces', name, {
          metadata: { labels: { 'kubernetes.io/metadata.name': value } },
        });
        assert.equal(answer.status, 200, answer.text);
        assert.equal(at(answer.body, ['metadata', 'labels', 'kubernetes.io/metadata.name']), name);
      }
    },
  },
  {
    id: 'namespace/default-and-kube-system-exist',
    run: async (world) => {
      for (const name of ['default', 'kube-system']) {
        assert.equal(at(await world.get('namespaces', name), 'status.phase'), 'Active');
      }
    },
  },
  {
    id: 'namespace/deletion-takes-its-content-along',
    run: async (world) => {
      const { name, path, map } = await another(world);
      await map('one');
      const deleted = await world.delete('namespaces', name);
      assert.equal(deleted.status, 200, deleted.text);
      assert.partialDeepStrictEqual(deleted.body, { kind: 'Namespace', status: { phase: 'Terminating' } });
      assert.notEqual(at(deleted.body, 'metadata.deletionTimestamp'), undefined);
      await world.until(path, ({ status }) => status === 404);
      const maps = await world.client.call('GET', `${path}/configmaps`);
      assert.deepEqual(at(maps.body, 'items'), []);
    },
  },
  {
    id: 'namespace/deletion-takes-custom-resources-along',
    run: async (world) => {
      const { name, path } = await another(world);
      const widgets = `/apis/conformance.example.com/v1/namespaces/${name}/widgets`;
      const body = { apiVersion: 'conformance.example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec: {} };
      assert.equal((await world.client.call('POST', widgets, { body })).status, 201);
      await world.delete('namespaces', name);
      await world.until(path, ({ status }) => status === 404);
      assert.deepEqual(at((await world.client.call('GET', widgets)).body, 'items'), []);
    },
  },
  {
    id: 'namespace/nothing-can-be-created-in-one-that-terminates',
    run: async (world) => {
      const { name, map, release } = await another(world);
      await map('held', { finalizers: ['example.com/a'] });
      world.defer(() => release('held'));
      await world.delete('namespaces', name);
      const answer = await map('late');
      expectRefused(answer, {
        code: 403,
        reason: 'Forbidden',
        message: `configmaps "late" is forbidden: unable to create new content in namespace ${name} because it is being terminated`,
        causes: [
          {
            reason: 'NamespaceTerminating',
            field: 'metadata.namespace',
            message: `namespace ${name} is being terminated`,
          },
        ],
      });
    },
  },
  {
    id: 'namespace/finalizers-of-its-content-hold-it-and-conditions-say-so',
    run: async (world) => {
      const { name, path, map, release } = await another(world);
      await map('held', { finalizers: ['example.com/a'] });
      await world.delete('namespaces', name);
      const held = await world.until(
        path,
        ({ body }) =>
          conditionStatus(body, 'NamespaceFinalizersRemaining') === 'True' &&
          conditionStatus(body, 'NamespaceContentRemaining') === 'True',
      );
      assert.equal(at(held.body, 'status.phase'), 'Terminating');
      const object = await world.client.call('GET', `${path}/configmaps/held`);
      assert.notEqual(at(object.body, 'metadata.deletionTimestamp'), undefined);
      await release('held');
      await world.until(path, ({ status }) => status === 404);
    },
  },
];
