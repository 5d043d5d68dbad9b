import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../api/meta.ts';
import { OwnChanges } from './own-changes.ts';

const key = { namespace: 'a', name: 'b' };

function secret(resourceVersion: string, uid = 'u'): KubeObject {
  const metadata = { ...key, uid, resourceVersion, creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'Secret', metadata };
}

/** What the listener of a watch is told, and a write whose answer comes when the test says so. */
function setUp() {
  const changes = new OwnChanges();
  const told: string[] = [];
  const deliver = (before: KubeObject | undefined, after: KubeObject | undefined) =>
    changes.ifForeign({ before, after }, () => told.push(after?.metadata.resourceVersion ?? 'gone'));
  return { changes, told, deliver };
}

test('a change by somebody else is told at once', () => {
  const { told, deliver } = setUp();
  deliver(secret('1'), secret('2'));
  deliver(secret('2'), undefined);
  assert.deepEqual(told, ['2', 'gone']);
});

test('our own write and removal are not told; what comes after them is', async () => {
  const { changes, told, deliver } = setUp();
  await changes.write(key, () => Promise.resolve(secret('2')));
  deliver(secret('1'), secret('2'));
  deliver(secret('2'), secret('3'));
  await changes.remove(key, 'u', () => Promise.resolve());
  deliver(secret('3'), undefined);
  deliver(secret('9', 'another'), undefined);
  assert.deepEqual(told, ['3', 'gone']);
});

test('an event that overtakes the answer to its write waits for it', async () => {
  const { changes, told, deliver } = setUp();
  const { promise, resolve } = Promise.withResolvers<KubeObject>();
  const written = changes.write(key, () => promise);
  deliver(secret('1'), secret('2'));
  deliver(secret('2'), secret('3'));
  assert.deepEqual(told, []);
  resolve(secret('3'));
  await written;
  await new Promise(setImmediate);
  assert.deepEqual(told, ['2'], 'what came between is of somebody else');
});

test('a write whose answer is lost counts as somebody else’s, and holds nothing up', async () => {
  const { changes, told, deliver } = setUp();
  const { promise, reject } = Promise.withResolvers<KubeObject>();
  const written = changes.write(key, () => promise);
  deliver(secret('1'), secret('2'));
  reject(new Error('cut'));
  await assert.rejects(written, /cut/);
  await new Promise(setImmediate);
  assert.deepEqual(told, ['2']);
  deliver(secret('2'), secret('3'));
  assert.deepEqual(told, ['2', '3']);
});

test('a write to one object holds up no news of another', () => {
  const { changes, told, deliver } = setUp();
  void changes.write({ namespace: 'a', name: 'other' }, () => new Promise<KubeObject>(() => undefined));
  deliver(secret('1'), secret('2'));
  assert.deepEqual(told, ['2']);
});
