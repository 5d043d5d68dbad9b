import assert from 'node:assert/strict';
import { at, listAt, textAt } from './json.ts';
import { expectRefused } from './refusal.ts';
import type { ConformanceCase, World } from './world.ts';

function eventOf(world: World, more: object = {}): object {
  return {
    metadata: { name: world.unique('event') },
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'example.com/operator',
    reportingInstance: 'pod-1',
    action: 'Reconcile',
    reason: 'Synced',
    type: 'Normal',
    note: 'all is well',
    regarding: { apiVersion: 'v1', kind: 'ConfigMap', name: 'subject', namespace: world.namespace },
    ...more,
  };
}

const series = (count: number) => ({ count, lastObservedTime: '2026-01-01T00:01:00.000000Z' });

/** Changes to a good event that make it a bad one, and the field that the refusal names. */
const badEvents: readonly (readonly [id: string, field: string, more: object])[] = [
  ['without-a-time', 'eventTime', { eventTime: undefined }],
  ['without-an-action', 'action', { action: undefined }],
  ['without-a-reason', 'reason', { reason: undefined }],
  ['of-an-unknown-type', 'type', { type: 'Sad' }],
  ['with-a-note-over-1024-bytes', 'message', { note: 'x'.repeat(1025) }],
  ['with-a-reason-over-128-bytes', 'reason', { reason: 'x'.repeat(129) }],
  ['with-a-series-of-one', 'series.count', { series: series(1) }],
];

/** Events of events.k8s.io/v1. */
export const eventCases: readonly ConformanceCase[] = [
  {
    id: 'events/can-be-read-in-both-groups',
    run: async (world) => {
      const event = await world.create('events', eventOf(world));
      assert.partialDeepStrictEqual(event, { reason: 'Synced', note: 'all is well', regarding: { name: 'subject' } });
      const core = await world.client.call('GET', `/api/v1/namespaces/${world.namespace}/events`);
      assert.equal(at(core.body, 'kind'), 'EventList');
      assert.partialDeepStrictEqual(at(core.body, 'items.0'), {
        metadata: { uid: textAt(event, 'metadata.uid') },
        involvedObject: { kind: 'ConfigMap', name: 'subject' },
        reason: 'Synced',
        message: 'all is well',
        reportingComponent: 'example.com/operator',
      });
    },
  },
  {
    id: 'events/are-repeated-by-a-patch-of-the-series',
    run: async (world) => {
      const name = textAt(await world.create('events', eventOf(world)), 'metadata.name');
      for (const count of [2, 3]) {
        const answer = await world.patch('events', name, { series: series(count) });
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual(at(answer.body, 'series'), series(count));
      }
    },
  },
  {
    id: 'events/keep-what-they-said',
    run: async (world) => {
      const name = textAt(await world.create('events', eventOf(world)), 'metadata.name');
      for (const body of [{ note: 'other' }, { reason: 'Other' }, { type: 'Warning' }]) {
        expectRefused(await world.patch('events', name, body), { code: 422, reason: 'Invalid' });
      }
    },
  },
  ...badEvents.map(
    ([id, field, more]): ConformanceCase => ({
      id: `events/are-refused-${id}`,
      run: async (world) => {
        const answer = await world.post('events', eventOf(world, more));
        expectRefused(answer, { code: 422, reason: 'Invalid', causes: [{ field }] });
      },
    }),
  ),
  {
    id: 'events/about-cluster-scoped-objects-live-in-default',
    run: async (world) => {
      const regarding = { apiVersion: 'v1', kind: 'Namespace', name: world.namespace };
      const answer = await world.post('events', eventOf(world, { regarding }));
      expectRefused(answer, { code: 422, reason: 'Invalid', causes: [{ field: 'involvedObject.namespace' }] });
    },
  },
  {
    id: 'events/can-be-selected-by-reason-and-subject',
    run: async (world) => {
      await world.create('events', eventOf(world));
      await world.create('events', eventOf(world, { reason: 'Other' }));
      const fieldSelector = 'reason=Synced,regarding.name=subject';
      assert.equal(listAt(await world.list('events', { fieldSelector }), 'items').length, 1);
      const query = { fieldSelector: 'involvedObject.name=subject,involvedObject.kind=ConfigMap' };
      const core = await world.client.call('GET', `/api/v1/namespaces/${world.namespace}/events`, { query });
      assert.equal(listAt(core.body, 'items').length, 2);
    },
  },
];
