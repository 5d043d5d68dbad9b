import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallNames, isAgain } from '../bench/call-names.ts';
import {
  EXPECTED_KUBE_CALLS,
  type ExpectedCall,
  expectedServiceCalls,
  settingNames,
  settingsSpec,
} from '../bench/expected-calls.ts';
import { ROTATION_CALLS, ROTATION_KUBE_CALLS } from '../bench/key-calls.ts';
import { type Counts, callsOfRequests, countsOf, tally } from '../bench/kube-calls.ts';
import { STACK_KUBE_CALLS, STACK_SERVICE_CALLS } from '../bench/stack-calls.ts';
import type { AccessKey } from '../src/api/access-key.ts';
import { bucket } from './support/builders.ts';
import { makeStack } from './support/children.ts';
import { until } from './support/cluster.ts';
import { settledKey } from './support/keys.ts';
import { startWorld, type World } from './support/world.ts';

const COUNT = 30;
const VERBS: Readonly<Record<string, string>> = { GET: 'get', POST: 'create', PATCH: 'patch', DELETE: 'delete' };
/** What a crowd of new Buckets costs once a Provider, whatever their number. */
const OF_PROVIDER = new Set(['GetCallerIdentity', 'GetUser', 'ListBuckets']);

function kubeCalls(world: World, from: number): Counts {
  const calls = world.operator.kube.calls.slice(from);
  return countsOf(
    callsOfRequests(calls.map(({ method, url }) => ({ verb: VERBS[method] ?? '', path: url, user: '', code: 200 }))),
    '',
  );
}

function times(calls: readonly ExpectedCall[], objects: number): Record<string, number> {
  return Object.fromEntries(calls.map(({ name, count }) => [name, count * objects]));
}

for (const settings of [0, 3]) {
  test(`a crowd of new Buckets, settings: ${settingNames(settings).join(', ') || 'none'}: not a call beyond the fewest`, async (t) => {
    const world = await startWorld(t);
    const [kube, service] = [world.operator.kube.calls.length, world.operatorCalls().length];
    const names = Array.from({ length: COUNT }, (_, index) => `crowd-${settings}-${index}`);
    await Promise.all(names.map((name) => world.apply(bucket(name, settingsSpec(settings)))));
    for (const name of names) await world.reaches('Bucket', name, 'Ready', 'True');
    await world.settle();

    const naming = new CallNames();
    const called = world
      .operatorCalls()
      .slice(service)
      .map((call) => naming.nameOf(call));
    const ofBuckets = called.filter((name) => !OF_PROVIDER.has(name) && !isAgain(name));
    const wanted = times(expectedServiceCalls(settings), COUNT);
    assert.deepEqual(sorted(tally(ofBuckets)), sorted(wanted));

    const calls = kubeCalls(world, kube);
    const ofObjects = Object.entries(calls).filter(([name]) => name.startsWith('patch buckets'));
    const { 'create events': _events, ...expected } = times(EXPECTED_KUBE_CALLS, COUNT); // events come by and by
    assert.deepEqual(sorted(Object.fromEntries(ofObjects)), sorted(expected));
    const others = Object.entries(calls).filter(([name]) => !name.includes('buckets') && name !== 'create events');
    const total = others.reduce((sum, [, count]) => sum + count, 0);
    assert.ok(total <= 5, `what a Provider costs does not grow with its Buckets: ${JSON.stringify(others)}`);
  });
}

/** The proxy of these tests does not note what was answered. */
function withoutCodes(calls: readonly ExpectedCall[]): Record<string, number> {
  const merged: Record<string, number> = {};
  for (const { name, count } of calls) {
    const bare = name.replace(/ \d+$/, '');
    merged[bare] = (merged[bare] ?? 0) + count;
  }
  return merged;
}

function sorted(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

test('a Bucket with a user and a key of its own: not a call that is not listed with its reason', async (t) => {
  const world = await startWorld(t, { flags: ['--drift-check-interval-seconds=0'] });
  await makeStack(world, 'first'); // what a Provider costs comes with it
  const [kube, service] = [world.operator.kube.calls.length, world.operatorCalls().length];
  await makeStack(world, 'stack');
  await until('all events are sent', async () => kubeCalls(world, kube)['create events'] === 4);
  const naming = new CallNames();
  const called = world
    .operatorCalls()
    .slice(service)
    .map((call) => naming.nameOf(call));
  assert.deepEqual(sorted(tally(called)), sorted(times(STACK_SERVICE_CALLS, 1)));
  assert.deepEqual(sorted(kubeCalls(world, kube)), sorted(withoutCodes(STACK_KUBE_CALLS)));
});

test('the rotation of a key: not a call beyond those that are listed, and no second pass', async (t) => {
  const it = await settledKey(t, 'team-iam', {}, { flags: ['--drift-check-interval-seconds=0'] });
  const { world } = it;
  const [kube, service] = [world.operator.kube.calls.length, world.operatorCalls().length];
  const annotations = { 's3.cloud37.dev/rotate-requested-at': 'now' };
  await world.patch('AccessKey', 'it', { metadata: { annotations } });
  await until('the rotation is Retaining', async () => {
    const key = await world.get<AccessKey>('AccessKey', 'it');
    return key?.status?.rotation?.step === 'Retaining';
  });
  await world.settle();
  const naming = new CallNames();
  const called = world
    .operatorCalls()
    .slice(service)
    .map((call) => naming.nameOf(call));
  assert.deepEqual(sorted(tally(called)), sorted(times(ROTATION_CALLS, 1)));
  const { 'create events': _events, ...calls } = kubeCalls(world, kube); // events come by and by
  const made = Object.entries(calls).filter(([name]) => !/^(?:list|watch) /.test(name));
  const { 'create events': _expected, ...wanted } = withoutCodes(ROTATION_KUBE_CALLS);
  assert.deepEqual(sorted(Object.fromEntries(made)), sorted(wanted));
});
