import assert from 'node:assert/strict';
import type { AccessKey } from '../../src/api/access-key.ts';
import type { User } from '../../src/api/user.ts';
import { isTrue } from '../../src/managed/conditions.ts';
import { accessKey } from './builders.ts';
import { until } from './cluster.ts';
import type { CrashPath } from './crash-paths.ts';
import { addKey, isWorking, keyCalls, keysOf, makeUser, pairIn, revokeOutside, secretOf, USER } from './keys.ts';
import { annotate } from './outside.ts';
import type { World } from './world.ts';

async function statusOf(world: World): Promise<AccessKey['status']> {
  return (await world.get<AccessKey>('AccessKey', 'it'))?.status;
}

/** The Secret works, and the object says so of that very key. */
async function isSettled(world: World, secretName = SECRET): Promise<boolean> {
  const status = await statusOf(world);
  if (!['Ready', 'Synced'].every((type) => isTrue(status?.conditions, type)) || status?.mint !== undefined)
    return false;
  const { accessKeyId } = await pairIn(world, secretName);
  return status?.accessKeyId === accessKeyId && (await isWorking(world, secretName));
}

function settled(world: World, isSo: () => boolean | Promise<boolean> = () => true, name = SECRET): Promise<void> {
  return until('the key works', async () => (await isSettled(world, name)) && (await isSo()), SETTLED_MS);
}

async function makeKey(world: World, name: string): Promise<void> {
  await makeUser(world, name);
  await world.apply(accessKey('it', USER));
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
}

async function isFrozen(world: World, name: string): Promise<boolean> {
  return (await statusOf(world))?.frozen === true && keysOf(world, name).every(({ status }) => status === 'Inactive');
}

async function isUserFrozen(world: World, name: string): Promise<boolean> {
  return (await world.get<User>('User', USER))?.status?.frozen === true && (await isFrozen(world, name));
}

async function isThawed(world: World): Promise<boolean> {
  const [status, user] = [await statusOf(world), (await world.get<User>('User', USER))?.status];
  const marks = [status?.frozen, status?.frozenKeys, user?.frozen, user?.frozenKeys];
  return marks.every((mark) => mark === undefined) && isTrue(user?.conditions, 'Ready');
}

/** Beside the object's own key there is one that somebody else has made, and the object names it. */
async function makeKeyBesideForeign(world: World, name: string): Promise<void> {
  await makeUser(world, name);
  addKey(world, name, 86_400_000);
  await world.apply(accessKey('it', USER));
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  await world.reaches('AccessKey', 'it', 'ForeignKey', 'True');
}

/** Somebody consents to what that annotation says, for the foreign key. */
async function consent(world: World, annotation: 'claim-keys' | 'revoke-keys'): Promise<void> {
  const [foreign] = (await statusOf(world))?.foreignKeys ?? [];
  assert.ok(foreign);
  await annotate(world, 'AccessKey', 'it', { [`s3.cloud37.dev/${annotation}`]: foreign });
}

async function isClaimed(world: World): Promise<boolean> {
  return (await statusOf(world))?.claimedKeys?.length === 1;
}

function rotate(world: World, when: string): Promise<void> {
  return annotate(world, 'AccessKey', 'it', { 's3.cloud37.dev/rotate-requested-at': when });
}

async function hasRotated(world: World, when: string, step: string): Promise<boolean> {
  const status = await statusOf(world);
  return status?.lastHandledRotateAt === when && status.rotation?.step === step;
}

const FREEZE = 's3.cloud37.dev/freeze';
const SECRET = 'it-credentials';
/** A create that was announced and not answered is waited for, and what comes after it. */
const SETTLED_MS = 90_000;
const objects = [
  ['AccessKey', 'it'],
  ['Secret', SECRET],
  ['User', USER],
] as const;

