import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessKey } from '../../api/access-key.ts';
import type { RotationProblem } from './facts.ts';
import { recover } from './recovery.ts';
import { rotationError } from './rotation-problem.ts';
import { facts, key, NOW } from './testing/facts.ts';

const resource = { spec: { userRef: { name: 'team' } } } as AccessKey; // nothing else of it is read

function error(problem: Pick<RotationProblem, 'reason' | 'untilMs'>, foreign: readonly string[] = []) {
  const read = facts({ keys: foreign.map((id) => key(id)) });
  const whole = { isOfRotation: true, isUnusable: false, ...problem } as const;
  return rotationError(resource, whole, { facts: read, recovery: recover(read) }, 'team');
}

const waits: readonly (readonly [problem: RotationProblem['reason'], reason: string, says: RegExp])[] = [
  ['SecretNotOurs', 'SecretNotOurs', /^the key is due .* Secret "it-credentials-next", which takes the new one first/],
  ['PreviousNotOurs', 'SecretNotOurs', /^the key is due .* Secret "it-credentials-previous", which keeps it/],
  ['OwnershipUnproven', 'OwnershipUnproven', /nothing proves .* annotation s3\.cloud37\.dev\/claim-keys$/],
  ['ForeignKey', 'ForeignKey', /user "team" has another one already.* they belong to the other AccessKeys/],
];
for (const [problem, reason, says] of waits) {
  test(`a rotation that waits says why: ${problem}`, () => {
    const thrown = error({ reason: problem });
    assert.deepEqual([thrown.type, thrown.reason, thrown.retryAfterMs], ['DependencyNotReady', reason, undefined]);
    assert.match(thrown.message, says);
  });
}

test('a rotation that waits for a key of nobody points to the condition that names it', () => {
  assert.match(error({ reason: 'ForeignKey' }, ['F']).message, /see the condition ForeignKey/);
});

test('a rotation that failed says when it is tried again, and comes back then', () => {
  const thrown = error({ reason: 'RotationFailed', untilMs: NOW + 9_000 });
  assert.deepEqual([thrown.type, thrown.reason, thrown.retryAfterMs], ['Transient', 'RotationFailed', 9_000]);
  assert.match(thrown.message, /it is tried again at 2026-05-01T12:00:09Z$/);
  assert.equal(
    error({ reason: 'RotationFailed', untilMs: NOW + 1 }).retryAfterMs,
    1_000,
    'not sooner than in a second',
  );
  const now = error({ reason: 'RotationFailed' });
  assert.deepEqual([now.retryAfterMs, now.message.slice(-20)], [1_000, '2026-05-01T12:00:00Z']);
});
