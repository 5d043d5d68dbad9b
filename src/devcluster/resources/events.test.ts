import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonObject, textOf } from '../json.ts';
import { namesIn, startCluster } from '../testing/client.ts';

const EVENTS = '/apis/events.k8s.io/v1/namespaces/default/events';
const CORE = '/api/v1/namespaces/default/events';
const MERGE = { type: 'application/merge-patch+json' };

function event(name: string, more: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name },
    eventTime: '2026-01-02T03:04:05.678901Z',
    reportingController: 'example.com/operator',
    reportingInstance: 'operator-0',
    action: 'Create',
    reason: 'Created',
    regarding: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'a' },
    note: 'It is there.',
    type: 'Normal',
    ...more,
  };
}

test('events: the core group shows the same event by its own names', async (t) => {
  const { create, call } = await startCluster(t);
  const made = await create(EVENTS, event('a'));
  assert.equal(made.apiVersion, 'events.k8s.io/v1');
  assert.equal(made.note, 'It is there.');
  const { body } = await call('GET', `${CORE}/a`);
  assert.equal(body.apiVersion, 'v1');
  assert.deepEqual(
    [body.message, body.reportingComponent, body.involvedObject, body.eventTime, body.firstTimestamp],
    ['It is there.', 'example.com/operator', event('a').regarding, '2026-01-02T03:04:05.678901Z', null],
  );
  const selected = await call('GET', `${CORE}?fieldSelector=involvedObject.name%3Da,reason%3DCreated`);
  assert.deepEqual(namesIn(selected.body), ['a']);
  const regarding = await call('GET', `${EVENTS}?fieldSelector=regarding.name%3Db`);
  assert.deepEqual(namesIn(regarding.body), []);
});

test('events: one made in the core group is shown in the other', async (t) => {
  const { create, call } = await startCluster(t);
  await create(CORE, {
    metadata: { name: 'a' },
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
    message: 'm',
    reason: 'R',
    count: 3,
    firstTimestamp: '2026-01-02T03:04:05+01:00',
    source: { component: 'kubelet' },
    type: 'Warning',
  });
  const { body } = await call('GET', `${EVENTS}/a`);
  assert.deepEqual(
    [body.note, body.deprecatedCount, body.deprecatedFirstTimestamp, body.deprecatedSource, body.eventTime],
    ['m', 3, '2026-01-02T02:04:05Z', { component: 'kubelet' }, null],
  );
  const source = await call('GET', `${CORE}?fieldSelector=source%3Dkubelet`);
  assert.deepEqual(namesIn(source.body), ['a']);
});

test('events: a series may grow, nothing else may change', async (t) => {
  const { create, call } = await startCluster(t);
  await create(EVENTS, event('a'));
  const series = { count: 2, lastObservedTime: '2026-01-02T03:05:00.000000Z' };
  const grown = await call('PATCH', `${EVENTS}/a`, { series }, MERGE);
  assert.deepEqual([grown.code, grown.body.series], [200, series]);
  const changed = await call('PATCH', `${EVENTS}/a`, { note: 'other' }, MERGE);
  assert.equal(changed.code, 422);
  assert.match(textOf(changed.body.message), /message: Invalid value: "other": field is immutable/);
  const short = await call('PATCH', `${EVENTS}/a`, { series: { count: 1 } }, MERGE);
  assert.match(textOf(short.body.message), /series\.count: Invalid value: "": should be at least 2/);
  assert.match(textOf(short.body.message), /series\.lastObservedTime: Required value|series/);
});

const refused: readonly (readonly [change: JsonObject, message: RegExp])[] = [
  [{ eventTime: null }, /eventTime: Required value/],
  [{ reportingController: '' }, /reportingController: Required value/],
  [{ reportingController: 'not a name' }, /reportingController: Invalid value: "not a name"/],
  [{ reportingInstance: '' }, /reportingInstance: Required value/],
  [{ action: 'x'.repeat(129) }, /action: Invalid value: "": can have at most 128 characters/],
  [{ reason: '' }, /reason: Required value/],
  [{ note: 'x'.repeat(1025) }, /message: Invalid value: "": can have at most 1024 characters/],
  [{ type: 'Odd' }, /type: Invalid value: "": has invalid value: Odd/],
  [
    { eventTime: null, regarding: { namespace: 'other' } },
    /involvedObject\.namespace: Invalid value: "other": does not match/,
  ],
  [{ deprecatedCount: 2 }, /count: Invalid value: "": needs to be unset/],
  [{ eventTime: '2026-01-02T03:04:05Z' }, /parsing time "2026-01-02T03:04:05Z"/],
];

for (const [change, message] of refused) {
  test(`events: ${JSON.stringify(change).slice(0, 60)} is refused`, async (t) => {
    const { call } = await startCluster(t);
    const reply = await call('POST', EVENTS, event('a', change));
    assert.ok(reply.code === 422 || reply.code === 400, reply.text);
    assert.match(textOf(reply.body.message), message);
  });
}
