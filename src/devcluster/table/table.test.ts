import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { type JsonObject, listOf, objectOf, textOf } from '../json.ts';
import {
  configMap,
  DEFINITIONS,
  metadataOf,
  startCluster,
  type TestCluster,
  WIDGETS,
  widget,
  widgetDefinition,
} from '../testing/client.ts';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const CORE = '/api/v1/namespaces/default';
const MAPS = `${CORE}/configmaps`;
const NOON = Date.UTC(2026, 0, 2, 12);

async function tableOf(cluster: TestCluster, path: string): Promise<JsonObject> {
  const { code, body } = await cluster.call('GET', path, undefined, { accept: TABLE });
  assert.deepEqual([code, body.kind, body.apiVersion], [200, 'Table', 'meta.k8s.io/v1']);
  return body;
}

function headers(table: JsonObject): readonly string[] {
  return listOf(table.columnDefinitions).map((column) => textOf(objectOf(column).name));
}

function rows(table: JsonObject): readonly unknown[] {
  return listOf(table.rows).map((row) => objectOf(row).cells);
}

test('table: a custom resource by its printer columns', async (t) => {
  const cluster = await startCluster(t, { clock: new FakeClock(NOON) });
  const columns: readonly JsonObject[] = [
    { name: 'Size', type: 'integer', jsonPath: '.spec.size', format: 'int32', priority: 1, description: 'how big' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Tags', type: 'string', jsonPath: '.spec.tags' },
    { name: 'On', type: 'boolean', jsonPath: '.spec.on' },
    { name: 'Ratio', type: 'number', jsonPath: '.spec.ratio' },
    { name: 'Since', type: 'date', jsonPath: '.spec.since' },
    { name: 'Odd', type: 'date', jsonPath: '.spec.color' },
    { name: 'Color', type: 'string', jsonPath: '.spec.color' },
    { name: 'None', type: 'string', jsonPath: '.spec.none' },
    { name: 'Wrong', type: 'integer', jsonPath: '.spec.color' },
  ];
  const openAPIV3Schema: JsonObject = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const versions: readonly JsonObject[] = [
    { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema }, additionalPrinterColumns: columns },
  ];
  await cluster.create(DEFINITIONS, widgetDefinition({}, { versions }));
  await cluster.until(WIDGETS, ({ code }) => code === 200);
  const spec = { size: 7, tags: { b: 1, a: 'x' }, on: true, ratio: 1.5, since: '2026-01-01T10:00:00Z', color: 'red' };
  const status = { conditions: [{ type: 'Ready', status: 'True' }] };
  await cluster.create(WIDGETS, widget('full', { spec: { ...spec, none: null }, status }));
  await cluster.create(WIDGETS, widget('less'));
  const table = await tableOf(cluster, WIDGETS);
  assert.deepEqual(headers(table), ['Name', ...columns.map(({ name }) => textOf(name))]);
  assert.deepEqual(listOf(table.columnDefinitions)[1], {
    name: 'Size',
    type: 'integer',
    format: 'int32',
    description: 'how big',
    priority: 1,
  });
  assert.deepEqual(rows(table), [
    ['full', 7, 'True', '{"a":"x","b":1}', true, 1.5, '26h', '<invalid>', 'red', '<no value>', null],
    ['less', null, null, null, null, null, null, null, null, null, null],
  ]);
  assert.equal(objectOf(objectOf(listOf(table.rows)[0]).object).kind, 'PartialObjectMetadata');
});

test('table: built-in kinds', async (t) => {
  const cluster = await startCluster(t, { clock: new FakeClock(NOON) });
  await cluster.create(`${CORE}/secrets`, { metadata: { name: 's' }, stringData: { a: 'b' } });
  await cluster.create(MAPS, { ...configMap('m', {}, { a: 'b' }), binaryData: { c: 'AQ==' } });
  await cluster.create('/apis/coordination.k8s.io/v1/namespaces/default/leases', {
    metadata: { name: 'l' },
    spec: { holderIdentity: 'me' },
  });
  const template = {
    metadata: { labels: { a: 'b' } },
    spec: { containers: [{ name: 'c', image: 'i' }, { name: 'd' }] },
  };
  const spec = { replicas: 2, selector: { matchLabels: { a: 'b' } }, template };
  for (const kind of ['deployments', 'statefulsets', 'daemonsets'])
    await cluster.create(`/apis/apps/v1/namespaces/default/${kind}`, { metadata: { name: 'w' }, spec });
  await cluster.create(DEFINITIONS, widgetDefinition({ type: 'object' }));
  const apps = '/apis/apps/v1/namespaces/default';
  const expected: readonly (readonly [path: string, headers: string, row: readonly unknown[]])[] = [
    [`${CORE}/secrets`, 'Name Type Data Age', ['s', 'Opaque', 1, '0s']],
    [MAPS, 'Name Data Age', ['m', 2, '0s']],
    ['/api/v1/namespaces', 'Name Status Age', ['default', 'Active', '0s']],
    ['/apis/coordination.k8s.io/v1/leases', 'Name Holder Age', ['l', 'me', '0s']],
    [DEFINITIONS, 'Name Created At', ['widgets.example.com', '2026-01-02T12:00:00Z']],
    [
      `${apps}/deployments`,
      'Name Ready Up-to-date Available Age Containers Images Selector',
      ['w', '0/2', 0, 0, '0s', 'c,d', 'i,', 'a=b'],
    ],
    [`${apps}/statefulsets`, 'Name Ready Age Containers Images', ['w', '0/2', '0s', 'c,d', 'i,']],
    [
      `${apps}/daemonsets`,
      'Name Desired Current Ready Up-to-date Available Node Selector Age Containers Images Selector',
      ['w', 0, 0, 0, 0, 0, '<none>', '0s', 'c,d', 'i,', 'a=b'],
    ],
  ];
  for (const [path, names, row] of expected) {
    const table = await tableOf(cluster, path);
    assert.equal(headers(table).join(' '), names);
    assert.deepEqual(rows(table)[0], row);
  }
});

