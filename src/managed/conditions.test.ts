import assert from 'node:assert/strict';
import { test } from 'node:test';
import { condition, findCondition, isTrue, mergeConditions, rfc3339, shorten } from './conditions.ts';
import type { StoredCondition } from './kind.ts';

const NOW = Date.parse('2026-03-01T12:00:00.987Z');
const EARLIER = '2026-02-01T00:00:00Z';

function stored(type: string, more: Partial<StoredCondition> = {}): StoredCondition {
  return {
    type,
    status: 'True',
    reason: 'Available',
    message: '',
    observedGeneration: 1,
    lastTransitionTime: EARLIER,
    ...more,
  };
}

test("conditions: what is told is set, the abnormal and the predecessor's go, the rest stays", () => {
  const abnormal = ['Reconciling', 'Stalled', 'Unsupported', 'ForeignKey', 'LeftByPredecessor', 'FreezeIgnored'];
  const more = ['RestartBlocked', 'DeletionBlocked', 'Drifted'];
  const legacy = ['ProviderNotReady', 'BucketNotReady', 'UserNotReady', 'CreationFailed', 'ApplyFailed'];
  const others = ['RotationFailed', 'AttachFailed', 'PolicyInvalid', 'PolicyConflict'];
  const before = [...abnormal, ...more, ...legacy, ...others, 'Ready', 'Somebody'].map((type) => stored(type));
  const after = mergeConditions(before, [condition('Ready', 'False', 'Timeout', 'no answer')], 4, NOW);
  assert.deepEqual(after, [
    {
      type: 'Ready',
      status: 'False',
      reason: 'Timeout',
      message: 'no answer',
      observedGeneration: 4,
      lastTransitionTime: '2026-03-01T12:00:00Z',
    },
    stored('Somebody'),
  ]);
  const kept = mergeConditions(before, [condition('Stalled', 'True', 'InvalidSpec', 'no')], 4, NOW);
  assert.deepEqual(
    kept.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]),
    [
      ['Stalled', EARLIER],
      ['Ready', EARLIER],
      ['Somebody', EARLIER],
    ],
  );
});

test('conditions: the time is that of the last change of status, and now where there is none', () => {
  const ready = condition('Ready', 'True', 'Available', '');
  const time = (before: readonly StoredCondition[] | undefined) =>
    mergeConditions(before, [ready], 1, NOW)[0]?.lastTransitionTime;
  const now = '2026-03-01T12:00:00Z';
  assert.equal(time(undefined), now);
  assert.equal(time([stored('Ready', { status: 'False' })]), now);
  assert.equal(time([stored('Ready', { lastTransitionTime: undefined })]), now);
  assert.equal(time([stored('Ready', { reason: 'Other', message: 'x', observedGeneration: 0 })]), EARLIER);
});

test('conditions: found by type', () => {
  const list = [stored('Ready', { status: 'False' }), stored('Synced')];
  assert.equal(findCondition(list, 'Synced'), list[1]);
  assert.deepEqual([findCondition(list, 'Other'), findCondition(undefined, 'Ready')], [undefined, undefined]);
  assert.deepEqual(
    [isTrue(list, 'Ready'), isTrue(list, 'Synced'), isTrue(list, 'Other'), isTrue(undefined, 'Ready')],
    [false, true, false, false],
  );
});

test('conditions: whole seconds, and messages that fit', () => {
  assert.equal(rfc3339(NOW), '2026-03-01T12:00:00Z');
  assert.ok(shorten('x'.repeat(5_000)).length <= 1_024);
  assert.equal(shorten('short'), 'short');
});
