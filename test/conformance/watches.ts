import assert from 'node:assert/strict';
import { at, textAt } from './json.ts';
import { brief, type WatchedEvent } from './watch.ts';
import type { ConformanceCase, World } from './world.ts';

const versionOf = (object: unknown): string => textAt(object, 'metadata.resourceVersion');

/** Where the newest list stands: a watch from here shows all that comes after. */
async function now(world: World): Promise<string> {
  return versionOf(await world.list('widgets'));
}

const create = (world: World, name: string, labels: object = {}): Promise<unknown> =>
  world.create('widgets', { metadata: { name, labels }, spec: {} });

const isBookmark = (event: WatchedEvent): boolean => event.type === 'BOOKMARK';

/** Watches: which events come, in which order, with what in them. */
export const watchCases: readonly ConformanceCase[] = [
  {
    id: 'watch/shows-what-comes-after-the-version-in-order',
    run: async (world) => {
      await create(world, 'before');
      const watch = await world.watch('widgets', { resourceVersion: await now(world) });
      assert.equal(watch.status, 200);
      assert.match(watch.contentType, /^application\/json/);
      const created = await create(world, 'a');
      const patched = await world.patch('widgets', 'a', { spec: { size: 2 } });
      await create(world, 'b');
      await world.delete('widgets', 'a');
      const events = [await watch.next(), await watch.next(), await watch.next(), await watch.next()];
      assert.deepEqual(events.map(brief), ['ADDED a', 'MODIFIED a', 'ADDED b', 'DELETED a']);
      assert.deepEqual(events[0]?.object, created);
      assert.deepEqual(events[1]?.object, patched.body);
    },
  },
  {
    id: 'watch/from-an-older-version-replays',
    run: async (world) => {
      const version = await now(world);
      await create(world, 'a');
      await world.patch('widgets', 'a', { spec: { size: 2 } });
      await world.delete('widgets', 'a');
      const watch = await world.watch('widgets', { resourceVersion: version });
      const events = [await watch.next(), await watch.next(), await watch.next()];
      assert.deepEqual(events.map(brief), ['ADDED a', 'MODIFIED a', 'DELETED a']);
    },
  },
  {
    id: 'watch/from-the-version-of-an-event-goes-on-after-it',
    run: async (world) => {
      const first = await create(world, 'a');
      await create(world, 'b');
      const watch = await world.watch('widgets', { resourceVersion: versionOf(first) });
      assert.equal(brief(await watch.next()), 'ADDED b');
    },
  },
  ...[{}, { resourceVersion: '0' }].map(
    (query): ConformanceCase => ({
      id: `watch/${'resourceVersion' in query ? 'from-zero' : 'without-a-version'}-starts-with-what-is-there`,
      run: async (world) => {
        for (const name of ['a', 'b']) await create(world, name);
        await now(world);
        const watch = await world.watch('widgets', query);
        const names = [brief(await watch.next()), brief(await watch.next())];
        assert.deepEqual(new Set(names), new Set(['ADDED a', 'ADDED b']));
        await create(world, 'c');
        assert.equal(brief(await watch.next()), 'ADDED c');
      },
    }),
  ),
  {
    id: 'watch/initial-events-end-with-a-marked-bookmark',
    run: async (world) => {
      await create(world, 'a');
      const watch = await world.watch('widgets', {
        sendInitialEvents: 'true',
        resourceVersionMatch: 'NotOlderThan',
        allowWatchBookmarks: 'true',
      });
      const events = await watch.until(isBookmark);
      assert.deepEqual(
        events.map(({ type }) => type),
        ['ADDED', 'BOOKMARK'],
      );
      const mark = ['metadata', 'annotations', 'k8s.io/initial-events-end'];
      assert.equal(at(events[1]?.object, mark), 'true');
      assert.equal(at(events[1]?.object, 'kind'), 'Widget');
      assert.notEqual(versionOf(events[1]?.object), '');
    },
  },
  {
    id: 'watch/deletion-carries-the-last-state-with-a-new-version',
    run: async (world) => {
      const created = await create(world, 'a', { colour: 'red' });
      const watch = await world.watch('widgets', { resourceVersion: versionOf(created) });
      await world.delete('widgets', 'a');
      const { type, object } = await watch.next();
      assert.equal(type, 'DELETED');
      assert.notEqual(versionOf(object), versionOf(created));
      assert.deepEqual(
        { ...Object(at(object, 'metadata')), resourceVersion: versionOf(created) },
        at(created, 'metadata'),
      );
      assert.deepEqual(at(object, 'spec'), at(created, 'spec'));
    },
  },
  {
    id: 'watch/a-held-deletion-is-a-change-and-then-a-deletion',
    run: async (world) => {
      const created = await world.create('widgets', {
        metadata: { name: 'a', finalizers: ['example.com/a'] },
        spec: {},
      });
      const watch = await world.watch('widgets', { resourceVersion: versionOf(created) });
      await world.delete('widgets', 'a');
      const held = await watch.next();
      assert.equal(held.type, 'MODIFIED');
      assert.notEqual(at(held.object, 'metadata.deletionTimestamp'), undefined);
      await world.patch('widgets', 'a', { metadata: { finalizers: null } });
      const gone = await watch.next();
      assert.equal(gone.type, 'DELETED');
      assert.notEqual(versionOf(gone.object), versionOf(held.object));
    },
  },
  {
    id: 'watch/status-writes-are-changes-and-empty-writes-are-not',
    run: async (world) => {
      const created = await create(world, 'a');
      const watch = await world.watch('widgets', { resourceVersion: versionOf(created) });
      await world.patch('widgets', 'a', { spec: {} });
      await world.patch('widgets', 'a', { status: { phase: 'Up' } }, 'merge', { subresource: 'status' });
      const { type, object } = await watch.next();
      assert.equal(type, 'MODIFIED');
      assert.equal(at(object, 'status.phase'), 'Up');
    },
  },
  {
    id: 'watch/label-selector-turns-changes-into-additions-and-deletions',
    run: async (world) => {
      const created = await create(world, 'a', { show: 'no' });
      const query = { resourceVersion: versionOf(created), labelSelector: 'show=yes' };
      const watch = await world.watch('widgets', query);
      const label = (show: string) => world.patch('widgets', 'a', { metadata: { labels: { show } } });
      await label('yes');
      await world.patch('widgets', 'a', { spec: { size: 2 } });
      const left = await label('no');
      await world.patch('widgets', 'a', { spec: { size: 3 } });
      await label('yes');
      await world.delete('widgets', 'a');
      const events: WatchedEvent[] = [];
      for (let index = 0; index < 5; index += 1) events.push(await watch.next());
      assert.deepEqual(events.map(brief), ['ADDED a', 'MODIFIED a', 'DELETED a', 'ADDED a', 'DELETED a']);
      assert.equal(versionOf(events[2]?.object), versionOf(left.body));
      assert.equal(at(events[2]?.object, 'metadata.labels.show'), 'yes', 'the last state that the selector matched');
    },
  },
  {
    id: 'watch/field-selector-on-the-name',
    run: async (world) => {
      const watch = await world.watch('widgets', {
        resourceVersion: await now(world),
        fieldSelector: 'metadata.name=b',
      });
      for (const name of ['a', 'b']) await create(world, name);
      assert.equal(brief(await watch.next()), 'ADDED b');
    },
  },
  {
    id: 'watch/of-one-namespace-shows-no-other',
    run: async (world) => {
      const other = world.unique('other');
      await world.create('namespaces', { metadata: { name: other } });
      world.defer(() => world.delete('namespaces', other));
      const watch = await world.watch('widgets', { resourceVersion: await now(world) });
      const path = `/apis/conformance.example.com/v1/namespaces/${other}/widgets`;
      const body = { apiVersion: 'conformance.example.com/v1', kind: 'Widget', metadata: { name: 'far' }, spec: {} };
      assert.equal((await world.client.call('POST', path, { body })).status, 201);
      await create(world, 'near');
      assert.equal(brief(await watch.next()), 'ADDED near');
    },
  },
  {
    id: 'watch/over-all-namespaces',
    run: async (world) => {
      const mine = world.unique('mine');
      const query = { resourceVersion: await now(world), labelSelector: `mine=${mine}` };
      const watch = await world.client.watch('/apis/conformance.example.com/v1/widgets', query);
      world.defer(() => watch.close());
      await create(world, 'a', { mine });
      assert.equal(at((await watch.next()).object, 'metadata.namespace'), world.namespace);
    },
  },
  {
    id: 'watch/of-cluster-scoped-objects',
    run: async (world) => {
      const name = world.unique('gadget');
      const watch = await world.watch('gadgets', { fieldSelector: `metadata.name=${name}` });
      world.defer(() => world.delete('gadgets', name));
      await world.create('gadgets', { metadata: { name }, spec: {} });
      assert.equal(brief(await watch.next()), `ADDED ${name}`);
    },
  },
];
