import assert from 'node:assert/strict';
import type { Answer } from './client.ts';
import { at } from './json.ts';
import { expectRefused } from './refusal.ts';
import type { ConformanceCase } from './world.ts';

function ok(answer: Answer): unknown {
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

const status = { subresource: 'status' };
const ready = { type: 'Ready', status: 'True', message: 'yes' };

/** The status subresource: spec and status are written by different people at different paths. */
export const statusCases: readonly ConformanceCase[] = [
  {
    id: 'status/create-drops-the-status',
    run: async (world) => {
      const object = await world.create('widgets', { metadata: { name: 'w' }, spec: {}, status: { phase: 'Up' } });
      assert.equal(at(object, 'status'), undefined);
    },
  },
  {
    id: 'status/main-path-changes-no-status',
    run: async (world) => {
      await world.create('widgets', { metadata: { name: 'w' }, spec: { size: 1 } });
      const up = ok(await world.patch('widgets', 'w', { status: { phase: 'Up' } }, 'merge', status));
      assert.equal(at(up, 'status.phase'), 'Up');
      const patched = ok(await world.patch('widgets', 'w', { spec: { size: 2 }, status: { phase: 'Down' } }));
      assert.partialDeepStrictEqual(patched, { spec: { size: 2 }, status: { phase: 'Up' } });
      const put = ok(await world.put('widgets', { ...Object(patched), status: undefined }));
      assert.equal(at(put, 'status.phase'), 'Up');
    },
  },
  {
    id: 'status/status-path-changes-no-spec',
    run: async (world) => {
      await world.create('widgets', { metadata: { name: 'w' }, spec: { size: 1 } });
      const body = { spec: { size: 2 }, status: { phase: 'Up' } };
      const patched = ok(await world.patch('widgets', 'w', body, 'merge', status));
      assert.partialDeepStrictEqual(patched, { spec: { size: 1 }, status: { phase: 'Up' } });
    },
  },
  {
    id: 'status/status-path-changes-no-metadata',
    run: async (world) => {
      await world.create('widgets', { metadata: { name: 'w', labels: { a: '1' } }, spec: {} });
      const body = {
        metadata: { labels: { a: '2' }, annotations: { b: '1' }, finalizers: ['example.com/a'] },
        status: { phase: 'Up' },
      };
      const patched = ok(await world.patch('widgets', 'w', body, 'merge', status));
      assert.deepEqual(at(patched, 'metadata.labels'), { a: '1' });
      assert.equal(at(patched, 'metadata.annotations'), undefined);
      assert.equal(at(patched, 'metadata.finalizers'), undefined);
      assert.equal(at(patched, 'status.phase'), 'Up');
    },
  },
  {
    id: 'status/put-of-the-status',
    run: async (world) => {
      const widget = await world.create('widgets', { metadata: { name: 'w' }, spec: { size: 1 } });
      const put = await world.put(
        'widgets',
        { ...Object(widget), spec: { size: 2 }, status: { conditions: [ready] } },
        'status',
      );
      assert.partialDeepStrictEqual(ok(put), { spec: { size: 1 }, status: { conditions: [ready] } });
      const stale = await world.put('widgets', { ...Object(widget), status: { phase: 'Up' } }, 'status');
      expectRefused(stale, { code: 409, reason: 'Conflict' });
    },
  },
  {
    id: 'status/guarded-by-the-version-in-a-merge-patch',
    run: async (world) => {
      const widget = await world.create('widgets', { metadata: { name: 'w' }, spec: { size: 1 } });
      const body = { metadata: { resourceVersion: at(widget, 'metadata.resourceVersion') }, status: { phase: 'Up' } };
      ok(await world.patch('widgets', 'w', body, 'merge', status));
      const again = await world.patch('widgets', 'w', { ...body, status: { phase: 'Down' } }, 'merge', status);
      expectRefused(again, { code: 409, reason: 'Conflict' });
    },
  },
  {
    id: 'status/can-be-read-at-its-path',
    run: async (world) => {
      await world.create('widgets', { metadata: { name: 'w' }, spec: { size: 1 } });
      const answer = await world.client.call('GET', world.path('widgets', 'w', 'status'));
      assert.partialDeepStrictEqual(ok(answer), { kind: 'Widget', metadata: { name: 'w' }, spec: { size: 1 } });
    },
  },
  {
    id: 'status/unknown-fields-are-pruned',
    run: async (world) => {
      await world.create('widgets', { metadata: { name: 'w' }, spec: {} });
      const body = { status: { phase: 'Up', nonsense: 1 } };
      assert.deepEqual(at(ok(await world.patch('widgets', 'w', body, 'merge', status)), 'status'), { phase: 'Up' });
    },
  },
  {
    id: 'status/absent-without-the-subresource',
    run: async (world) => {
      const name = world.unique('gadget');
      const gadget = await world.create('gadgets', { metadata: { name }, spec: {}, status: { phase: 'Up' } });
      world.defer(() => world.delete('gadgets', name));
      assert.equal(at(gadget, 'status.phase'), 'Up');
      const answer = await world.patch('gadgets', name, { status: { phase: 'Down' } }, 'merge', status);
      assert.equal(answer.status, 404, answer.text);
    },
  },
];
