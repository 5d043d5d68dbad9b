import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../api/meta.ts';
import { eventName, eventNamespace, eventObject, identityOf, noteText, seriesPatch } from './event-object.ts';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

function bucket(name: string, namespace?: string): KubeObject {
  const metadata = { name, uid: 'u1', resourceVersion: '7', creationTimestamp: '2026-01-01T00:00:00Z' };
  return {
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind: 'Bucket',
    metadata: namespace === undefined ? metadata : { ...metadata, namespace },
  };
}

test('an event is the object that the API documents', () => {
  const regarding = bucket('logs', 'team-a');
  const input = { regarding, type: 'Warning', reason: 'ReconcileFailed', action: 'Reconcile', note: 'why' } as const;
  assert.deepEqual(eventObject(input, 'logs.1f', 'pod-1', AT), {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: 'logs.1f', namespace: 'team-a' },
    eventTime: '2026-01-02T03:04:05.006000Z',
    reportingController: 's3.cloud37.dev/wasabi-s3-operator',
    reportingInstance: 'pod-1',
    type: 'Warning',
    reason: 'ReconcileFailed',
    action: 'Reconcile',
    note: 'why',
    regarding: {
      apiVersion: 's3.cloud37.dev/v1alpha1',
      kind: 'Bucket',
      namespace: 'team-a',
      name: 'logs',
      uid: 'u1',
      resourceVersion: '7',
    },
  });
  assert.deepEqual(seriesPatch(3, AT), { series: { count: 3, lastObservedTime: '2026-01-02T03:04:05.006000Z' } });
});

test('an object without a namespace has its events in default, and none in regarding', () => {
  const input = { regarding: bucket('logs'), type: 'Normal', reason: 'BucketCreated', action: 'A', note: '' } as const;
  const body = eventObject(input, 'logs.1', 'pod', AT) as { metadata: object; regarding: object };
  assert.equal(eventNamespace(bucket('logs')), 'default');
  assert.deepEqual(body.metadata, { name: 'logs.1', namespace: 'default' });
  assert.ok(!('namespace' in body.regarding));
});

test('only the identity of an object is kept', () => {
  const full = { ...bucket('logs', 'a'), spec: { large: 'x' } };
  assert.deepEqual(identityOf(full), bucket('logs', 'a'));
  assert.deepEqual(identityOf(bucket('logs')), bucket('logs'));
});

test('names are subdomains whatever the name of the object', () => {
  const most = 2n ** 64n - 1n;
  for (const name of ['logs', 'a'.repeat(253), `${'a'.repeat(235)}.${'b'.repeat(17)}`]) {
    const event = eventName(bucket(name), most);
    assert.ok(event.length <= 253, event);
    assert.match(event, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
  }
  assert.equal(eventName(bucket('logs'), 255n), 'logs.ff');
});

const notes: readonly (readonly [title: string, note: string, expected: string])[] = [
  ['as it is', 'spec.name: "a"', 'spec.name: "a"'],
  ['on one line', 'a\r\nb\u2028c\td', 'a b c d'],
  ['without terminal sequences', 'a\u001b[31mred\u001b[0m\u0007b', 'ared b'],
  ['cut to 1024 bytes', 'x'.repeat(1_025), `${'x'.repeat(1_021)}…`],
  ['uncut at 1024 bytes', 'ü'.repeat(512), 'ü'.repeat(512)],
  ['cut between characters', `x${'😀'.repeat(300)}`, `x${'😀'.repeat(255)}…`],
];
for (const [title, note, expected] of notes) {
  test(`a note is ${title}`, () => {
    assert.equal(noteText(note), expected);
    assert.ok(Buffer.byteLength(noteText(note)) <= 1_024);
  });
}
