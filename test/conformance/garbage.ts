import assert from 'node:assert/strict';
import { at, textAt } from './json.ts';
import type { ConformanceCase, World } from './world.ts';

function reference(owner: unknown, more: object = {}): object {
  return {
    apiVersion: textAt(owner, 'apiVersion'),
    kind: textAt(owner, 'kind'),
    name: textAt(owner, 'metadata.name'),
    uid: textAt(owner, 'metadata.uid'),
    ...more,
  };
}

async function isGone(world: World, resource: 'configmaps' | 'secrets', name: string): Promise<void> {
  await world.until(world.path(resource, name), ({ status }) => status === 404);
}

/** Objects with owners: what goes with the owner, and what stays. */
export const garbageCases: readonly ConformanceCase[] = [
  {
    id: 'garbage/goes-after-its-owner',
    run: async (world) => {
      const owner = await world.create('configmaps', { metadata: { name: 'owner' } });
      await world.create('secrets', { metadata: { name: 'owned', ownerReferences: [reference(owner)] } });
      await world.create('secrets', { metadata: { name: 'free' } });
      await world.delete('configmaps', 'owner');
      await isGone(world, 'secrets', 'owned');
      await world.get('secrets', 'free');
    },
  },
  {
    id: 'garbage/goes-after-its-custom-owner',
    run: async (world) => {
      const owner = await world.create('widgets', { metadata: { name: 'owner' }, spec: {} });
      const ownerReferences = [reference(owner, { controller: true, blockOwnerDeletion: true })];
      await world.create('secrets', { metadata: { name: 'owned', ownerReferences } });
      await world.delete('widgets', 'owner');
      await isGone(world, 'secrets', 'owned');
    },
  },
  {
    id: 'garbage/of-an-owner-that-never-was-goes-at-once',
    run: async (world) => {
      const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: '00000000-0000-0000-0000-000000000000' };
      await world.create('secrets', { metadata: { name: 'owned', ownerReferences: [owner] } });
      await isGone(world, 'secrets', 'owned');
    },
  },
  {
    id: 'garbage/is-told-from-a-namesake-by-uid',
    run: async (world) => {
      const owner = await world.create('configmaps', { metadata: { name: 'owner' } });
      await world.delete('configmaps', 'owner');
      await world.create('configmaps', { metadata: { name: 'owner' } });
      await world.create('secrets', { metadata: { name: 'owned', ownerReferences: [reference(owner)] } });
      await isGone(world, 'secrets', 'owned');
      await world.get('configmaps', 'owner');
    },
  },
  {
    id: 'garbage/stays-while-one-owner-lives',
    run: async (world) => {
      const one = await world.create('configmaps', { metadata: { name: 'one' } });
      const two = await world.create('configmaps', { metadata: { name: 'two' } });
      const ownerReferences = [reference(one), reference(two)];
      await world.create('secrets', { metadata: { name: 'shared', ownerReferences } });
      await world.delete('configmaps', 'one');
      const left = await world.until(
        world.path('secrets', 'shared'),
        ({ body }) => at(body, 'metadata.ownerReferences.1') === undefined,
      );
      assert.deepEqual(at(left.body, 'metadata.ownerReferences'), [reference(two)]);
    },
  },
  {
    id: 'garbage/is-kept-without-the-reference-by-orphan',
    run: async (world) => {
      const owner = await world.create('configmaps', { metadata: { name: 'owner' } });
      await world.create('secrets', { metadata: { name: 'owned', ownerReferences: [reference(owner)] } });
      await world.delete('configmaps', 'owner', { propagationPolicy: 'Orphan' });
      await isGone(world, 'configmaps', 'owner');
      assert.equal(at(await world.get('secrets', 'owned'), 'metadata.ownerReferences'), undefined);
    },
  },
  {
    id: 'garbage/goes-before-its-owner-by-foreground',
    run: async (world) => {
      const owner = await world.create('configmaps', { metadata: { name: 'owner' } });
      const ownerReferences = [reference(owner, { blockOwnerDeletion: true })];
      await world.create('configmaps', {
        metadata: { name: 'owned', ownerReferences, finalizers: ['example.com/hold'] },
      });
      const deleted = await world.delete('configmaps', 'owner', { propagationPolicy: 'Foreground' });
      assert.deepEqual(at(deleted.body, 'metadata.finalizers'), ['foregroundDeletion']);
      await world.until(
        world.path('configmaps', 'owned'),
        ({ body }) => at(body, 'metadata.deletionTimestamp') !== undefined,
      );
      await world.get('configmaps', 'owner');
      await world.patch('configmaps', 'owned', { metadata: { finalizers: null } });
      await isGone(world, 'configmaps', 'owner');
    },
  },
];
