import assert from 'node:assert/strict';
import { at, namesIn, textAt } from './json.ts';
import { brief } from './watch.ts';
import type { ConformanceCase } from './world.ts';

/** How watches end, and what can no longer be watched. */
export const watchEndCases: readonly ConformanceCase[] = [
  {
    id: 'watch/ends-in-good-order-after-its-timeout',
    run: async (world) => {
      const version = textAt(await world.list('widgets'), 'metadata.resourceVersion');
      const startedAtMs = performance.now();
      const watch = await world.watch('widgets', { resourceVersion: version, timeoutSeconds: '1' });
      await world.create('widgets', { metadata: { name: 'a' }, spec: {} });
      assert.deepEqual((await watch.rest()).map(brief), ['ADDED a']);
      const elapsedMs = performance.now() - startedAtMs;
      assert.ok(elapsedMs > 900 && elapsedMs < 5000, `ended after ${elapsedMs} ms`);
    },
  },
  {
    id: 'watch/a-reader-resumes-from-the-last-event-without-a-gap',
    run: async (world) => {
      const version = textAt(await world.list('widgets'), 'metadata.resourceVersion');
      const first = await world.watch('widgets', { resourceVersion: version });
      await world.create('widgets', { metadata: { name: 'a' }, spec: {} });
      const last = await first.next();
      first.close();
      await world.create('widgets', { metadata: { name: 'b' }, spec: {} });
      const second = await world.watch('widgets', { resourceVersion: textAt(last.object, 'metadata.resourceVersion') });
      await world.create('widgets', { metadata: { name: 'c' }, spec: {} });
      assert.deepEqual([brief(await second.next()), brief(await second.next())], ['ADDED b', 'ADDED c']);
    },
  },
  {
    id: 'watch/nonsense-as-a-version-is-refused',
    run: async (world) => {
      const watch = await world.watch('widgets', { resourceVersion: 'abc' });
      assert.ok(watch.status >= 400, `answered ${watch.status}`);
      assert.equal(at(watch.refusal, 'kind'), 'Status');
    },
  },
  {
    id: 'watch/unknown-resource-is-404-and-bad-selector-is-400',
    run: async (world) => {
      const unknown = await world.client.watch('/apis/conformance.example.com/v1/nothings');
      assert.equal(unknown.status, 404);
      const selected = await world.watch('widgets', { labelSelector: 'a=b=c' });
      assert.equal(selected.status, 400);
    },
  },
  {
    id: 'watch/from-a-version-that-is-too-old-is-an-error-event-410',
    needsCompaction: true,
    run: async (world) => {
      await world.server.compact?.();
      const watch = await world.watch('widgets', { resourceVersion: '1' });
      assert.equal(watch.status, 200, JSON.stringify(watch.refusal));
      const [event, ...others] = await watch.rest();
      assert.equal(event?.type, 'ERROR');
      assert.partialDeepStrictEqual(event.object, { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410 });
      assert.match(textAt(event.object, 'message'), /^too old resource version/);
      assert.deepEqual(others, [], 'the stream ends after the error');
    },
  },
  {
    id: 'watch/an-open-one-survives-compaction',
    needsCompaction: true,
    run: async (world) => {
      const version = textAt(await world.list('widgets'), 'metadata.resourceVersion');
      const watch = await world.watch('widgets', { resourceVersion: version });
      await world.create('widgets', { metadata: { name: 'a' }, spec: {} });
      await world.server.compact?.();
      await world.create('widgets', { metadata: { name: 'b' }, spec: {} });
      assert.deepEqual([brief(await watch.next()), brief(await watch.next())], ['ADDED a', 'ADDED b']);
      assert.deepEqual(namesIn(await world.list('widgets')), ['a', 'b']);
    },
  },
];
