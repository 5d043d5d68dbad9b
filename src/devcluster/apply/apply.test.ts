import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { type JsonObject, listOf, objectOf, textOf } from '../json.ts';
import {
  configMap,
  metadataOf,
  type Reply,
  serveWidgets,
  startCluster,
  type TestCluster,
  WIDGETS,
  widget,
} from '../testing/client.ts';

const APPLY = { type: 'application/apply-patch+yaml' };
const MERGE = { type: 'application/merge-patch+json' };
const MAPS = '/api/v1/namespaces/default/configmaps';

const text = { type: 'string' };
const texts = { type: 'object', additionalProperties: text };
const spec: JsonObject = {
  type: 'object',
  properties: {
    a: text,
    b: { type: 'integer' },
    c: { type: 'string', default: 'usual' },
    nested: { type: 'object', properties: { x: text, y: text } },
    map: texts,
    whole: { ...texts, 'x-kubernetes-map-type': 'atomic' },
    list: { type: 'array', items: text },
    set: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
    rules: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['id'],
      items: { type: 'object', required: ['id'], properties: { id: text, v: text, w: text } },
    },
  },
};

interface Applying {
  readonly cluster: TestCluster;
  /** Applies a spec, or a whole configuration, as a manager. */
  readonly apply: (manager: string, spec: JsonObject, query?: string) => Promise<Reply>;
}

async function applying(t: Parameters<typeof startCluster>[0], clock?: FakeClock): Promise<Applying> {
  const cluster = await startCluster(t, clock === undefined ? {} : { clock });
  await serveWidgets(cluster, spec);
  const apply: Applying['apply'] = (manager, given, query = '') =>
    cluster.call('PATCH', `${WIDGETS}/w?fieldManager=${manager}${query}`, widget('w', { spec: given }), APPLY);
  return { cluster, apply };
}

function managers(object: JsonObject): readonly string[] {
  return listOf(metadataOf(object).managedFields).map((entry) => {
    const { manager, operation, subresource } = objectOf(entry);
    return [manager, operation, subresource]
      .filter((part) => part !== undefined)
      .map(textOf)
      .join(' ');
  });
}

function fieldsOf(object: JsonObject, manager: string): JsonObject {
  const entries = listOf(metadataOf(object).managedFields).map(objectOf);
  return objectOf(entries.find((entry) => entry.manager === manager)?.fieldsV1);
}

test('apply: creates, and remembers who owns what', async (t) => {
  const { apply } = await applying(t, new FakeClock(Date.UTC(2026, 0, 1)));
  const { code, body } = await apply('one', { a: 'x', nested: { y: '1' }, set: ['s'], rules: [{ id: 'r', v: '1' }] });
  assert.equal(code, 201);
  assert.equal(objectOf(body.spec).c, 'usual');
  const [entry] = listOf(metadataOf(body).managedFields).map(objectOf);
  assert.deepEqual(entry, {
    manager: 'one',
    operation: 'Apply',
    apiVersion: 'example.com/v1',
    time: '2026-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1: {
      'f:spec': {
        'f:a': {},
        'f:nested': { 'f:y': {} },
        'f:set': { 'v:"s"': {} },
        'f:rules': { 'k:{"id":"r"}': { '.': {}, 'f:id': {}, 'f:v': {} } },
      },
    },
  });
});

test('apply: the same again changes nothing, not even the time', async (t) => {
  const clock = new FakeClock();
  const { apply } = await applying(t, clock);
  const first = await apply('one', { a: 'x' });
  clock.advance(60_000);
  const second = await apply('one', { a: 'x' });
  assert.deepEqual([second.code, second.body], [200, first.body]);
});

test('apply: what is named no longer goes, but for what others own', async (t) => {
  const { apply } = await applying(t);
  await apply('one', {
    a: 'x',
    b: 1,
    map: { k: 'v', l: 'v' },
    set: ['s', 't'],
    rules: [{ id: '1' }, { id: '2', v: 'x' }],
  });
  await apply('two', { b: 1, map: { l: 'v' }, set: ['t', 'u'], rules: [{ id: '2', w: 'y' }] });
  const { body } = await apply('one', { a: 'x' });
  assert.deepEqual(body.spec, {
    a: 'x',
    b: 1,
    c: 'usual',
    map: { l: 'v' },
    set: ['t', 'u'],
    rules: [{ id: '2', w: 'y' }],
  });
  const alone = await apply('two', {});
  assert.deepEqual(objectOf(alone.body.spec).a, 'x');
  assert.equal(objectOf(alone.body.spec).b, undefined);
});

