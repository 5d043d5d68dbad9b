import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AllowedNamespaces, isPermitted, type Reference, type ReferenceGrant } from './references.ts';

const reference: Reference = {
  path: 'spec.providerRef',
  group: 's3.cloud37.dev',
  kind: 'Provider',
  key: { namespace: 'platform', name: 'wasabi' },
  isLegacy: true,
  blocksDeletion: true,
};
const from = { kind: 'Bucket', namespace: 'team-a' };

function grant(to: object, fromPart: object = {}): ReferenceGrant {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1beta1',
    kind: 'ReferenceGrant',
    metadata: { name: 'g', namespace: 'platform', uid: 'g', resourceVersion: '1', creationTimestamp: '' },
    spec: {
      from: [{ group: 's3.cloud37.dev', kind: 'Bucket', namespace: 'team-a', ...fromPart }],
      to: [{ group: 's3.cloud37.dev', kind: 'Provider', ...to }],
    },
  };
}

interface Row {
  readonly title: string;
  readonly allowed?: AllowedNamespaces;
  readonly labels?: Record<string, string>;
  readonly grants?: readonly ReferenceGrant[];
  readonly legacy?: boolean;
  readonly reference?: Partial<Reference>;
  readonly expected: boolean;
}

const inTeams = (values: readonly string[]) => ({
  from: 'Selector' as const,
  selector: { matchExpressions: [{ key: 'team', operator: 'In' as const, values }] },
});

const rows: readonly Row[] = [
  { title: 'the same namespace is free', reference: { key: { namespace: 'team-a', name: 'wasabi' } }, expected: true },
  { title: 'another namespace without a grant', expected: false },
  { title: 'from: Same', allowed: { from: 'Same' }, expected: false },
  { title: 'from: All', allowed: { from: 'All' }, expected: true },
  { title: 'a selector that fits', allowed: inTeams(['a', 'b']), labels: { team: 'a' }, expected: true },
  { title: 'a selector that does not fit', allowed: inTeams(['b']), labels: { team: 'a' }, expected: false },
  {
    title: 'a selector for a namespace that nobody knows',
    allowed: { from: 'Selector', selector: {} },
    expected: false,
  },
  {
    title: 'an empty selector fits every namespace',
    allowed: { from: 'Selector', selector: {} },
    labels: {},
    expected: true,
  },
  { title: 'Selector without a selector', allowed: { from: 'Selector' }, labels: {}, expected: false },
  { title: 'a selector without from counts as Same', allowed: { selector: {} }, labels: {}, expected: false },
  {
    title: 'NotIn, Exists and DoesNotExist together',
    allowed: {
      from: 'Selector',
      selector: {
        matchLabels: { tier: 'gold' },
        matchExpressions: [
          { key: 'team', operator: 'NotIn', values: ['x'] },
          { key: 'tier', operator: 'Exists' },
          { key: 'constructor', operator: 'DoesNotExist' },
        ],
      },
    },
    labels: { tier: 'gold' },
    expected: true,
  },
  { title: 'a ReferenceGrant for the kind', grants: [grant({})], expected: true },
  { title: 'a ReferenceGrant for this name', grants: [grant({ name: 'wasabi' })], expected: true },
  { title: 'a ReferenceGrant for another name', grants: [grant({ name: 'other' })], expected: false },
  { title: 'a ReferenceGrant for another kind', grants: [grant({ kind: 'Bucket' })], expected: false },
  { title: 'a ReferenceGrant for another group', grants: [grant({ group: '' })], expected: false },
  { title: 'a ReferenceGrant from another namespace', grants: [grant({}, { namespace: 'team-b' })], expected: false },
  { title: 'a ReferenceGrant from another kind', grants: [grant({}, { kind: 'User' })], expected: false },
  { title: 'the legacy flag opens published references', legacy: true, expected: true },
  {
    title: 'the legacy flag opens no Secret',
    legacy: true,
    reference: { isLegacy: false, group: '', kind: 'Secret' },
    expected: false,
  },
];

for (const { title, allowed, labels, grants = [], legacy = false, reference: part, expected } of rows) {
  test(`gate: ${title}`, () => {
    const facts = { namespaceLabels: labels, grants, allowLegacyCrossNamespace: legacy };
    assert.equal(isPermitted(from, { ...reference, ...part }, allowed, facts), expected);
  });
}
