import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { matchesPattern } from './pattern.ts';

test('matchesPattern agrees with regular expressions', () => {
  const letters = (...units: readonly string[]) => fc.string({ unit: fc.constantFrom(...units), maxLength: 7 });
  fc.assert(
    fc.property(letters('a', 'b', '*', '?', '.'), letters('a', 'b', '.', '\n'), (pattern, text) => {
      const expression = pattern.replaceAll('.', '\\.').replaceAll('?', '.').replaceAll('*', '.*');
      assert.equal(matchesPattern(pattern, text), new RegExp(`^${expression}$`, 's').test(text));
    }),
    { numRuns: 2_000 },
  );
});

test('matchesPattern: a hostile pattern takes no time', () => {
  const startedMs = performance.now();
  assert.equal(matchesPattern(`${'*a'.repeat(10_000)}b`, 'a'.repeat(1_000)), false);
  assert.ok(performance.now() - startedMs < 1_000);
});
