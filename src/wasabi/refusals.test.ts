import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { ReconcileError } from '../runtime/errors.ts';
import { Refusals, refusalRestMs, refusalWaitMs } from './refusals.ts';

const S3 = 's3 eu-central-2';
const MINUTE_MS = 60_000;
const refused = new ReconcileError('DependencyNotReady', 'wrong key', { reason: 'AuthFailed' });
const lockedOut = new ReconcileError('DependencyNotReady', 'locked', {
  reason: 'AuthenticationLockout',
  retryAfterMs: 5 * MINUTE_MS,
});

/** Refusals with a client of Buckets and the Provider's probe, under a clock that stands still. */
function setUp() {
  const clock = new FakeClock();
  const refusals = new Refusals(clock);
  let told = 0;
  const bucket = refusals.gate({
    isProbe: false,
    onRefused: () => {
      told += 1;
    },
  });
  const probe = refusals.gate({ isProbe: true, onRefused: () => assert.fail('a probe tells nobody') });
  const sentAtMs = () => clock.monotonicMs();
  const mayCall = (place = S3) => {
    try {
      bucket.enter(place);
      return true;
    } catch (thrown) {
      assert.ok(thrown instanceof ReconcileError);
      assert.equal(thrown.reason, 'ProviderNotReady');
      return false;
    }
  };
  return { clock, refusals, bucket, probe, sentAtMs, mayCall, told: () => told };
}

test('the wait grows from a minute to an hour, and a lock-out is never shorter than five minutes', () => {
  assert.deepEqual(
    [1, 2, 3, 9].map((count) => refusalWaitMs(count, 'AuthFailed')),
    [60_000, 300_000, 3_600_000, 3_600_000],
  );
  assert.deepEqual(
    [1, 2, 3].map((count) => refusalWaitMs(count, 'AuthenticationLockout')),
    [300_000, 300_000, 3_600_000],
  );
});

test('one refusal holds all further calls there, is told once, and holds nobody elsewhere', () => {
  const { clock, bucket, sentAtMs, mayCall, told } = setUp();
  assert.equal(mayCall(), true);
  clock.advance(1);
  const underWay = sentAtMs();
  clock.advance(1);
  bucket.refused(S3, sentAtMs(), refused);
  bucket.refused(S3, underWay, refused);
  assert.equal(told(), 1);
  assert.equal(mayCall(), false);
  assert.equal(mayCall('s3 us-west-1'), true);
  bucket.accepted(S3, underWay);
  assert.equal(mayCall(), false, 'an answer to an older call frees nobody');
});

test('when the wait is over one call goes out for all; each further refusal makes the wait longer', () => {
  const { clock, bucket, sentAtMs, mayCall, told } = setUp();
  for (const [index, waitMs] of [MINUTE_MS, 5 * MINUTE_MS, 60 * MINUTE_MS, 60 * MINUTE_MS].entries()) {
    clock.advance(1);
    bucket.refused(S3, sentAtMs(), refused);
    clock.advance(waitMs - 1);
    assert.equal(mayCall(), false);
    clock.advance(1);
    assert.deepEqual([mayCall(), mayCall()], [true, false]);
    assert.equal(told(), index + 1);
  }
  clock.advance(MINUTE_MS);
  assert.equal(mayCall(), true, 'the one that went out told nothing: the next may');
  clock.advance(1);
  bucket.accepted(S3, sentAtMs());
  assert.deepEqual([mayCall(), mayCall()], [true, true]);
});

test('a probe is never held, confirms a refusal without counting it twice, and its success frees every place', () => {
  const { clock, refusals, bucket, probe, sentAtMs, mayCall } = setUp();
  bucket.refused('s3 us-west-1', sentAtMs(), refused);
  clock.advance(1);
  bucket.refused(S3, sentAtMs(), refused);
  assert.equal(refusals.standing(), undefined, 'what no probe has met keeps no probe back');
  probe.enter(S3);
  probe.refused(S3, sentAtMs(), refused); // it was under way already
  assert.equal(refusals.standing()?.retryAfterMs, MINUTE_MS);
  assert.equal(refusals.standing()?.reason, 'AuthFailed');
  clock.advance(MINUTE_MS);
  assert.equal(refusals.standing(), undefined);
  probe.refused(S3, sentAtMs(), refused);
  assert.equal(refusals.standing()?.retryAfterMs, 5 * MINUTE_MS);
  clock.advance(1);
  probe.accepted('iam', sentAtMs());
  assert.equal(mayCall(), false, 'nothing was refused there, so it proves nothing here');
  probe.accepted(S3, sentAtMs());
  assert.deepEqual([mayCall(), mayCall('s3 us-west-1')], [true, true]);
  assert.equal(refusals.standing(), undefined);
});

test('what is refused just after the credentials were proven is about that request alone', () => {
  const { clock, bucket, probe, sentAtMs, mayCall, told } = setUp();
  bucket.refused(S3, sentAtMs(), refused);
  clock.advance(1);
  probe.accepted(S3, sentAtMs());
  clock.advance(1);
  bucket.refused(S3, sentAtMs(), refused);
  assert.deepEqual([mayCall(), told()], [true, 1]);
  bucket.refused(S3, sentAtMs(), lockedOut);
  assert.deepEqual([mayCall(), told()], [false, 2]);
  clock.advance(10 * MINUTE_MS);
  probe.accepted(S3, sentAtMs());
  clock.advance(MINUTE_MS);
  bucket.refused(S3, sentAtMs(), refused);
  assert.deepEqual([mayCall(), told()], [false, 3]);
});

test('a lock-out holds everything, probes too, for as long as the service says', () => {
  const { clock, refusals, bucket, probe, sentAtMs, mayCall, told } = setUp();
  bucket.refused(S3, sentAtMs(), lockedOut);
  assert.deepEqual([mayCall('iam'), mayCall('s3 us-west-1'), told()], [false, false, 1]);
  assert.equal(refusals.standing()?.reason, 'AuthenticationLockout');
  clock.advance(5 * MINUTE_MS - 1);
  assert.equal(refusals.standing()?.retryAfterMs, 1);
  clock.advance(1);
  assert.equal(refusals.standing(), undefined);
  clock.advance(1);
  probe.accepted('sts', sentAtMs());
  assert.equal(mayCall(), true);
});

const NOW_MS = Date.parse('2026-03-01T12:00:00Z');
const DAY_MS = 86_400_000;
const rests: readonly [title: string, atMs: number, expected: number][] = [
  ['just now', 0, 5 * MINUTE_MS],
  ['a minute ago', -MINUTE_MS, 4 * MINUTE_MS],
  ['longer ago than the wait', -6 * MINUTE_MS, 0],
  ['by a clock a little ahead', MINUTE_MS, 5 * MINUTE_MS],
  ['by a clock a hundred days ahead', 100 * DAY_MS, 0],
  ['at a time that is none', Number.NaN, 0],
];
for (const [title, atMs, expected] of rests) {
  test(`a refusal written down ${title} keeps the credentials for ${expected / 1_000} s`, () => {
    assert.equal(refusalRestMs({ count: 2, reason: 'AuthFailed', atMs: NOW_MS + atMs }, NOW_MS), expected);
  });
}
