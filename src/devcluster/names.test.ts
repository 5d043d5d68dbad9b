import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  configKeyProblems,
  dns1035Problems,
  labelProblems,
  labelValueProblems,
  pathSegmentProblems,
  prefixProblems,
  qualifiedNameProblems,
  subdomainProblems,
} from './names.ts';

type Rule = (value: string) => string[];

const rules: readonly (readonly [name: string, rule: Rule, good: readonly string[], bad: readonly string[]])[] = [
  ['label', labelProblems, ['a', 'a-1', '1', 'x'.repeat(63)], ['', 'A', '-a', 'a-', 'a.b', 'a_b', 'x'.repeat(64)]],
  [
    'subdomain',
    subdomainProblems,
    ['a', 'a.b-c.1', 'x'.repeat(253)],
    ['', 'A', 'a..b', 'a.', '.a', 'a/b', 'x'.repeat(254)],
  ],
  ['DNS-1035 label', dns1035Problems, ['a', 'a-1'], ['', '1a', 'A', 'a-', 'a.b', 'x'.repeat(64)]],
  ['label value', labelValueProblems, ['', 'A', 'a_b.c-d'], ['-a', 'a b', 'é', 'x'.repeat(64)]],
  [
    'label key',
    qualifiedNameProblems,
    ['a', 'A_b.c', 'example.com/Name'],
    ['', '/a', 'a/', 'a/b/c', 'A.B/c', 'a b', 'x'.repeat(64)],
  ],
  ['config key', configKeyProblems, ['a', 'A_b.c-d', '.a'], ['', '.', '..', '..a', 'a b', 'a/b', 'x'.repeat(254)]],
  ['path segment', pathSegmentProblems, ['a', 'a.b', '...'], ['.', '..', 'a/b', 'a%b']],
];

for (const [name, rule, good, bad] of rules) {
  test(`${name}: what is valid and what is not`, () => {
    for (const value of good) assert.deepEqual(rule(value), [], JSON.stringify(value));
    for (const value of bad) assert.notDeepEqual(rule(value), [], JSON.stringify(value));
  });
}

test('the messages are those of the real server', () => {
  assert.deepEqual(subdomainProblems('A'), [
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ]);
  assert.deepEqual(labelProblems('a.b'), ['must not contain dots']);
  assert.match(labelProblems('A')[0] ?? '', /\(e\.g\. 'my-name', {2}or '123-abc', regex used for validation is/);
  assert.deepEqual(qualifiedNameProblems('/a'), ['prefix part must be non-empty']);
});

test('a generateName may end with a dash', () => {
  assert.deepEqual(prefixProblems('abc-', subdomainProblems), []);
  assert.notDeepEqual(prefixProblems('Abc-', subdomainProblems), []);
  assert.notDeepEqual(prefixProblems('-', subdomainProblems), []);
});

test('names of a hostile length take no time', () => {
  const started = performance.now();
  for (const rule of [subdomainProblems, qualifiedNameProblems, labelValueProblems, configKeyProblems])
    rule(`${'a-'.repeat(500_000)}!`);
  assert.ok(performance.now() - started < 1000);
});
