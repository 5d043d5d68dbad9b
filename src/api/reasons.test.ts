import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { EVENT_REASONS } from './event-reasons.ts';
import { REASON_GROUPS } from './reasons.ts';

/** Everything that could give a reason, apart from the lists themselves. */
const code = globSync('src/**/*.ts')
  .filter(
    (file) => !file.endsWith('.test.ts') && !file.startsWith('src/api/') && !/src\/(emulator|devcluster)/.test(file),
  )
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');

const types = new Set(['InvalidSpec', 'DependencyNotReady', 'Throttled', 'Transient', 'StaleRead', 'Internal']);

function isGiven(reason: string): boolean {
  return types.has(reason) || code.includes(`'${reason}'`) || /^(Bucket|IAMPolicy|Provider|User)NotFound$/.test(reason);
}

test('reasons: every documented reason of a condition is one that the operator gives', () => {
  const documented = REASON_GROUPS.flatMap(({ reasons }) => Object.keys(reasons));
  assert.deepEqual(
    documented.filter((reason) => !isGiven(reason)),
    [],
  );
});

test('reasons: every documented reason of an event is one that the operator gives', () => {
  assert.deepEqual(
    Object.keys(EVENT_REASONS).filter((reason) => !isGiven(reason)),
    [],
  );
});
