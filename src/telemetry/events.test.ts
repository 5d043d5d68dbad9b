import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { FakeClock, waitFor } from '../../test/support/fake-clock.ts';
import {
  json,
  plainAccess,
  type SeenRequest,
  startLoopbackServer,
  status,
} from '../../test/support/loopback-server.ts';
import type { KubeObject } from '../api/meta.ts';
import { KubeClient } from '../runtime/kube-client.ts';
import type { EventInput } from './event-object.ts';
import { EventRecorder } from './events.ts';

const MINUTE = 60_000;

interface StoredEvent {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly note: string;
  readonly eventTime: string;
  readonly regarding: { readonly name: string };
  readonly series?: { readonly count: number; readonly lastObservedTime: string };
}

type Refusal = (request: SeenRequest, response: ServerResponse) => boolean;

/** An API server that keeps events, over HTTP. `refuse` may answer first; it says whether it did, or will. */
async function startWorld(t: TestContext) {
  const clock = new FakeClock();
  const stored = new Map<string, StoredEvent>();
  let refuse: Refusal = () => false;
  const server = await startLoopbackServer(t, (one, response) => {
    if (refuse(one, response)) return;
    store(stored, one, response);
  });
  const kube = new KubeClient({ access: plainAccess(server.url), clock, random: () => 0, userAgent: 'test' });
  t.after(() => kube.close());
  const dropped: string[] = [];
  const recorder = new EventRecorder({
    kube,
    clock,
    random: () => 0,
    instance: 'pod-1',
    onDropped: (why) => dropped.push(why),
  });
  t.after(async () => {
    const stopped = recorder.stop(0);
    clock.advance(0);
    await stopped;
  });
  return {
    clock,
    recorder,
    dropped,
    stored,
    seen: server.seen,
    events: () => [...stored.values()],
    refuseWith: (next: Refusal) => {
      refuse = next;
    },
  };
}

function store(stored: Map<string, StoredEvent>, one: SeenRequest, response: ServerResponse): void {
  const [, namespace = '', name] = /\/namespaces\/([^/]+)\/events(?:\/([^/]+))?$/.exec(one.path) ?? [];
  const body = JSON.parse(one.body) as StoredEvent;
  const key = `${namespace}/${name ?? body.metadata.name}`;
  const found = stored.get(key);
  if (one.method === 'POST') {
    if (found !== undefined) return status(response, 409, 'AlreadyExists');
    if (body.metadata.namespace !== namespace) return status(response, 400, 'BadRequest');
    stored.set(key, body);
    return json(response, 201, body);
  }
  if (found === undefined) return status(response, 404, 'NotFound', { message: `events "${name}" not found` });
  if (one.method !== 'PATCH' || (body.series?.count ?? 0) < 2) return status(response, 422, 'Invalid');
  stored.set(key, { ...found, ...body });
  json(response, 200, stored.get(key));
}

/** Lets calls under way come back before the clock moves on: their deadline is five seconds. */
async function quiet(clock: FakeClock): Promise<void> {
  await clock.advanceAsync(0);
  await waitFor('the end of all calls', () => (clock.nextTimerMs ?? Number.POSITIVE_INFINITY) > 5_000);
}

function input(name: string, note = 'why', namespace = 'team-a'): EventInput {
  const metadata = {
    name,
    namespace,
    uid: `uid-${name}`,
    resourceVersion: '7',
    creationTimestamp: '2026-01-01T00:00:00Z',
  };
  const regarding: KubeObject = { apiVersion: 's3.cloud37.dev/v1alpha1', kind: 'Bucket', metadata };
  return { regarding, type: 'Warning', reason: 'ReconcileFailed', action: 'Reconcile', note };
}

test('L20: events recorded before and after the start arrive, in the namespaces of their objects', async (t) => {
  const { recorder, events, seen } = await startWorld(t);
  recorder.record(input('logs'));
  recorder.start();
  recorder.start();
  recorder.record(input('logs', 'other', 'team-b'));
  await waitFor('two events', () => events().length === 2);
  assert.deepEqual(
    events().map(({ metadata, note, eventTime, regarding }) => [metadata.namespace, note, eventTime, regarding.name]),
    [
      ['team-a', 'why', '2026-01-01T00:00:00.000000Z', 'logs'],
      ['team-b', 'other', '2026-01-01T00:00:00.000000Z', 'logs'],
    ],
  );
  assert.ok(seen.every((one) => one.path.startsWith('/apis/events.k8s.io/v1/namespaces/')));
  for (const { metadata } of events()) assert.match(metadata.name, /^logs\.[0-9a-f]+$/);
});

