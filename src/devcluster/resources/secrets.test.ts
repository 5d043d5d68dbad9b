import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonObject, textOf } from '../json.ts';
import { configMap, namesIn, startCluster } from '../testing/client.ts';

const SECRETS = '/api/v1/namespaces/default/secrets';
const MAPS = '/api/v1/namespaces/default/configmaps';
const MERGE = { type: 'application/merge-patch+json' };

function secret(name: string, more: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, ...more };
}

test('secrets: stringData is folded into data, the type is Opaque unless given', async (t) => {
  const { create, call } = await startCluster(t);
  const object = await create(SECRETS, secret('a', { data: { x: 'AQ==', y: 'Ag==' }, stringData: { y: 'hé', z: '' } }));
  assert.deepEqual(object.data, { x: 'AQ==', y: Buffer.from('hé').toString('base64'), z: '' });
  assert.deepEqual([object.type, object.stringData], ['Opaque', undefined]);
  const patched = await call('PATCH', `${SECRETS}/a`, { stringData: { x: 'new' }, data: { y: null } }, MERGE);
  assert.deepEqual(patched.body.data, { x: 'bmV3', z: '' });
});

test('secrets: can be selected by type, and the type never changes', async (t) => {
  const { create, call } = await startCluster(t);
  await create(SECRETS, secret('a'));
  await create(SECRETS, secret('b', { type: 'example.com/own' }));
  assert.deepEqual(namesIn((await call('GET', `${SECRETS}?fieldSelector=type%3DOpaque`)).body), ['a']);
  const changed = await call('PATCH', `${SECRETS}/a`, { type: 'other' }, MERGE);
  assert.equal(changed.code, 422);
  assert.match(textOf(changed.body.message), /type: Invalid value: "other": field is immutable/);
});

test('secrets and config maps: immutable stays, with its data', async (t) => {
  const { create, call } = await startCluster(t);
  await create(SECRETS, secret('a', { immutable: true, data: { x: 'AQ==' } }));
  await create(MAPS, { ...configMap('a', {}, { x: '1' }), immutable: true });
  for (const path of [SECRETS, MAPS]) {
    for (const patch of [{ immutable: false }, { immutable: null }, { data: { y: 'AQ==' } }]) {
      const reply = await call('PATCH', `${path}/a`, patch, MERGE);
      assert.equal(reply.code, 422);
      assert.match(textOf(reply.body.message), /Forbidden: field is immutable when `immutable` is set/);
    }
    const labelled = await call('PATCH', `${path}/a`, { metadata: { labels: { a: 'b' } } }, MERGE);
    assert.equal(labelled.code, 200);
  }
});

const dockerConfig = Buffer.from('{"auths":{}}').toString('base64');
const refused: readonly (readonly [body: JsonObject, code: number, message: RegExp])[] = [
  [{ data: { x: 'A' } }, 400, /illegal base64 data at input byte 0/],
  [{ data: { x: 'AAAA!A==' } }, 400, /illegal base64 data at input byte 4/],
  [{ data: { x: 7 } }, 400, /cannot unmarshal number into Go struct field Secret\.data of type \[?\]?uint8/],
  [{ data: [] }, 400, /cannot unmarshal array into Go struct field Secret\.data/],
  [{ data: { 'a b': '' } }, 422, /data\[a b\]: Invalid value: "a b": a valid config key/],
  [{ data: { '..': '' } }, 422, /data\[\.\.\]: Invalid value/],
  [
    { data: { x: Buffer.alloc(1024 * 1024 + 1).toString('base64') } },
    422,
    /data: Too long: may not be more than 1048576/,
  ],
  [{ type: 'kubernetes.io/tls', data: { 'tls.crt': '' } }, 422, /data\[tls\.key\]: Required value/],
  [{ type: 'kubernetes.io/basic-auth' }, 422, /data\[username\]: Required value/],
  [{ type: 'kubernetes.io/ssh-auth' }, 422, /data\[ssh-privatekey\]: Required value/],
  [{ type: 'kubernetes.io/service-account-token' }, 422, /service-account\.name\]: Required value/],
  [
    { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'eA==' } },
    422,
    /redacted>": invalid character/,
  ],
  [{ type: 'kubernetes.io/dockercfg', data: { '.dockercfg': dockerConfig } }, 201, /^$/],
  [{ type: 'kubernetes.io/dockercfg' }, 422, /data\[\.dockercfg\]: Required value/],
];

for (const [body, code, message] of refused) {
  test(`secrets: ${JSON.stringify(body).slice(0, 80)} is answered with ${code}`, async (t) => {
    const { call } = await startCluster(t);
    const reply = await call('POST', SECRETS, secret('a', body));
    assert.equal(reply.code, code, reply.text);
    assert.match(textOf(reply.body.message), message);
  });
}

const badMaps: readonly (readonly [body: JsonObject, message: RegExp])[] = [
  [
    { data: { x: 'a' }, binaryData: { x: '' } },
    /data\[x\]: Invalid value: "x": duplicate of key present in binaryData/,
  ],
  [{ data: { '/': '' } }, /data\[\/\]: Invalid value/],
  [{ data: { x: 'x'.repeat(1024 * 1024) }, binaryData: { y: 'AQ==' } }, /Too long: may not be more than 1048576/],
];

for (const [body, message] of badMaps) {
  test(`config maps: ${JSON.stringify(body).slice(0, 60)} is refused`, async (t) => {
    const { call } = await startCluster(t);
    const reply = await call('POST', MAPS, { ...configMap('a'), ...body });
    assert.equal(reply.code, 422);
    assert.match(textOf(reply.body.message), message);
  });
}
