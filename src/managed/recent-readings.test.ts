import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { ManagedResource, Target } from './kind.ts';
import { isSamePlace, RecentReadings } from './recent-readings.ts';

const target: Target = {
  provider: { namespace: 'a', name: 'p' },
  accountId: '1',
  region: 'eu-central-2',
  name: 'logs',
};

function object(metadata: Partial<ManagedResource['metadata']> = {}): ManagedResource {
  return {
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind: 'Bucket',
    metadata: {
      name: 'logs',
      namespace: 'a',
      uid: 'u',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      generation: 1,
      annotations: { note: 'a' },
      ...metadata,
    },
    spec: {},
  };
}

function kept(): { readonly clock: FakeClock; readonly recent: RecentReadings<string, string> } {
  const clock = new FakeClock();
  const recent = new RecentReadings<string, string>(clock);
  recent.keep(object(), { target, desired: 'wanted', observed: 'found', readAtMs: clock.monotonicMs() });
  return { clock, recent };
}

test('recent readings: what was read a moment ago, once', () => {
  const { clock, recent } = kept();
  clock.advance(10_000);
  assert.equal(recent.take(object({ resourceVersion: '2' }))?.observed, 'found');
  assert.equal(recent.take(object()), undefined, 'whoever takes it keeps it again, or has failed');
});

test('recent readings: too long ago', () => {
  const { clock, recent } = kept();
  clock.advance(10_001);
  assert.equal(recent.take(object()), undefined);
});

test('recent readings: kept again, it is as old as its read', () => {
  const { clock, recent } = kept();
  clock.advance(6_000);
  const reading = recent.take(object());
  assert.ok(reading);
  recent.keep(object(), reading);
  clock.advance(6_000);
  assert.equal(recent.take(object()), undefined);
});

const touched: readonly (readonly [what: string, resource: ManagedResource])[] = [
  ['a new spec', object({ generation: 2 })],
  ['an annotation, which may ask for a pass', object({ annotations: { note: 'b' } })],
  ['another incarnation', object({ uid: 'v' })],
];
for (const [what, resource] of touched) {
  test(`recent readings: none after ${what}`, () => {
    assert.equal(kept().recent.take(resource), undefined);
  });
}

test('recent readings: another account is another place, the identity that a new resource got meanwhile is not', () => {
  assert.equal(isSamePlace(target, { ...target, accountId: '2' }), false);
  assert.equal(isSamePlace(target, { ...target, identity: 'i' }), true);
});