test('repeats are one event, whose count is written at once, then every five minutes, and once at the end', async (t) => {
  const { recorder, clock, events, seen } = await startWorld(t);
  recorder.start();
  for (let second = 0; second < 360; second += 10) {
    recorder.record(input('logs'));
    await quiet(clock);
    if (second === 10) assert.equal(events()[0]?.series?.count, 2, 'people see a second time at once');
    await clock.advanceAsync(10_000);
    await quiet(clock);
  }
  assert.deepEqual(events()[0]?.series, { count: 36, lastObservedTime: '2026-01-01T00:05:50.000000Z' });
  assert.equal(seen.length, 3);
  recorder.record(input('logs'));
  for (const minutes of [4, 6, 2]) {
    await clock.advanceAsync(minutes * MINUTE);
    await quiet(clock);
  }
  assert.equal(events()[0]?.series?.count, 37);
  assert.deepEqual([events().length, seen.length, clock.pendingTimers], [1, 4, 0]);
  recorder.record(input('logs'));
  await waitFor('a new event', () => events().length === 2);
});

test('a count whose event is gone is dropped, and the next time is a new event', async (t) => {
  const { recorder, clock, events, stored, dropped } = await startWorld(t);
  recorder.start();
  recorder.record(input('logs'));
  await waitFor('the event', () => events().length === 1);
  stored.clear();
  recorder.record(input('logs'));
  await clock.advanceAsync(5 * MINUTE);
  await waitFor('the refusal', () => dropped.length === 1);
  recorder.record(input('logs'));
  await waitFor('a new event', () => events().length === 1);
  assert.deepEqual(dropped, ['refused']);
});

test('L19: a namespace that is going refuses for good and holds up no other', async (t) => {
  const { recorder, dropped, events, seen, refuseWith } = await startWorld(t);
  refuseWith((one, response) => {
    if (!one.path.includes('/team-a/')) return false;
    status(response, 403, 'Forbidden', { details: { causes: [{ reason: 'NamespaceTerminating' }] } });
    return true;
  });
  recorder.start();
  recorder.record(input('logs'));
  recorder.record(input('other', 'why', 'team-b'));
  await waitFor('the other event', () => events().length === 1 && dropped.length === 1);
  recorder.record(input('logs'));
  assert.deepEqual(dropped, ['refused', 'refused']);
  assert.equal(seen.length, 2); // asking again would change nothing
});

test('a namespace whose calls hang delays no other', async (t) => {
  const { recorder, events, clock, dropped, refuseWith } = await startWorld(t);
  refuseWith((one) => one.path.includes('/team-a/'));
  recorder.start();
  for (let index = 0; index < 5; index++) recorder.record(input(`a${index}`));
  for (let index = 0; index < 5; index++) recorder.record(input(`b${index}`, 'why', 'team-b'));
  await waitFor('the events of the other', () => events().length === 5);
  assert.deepEqual([dropped.length, clock.monotonicMs()], [0, 0]);
});

const failures: readonly (readonly [title: string, refuse: Refusal])[] = [
  ['an answer that does not come', (_, response) => Boolean(response.destroy())],
  [
    'a server in trouble',
    (_, response) => {
      status(response, 500, 'InternalError');
      return true;
    },
  ],
];
for (const [title, refuse] of failures) {
  test(`${title} is tried once more, a second later`, async (t) => {
    const { recorder, clock, events, seen, dropped, refuseWith } = await startWorld(t);
    refuseWith(refuse);
    recorder.start();
    recorder.record(input('logs'));
    await waitFor('the wait', () => clock.nextTimerMs === 1_000);
    refuseWith(() => false);
    await clock.advanceAsync(1_000);
    await waitFor('the event', () => events().length === 1);
    assert.deepEqual([seen.length, dropped], [2, []]);
  });
}

test('what fails twice is dropped, and the next time is tried anew', async (t) => {
  const { recorder, clock, events, seen, dropped, refuseWith } = await startWorld(t);
  refuseWith(failures[1]?.[1] ?? assert.fail());
  recorder.start();
  recorder.record(input('logs'));
  await waitFor('the wait', () => clock.nextTimerMs === 1_000);
  await clock.advanceAsync(1_000);
  await waitFor('the drop', () => dropped.length === 1);
  assert.deepEqual([dropped, seen.length], [['failed'], 2]);
  refuseWith(() => false);
  recorder.record(input('logs'));
  await waitFor('the event', () => events().length === 1);
});

