import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { providerSecret } from './support/account.ts';
import { bucket, provider } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { endpointsOf, type World } from './support/world.ts';

const shared = shareCluster();

/** Objects of one kind at a time by default, and what one Provider may have of them. */
const SHARE = 64 / 4;

/** A world with a second Provider, `slow`, of another account; no answer comes to its calls once `hang` is called. */
async function withSlowProvider(t: TestContext): Promise<{
  readonly world: World;
  readonly hang: () => void;
  readonly hanging: () => number;
}> {
  // One attempt that lasts a minute: what hangs now does so until the test is over.
  const spec = { timeoutSeconds: 60, retry: { maxAttempts: 1 } };
  const world = await shared.startWorld(t);
  const account = world.emulator.createAccount();
  await world.apply(providerSecret('slow-credentials', account));
  const auth = {
    accessKeySecretRef: { name: 'slow-credentials' },
    secretKeySecretRef: { name: 'slow-credentials' },
  };
  const rateLimit = { requestsPerSecond: 1_000 };
  await world.apply(provider('slow', { ...endpointsOf(world), ...spec, auth, rateLimit }));
  await world.reaches('Provider', 'slow', 'Ready', 'True');
  await world.settle();
  let calls = 0;
  return {
    world,
    hang: () =>
      world.operator.wasabi.decide(({ authorization }) => {
        if (!authorization.includes(account.accessKeyId)) return 'pass';
        calls += 1;
        return 'hang';
      }),
    hanging: () => calls,
  };
}

test('a Provider that hangs with a hundred Buckets holds up no Bucket of another', async (t) => {
  const { world, hang, hanging } = await withSlowProvider(t);
  hang();
  const names = Array.from({ length: 100 }, (_, index) => `slow-${index}`);
  await Promise.all(names.map((name) => world.apply(bucket(name, { providerRef: { name: 'slow' } }))));
  const buckets = world.operator.running.controllers.get('Bucket');
  assert.ok(buckets);
  await until('every Bucket has come, and those that may run do', () => {
    const { user, retry, initial, resync, delayed, processing } = buckets.depths();
    const all = user + retry + initial + resync + delayed + processing;
    return Promise.resolve(all >= names.length && processing >= SHARE && world.operator.wasabi.pending > 0);
  });

  await world.apply(bucket('quick'));
  await world.reaches('Bucket', 'quick', 'Ready', 'True');

  await until('only passes that hang are left, and they have their share and no more', () =>
    Promise.resolve(buckets.depths().processing === SHARE),
  );
  await until('every call that hung still does, and no other is under way', () =>
    Promise.resolve(world.operator.wasabi.pending === hanging()),
  );
  await world.expectValid('Bucket', 'quick');
});

test('what was changed while no operator ran comes before what only has to be looked at', async (t) => {
  const world = await shared.startWorld(t);
  const names = Array.from({ length: 20 }, (_, index) => `b${String(index).padStart(2, '0')}`);
  await Promise.all(names.map((name) => world.apply(bucket(name))));
  await Promise.all(names.map((name) => world.reaches('Bucket', name, 'Ready', 'True')));
  await world.settle();
  await world.kill();
  await world.apply(bucket('new'));
  await world.patch('Bucket', 'b17', { spec: { tagging: { tags: { team: 'a' } } } });
  const known = world.operatorCalls().length;

  await world.restart(['--max-concurrent-reconciles=1']);

  await until('every bucket was looked at', () =>
    Promise.resolve(new Set(bucketsCalled(world, known)).size === names.length + 1),
  );
  assert.deepEqual([...new Set(bucketsCalled(world, known))].slice(0, 2).toSorted(), ['b17', 'new']);
});

function bucketsCalled(world: World, from: number): readonly string[] {
  return world
    .operatorCalls()
    .slice(from)
    .flatMap((call) => call.bucket ?? []);
}
