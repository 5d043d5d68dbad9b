import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Claim,
  freeAtMs,
  holderOf,
  isNewInstallation,
  isNews,
  isOurs,
  isUnheldSince,
  type Lease,
  microTime,
  sighting,
} from './lease.ts';

const CLAIM: Claim = { acquireTime: '2026-01-01T00:00:00.000000Z', epoch: 4 };
const RENEWED = '2026-01-01T00:00:05.000000Z';

function lease(spec: Lease['spec'], resourceVersion = '7'): Lease {
  const metadata = { name: 'op', namespace: 'ns', uid: 'u', resourceVersion, creationTimestamp: RENEWED };
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: spec ?? {} };
}

const held = lease({ holderIdentity: 'other', leaseDurationSeconds: 15, renewTime: RENEWED, leaseTransitions: 4 });
const released = lease({ holderIdentity: '', leaseDurationSeconds: 1, renewTime: RENEWED, leaseTransitions: 4 });
const emptied = lease({ holderIdentity: '', leaseDurationSeconds: 15, renewTime: RENEWED, leaseTransitions: 4 });
const nullHolder = lease({ holderIdentity: null, leaseDurationSeconds: 1, renewTime: RENEWED });
const longer = lease({ holderIdentity: 'other', leaseDurationSeconds: 40, renewTime: RENEWED });
const shorter = lease({ holderIdentity: 'other', leaseDurationSeconds: 1, renewTime: RENEWED });
const unused = lease({});
const before = sighting(undefined, held, 0, 15_000);

for (const { title, seen, waitMs } of [
  { title: 'held', seen: sighting(undefined, held, 100, 15_000), waitMs: 15_000 },
  { title: 'held by a release with longer times', seen: sighting(undefined, longer, 100, 15_000), waitMs: 40_000 },
  { title: 'held for a shorter time than ours', seen: sighting(undefined, shorter, 100, 15_000), waitMs: 15_000 },
  { title: 'released', seen: sighting(before, released, 100, 15_000), waitMs: 0 },
  { title: 'released, with null for the holder', seen: sighting(before, nullHolder, 100, 15_000), waitMs: 0 },
  { title: 'emptied by hand', seen: sighting(before, emptied, 100, 15_000), waitMs: 15_000 },
  { title: 'never used, at first sight', seen: sighting(undefined, unused, 100, 15_000), waitMs: 0 },
  { title: 'without any spec, later', seen: sighting(before, unused, 100, 15_000), waitMs: 15_000 },
  {
    title: 'gone after a longer one',
    seen: sighting({ ...before, durationMs: 40_000 }, undefined, 100, 15_000),
    waitMs: 40_000,
  },
]) {
  test(`a Lease ${title} may be taken ${waitMs} ms after it was seen so`, () => {
    assert.equal(freeAtMs(seen) - 100, waitMs);
  });
}

test('only at first sight can no Lease, or an unused one, mean a new installation', () => {
  const isNew = (...[last, now]: [Parameters<typeof sighting>[0], Lease | undefined]) =>
    isNewInstallation(sighting(last, now, 0, 15_000));
  assert.deepEqual(
    [isNew(undefined, undefined), isNew(undefined, unused), isNew(undefined, emptied), isNew(undefined, released)],
    [true, true, false, false],
  );
  assert.deepEqual([isNew(before, undefined), isNew(before, unused)], [false, false]);
});

test('another version is news, also when it says the same', () => {
  assert.equal(isNews(undefined, undefined), true);
  assert.equal(isNews(before, held), false);
  assert.equal(isNews(before, lease(held.spec, '8')), true);
  assert.equal(isNews(before, undefined), true);
  assert.equal(isNews(sighting(before, undefined, 0, 1), undefined), false);
});

test('a Lease is ours by name and acquisition, so that another process of our name is somebody else', () => {
  const ours = lease({ holderIdentity: 'me', acquireTime: CLAIM.acquireTime });
  assert.equal(isOurs(ours, 'me', CLAIM), true);
  assert.equal(isOurs(ours, 'me', { ...CLAIM, acquireTime: RENEWED }), false);
  assert.equal(isOurs(ours, 'you', CLAIM), false);
  assert.equal(isOurs(ours, 'me', undefined), false);
  assert.equal(isOurs(undefined, 'me', CLAIM), false);
});

test('a Lease that nobody holds is unheld since our claim unless somebody acquired it in between', () => {
  assert.equal(isUnheldSince(emptied, CLAIM), true);
  assert.equal(isUnheldSince(emptied, { ...CLAIM, epoch: 3 }), false);
  assert.equal(isUnheldSince(held, CLAIM), false);
  assert.equal(isUnheldSince(unused, CLAIM), true);
});

test('texts are as the API wants them and as people read them', () => {
  assert.equal(microTime(Date.UTC(2026, 0, 2, 3, 4, 5, 67)), '2026-01-02T03:04:05.067000Z');
  assert.equal(holderOf(held), '"other"');
  assert.equal(holderOf(emptied), 'nobody');
});
