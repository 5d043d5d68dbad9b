import assert from 'node:assert/strict';
import type { BucketSpecInput } from '../../src/api/bucket.ts';
import { bucket } from './builders.ts';
import { childrenOf, childSecret, expectIndependent } from './children.ts';
import { until } from './cluster.ts';
import type { CrashPath } from './crash-paths.ts';
import { isWorking, keysOf } from './keys.ts';
import type { World } from './world.ts';

/** A create of a key that was announced and not answered is waited for: 30 s, and what comes after them. */
const MINT_MS = 90_000;

function applyStack(world: World, name: string, spec: Partial<BucketSpecInput> = {}): Promise<unknown> {
  return world.apply(bucket('it', { name, autoManage: {}, ...spec }));
}

/** The one key of the user works, and all objects say so. */
async function works(world: World, name: string): Promise<void> {
  const isSettled = async () => {
    const synced = await world.condition('Bucket', 'it', 'Synced');
    return synced?.status === 'True' && (await isWorking(world, childSecret('it')));
  };
  await until('the key works', isSettled, MINT_MS);
  await world.reaches('Bucket', 'it', 'Ready', 'True');
  assert.equal(keysOf(world, name).length, 1);
}

async function makeStack(world: World, name: string, spec: Partial<BucketSpecInput> = {}): Promise<void> {
  await applyStack(world, name, spec);
  await works(world, name);
}

async function childrenGone(world: World, name: string): Promise<void> {
  for (const [kind, child] of childrenOf('it')) await world.gone(kind, child);
  assert.deepEqual(keysOf(world, name), []);
}

const objects = [['Bucket', 'it'], ...childrenOf('it'), ['Secret', childSecret('it')]] as const;

/** Every path of a Bucket's children that changes something. */
export const childCrashPaths: readonly CrashPath[] = [
  {
    title: 'make a Bucket with a user and a key of its own',
    service: 'wasabi',
    begin: () => Promise.resolve(),
    act: (world, name) => applyStack(world, name),
    ended: works,
    objects,
  },
  {
    title: 'change the access level',
    service: 'wasabi',
    begin: makeStack,
    act: (world, name) => applyStack(world, name, { autoManage: { accessLevel: 'readonly' } }),
    ended: async (world, name) => {
      await until('the edit was looked at', async () => {
        const found = await world.get('Bucket', 'it');
        return found?.status?.observedGeneration === found?.metadata.generation;
      });
      await works(world, name);
    },
    objects,
  },
  {
    title: 'switch autoManage off',
    service: 'wasabi',
    begin: makeStack,
    act: (world, name) => applyStack(world, name, { autoManage: { enabled: false } }),
    ended: async (world, name) => {
      await childrenGone(world, name);
      await world.reaches('Bucket', 'it', 'Synced', 'True');
    },
    objects,
  },
  {
    title: 'take autoManage out',
    service: 'wasabi',
    begin: makeStack,
    act: (world) => world.patch('Bucket', 'it', { spec: { autoManage: null } }),
    ended: async (world, name) => {
      await until('the children are independent', async () => {
        const found = await Promise.all(childrenOf('it').map(([kind, child]) => world.get(kind, child)));
        return found.every((object) => object !== undefined && object.metadata.ownerReferences === undefined);
      });
      await works(world, name);
    },
    objects,
  },
  {
    title: 'delete a Bucket whose children outlive it',
    service: 'wasabi',
    begin: async (world, name) => {
      await makeStack(world, name, { deletionPolicy: 'Delete' });
      await world.patch('Bucket', 'it', { spec: { suspend: true, autoManage: null } });
    },
    act: (world) => world.delete('Bucket', 'it'),
    ended: async (world) => {
      await world.gone('Bucket', 'it');
      await expectIndependent(world, 'it');
    },
    objects,
  },
  {
    title: 'delete a Bucket with its children',
    service: 'wasabi',
    begin: (world, name) => makeStack(world, name, { deletionPolicy: 'Delete' }),
    act: (world) => world.delete('Bucket', 'it'),
    ended: async (world, name) => {
      await world.gone('Bucket', 'it');
      await childrenGone(world, name);
    },
    objects,
  },
  {
    title: 'delete a Bucket with its children under Retain',
    service: 'wasabi',
    begin: makeStack,
    act: (world) => world.delete('Bucket', 'it'),
    ended: async (world, name) => {
      await world.gone('Bucket', 'it');
      await childrenGone(world, name);
    },
    objects,
  },
];
