import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiObject } from './object.ts';
import { Store } from './store.ts';
import { type ChangeEvent, WatchHistory } from './watch-history.ts';

function object(name: string, namespace = 'ns', more: object = {}): ApiObject {
  const metadata = { name, namespace, uid: name, resourceVersion: '', creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'Thing', metadata, ...more };
}

function event(revision: number): ChangeEvent {
  return { type: 'ADDED', revision, key: String(revision), object: object(String(revision)), previous: undefined };
}

const revisions = (events: readonly ChangeEvent[] | undefined) => events?.map(({ revision }) => revision);

test('watch history: everything after a revision, oldest first', () => {
  const history = new WatchHistory(10, 100);
  for (const revision of [11, 14, 20]) history.append(event(revision));
  assert.deepEqual(revisions(history.since(10)), [11, 14, 20]);
  assert.deepEqual(revisions(history.since(11)), [14, 20]);
  assert.deepEqual(revisions(history.since(13)), [14, 20]);
  assert.deepEqual(revisions(history.since(20)), []);
  assert.deepEqual(revisions(history.since(99)), []);
  assert.equal(history.since(9), undefined, 'before it began');
});

test('watch history: is bounded, and tells from where on it is whole', () => {
  const history = new WatchHistory(0, 5);
  for (let revision = 1; revision <= 1000; revision += 1) history.append(event(revision));
  const all = revisions(history.since(history.floor)) ?? [];
  assert.ok(all.length >= 5 && all.length < 10, `kept ${all.length}`);
  assert.equal(all[0], history.floor + 1);
  assert.equal(all.at(-1), 1000);
  assert.equal(history.since(history.floor - 1), undefined);
});

test('watch history: compaction forgets up to and with a revision', () => {
  const history = new WatchHistory(0, 100);
  for (const revision of [1, 2, 3]) history.append(event(revision));
  history.compact(2);
  assert.equal(history.since(1), undefined);
  assert.deepEqual(revisions(history.since(2)), [3]);
  history.compact(10);
  assert.deepEqual(revisions(history.since(10)), []);
  assert.equal(history.since(9), undefined);
});

test('store: one counter over all resources, and events with the state before', () => {
  const store = new Store(100);
  const [a, b] = [store.table('a'), store.table('b')];
  const seen: string[] = [];
  const unsubscribe = store.subscribe(({ type, revision, key, previous }, table) =>
    seen.push(`${table.id} ${type} ${key} ${revision} ${previous?.metadata.resourceVersion ?? '-'}`),
  );
  store.put(a, object('x'));
  store.put(b, object('y', ''));
  store.put(a, object('x', 'ns', { data: 1 }));
  const removed = store.remove(a, 'ns/x');
  assert.equal(store.remove(a, 'ns/x'), undefined);
  unsubscribe();
  store.put(b, object('z', ''));
  assert.deepEqual(seen, ['a ADDED ns/x 2 -', 'b ADDED y 3 -', 'a MODIFIED ns/x 4 2', 'a DELETED ns/x 5 4']);
  assert.equal(removed?.metadata.resourceVersion, '5', 'a removal has a revision of its own');
  assert.equal(store.revision, 6);
});

test('store: a snapshot is the state of an earlier revision, in list order', () => {
  const store = new Store(100);
  const table = store.table('a');
  store.put(table, object('b'));
  store.put(table, object('a'));
  const at = store.revision;
  store.put(table, object('a', 'ns', { data: 2 }));
  store.remove(table, 'ns/b');
  store.put(table, object('c'));
  const now = store.revision;
  const keys = (revision: number) => table.snapshot(revision)?.map(([key]) => key);
  assert.deepEqual(keys(at), ['ns/a', 'ns/b']);
  assert.equal(table.snapshot(at)?.[0]?.[1].data, undefined);
  assert.deepEqual(keys(now), ['ns/a', 'ns/c']);
  store.compact();
  assert.equal(table.snapshot(at), undefined);
  assert.deepEqual(keys(now), ['ns/a', 'ns/c']);
});

test('store: the order of a list is by bytes, namespaces first', () => {
  const store = new Store(100);
  const table = store.table('a');
  for (const [namespace, name] of [
    ['b', 'a'],
    ['a-b', 'x'],
    ['a', 'z'],
    ['a', 'b.c'],
    ['a', 'b-c'],
  ] as const)
    store.put(table, object(name, namespace));
  assert.deepEqual(table.sortedKeys(), ['a-b/x', 'a/b-c', 'a/b.c', 'a/z', 'b/a']);
});

test('store: a dropped table begins anew', () => {
  const store = new Store(100);
  const first = store.table('a');
  store.put(first, object('x'));
  store.drop('a');
  const second = store.table('a');
  assert.notEqual(second, first);
  assert.equal(second.history.floor, store.revision);
});
