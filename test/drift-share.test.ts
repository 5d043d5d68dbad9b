import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucket, provider, user } from './support/builders.ts';
import { scrape } from './support/scrape.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { endpointsOf, type World } from './support/world.ts';

const { startWorld } = shareCluster();

/** Calls a second that the account allows, and the share of drift checks. */
const LIMIT = 10;
const SHARE = 0.2 * LIMIT;
const SPAN_MS = 300_000;
const flags = ['--drift-check-interval-seconds=10', '--existence-check-interval-seconds=0'];
/** Calls of a Provider's own check, which does not wait in line; one of them nobody else makes. */
const PROVIDER_CALLS = 3;
const rateLimit = { requestsPerSecond: LIMIT };

/** Buckets of two Providers of one account, and users, as many as the share compares in half a minute or more. */
async function makeAll(world: World): Promise<readonly string[]> {
  await world.apply(provider('second', { ...endpointsOf(world), rateLimit: { requestsPerSecond: 1_000 } }));
  await world.reaches('Provider', 'second', 'Ready', 'True');
  const buckets = Array.from({ length: 50 }, (_, index) => `share-${index}`);
  const users = Array.from({ length: 5 }, (_, index) => `share-user-${index}`);
  const providerRef = (index: number) => (index % 2 === 0 ? {} : { providerRef: { name: 'second' } });
  await Promise.all([
    ...buckets.map((name, index) => world.apply(bucket(name, providerRef(index)))),
    ...users.map((name) => world.apply(user(name))),
  ]);
  for (const name of buckets) await world.reaches('Bucket', name, 'Ready', 'True');
  for (const name of users) await world.reaches('User', name, 'Ready', 'True');
  for (const name of ['wasabi', 'second']) await world.patch('Provider', name, { spec: { rateLimit } });
  await world.elapse(60_000); // both have told of their limit, and what a check costs is known
  return buckets;
}

test('drift checks: more objects than their share can compare have turns, and an edit waits for none of them', async (t) => {
  const world = await startWorld(t, { flags });
  const buckets = await makeAll(world);
  const { clock, running } = world.operator;
  const known = world.operatorCalls().length;
  const startedMs = clock.monotonicMs();
  await world.elapse(SPAN_MS);
  const seconds = (clock.monotonicMs() - startedMs) / 1_000;
  const calls = world.operatorCalls().slice(known);
  const providerChecks = calls.filter(({ operation }) => operation === 'GetCallerIdentity').length;
  assert.ok(providerChecks >= 50, `two Providers were checked ${providerChecks} times`);
  const perSecond = (calls.length - PROVIDER_CALLS * providerChecks) / seconds;
  assert.ok(
    perSecond > 0.9 * SHARE && perSecond < 1.1 * SHARE,
    `${perSecond} calls a second, where ${SHARE} are theirs`,
  );
  const counts = buckets.map((name) => calls.filter((call) => call.bucket === name).length);
  assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `comparisons by Bucket: ${counts.join()}`);
  assert.ok(Math.min(...counts) >= 8, `a Bucket was compared ${Math.min(...counts)} times in ${seconds} s`);

  const waiting = (await scrape(world)).sum('driftChecksWaiting', { account: world.emulator.account.accountId }) ?? 0;
  assert.ok(waiting > buckets.length, `${waiting} objects wait`);
  assert.equal(running.controllers.get('Bucket')?.depth(), 0, 'and none of them in the queue');

  const editedMs = clock.monotonicMs();
  await world.patch('Bucket', 'share-7', { spec: { tagging: { tags: { edited: 'yes' } } } });
  await world.reaches('Bucket', 'share-7', 'Ready', 'True');
  const tookMs = clock.monotonicMs() - editedMs;
  assert.ok(tookMs < 5_000, `the edit took ${tookMs} ms, and a turn takes half a minute`);
});
