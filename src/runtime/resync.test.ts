import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { type KubeObject, keyText, type ObjectKey } from '../api/meta.ts';
import { Resync } from './resync.ts';
import { ObjectStore } from './store.ts';

function object(name: string, uid = `uid-${name}`, resourceVersion = '1'): KubeObject {
  const metadata = { name, namespace: 'a', uid, resourceVersion, creationTimestamp: '2026-01-01T00:00:00Z' };
  return { apiVersion: 'v1', kind: 'Thing', metadata };
}

function world(intervalMs: number) {
  const clock = new FakeClock();
  const store = new ObjectStore();
  const feed = store.addFeed({ relist: () => undefined, refresh: () => undefined });
  const due: string[] = [];
  const gone: string[] = [];
  const onDue = (key: ObjectKey) => due.push(keyText(key));
  const resync = new Resync(store, { clock, intervalMs, onDue, onGone: (key) => gone.push(keyText(key)) });
  return { clock, feed, due, gone, resync };
}

test('each object is due once an interval, spread over it', () => {
  const { clock, feed, due, resync } = world(300_000);
  for (let i = 0; i < 3000; i++) feed.put(object(`thing-${i}`));
  resync.start();
  let most = 0;
  for (let second = 0; second < 300; second++) {
    const before = due.length;
    clock.advance(1000);
    most = Math.max(most, due.length - before);
  }
  assert.equal(due.length, 3000);
  assert.equal(new Set(due).size, 3000);
  assert.ok(most < 30, `${most} in one second, where 10 are even`);
  clock.advance(300_000);
  assert.equal(due.length, 6000);
  resync.stop();
  clock.advance(300_000);
  assert.equal(due.length, 6000);
  assert.equal(clock.pendingTimers, 0);
});

test('what is gone is due no more, and a new incarnation once', () => {
  const { clock, feed, due, gone, resync } = world(10_000);
  feed.put(object('gone'));
  feed.put(object('again'));
  feed.put(object('again', 'uid-next', '2'));
  feed.put(object('again', 'uid-next', '3'));
  feed.remove(object('gone'));
  resync.start();
  clock.advance(10_000);
  assert.deepEqual(due, ['a/again']);
  assert.deepEqual(gone, ['a/gone']);
});

test('nothing is due before the start: a standby does not ask', () => {
  const { clock, feed, due, resync } = world(10_000);
  feed.put(object('x'));
  clock.advance(60_000);
  assert.deepEqual(due, []);
  resync.start();
  resync.start();
  clock.advance(10_000);
  assert.deepEqual(due, ['a/x']);
});
