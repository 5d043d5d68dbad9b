import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IamPolicy } from '../../api/iam-policy.ts';
import { seeded } from '../../emulator/seeded-random.ts';
import { policyName } from './name.ts';

function iamPolicy(name: string, parts: { namespace?: string; specName?: string; policyArn?: string } = {}): IamPolicy {
  const { namespace = 'team-a', specName, policyArn } = parts;
  return {
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind: 'IAMPolicy',
    metadata: { namespace, name, uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      providerRef: { name: 'wasabi' },
      policy: { version: '2012-10-17' },
      ...(specName === undefined ? {} : { name: specName }),
    },
    ...(policyArn === undefined ? {} : { status: { policyArn } }),
  };
}

const rows: readonly (readonly [title: string, policy: IamPolicy, name: string])[] = [
  ['namespace and name', iamPolicy('read-logs'), 'team-a.read-logs'],
  ['a name with dots', iamPolicy('b.c', { namespace: 'a' }), 'a.b.c'],
  ['the name of the spec', iamPolicy('read', { specName: 'Logs', policyArn: 'arn:aws:iam::1:policy/old' }), 'Logs'],
  ["the predecessor's, whatever its account", iamPolicy('read', { policyArn: 'arn:aws:iam::*:policy/read' }), 'read'],
  ['one with a path', iamPolicy('read', { policyArn: 'arn:aws:iam::1:policy/a/b/read' }), 'read'],
  ['an ARN of something else', iamPolicy('read', { policyArn: 'arn:aws:iam::1:user/read' }), 'team-a.read'],
];

for (const [title, policy, name] of rows) {
  test(`policyName: ${title}`, () => {
    assert.equal(policyName(policy), name);
  });
}

test('policyName: long names are cut to 128, and stay apart', () => {
  const [one, other] = [policyName(iamPolicy(`${'a'.repeat(200)}-1`)), policyName(iamPolicy(`${'a'.repeat(200)}-2`))];
  assert.equal(one.length, 128);
  assert.equal(other.length, 128);
  assert.notEqual(one, other);
  assert.match(one, /^team-a\.a+-[0-9a-f]{16}$/);
});

test('S4: policyName: of 100,000 generated objects no two have one name', () => {
  const random = seeded(20_261_123);
  const text = (alphabet: string, most: number) =>
    Array.from(
      { length: 1 + Math.floor(random() * most) },
      () => alphabet[Math.floor(random() * alphabet.length)],
    ).join('');
  const label = (most: number) => `a${text('ab-', most)}a`;
  // Few letters, and pieces that look like one another: most texts differ from others by a sign only, or where they are cut.
  const objects = new Map<string, string>();
  while (objects.size < 100_000) {
    const namespace = label(random() < 0.1 ? 61 : 6);
    const name = Array.from({ length: 1 + Math.floor(random() * 3) }, () => label(random() < 0.3 ? 60 : 5)).join('.');
    objects.set(`${namespace}/${name}`, policyName(iamPolicy(name, { namespace })));
  }
  assert.equal(new Set(objects.values()).size, objects.size);
  for (const name of objects.values()) assert.ok(name.length <= 128, name);
});
