import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Agent, request } from 'undici';
import { parse } from 'yaml';
import {
  isList,
  isObject,
  type Json,
  type JsonObject,
  listOf,
  objectOf,
  omit,
  textOf,
} from '../../src/devcluster/json.ts';
import { decodeProtobuf } from '../../src/devcluster/protobuf/decode.ts';
import { sharedControlPlane } from '../support/control-plane-environment.ts';

/** What the development control plane reads from protobuf, held against what a kube-apiserver writes of its own objects. */

const shared = sharedControlPlane();

const OBJECTS = new URL('protobuf-objects.yaml', import.meta.url);

/** Without the status, whose zeros JSON writes though they mean nothing, and the type that JSON gives to claims of a template. */
function comparable({ status: _status, ...object }: JsonObject): Json {
  const spec = objectOf(object.spec);
  const claims = listOf(spec.volumeClaimTemplates).map((claim) =>
    comparable(omit(objectOf(claim), 'apiVersion', 'kind')),
  );
  return plain({ ...object, spec: { ...spec, ...(claims.length === 0 ? {} : { volumeClaimTemplates: claims }) } });
}

/** Without what JSON has a null for. */
function plain(value: Json | undefined): Json {
  if (isList(value)) return value.map(plain);
  if (!isObject(value)) return value ?? null;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (item === null ? [] : [[key, plain(item)] as const])),
  );
}

test('protobuf: what a kube-apiserver writes of its objects is read as their JSON', {
  skip: shared === undefined ? 'npm run test:cluster has the binaries' : false,
}, async (t) => {
  assert.ok(shared);
  const agent = new Agent({ connect: { ca: shared.ca } });
  t.after(() => agent.destroy());
  const call = async (method: string, path: string, accept: string, body?: string): Promise<Buffer> => {
    const authorization = `Bearer ${shared.token}`;
    const headers = { authorization, accept, 'content-type': 'application/json' };
    const answer = await request(`${shared.url}${path}`, {
      method,
      dispatcher: agent,
      headers,
      ...(body === undefined ? {} : { body }),
    });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    assert.ok(answer.statusCode < 300, bytes.toString());
    return bytes;
  };
  const namespace = `protobuf-${crypto.randomUUID().slice(0, 8)}`;
  const asNamespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  await call('POST', '/api/v1/namespaces', 'application/json', JSON.stringify(asNamespace));
  for (const object of parse(readFileSync(OBJECTS, 'utf8')) as readonly JsonObject[]) {
    const kind = textOf(object.kind);
    const group = textOf(object.apiVersion).includes('/') ? `/apis/${textOf(object.apiVersion)}` : '/api/v1';
    const collection = `${group}/namespaces/${namespace}/${kind.toLowerCase()}s`;
    const of = kind === 'Event' ? { involvedObject: { ...objectOf(object.involvedObject), namespace } } : {};
    const about = { ...object, ...of, metadata: { ...objectOf(object.metadata), namespace } };
    await call('POST', collection, 'application/json', JSON.stringify(about));
    const path = `${collection}/protobuf`;
    const readBoth = async () => {
      const json = JSON.parse((await call('GET', path, 'application/json')).toString()) as JsonObject;
      return { json, decoded: decodeProtobuf(await call('GET', path, 'application/vnd.kubernetes.protobuf')) };
    };
    const versionOf = ({ metadata }: JsonObject) => textOf(objectOf(metadata).resourceVersion);
    let { json, decoded } = await readBoth();
    // A controller may have written between the two reads.
    while (versionOf(json) !== versionOf(decoded)) ({ json, decoded } = await readBoth());
    assert.deepEqual(comparable(decoded), comparable(json), kind);
  }
});
