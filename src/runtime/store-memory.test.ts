import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { KubeObject } from '../api/meta.ts';
import { ObjectStore } from './store.ts';

const OBJECTS = 2_000;

/** A key that is Ready, as the API server shows it: what has most to tell of all kinds. */
function shown(index: number): string {
  const name = `service-${String(index).padStart(5, '0')}`;
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: 'True',
    observedGeneration: 1,
    lastTransitionTime: `2026-01-01T${String(index % 24).padStart(2, '0')}:00:00Z`,
    reason,
    message,
  });
  return JSON.stringify({
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind: 'AccessKey',
    metadata: {
      name,
      namespace: 'team-of-many-services',
      uid: `6f1c0a52-0000-4000-8000-${String(index).padStart(12, '0')}`,
      resourceVersion: String(100_000 + index),
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      finalizers: ['s3.cloud37.dev/finalizer'],
      labels: { 'app.kubernetes.io/managed-by': 'wasabi-s3-operator' },
      managedFields: Array.from({ length: 3 }, () => ({ manager: name, fieldsV1: { 'f:spec': { 'f:userRef': {} } } })),
    },
    spec: { userRef: { name }, providerRef: { name: 'wasabi' }, secretTemplate: { preset: 'aws-env' } },
    status: {
      observedGeneration: 1,
      accessKeyId: `AKIA${String(index).padStart(16, '0')}`,
      target: { provider: 'team-of-many-services/wasabi', accountId: '100000000001', region: 'eu-central-2', name },
      conditions: [
        condition('Ready', 'Available', 'The external resource matches the spec as last read.'),
        condition('Synced', 'ReconcileSuccess', 'The last pass found nothing left to change.'),
        condition('DependenciesReady', 'Ready', 'Everything that the object refers to is there and Ready.'),
      ],
      lastSyncTime: '2026-01-01T00:00:00Z',
    },
  });
}

test('a store holds an object in at most 1.5 KiB: what it has in common with others is there once', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const texts = Array.from({ length: OBJECTS }, (_, index) => shown(index));
  const store = new ObjectStore();
  const feed = store.addFeed({ relist: () => undefined, refresh: () => undefined });
  const list = feed.beginList();
  list.put([JSON.parse(shown(OBJECTS)) as KubeObject]);
  list.end();
  collect();
  const before = process.memoryUsage().heapUsed;
  for (const text of texts) feed.put(JSON.parse(text) as KubeObject);
  collect();
  const each = (process.memoryUsage().heapUsed - before) / OBJECTS;
  assert.equal(store.list().length, OBJECTS + 1);
  assert.ok(each <= 1_536, `${Math.round(each)} bytes`);
});
