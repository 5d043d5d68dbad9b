import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { waitFor } from '../../test/support/fake-clock.ts';
import { lastingPort } from '../../test/support/lasting-port.ts';
import { type Json, listOf, objectOf, textOf } from './json.ts';
import { startDevCluster } from './server.ts';
import { configMap, namesIn, startCluster } from './testing/client.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';

test('devcluster: a fresh cluster has its four namespaces', async (t) => {
  const { call, cluster } = await startCluster(t);
  assert.match(cluster.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const reply = await call('GET', '/api/v1/namespaces');
  assert.deepEqual(namesIn(reply.body), ['default', 'kube-node-lease', 'kube-public', 'kube-system']);
});

test('devcluster: who has no token, or an unknown one, is nobody', async (t) => {
  const { call } = await startCluster(t);
  for (const authorization of ['', 'Bearer nobody', 'Basic YTpi', 'Bearer']) {
    const reply = await call('GET', '/api/v1/namespaces', undefined, { headers: { authorization } });
    assert.equal(reply.code, 401);
    assert.equal(reply.body.reason, 'Unauthorized');
    assert.equal(reply.body.kind, 'Status');
  }
  const probe = await call('GET', '/readyz', undefined, { headers: { authorization: '' } });
  assert.deepEqual([probe.code, probe.text], [200, 'ok']);
});

test('devcluster: the log says who asked for what', async (t) => {
  const { call, cluster } = await startCluster(t, { tokens: new Map([['abc', 'jane']]) });
  const headers = { authorization: 'Bearer abc', 'user-agent': 'probe/1' };
  await call('POST', MAPS, configMap('a'), { headers });
  await call('GET', `${MAPS}/a`, undefined, { headers });
  await call('GET', `${MAPS}/b?pretty=1`, undefined, { headers });
  await call('GET', '/apis', undefined, { headers });
  await call('DELETE', MAPS, undefined, { headers: { ...headers, authorization: 'Bearer x' } });
  assert.deepEqual(cluster.requests, [
    { verb: 'create', path: MAPS, userAgent: 'probe/1', user: 'jane', code: 201 },
    { verb: 'get', path: `${MAPS}/a`, userAgent: 'probe/1', user: 'jane', code: 200 },
    { verb: 'get', path: `${MAPS}/b?pretty=1`, userAgent: 'probe/1', user: 'jane', code: 404 },
    { verb: 'get', path: '/apis', userAgent: 'probe/1', user: 'jane', code: 200 },
    { verb: 'deletecollection', path: MAPS, userAgent: 'probe/1', user: '', code: 401 },
  ]);
});

test('devcluster: the kubeconfig opens the cluster, and only its owner may read it', async (t) => {
  const { call, cluster } = await startCluster(t);
  const folder = await mkdtemp(join(tmpdir(), 'devcluster-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'config');
  await cluster.writeKubeconfig(path);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const config = objectOf(parse(await readFile(path, 'utf8')) as Json);
  assert.deepEqual(config.clusters, [{ name: 'devcluster', cluster: { server: cluster.url } }]);
  assert.deepEqual(config.users, [{ name: 'admin', user: { token: cluster.token.reveal() } }]);
  await cluster.writeKubeconfig(path, { forKubectl: true });
  const forKubectl = objectOf(parse(await readFile(path, 'utf8')) as Json);
  const server = textOf(objectOf(objectOf(listOf(forKubectl.clusters)[0]).cluster).server);
  const { username, password, origin } = new URL(server);
  assert.deepEqual([origin, password], [cluster.url, cluster.token.reveal()]);
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  assert.equal((await call('GET', '/api/v1', undefined, { headers: { authorization } })).code, 200);
});

test('devcluster: after a restart the objects are there and the address is the same', async (t) => {
  const { call, create, watch, cluster } = await startCluster(t);
  await create(MAPS, configMap('a'));
  const { url } = cluster;
  const open = await watch(`${MAPS}?watch=1`);
  const ended = assert.rejects(open.rest());
  await cluster.restart();
  await ended;
  assert.equal(cluster.url, url);
  assert.equal((await call('GET', `${MAPS}/a`)).code, 200);
  await waitFor('the watch is forgotten', () => cluster.openWatches() === 0);
});

test('devcluster: dropped connections end watches without a last chunk', async (t) => {
  const { watch, cluster } = await startCluster(t);
  const open = await watch(`${MAPS}?watch=1`);
  assert.equal(cluster.openWatches(), 1);
  const ended = assert.rejects(open.rest());
  cluster.dropConnections();
  await ended;
});

test('devcluster: stop ends watches in good order and frees the port', async (t) => {
  const port = await lastingPort();
  const { watch, cluster } = await startCluster(t, { port });
  const open = await watch(`${MAPS}?watch=1`);
  await cluster.stop();
  assert.deepEqual(await open.rest(), []);
  const next = await startDevCluster({ port });
  assert.equal(next.url, cluster.url);
  await assert.rejects(startDevCluster({ port }), { code: 'EADDRINUSE' });
  await next.stop();
});

test('devcluster: a watch that begins while the server stops ends in good order too', async (t) => {
  const { cluster } = await startCluster(t);
  const { hostname, port } = new URL(cluster.url);
  const socket = connect(Number(port), hostname);
  t.after(() => socket.destroy());
  const authorization = `authorization: Bearer ${cluster.token.reveal()}`;
  const half = `GET ${MAPS}?watch=1 HTTP/1.1\r\nhost: x\r\n${authorization}\r\n`;
  // Two at once: when the first is answered, the second has been begun on a connection that is then not idle.
  socket.write(`GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n${half}`);
  const [first] = await once(socket, 'data');
  assert.match(String(first), /200 OK/);
  const stopped = cluster.stop();
  socket.write('\r\n');
  const chunks: string[] = [];
  for await (const chunk of socket) chunks.push(String(chunk));
  assert.match(chunks.join(''), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n0\r\n\r\n$/);
  await stopped;
});

const refused: readonly (readonly [what: string, body: string | Buffer, type: string, code: number])[] = [
  ['no JSON', '{"a":', 'application/json', 400],
  ['not even text', Buffer.from([0xff, 0x00, 0xfe]), 'application/json', 400],
  ['nothing', '', 'application/json', 400],
  ['a number', '7', 'application/json', 400],
  ['a list', '[]', 'application/json', 400],
  ['null', 'null', 'application/json', 400],
  ['a kind that is no text', '{"kind":{}}', 'application/json', 400],
  ['metadata that is no object', '{"kind":"ConfigMap","apiVersion":"v1","metadata":[]}', 'application/json', 400],
  ['deep nesting', '['.repeat(200_000), 'application/json', 400],
  ['YAML with too many aliases', aliases(), 'application/yaml', 400],
  ['a body of another type', '<a/>', 'text/xml', 415],
  ['a body over the limit', Buffer.alloc(3 * 1024 * 1024 + 1, 0x20), 'application/json', 413],
  ['protobuf that is none', Buffer.from('k8s'), 'application/vnd.kubernetes.protobuf', 400],
  ['a message in protobuf that ends early', Buffer.from('k8s\0\x0a\xff'), 'application/vnd.kubernetes.protobuf', 400],
];

function aliases(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 9; i++) lines.push(`a${i}: &a${i} [${Array.from({ length: 9 }, () => `*a${i - 1}`).join(', ')}]`);
  return lines.join('\n');
}

for (const [what, body, type, code] of refused) {
  test(`devcluster: a POST of ${what} is answered with ${code}`, async (t) => {
    const { call } = await startCluster(t);
    const reply = await call('POST', MAPS, body, { type });
    assert.equal(reply.code, code, reply.text);
    assert.equal(reply.body.kind, 'Status');
    assert.equal((await call('GET', MAPS)).code, 200);
  });
}

const paths: readonly (readonly [path: string, code: number])[] = [
  ['/api/v1/namespaces/default/nothing', 404],
  ['/api/v1/namespaces/default/configmaps/a/b/c', 404],
  ['/api/v1/configmaps/a', 404],
  ['/api/v1/namespaces/default/namespaces', 404],
  ['/apis/nowhere.io/v1/things', 404],
  ['/%ff%fe', 404],
  ['//', 404],
  ['/api/v1/namespaces/%00/configmaps', 200],
  [`${MAPS}/${'a'.repeat(8000)}`, 404],
  [`${MAPS}?limit=x`, 400],
  [`${MAPS}?continue=!!!`, 400],
  [`${MAPS}?labelSelector=a%3D%3D%3D`, 400],
  [`${MAPS}?fieldSelector=a`, 400],
  [`${MAPS}?resourceVersion=x`, 400],
  [`${MAPS}?watch=1&timeoutSeconds=z`, 400],
  [`${MAPS}?watch=1&resourceVersion=-1`, 500],
];

for (const [path, code] of paths) {
  test(`devcluster: GET ${path.slice(0, 60)} is answered with ${code}`, async (t) => {
    const { call } = await startCluster(t);
    const reply = await call('GET', path);
    assert.equal(reply.code, code, reply.text);
  });
}

test('devcluster: what is not allowed at a path says so', async (t) => {
  const { call } = await startCluster(t);
  assert.equal((await call('PUT', MAPS, {})).code, 405);
  assert.equal((await call('POST', `${MAPS}/a`, {})).code, 405);
  assert.equal((await call('POST', '/api/v1/configmaps', {})).code, 405);
  assert.equal((await call('OPTIONS', MAPS)).code, 405);
  assert.equal((await call('DELETE', '/api/v1/namespaces')).code, 405);
  assert.equal((await call('GET', MAPS, undefined, { accept: 'text/html' })).code, 406);
});