test('table: events', async (t) => {
  const cluster = await startCluster(t, { clock: new FakeClock(NOON) });
  const path = '/apis/events.k8s.io/v1/namespaces/default/events';
  const event = (name: string, more: JsonObject) => ({
    metadata: { name },
    eventTime: '2026-01-02T11:00:00.000000Z',
    reportingController: 'a.b/c',
    reportingInstance: 'i',
    action: 'a',
    reason: 'R',
    type: 'Normal',
    note: ' done\n',
    regarding: { kind: 'Bucket', name: 'x', namespace: 'default', fieldPath: 'spec.a' },
    ...more,
  });
  await cluster.create(path, event('one', {}));
  const series = { count: 5, lastObservedTime: '2026-01-02T11:59:00.000000Z' };
  await cluster.create(path, event('two', { series, regarding: { kind: 'Node' }, metadata: { name: 'two' } }));
  await cluster.create(`${CORE}/events`, {
    metadata: { name: 'zzz' },
    involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
    source: { component: 'kubelet', host: 'h' },
    firstTimestamp: '2026-01-02T10:00:00Z',
    lastTimestamp: '2026-01-02T11:58:00Z',
    count: 3,
  });
  const table = await tableOf(cluster, path);
  assert.deepEqual(rows(table), [
    ['60m', 'Normal', 'R', 'bucket/x', 'spec.a', 'a.b/c, i', 'done', '60m', 1, 'one'],
    ['60s', 'Normal', 'R', 'node', '', 'a.b/c, i', 'done', '60m', 5, 'two'],
    ['2m', '', '', 'pod/p', '', 'kubelet, h', '', '120m', 3, 'zzz'],
  ]);
});

test('table: of one object, of a page, with as much of the object as is asked for', async (t) => {
  const cluster = await startCluster(t);
  const made = await cluster.create(MAPS, configMap('a', {}, { k: 'v' }));
  await cluster.create(MAPS, configMap('b'));
  const one = await tableOf(cluster, `${MAPS}/a?includeObject=Object`);
  assert.deepEqual(objectOf(listOf(one.rows)[0]).object, made);
  assert.equal(metadataOf(one).resourceVersion, metadataOf(made).resourceVersion);
  const none = await tableOf(cluster, `${MAPS}?limit=1&includeObject=None`);
  assert.equal(objectOf(listOf(none.rows)[0]).object, null);
  assert.equal(metadataOf(none).remainingItemCount, 1);
  const odd = await cluster.call('GET', `${MAPS}?includeObject=Odd`, undefined, { accept: TABLE });
  assert.equal(odd.code, 400);
  const gone = await cluster.call('GET', `${MAPS}/c`, undefined, { accept: TABLE });
  assert.deepEqual([gone.code, gone.body.kind], [404, 'Status']);
  const written = await cluster.call('POST', MAPS, configMap('d'), { accept: TABLE });
  assert.deepEqual([written.code, rows(written.body)], [201, [['d', 0, '0s']]]);
});

test('table: a watch has its headers once', async (t) => {
  const cluster = await startCluster(t);
  await cluster.create(MAPS, configMap('a'));
  const open = await cluster.watch(`${MAPS}?watch=1&allowWatchBookmarks=1`, TABLE);
  const first = objectOf((await open.next()).object);
  assert.deepEqual([headers(first), rows(first)], [['Name', 'Data', 'Age'], [['a', 0, '0s']]]);
  const bookmark = await open.next();
  assert.equal(bookmark.type, 'BOOKMARK');
  const table = objectOf(bookmark.object);
  assert.deepEqual([table.columnDefinitions, rows(table)], [null, [['', 0, '<unknown>']]]);
  await cluster.create(MAPS, configMap('b'));
  const next = objectOf((await open.next()).object);
  assert.deepEqual([next.columnDefinitions, rows(next)], [null, [['b', 0, '0s']]]);
  open.close();
});
