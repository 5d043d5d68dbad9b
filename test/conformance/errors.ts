import assert from 'node:assert/strict';
import { expectRefused } from './refusal.ts';
import { group } from './resources.ts';
import type { ConformanceCase, World } from './world.ts';

const configMap = (name: string): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

async function postText(world: World, body: string, contentType = 'application/json') {
  return world.client.call('POST', world.path('configmaps'), { body, contentType });
}

/** How calls are refused that never reach an object. */
export const errorCases: readonly ConformanceCase[] = [
  {
    id: 'errors/a-wrong-token-is-401',
    run: async (world) => {
      const answer = await world.client.call('GET', world.path('configmaps'), { token: 'nobody' });
      expectRefused(answer, { code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
    },
  },
  {
    id: 'errors/no-token-may-not-read-objects',
    run: async (world) => {
      const answer = await world.client.call('GET', world.path('secrets'), { token: null });
      assert.ok(answer.status === 401 || answer.status === 403, answer.text);
    },
  },
  {
    id: 'errors/unknown-resource-of-a-known-group-is-404',
    run: async (world) => {
      for (const path of ['/api/v1/nothings', '/apis/apps/v1/nothings']) {
        const answer = await world.client.call('GET', path);
        expectRefused(answer, {
          code: 404,
          reason: 'NotFound',
          message: 'the server could not find the requested resource',
        });
      }
    },
  },
  {
    id: 'errors/unknown-group-version-and-path-are-404',
    run: async (world) => {
      for (const path of ['/apis/nothing.example.com/v1/things', `/apis/${group}/v7/widgets`, '/nothing']) {
        const answer = await world.client.call('GET', path);
        assert.equal(answer.status, 404, answer.text);
        assert.equal(answer.text, '404 page not found\n');
      }
    },
  },
  {
    id: 'errors/absent-object-is-404-with-details',
    run: async (world) => {
      const builtIn = await world.client.call('GET', world.path('configmaps', 'absent'));
      expectRefused(builtIn, { code: 404, reason: 'NotFound', message: 'configmaps "absent" not found' });
      assert.partialDeepStrictEqual(builtIn.body, { details: { name: 'absent', kind: 'configmaps' } });
      const custom = await world.client.call('GET', world.path('widgets', 'absent'));
      expectRefused(custom, { code: 404, reason: 'NotFound', message: `widgets.${group} "absent" not found` });
      assert.partialDeepStrictEqual(custom.body, { details: { name: 'absent', group, kind: 'widgets' } });
    },
  },
  {
    id: 'errors/create-of-what-exists-is-409-already-exists',
    run: async (world) => {
      await world.create('configmaps', { metadata: { name: 'twice' } });
      const answer = await world.post('configmaps', { metadata: { name: 'twice' } });
      expectRefused(answer, { code: 409, reason: 'AlreadyExists', message: 'configmaps "twice" already exists' });
    },
  },
  {
    id: 'errors/create-in-an-absent-namespace-is-404',
    run: async (world) => {
      const answer = await world.client.call('POST', '/api/v1/namespaces/no-such-namespace/configmaps', {
        body: configMap('a'),
      });
      expectRefused(answer, { code: 404, reason: 'NotFound', message: 'namespaces "no-such-namespace" not found' });
    },
  },
  {
    id: 'errors/list-in-an-absent-namespace-is-empty',
    run: async (world) => {
      const answer = await world.client.call('GET', '/api/v1/namespaces/no-such-namespace/configmaps');
      assert.equal(answer.status, 200, answer.text);
      assert.partialDeepStrictEqual(answer.body, { kind: 'ConfigMapList', items: [] });
    },
  },
  {
    id: 'errors/malformed-json-is-400',
    run: async (world) => {
      expectRefused(await postText(world, '{"metadata":'), { code: 400, reason: 'BadRequest' });
      expectRefused(await postText(world, ''), { code: 400, reason: 'BadRequest' });
    },
  },
  {
    id: 'errors/body-of-another-kind-is-400',
    run: async (world) => {
      const body = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } });
      expectRefused(await postText(world, body), {
        code: 400,
        reason: 'BadRequest',
        message: /cannot be handled as a ConfigMap/,
      });
      const other = { apiVersion: `${group}/v2`, kind: 'Widget', metadata: { name: 'a' } };
      const answer = await world.client.call('POST', world.path('widgets'), { body: other });
      expectRefused(answer, { code: 400, reason: 'BadRequest', message: /does not match the expected API version/ });
    },
  },
  {
    id: 'errors/names-of-body-and-path-must-agree',
    run: async (world) => {
      await world.create('configmaps', { metadata: { name: 'one' } });
      const renamed = await world.client.call('PUT', world.path('configmaps', 'one'), { body: configMap('two') });
      expectRefused(renamed, {
        code: 400,
        reason: 'BadRequest',
        message: 'the name of the object (two) does not match the name on the URL (one)',
      });
      const moved = await world.post('configmaps', { metadata: { name: 'three', namespace: 'elsewhere' } });
      expectRefused(moved, {
        code: 400,
        reason: 'BadRequest',
        message: 'the namespace of the provided object does not match the namespace sent on the request',
      });
    },
  },
  {
    id: 'errors/unknown-content-type-is-415',
    run: async (world) => {
      const body = JSON.stringify(configMap('a'));
      expectRefused(await postText(world, body, 'text/plain'), { code: 415, reason: 'UnsupportedMediaType' });
      await world.create('configmaps', { metadata: { name: 'a' } });
      const patch = await world.client.call('PATCH', world.path('configmaps', 'a'), { body: '{}' });
      expectRefused(patch, { code: 415, reason: 'UnsupportedMediaType' });
    },
  },
  {
    id: 'errors/strategic-merge-patch-of-a-custom-resource-is-415',
    run: async (world) => {
      await world.create('widgets', { metadata: { name: 'a' }, spec: {} });
      const answer = await world.patch('widgets', 'a', { spec: { size: 2 } }, 'strategic');
      expectRefused(answer, { code: 415, reason: 'UnsupportedMediaType' });
    },
  },
  {
    id: 'errors/unsupported-method-is-405',
    run: async (world) => {
      const answer = await world.client.call('PUT', world.path('configmaps'), { body: configMap('a') });
      expectRefused(answer, { code: 405, reason: 'MethodNotAllowed' });
    },
  },
];