test('apply: a field of another manager is a conflict, unless forced', async (t) => {
  const { apply } = await applying(t);
  await apply('one', { a: 'x', list: ['1'] });
  const single = await apply('two', { a: 'y' });
  assert.equal(single.code, 409);
  assert.equal(single.body.message, 'Apply failed with 1 conflict: conflict with "one": .spec.a');
  assert.deepEqual(objectOf(single.body.details).causes, [
    { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.spec.a' },
  ]);
  const both = await apply('two', { a: 'y', list: ['1', '2'] });
  assert.equal(both.body.message, 'Apply failed with 2 conflicts: conflicts with "one":\n- .spec.a\n- .spec.list');
  const forced = await apply('two', { a: 'y' }, '&force=true');
  assert.equal(objectOf(forced.body.spec).a, 'y');
  assert.deepEqual(fieldsOf(forced.body, 'one'), { 'f:spec': { 'f:list': {} } });
  assert.deepEqual(fieldsOf(forced.body, 'two'), { 'f:spec': { 'f:a': {} } });
});

test('apply: the same value may have two owners', async (t) => {
  const { apply } = await applying(t);
  await apply('one', { a: 'x' });
  const { code, body } = await apply('two', { a: 'x' });
  assert.equal(code, 200);
  assert.deepEqual(managers(body), ['one Apply', 'two Apply']);
});

test('apply: atomic maps and lists belong to one as a whole', async (t) => {
  const { apply } = await applying(t);
  await apply('one', { whole: { k: 'v' }, list: ['a'] });
  const conflict = await apply('two', { whole: { l: 'v' } });
  assert.match(textOf(conflict.body.message), /\.spec\.whole$/);
  const forced = await apply('two', { whole: { l: 'v' }, list: ['b'] }, '&force=true');
  assert.deepEqual([objectOf(forced.body.spec).whole, objectOf(forced.body.spec).list], [{ l: 'v' }, ['b']]);
});

test('apply: other writes take what they change, and the first apply finds the owner of before', async (t) => {
  const { cluster, apply } = await applying(t);
  await cluster.create(WIDGETS, widget('w', { spec: { a: 'x', b: 1 } }));
  const conflict = await apply('one', { a: 'y' });
  assert.match(textOf(conflict.body.message), /conflict with "before-first-apply" using example\.com\/v1: \.spec\.a$/);
  const mine = await apply('one', { a: 'y' }, '&force=true');
  assert.deepEqual(managers(mine.body), ['one Apply', 'before-first-apply Update']);
  const patched = await cluster.call('PATCH', `${WIDGETS}/w?fieldManager=three`, { spec: { a: 'z', b: null } }, MERGE);
  assert.deepEqual(managers(patched.body), ['before-first-apply Update', 'three Update']);
  assert.deepEqual(fieldsOf(patched.body, 'three'), { 'f:spec': { 'f:a': {} } });
  const again = await apply('one', { a: 'y' });
  assert.match(textOf(again.body.message), /conflict with "three" using example\.com\/v1: \.spec\.a$/);
});

test('apply: labels, annotations, finalizers', async (t) => {
  const cluster = await startCluster(t);
  const apply = (manager: string, metadata: JsonObject) =>
    cluster.call('PATCH', `${MAPS}/a?fieldManager=${manager}`, configMap('a', metadata, { k: 'v' }), APPLY);
  await apply('one', { labels: { x: '1', y: '2' }, annotations: { z: '3' }, finalizers: ['a.b/one'] });
  const both = await apply('two', { labels: { t: '1' }, finalizers: ['a.b/two'] });
  assert.deepEqual(metadataOf(both.body).labels, { x: '1', y: '2', t: '1' });
  assert.deepEqual(metadataOf(both.body).finalizers, ['a.b/one', 'a.b/two']);
  const less = await apply('one', { labels: { x: '1' } });
  const { labels, annotations, finalizers } = metadataOf(less.body);
  assert.deepEqual([labels, annotations, finalizers], [{ x: '1', t: '1' }, undefined, ['a.b/two']]);
});

test('apply: of the status, to the status alone', async (t) => {
  const { cluster, apply } = await applying(t);
  await apply('one', { a: 'x' });
  const status = widget('w', { spec: { a: 'forged' }, status: { phase: 'Ready' } });
  const { code, body } = await cluster.call('PATCH', `${WIDGETS}/w/status?fieldManager=two`, status, APPLY);
  assert.equal(code, 200);
  assert.deepEqual([objectOf(body.spec).a, body.status], ['x', { phase: 'Ready' }]);
  assert.deepEqual(managers(body), ['one Apply', 'two Apply status']);
  const gone = await cluster.call('PATCH', `${WIDGETS}/v/status?fieldManager=two`, widget('v'), APPLY);
  assert.equal(gone.code, 404);
});

test('apply: a uid or resourceVersion guards', async (t) => {
  const { cluster, apply } = await applying(t);
  const first = await apply('one', { a: 'x' });
  const guarded = (metadata: JsonObject) =>
    cluster.call('PATCH', `${WIDGETS}/w?fieldManager=one`, { ...widget('w', { spec: { a: 'y' } }), metadata }, APPLY);
  assert.equal((await guarded({ name: 'w', resourceVersion: '1' })).code, 409);
  assert.equal((await guarded({ name: 'w', resourceVersion: metadataOf(first.body).resourceVersion })).code, 200);
  const absent = { ...widget('v'), metadata: { name: 'v', uid: 'x' } };
  const reply = await cluster.call('PATCH', `${WIDGETS}/v?fieldManager=one`, absent, APPLY);
  assert.equal(reply.code, 409);
  assert.match(textOf(reply.body.message), /uid mismatch: the provided object specified uid x/);
});

const refused: readonly (readonly [query: string, body: JsonObject | string, code: number, message: RegExp])[] = [
  ['', widget('w'), 422, /fieldManager: Required value: is required for apply patch/],
  ['?fieldManager=m', '[]', 400, /cannot unmarshal array/],
  ['?fieldManager=m', 'a: {', 400, /error decoding YAML/],
  ['?fieldManager=m', { ...widget('w'), kind: 'Gadget' }, 400, /invalid object type: example\.com\/v1, Kind=Gadget/],
  ['?fieldManager=m', widget('v'), 400, /does not match the name on the URL/],
  ['?fieldManager=m', { ...widget('w'), metadata: { name: 'w', managedFields: [] } }, 400, /managedFields must be nil/],
  ['?fieldManager=m', widget('w', { spec: { odd: 1 } }), 500, /\.spec\.odd: field not declared in schema/],
  ['?fieldManager=m', widget('w', { spec: { a: 7 } }), 422, /spec\.a/],
];

for (const [query, body, code, message] of refused) {
  test(`apply: ${JSON.stringify(body).slice(0, 100)} with ${query} is refused`, async (t) => {
    const { cluster } = await applying(t);
    const reply = await cluster.call('PATCH', `${WIDGETS}/w${query}`, body, APPLY);
    assert.equal(reply.code, code, reply.text);
    assert.match(textOf(reply.body.message), message);
  });
}

test('apply: an update may write who owns what; one empty entry stands for nobody', async (t) => {
  const { cluster, apply } = await applying(t);
  await apply('one', { a: 'x' });
  const { body } = await apply('two', { b: 1 });
  const put = (managedFields: unknown, path = '') =>
    cluster.call(
      'PATCH',
      `${WIDGETS}/w${path}?fieldManager=editor`,
      { metadata: { managedFields } } as JsonObject,
      MERGE,
    );
  const kept = listOf(metadataOf(body).managedFields).filter((entry) => objectOf(entry).manager === 'two');
  assert.deepEqual(managers((await put([])).body), ['one Apply', 'two Apply'], 'an empty list is one left out');
  const released = await put(kept);
  assert.deepEqual(managers(released.body), ['two Apply']);
  assert.deepEqual(released.body.spec, body.spec, 'the values stay');
  assert.equal((await apply('three', { a: 'y' })).code, 200, 'and are free for others');
  assert.deepEqual(managers((await put([{}])).body), []);
});
