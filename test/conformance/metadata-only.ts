import assert from 'node:assert/strict';
import { at, listAt } from './json.ts';
import type { ConformanceCase } from './world.ts';

const one = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const many = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/** Objects without their content: what a client that only needs names and labels asks for. */
export const metadataOnlyCases: readonly ConformanceCase[] = [
  {
    id: 'metadata-only/list',
    run: async (world) => {
      await world.create('secrets', { metadata: { name: 's', labels: { a: '1' } }, stringData: { key: 'hidden' } });
      const answer = await world.client.call('GET', world.path('secrets'), { accept: many });
      assert.equal(answer.status, 200, answer.text);
      assert.partialDeepStrictEqual(answer.body, { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
      const item = listAt(answer.body, 'items')[0];
      assert.partialDeepStrictEqual(item, {
        kind: 'PartialObjectMetadata',
        metadata: { name: 's', labels: { a: '1' } },
      });
      assert.deepEqual(new Set(Object.keys(Object(item))), new Set(['kind', 'apiVersion', 'metadata']));
      assert.ok(!answer.text.includes(Buffer.from('hidden').toString('base64')), answer.text);
    },
  },
  {
    id: 'metadata-only/list-with-a-fallback-in-accept',
    run: async (world) => {
      await world.create('widgets', { metadata: { name: 'w' }, spec: {} });
      const accept = `${many},application/json`;
      const answer = await world.client.call('GET', world.path('widgets'), { accept });
      assert.equal(at(answer.body, 'kind'), 'PartialObjectMetadataList');
      assert.equal(at(answer.body, 'items.0.spec'), undefined);
    },
  },
  {
    id: 'metadata-only/pages',
    run: async (world) => {
      for (const name of ['a', 'b']) await world.create('secrets', { metadata: { name } });
      const query = { limit: '1' };
      const page = await world.client.call('GET', world.path('secrets'), { accept: many, query });
      assert.equal(listAt(page.body, 'items').length, 1);
      assert.equal(at(page.body, 'metadata.remainingItemCount'), 1);
      assert.notEqual(at(page.body, 'metadata.continue') ?? '', '');
    },
  },
  {
    id: 'metadata-only/one-object',
    run: async (world) => {
      const secret = await world.create('secrets', { metadata: { name: 's' }, stringData: { key: 'hidden' } });
      const answer = await world.client.call('GET', world.path('secrets', 's'), { accept: one });
      assert.partialDeepStrictEqual(answer.body, { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' });
      assert.deepEqual(at(answer.body, 'metadata'), at(secret, 'metadata'));
      assert.equal(at(answer.body, 'data'), undefined);
    },
  },
  {
    id: 'metadata-only/watch',
    run: async (world) => {
      const version = String(at(await world.list('secrets'), 'metadata.resourceVersion'));
      const watch = await world.watch('secrets', { resourceVersion: version, allowWatchBookmarks: 'true' }, one);
      await world.create('secrets', { metadata: { name: 's' }, stringData: { key: 'hidden' } });
      const { type, object } = await watch.next();
      assert.equal(type, 'ADDED');
      assert.partialDeepStrictEqual(object, { kind: 'PartialObjectMetadata', metadata: { name: 's' } });
      assert.deepEqual(new Set(Object.keys(Object(object))), new Set(['kind', 'apiVersion', 'metadata']));
    },
  },
  {
    id: 'accept/anything-is-json',
    run: async (world) => {
      const answer = await world.client.call('GET', world.path('configmaps'), { accept: '*/*' });
      assert.equal(at(answer.body, 'kind'), 'ConfigMapList');
      assert.match(String(answer.headers['content-type']), /^application\/json/);
    },
  },
  {
    id: 'accept/unknown-types-are-406',
    run: async (world) => {
      for (const accept of ['text/html', 'application/json;as=Nothing;g=meta.k8s.io;v=v1']) {
        const answer = await world.client.call('GET', world.path('configmaps'), { accept });
        assert.equal(answer.status, 406, answer.text);
      }
    },
  },
];