test('an event that arrived although its answer was lost is one event', async (t) => {
  const { recorder, clock, events, stored, seen, dropped, refuseWith } = await startWorld(t);
  refuseWith((one, response) => {
    const body = JSON.parse(one.body) as StoredEvent;
    stored.set(`team-a/${body.metadata.name}`, body);
    return Boolean(response.destroy());
  });
  recorder.start();
  recorder.record(input('logs'));
  await waitFor('the wait', () => clock.nextTimerMs === 1_000);
  refuseWith(() => false);
  await clock.advanceAsync(1_000);
  await waitFor('the second attempt', () => seen.length === 2);
  await recorder.stop(1_000);
  assert.deepEqual([events().length, dropped], [1, []]);
});

test('a name that somebody else has is no obstacle', async (t) => {
  const { recorder, clock, events, dropped, refuseWith } = await startWorld(t);
  refuseWith((_, response) => {
    status(response, 409, 'AlreadyExists');
    return true;
  });
  recorder.start();
  recorder.record(input('logs'));
  await waitFor('the wait', () => clock.nextTimerMs === 1_000);
  refuseWith(() => false);
  await clock.advanceAsync(1_000);
  await waitFor('the event', () => events().length === 1);
  assert.deepEqual(dropped, []);
});

test('too many at once are dropped and counted, and nothing waits for them', async (t) => {
  const { recorder, dropped } = await startWorld(t);
  for (let index = 0; index < 10_500; index++) recorder.record(input(`a${index}`, 'why', `team-${index % 10}`));
  assert.equal(dropped.length, 500);
  assert.ok(dropped.every((why) => why === 'overflow'));
});

test('one namespace cannot take the room of all', async (t) => {
  const { recorder, dropped } = await startWorld(t);
  for (let index = 0; index < 5_300; index++) recorder.record(input(`a${index}`));
  recorder.record(input('b', 'why', 'team-b'));
  assert.equal(dropped.length, 300);
});

test('a thousand objects of one namespace with two events each lose none', async (t) => {
  const { recorder, clock, events, dropped } = await startWorld(t);
  recorder.start();
  for (const note of ['made', 'ready']) {
    for (let index = 0; index < 1_000; index++) recorder.record(input(`a${index}`, note));
  }
  for (let second = 1; second <= 40; second++) {
    await clock.advanceAsync(1_000);
    await waitFor('the events of this second', () => events().length >= Math.min(2_000, 50 * second));
  }
  await waitFor('the rest', () => events().length === 2_000);
  assert.deepEqual(dropped, []);
});

test('fifty a second go out', async (t) => {
  const { recorder, clock, events } = await startWorld(t);
  recorder.start();
  for (let index = 0; index < 120; index++) recorder.record(input(`a${index}`));
  await waitFor('the burst', () => events().length === 50);
  await clock.advanceAsync(10);
  assert.equal(events().length, 50);
  for (let ms = 10; ms < 1_000; ms += 10) await clock.advanceAsync(10);
  await waitFor('the next ones', () => events().length >= 95);
  assert.ok(events().length <= 101, String(events().length));
});

test('stop sends what waits, retries included, and takes nothing more', async (t) => {
  const { recorder, clock, events, dropped, refuseWith } = await startWorld(t);
  refuseWith(failures[1]?.[1] ?? assert.fail());
  recorder.start();
  recorder.record(input('logs'));
  await waitFor('the wait', () => clock.nextTimerMs === 1_000);
  refuseWith(() => false);
  for (let index = 0; index < 10; index++) recorder.record(input(`a${index}`));
  const stopped = recorder.stop(5_000);
  recorder.record(input('late'));
  await Promise.all([stopped, recorder.stop(5_000)]);
  assert.equal(events().length, 11);
  assert.deepEqual([dropped, clock.pendingTimers, clock.monotonicMs()], [['stopped'], 0, 0]);
});

test('stop waits no longer than its deadline, and counts what it leaves', async (t) => {
  const { recorder, clock, seen, dropped, refuseWith } = await startWorld(t);
  refuseWith(() => true);
  for (let index = 0; index < 5; index++) recorder.record(input(`a${index}`));
  const stopped = recorder.stop(2_000); // never started: what waits is sent all the same
  await waitFor('the calls that hang', () => seen.length === 3);
  await clock.advanceAsync(2_000);
  await stopped;
  await waitFor('the calls that were cut', () => dropped.length === 5);
  assert.deepEqual(new Set(dropped), new Set(['stopped']));
});
