import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Provider } from '../src/api/provider.ts';
import type { AccountKeys } from '../src/emulator/accounts.ts';
import { type KeyPair, providerSecret } from './support/account.ts';
import { MADE, pathObjects } from './support/call-paths.ts';
import { until } from './support/cluster.ts';
import { endState } from './support/end-state.ts';
import { keysOf } from './support/keys.ts';
import { annotate, pass } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

const shared = shareCluster();
const ACCEPT = 's3.cloud37.dev/accept-account';
/** Who depends on the Provider by way of a Bucket alone is not woken by it, and looks again after a minute. */
const RETRY_MS = 61_000;
const kinds = ['Bucket', 'BucketPolicy', 'User', 'IAMPolicy', 'AccessKey'] as const;

/** A world in which the object `it` of that kind was made in the first account, and the keys of the second one. */
async function madeInFirst(t: TestContext, kind: (typeof kinds)[number]) {
  const world = await shared.startWorld(t);
  const { manifest, before } = pathObjects[kind];
  for (const each of [...before, manifest]) {
    await world.apply(each);
    await world.reaches(each.kind, each.metadata.name, 'Ready', 'True');
  }
  await world.settle();
  return { world, second: world.emulator.createAccount(), before: [...before] };
}

function changeKeys(world: World, keys: KeyPair): Promise<unknown> {
  return world.apply(providerSecret('wasabi-credentials', keys));
}

/** What the first account has under that name. */
async function inFirst(world: World): Promise<unknown> {
  return [await endState(world, [], MADE), keysOf(world, MADE)];
}

/** Calls since that one, but those by which the Provider asks who it is. */
function callsSince(world: World, mark: number): readonly string[] {
  return world
    .operatorCalls()
    .slice(mark)
    .filter(({ operation, userName }) => {
      const isOwn = ['GetCallerIdentity', 'ListBuckets'].includes(operation);
      return !isOwn && !(operation === 'GetUser' && userName === undefined);
    })
    .map(({ operation }) => operation);
}

/** What the second account has: nothing may come to it. */
function isEmpty(world: World, { accountId }: AccountKeys): boolean {
  const { users, policies } = world.emulator.state.accounts.get(accountId) ?? { users: new Map(), policies: new Map() };
  const buckets = [...world.emulator.state.buckets.values()].filter(({ ownerId }) => ownerId === accountId);
  return users.size + policies.size + buckets.length === 0;
}

describe('a Secret that now opens another account', { concurrency: 3 }, () => {
  for (const kind of kinds) {
    test(`${kind}: not one call, not even to delete; the old keys bring it back`, async (t) => {
      const { world, second, before } = await madeInFirst(t, kind);
      const was = await inFirst(world);
      const mark = world.operatorCalls().length;
      await changeKeys(world, second);
      await world.reaches('Provider', 'wasabi', 'Stalled', 'AccountChanged');
      await pass(world, kind, 'it');
      await world.reaches(kind, 'it', 'Synced', 'ProviderNotReady');
      await world.resync();
      await world.patch(kind, 'it', { spec: { deletionPolicy: 'Delete' } });
      await world.delete(kind, 'it');
      await world.resync();
      assert.ok((await world.get(kind, 'it'))?.metadata.finalizers?.length, 'it waits');
      assert.deepEqual(callsSince(world, mark), []);
      assert.deepEqual([await inFirst(world), isEmpty(world, second)], [was, true]);
      await world.expectValid(kind, 'it');

      await changeKeys(world, world.keys);
      await world.elapse(RETRY_MS);
      await world.gone(kind, 'it');
      for (const { kind: other, metadata } of before) await world.reaches(other, metadata.name, 'Synced', 'True');
      assert.notDeepEqual(await inFirst(world), was, 'it is gone from the first account');
    });

    test(`${kind}: with consent to the account, what was made in the first one is left alone, in deletion too`, async (t) => {
      const { world, second, before } = await madeInFirst(t, kind);
      const was = await inFirst(world);
      const mark = world.operatorCalls().length;
      await changeKeys(world, second);
      await annotate(world, 'Provider', 'wasabi', { [ACCEPT]: second.accountId });
      await until('the Provider follows', async () => {
        const { status } = (await world.get<Provider>('Provider', 'wasabi')) ?? {};
        return status?.accountId === second.accountId;
      });
      await world.settle();
      for (const { kind: other, metadata } of before) await pass(world, other, metadata.name);
      await pass(world, kind, 'it');
      // Its User is in the first account, and its Provider leads to the second.
      await world.reaches(kind, 'it', 'Synced', kind === 'AccessKey' ? 'AccountMismatch' : 'AccountChanged');
      await world.delete(kind, 'it');
      await world.reaches(kind, 'it', 'DeletionBlocked', 'AccountChanged');
      await world.resync();
      assert.deepEqual(callsSince(world, mark), []);
      assert.deepEqual([await inFirst(world), isEmpty(world, second)], [was, true]);

      await changeKeys(world, world.keys);
      await annotate(world, 'Provider', 'wasabi', { [ACCEPT]: world.emulator.account.accountId });
      await world.elapse(RETRY_MS);
      await world.gone(kind, 'it');
      assert.notDeepEqual(await inFirst(world), was, 'it is gone from the first account');
    });
  }
});
