import assert from 'node:assert/strict';
import { crdOf } from './crds.ts';
import { at, listAt } from './json.ts';
import { group } from './resources.ts';
import type { ConformanceCase, World } from './world.ts';

async function get(world: World, path: string): Promise<unknown> {
  const answer = await world.client.call('GET', path);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

function named(list: readonly unknown[], name: string): unknown {
  return list.find((entry) => at(entry, 'name') === name);
}

const allVerbs = new Set(['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']);

/** What clients read before they speak of any object. */
export const discoveryCases: readonly ConformanceCase[] = [
  {
    id: 'discovery/api-names-the-core-version',
    run: async (world) => {
      assert.partialDeepStrictEqual(await get(world, '/api'), { kind: 'APIVersions', versions: ['v1'] });
    },
  },
  {
    id: 'discovery/apis-names-groups-with-their-preferred-version',
    run: async (world) => {
      const list = await get(world, '/apis');
      assert.partialDeepStrictEqual(list, { kind: 'APIGroupList', apiVersion: 'v1' });
      for (const name of ['apiextensions.k8s.io', 'coordination.k8s.io', 'events.k8s.io', group]) {
        const version = { groupVersion: `${name}/v1`, version: 'v1' };
        assert.partialDeepStrictEqual(named(listAt(list, 'groups'), name), {
          name,
          versions: [version],
          preferredVersion: version,
        });
      }
    },
  },
  {
    id: 'discovery/a-group-can-be-read-alone',
    run: async (world) => {
      assert.partialDeepStrictEqual(await get(world, `/apis/${group}`), {
        kind: 'APIGroup',
        apiVersion: 'v1',
        name: group,
        preferredVersion: { groupVersion: `${group}/v1`, version: 'v1' },
      });
    },
  },
  {
    id: 'discovery/core-resources-with-names-and-verbs',
    run: async (world) => {
      const list = await get(world, '/api/v1');
      assert.partialDeepStrictEqual(list, { kind: 'APIResourceList', groupVersion: 'v1' });
      const configMaps = named(listAt(list, 'resources'), 'configmaps');
      assert.partialDeepStrictEqual(configMaps, {
        name: 'configmaps',
        singularName: 'configmap',
        namespaced: true,
        kind: 'ConfigMap',
        shortNames: ['cm'],
      });
      assert.deepEqual(new Set(listAt(configMaps, 'verbs')), allVerbs);
      assert.partialDeepStrictEqual(named(listAt(list, 'resources'), 'namespaces'), {
        namespaced: false,
        kind: 'Namespace',
      });
      assert.partialDeepStrictEqual(named(listAt(list, 'resources'), 'namespaces/finalize'), { verbs: ['update'] });
    },
  },
  {
    id: 'discovery/custom-resources-with-status-and-verbs',
    run: async (world) => {
      const resources = listAt(await get(world, `/apis/${group}/v1`), 'resources');
      const widgets = named(resources, 'widgets');
      assert.partialDeepStrictEqual(widgets, { singularName: 'widget', namespaced: true, kind: 'Widget' });
      assert.deepEqual(new Set(listAt(widgets, 'verbs')), allVerbs);
      assert.partialDeepStrictEqual(named(resources, 'widgets/status'), {
        kind: 'Widget',
        verbs: ['get', 'patch', 'update'],
      });
      assert.partialDeepStrictEqual(named(resources, 'gadgets'), { namespaced: false, kind: 'Gadget' });
      assert.equal(named(resources, 'gadgets/status'), undefined);
    },
  },
  {
    id: 'discovery/short-names-and-categories-of-a-custom-resource',
    run: async (world) => {
      const kind = `Short${world.unique('x').slice(2)}`;
      const plural = kind.toLowerCase();
      const crd = crdOf({ kind, plural, properties: {} });
      const names = { ...Object(at(crd, 'spec.names')), shortNames: [`${plural}s`], categories: ['things'] };
      await world.create('crds', { ...crd, spec: { ...crd.spec, names } });
      world.defer(() => world.delete('crds', crd.metadata.name));
      const answer = await world.until(
        `/apis/${group}/v1`,
        ({ body }) => named(listAt(body, 'resources'), plural) !== undefined,
      );
      assert.partialDeepStrictEqual(named(listAt(answer.body, 'resources'), plural), {
        shortNames: [`${plural}s`],
        categories: ['things'],
      });
    },
  },
  {
    id: 'discovery/version',
    run: async (world) => {
      const version = await get(world, '/version');
      assert.equal(at(version, 'major'), '1');
      assert.match(String(at(version, 'gitVersion')), /^v1\.\d+\.\d+/);
    },
  },
  {
    id: 'discovery/health-endpoints-say-ok',
    run: async (world) => {
      for (const path of ['/readyz', '/livez', '/healthz']) {
        const answer = await world.client.call('GET', path);
        assert.deepEqual([answer.status, answer.text], [200, 'ok'], path);
      }
    },
  },
];
