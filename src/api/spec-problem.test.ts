import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketDefinition } from './bucket.ts';
import { specChecker } from './spec-problem.ts';

const { specProblem: problem } = specChecker(bucketDefinition);

test('spec problem: a usable spec has none, and status does not count', () => {
  const object = { spec: { providerRef: { name: 'p' }, name: 'logs' }, status: { conditions: 'nonsense' } };
  assert.equal(problem(object), undefined);
  assert.equal(problem(object), undefined, 'told again for the same object');
});

for (const [title, spec, expected] of [
  ['no spec', undefined, /^spec: /],
  ['an empty spec', {}, /^spec\.providerRef: /],
  ['a name that cannot be one', { providerRef: { name: 'p' }, name: 'NO' }, /^spec\.name: /],
  ['a value of another type', { providerRef: { name: 'p' }, name: 'logs', suspend: 'yes' }, /^spec\.suspend: /],
] as const) {
  test(`spec problem: ${title} is told with its field`, () => assert.match(problem({ spec }) ?? '', expected));
}
