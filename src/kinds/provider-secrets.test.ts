import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { SECRETS } from '../api/core-types.ts';
import type { ObjectKey } from '../api/meta.ts';
import type { Provider } from '../api/provider.ts';
import { SecretReader, versionText } from './provider-secrets.ts';
import { noObjects, startDevKube } from './testing/dev-kube.ts';

const KEY: ObjectKey = { namespace: 'default', name: 'keys' };
const ref = { name: KEY.name, key: 'key' };
// What the reader looks at; the rest of a Provider is not needed here.
const provider = {
  kind: 'Provider',
  metadata: { namespace: KEY.namespace, name: 'p' },
  spec: { auth: { accessKeySecretRef: ref, secretKeySecretRef: ref } },
} as unknown as Provider;

/** A Secret in a cluster, its reader, and how often it was read; `version` stands for the watch. */
async function secretWorld(t: TestContext) {
  const { cluster, kube } = await startDevKube(t);
  const watched: { version: string | undefined } = { version: undefined };
  const write = async (value: string) => {
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name: KEY.name }, stringData: { key: value } };
    const exists = (await kube.get(SECRETS, KEY)) !== undefined;
    const written = exists
      ? await kube.patch(SECRETS, KEY, { type: 'merge', body })
      : await kube.create(SECRETS, KEY.namespace, body);
    watched.version = versionText(written);
  };
  const reader = new SecretReader({ kube, lookup: noObjects, versionOf: () => watched.version });
  const read = async (signal = new AbortController().signal) =>
    (await reader.read(provider, signal)).credentials.secretAccessKey.reveal();
  const reads = () => cluster.requests.filter(({ verb, path }) => verb === 'get' && path.includes('/secrets/')).length;
  return { write, read, reads, watched, forget: () => reader.forget(KEY) };
}

test('a crowd of passes reads each version of a Secret once', async (t) => {
  const { write, read, reads } = await secretWorld(t);
  await write('first-secret');
  let before = reads();
  const crowd = () => Promise.all(Array.from({ length: 20 }, () => read()));
  assert.deepEqual(new Set(await crowd()), new Set(['first-secret']));
  assert.equal(reads() - before, 1);
  await crowd();
  assert.equal(reads() - before, 1, 'what stands is not read again');
  await write('second-secret');
  before = reads();
  assert.deepEqual(new Set(await crowd()), new Set(['second-secret']));
  assert.equal(reads() - before, 1);
});

test('a reader that is cancelled fails nobody else', async (t) => {
  const { write, read } = await secretWorld(t);
  await write('first-secret');
  const stop = new AbortController();
  const cancelled = assert.rejects(read(stop.signal));
  const other = read();
  stop.abort();
  await cancelled;
  assert.equal(await other, 'first-secret');
});

test('a Secret that is not watched yet is read anew each time', async (t) => {
  const { write, read, reads, watched } = await secretWorld(t);
  await write('first-secret');
  watched.version = undefined;
  const before = reads();
  await read();
  await read();
  assert.ok(reads() - before >= 2);
});

test('what was read of a Secret that nobody names any more is dropped', async (t) => {
  const { write, read, reads, forget } = await secretWorld(t);
  await write('first-secret');
  await read();
  const before = reads();
  await read();
  assert.equal(reads() - before, 0);
  forget();
  await read();
  assert.equal(reads() - before, 1);
});
