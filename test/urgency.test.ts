import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Provider } from '../src/api/provider.ts';
import { RECONCILE_REQUESTED_AT } from '../src/managed/annotations.ts';
import { accessKey, provider, user } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { settledKey } from './support/keys.ts';
import { annotate } from './support/outside.ts';
import { endpointsOf, type World } from './support/world.ts';

const OTHERS = 24;
/** The calls of a freeze are two; one of eight is not of the most urgent, and the pass under way ends before. */
const FEW = 8;

/** Another Provider of the same account allows no more: the lowest limit holds for all, and no object is woken by it. */
async function slowDown(world: World): Promise<void> {
  const rateLimit = { requestsPerSecond: 5, burst: 1 };
  await world.apply(provider('slow', { ...endpointsOf(world), rateLimit }));
  await world.reaches('Provider', 'slow', 'Ready', 'True');
  // From its second pass on it is known whose limit it has a say in.
  await annotate(world, 'Provider', 'slow', { [RECONCILE_REQUESTED_AT]: 'now' });
  await until('the limit holds', async () => {
    const status = (await world.get<Provider>('Provider', 'slow'))?.status;
    return status?.lastHandledReconcileAt === 'now';
  });
}

test(`a freeze is made within ${FEW} calls while ${2 * OTHERS} drift checks wait for a limit of 5 calls a second`, async (t) => {
  const { world } = await settledKey(t, 'team-iam');
  const names = Array.from({ length: OTHERS }, (_, index) => `other-${index}`);
  await Promise.all(names.map((name) => world.apply(user(name))));
  await Promise.all(names.map((name) => world.apply(accessKey(name, name))));
  for (const name of names) await world.reaches('AccessKey', name, 'Ready', 'True');
  await slowDown(world);
  await world.settle();

  const { running, wasabi } = world.operator;
  const known = wasabi.calls.length;
  for (const name of names) running.controllers.get('User')?.enqueue(world.key(name), 'resync');
  // The key that is to be frozen is among those that are being looked at.
  for (const name of [...names.slice(0, 8), 'it', ...names.slice(8)]) {
    running.controllers.get('AccessKey')?.enqueue(world.key(name), 'resync');
  }
  await until('drift checks use the limit up', () => Promise.resolve(wasabi.calls.length >= known + 2));

  const before = wasabi.calls.length;
  await annotate(world, 'AccessKey', 'it', { 's3.cloud37.dev/freeze': 'true' });
  const isFreeze = ({ body }: { readonly body: string }) => body.includes('Action=UpdateAccessKey');
  await until('the key is frozen', () => Promise.resolve(wasabi.calls.some(isFreeze)), 60_000);
  const calls = wasabi.calls.findIndex(isFreeze) + 1 - before;
  assert.ok(calls <= FEW, `it took ${calls} calls`);
  assert.ok(running.controllers.get('User')?.depth() !== 0, 'drift checks still wait');
  await world.patch('Provider', 'slow', { spec: { rateLimit: { requestsPerSecond: 1_000, burst: 1_000 } } });
  await world.settle();
});
