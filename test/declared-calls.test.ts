import assert from 'node:assert/strict';
import { test } from 'node:test';
import { undeclaredCalls, undocumentedEvents } from './support/declared-calls.ts';

const BUCKETS = '/apis/s3.cloud37.dev/v1alpha1/namespaces/team/buckets';

test('declared calls: what the operator does is none of them', () => {
  const calls = [
    { method: 'GET', url: '/apis/s3.cloud37.dev/v1alpha1' },
    { method: 'GET', url: `${BUCKETS}?limit=500` },
    { method: 'GET', url: `${BUCKETS}?watch=true` },
    { method: 'PATCH', url: `${BUCKETS}/logs/status?fieldManager=x` },
    { method: 'GET', url: '/api/v1/namespaces/kube-system' },
    { method: 'POST', url: '/api/v1/namespaces/team/secrets?dryRun=All' },
    { method: 'GET', url: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/buckets.s3.cloud37.dev' },
  ];
  assert.deepEqual(undeclaredCalls(calls), []);
});

const undeclared: readonly (readonly [method: string, url: string, text: string])[] = [
  ['DELETE', `${BUCKETS}/logs`, 'delete buckets.s3.cloud37.dev logs'],
  ['PUT', `${BUCKETS}/logs`, 'update buckets.s3.cloud37.dev logs'],
  ['GET', `${BUCKETS}/logs/status`, 'get buckets/status.s3.cloud37.dev logs'],
  ['PATCH', '/api/v1/namespaces/team', 'patch namespaces. team'],
  ['GET', '/api/v1/namespaces/team/pods', 'list pods. '],
  [
    'GET',
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/others.example.com',
    'get customresourcedefinitions.apiextensions.k8s.io others.example.com',
  ],
];
for (const [method, url, text] of undeclared) {
  test(`declared calls: not ${text}`, () => {
    assert.deepEqual(undeclaredCalls([{ method, url }]), [text]);
  });
}

test('declared calls: an event that is not documented, or of another type than is said, is found', () => {
  const url = '/apis/events.k8s.io/v1/namespaces/team/events';
  const sent = (reason: string, type: string) => ({ method: 'POST', url, body: JSON.stringify({ reason, type }) });
  const calls = [sent('BucketCreated', 'Normal'), sent('ReconcileFailed', 'Warning'), sent('AlreadyExists', 'Warning')];
  assert.deepEqual(undocumentedEvents(calls), []);
  const strange = [sent('BucketCreated', 'Warning'), sent('Unheard', 'Normal')];
  assert.deepEqual(undocumentedEvents(strange), ['event Warning BucketCreated', 'event Normal Unheard']);
});