/** Every path of an AccessKey that changes something. */
export const keyCrashPaths: readonly CrashPath[] = (
  [
    {
      title: 'create a key',
      begin: makeUser,
      act: (world) => world.apply(accessKey('it', USER)),
      ended: (world) => settled(world),
    },
    {
      title: 'replace a key after the Secret was deleted',
      begin: makeKey,
      act: (world) => world.delete('Secret', SECRET),
      ended: (world, name) => settled(world, () => keysOf(world, name).length === 1 && keyCalls(world).creates > 1),
    },
    {
      title: 'replace a key that was revoked outside, beside a foreign one',
      begin: async (world, name) => {
        await makeKey(world, name);
        addKey(world, name, 86_400_000);
      },
      act: async (world) => {
        const { accessKeyId } = await pairIn(world, SECRET);
        await world.patch('Secret', SECRET, { data: { 'secret-access-key': null } });
        revokeOutside(world, accessKeyId);
      },
      ended: (world) => settled(world, () => keyCalls(world).creates > 1),
    },
    {
      title: 'deliver a key under another name',
      begin: makeKey,
      act: (world) => world.patch('AccessKey', 'it', { spec: { secret: { name: 'renamed' } } }),
      ended: (world) =>
        settled(
          world,
          async () =>
            (await statusOf(world))?.secretName === 'renamed' && (await secretOf(world, SECRET)) === undefined,
          'renamed',
        ),
    },
    {
      title: 'freeze a key',
      begin: makeKey,
      act: (world) => annotate(world, 'AccessKey', 'it', { [FREEZE]: 'true' }),
      ended: (world, name) => until('it is frozen', () => isFrozen(world, name)),
    },
    {
      title: 'thaw a key',
      begin: async (world, name) => {
        await makeKey(world, name);
        await annotate(world, 'AccessKey', 'it', { [FREEZE]: 'true' });
        await until('it is frozen', () => isFrozen(world, name));
      },
      act: (world) => annotate(world, 'AccessKey', 'it', { [FREEZE]: null }),
      ended: (world) => settled(world, () => isThawed(world)),
    },
    {
      title: 'freeze a User',
      begin: makeKey,
      act: (world) => annotate(world, 'User', USER, { [FREEZE]: 'true' }),
      ended: (world, name) => until('both are frozen', () => isUserFrozen(world, name)),
    },
    {
      title: 'thaw a User',
      begin: async (world, name) => {
        await makeKey(world, name);
        await annotate(world, 'User', USER, { [FREEZE]: 'true' });
        await until('both are frozen', () => isUserFrozen(world, name));
      },
      act: (world) => annotate(world, 'User', USER, { [FREEZE]: null }),
      ended: (world) => settled(world, () => isThawed(world)),
    },
    {
      title: 'rotate a key',
      begin: makeKey,
      act: (world) => rotate(world, 'one'),
      ended: (world) => settled(world, () => hasRotated(world, 'one', 'Retaining')),
    },
    {
      title: 'retire the previous key, and rotate again',
      begin: async (world, name) => {
        await makeKey(world, name);
        await world.patch('AccessKey', 'it', { spec: { rotate: { previousKeysRetentionDays: 0 } } });
        await rotate(world, 'one');
        await until('the previous key is inactive', () => hasRotated(world, 'one', 'Deactivated'));
      },
      act: (world) => rotate(world, 'two'),
      ended: (world) => settled(world, () => hasRotated(world, 'two', 'Deactivated')),
    },
    {
      title: 'replace a key that was revoked outside, while the one before it is to go',
      begin: async (world, name) => {
        await makeKey(world, name);
        await rotate(world, 'one');
        await until('the previous key lives on', () => hasRotated(world, 'one', 'Retaining'));
      },
      act: async (world) => {
        const { accessKeyId } = await pairIn(world, SECRET);
        revokeOutside(world, accessKeyId); // a key so young may not be listed yet: nothing is done until its text is gone
        await world.patch('AccessKey', 'it', { spec: { rotate: { previousKeysRetentionDays: 0 } } });
        await world.patch('Secret', SECRET, { data: { 'secret-access-key': null } });
      },
      ended: (world) => settled(world, () => keyCalls(world).creates > 2),
    },
    {
      title: 'claim a foreign key',
      begin: makeKeyBesideForeign,
      act: (world) => consent(world, 'claim-keys'),
      ended: (world) => settled(world, () => isClaimed(world)),
    },
    {
      title: 'revoke a foreign key',
      begin: makeKeyBesideForeign,
      act: (world) => consent(world, 'revoke-keys'),
      ended: (world, name) =>
        settled(
          world,
          async () =>
            keysOf(world, name).length === 1 && (await world.condition('AccessKey', 'it', 'ForeignKey')) === undefined,
        ),
    },
    {
      title: 'delete a key beside one that was claimed',
      begin: async (world, name) => {
        await makeKeyBesideForeign(world, name);
        await consent(world, 'claim-keys');
        await until('it is claimed', () => isClaimed(world));
      },
      act: (world) => world.delete('AccessKey', 'it'),
      ended: (world) => world.gone('AccessKey', 'it'),
    },
    {
      title: 'delete a key under Retain',
      begin: async (world, name) => {
        await makeKey(world, name);
        await world.patch('AccessKey', 'it', { spec: { deletionPolicy: 'Retain' } });
        await world.reaches('AccessKey', 'it', 'Synced', 'True');
      },
      act: (world) => world.delete('AccessKey', 'it'),
      ended: (world) => world.gone('AccessKey', 'it'),
    },
    {
      title: 'delete a key',
      begin: makeKey,
      act: (world) => world.delete('AccessKey', 'it'),
      ended: (world) => world.gone('AccessKey', 'it'),
    },
  ] as const satisfies readonly Omit<CrashPath, 'service' | 'objects'>[]
).map((path) => ({ ...path, service: 'wasabi', objects, losesCalls: true }));
