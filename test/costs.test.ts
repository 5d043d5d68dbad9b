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
import { callsOfRequests, countsOf, tally } from '../bench/kube-calls.ts';
import { bucket } from './support/builders.ts';
import { startWorld, type World } from './support/world.ts';

const COUNT = 30;
const VERBS: Readonly<Record<string, string>> = { GET: 'get', POST: 'create', PATCH: 'patch', DELETE: 'delete' };
/** What a crowd of new Buckets costs once a Provider, whatever their number. */
const OF_PROVIDER = new Set(['GetCallerIdentity', 'GetUser', 'ListBuckets']);

function kubeCalls(world: World, from: number) {
  const calls = world.operator.kube.calls.slice(from);
  return countsOf(
    callsOfRequests(calls.map(({ method, url }) => ({ verb: VERBS[method] ?? '', path: url, user: '', code: 200 }))),
    '',
  );
}

function times(calls: readonly ExpectedCall[], objects: number): Record<string, number> {
  return Object.fromEntries(calls.map(({ name, count }) => [name, count * objects]));
}

for (const settings of [0, 2]) {
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

    const { 'create events': _events, 'get secrets': secretReads = 0, ...calls } = kubeCalls(world, kube);
    assert.ok(secretReads <= 2, `one read of the Secret for each of its versions, not ${secretReads}`);
    const { 'create events': _wanted, ...expected } = times(EXPECTED_KUBE_CALLS, COUNT);
    assert.deepEqual(sorted(calls), sorted({ ...expected, 'patch secrets': 1 }));
  });
}

function sorted(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
