import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import { test } from 'node:test';
import { ListUsersCommand } from '@aws-sdk/client-iam';
import { HeadBucketCommand, ListBucketsCommand, PutBucketTaggingCommand } from '@aws-sdk/client-s3';
import { ReconcileError } from '../runtime/errors.ts';
import { parseAllowedEndpoints } from './allowed-endpoints.ts';
import type { ResolveAll } from './guarded-lookup.ts';
import { clientOptions, poolFor, startLoopback } from './testing/loopback.ts';

/** Where hostile DNS leads: every name is this machine, or what its first label says. */
const hostileDns: ResolveAll = (hostname, callback) => {
  const label = hostname.split('.')[0] ?? '';
  const spelled = /^ip-([0-9a-f-]+)$/.exec(label)?.[1]?.replaceAll('-', hostname.startsWith('ip-fd') ? ':' : '.');
  const address = spelled ?? '127.0.0.1';
  callback(null, [{ address, family: address.includes(':') ? 6 : 4 }]);
};

/** PORT stands for a server that listens on loopback and counts. */
const hostile = [
  // names of this machine and its network, in every spelling
  'http://localhost:PORT',
  'https://localhost:PORT',
  'https://LOCALHOST:PORT',
  'https://localhost.:PORT',
  'http://127.0.0.1:PORT',
  'https://127.0.0.1:PORT',
  'https://127.1:PORT',
  'https://127.000.000.001:PORT',
  'https://2130706433:PORT',
  'https://0x7f000001:PORT',
  'https://0x7f.0.0.1:PORT',
  'https://0177.0.0.1:PORT',
  'https://017700000001:PORT',
  'https://127.0.0.1.:PORT',
  'https://0:PORT',
  'https://0.0.0.0:PORT',
  'https://[::1]:PORT',
  'https://[0:0:0:0:0:0:0:1]:PORT',
  'https://[::ffff:127.0.0.1]:PORT',
  'https://[::ffff:7f00:1]:PORT',
  'https://[64:ff9b::127.0.0.1]:PORT',
  'https://[::]:PORT',
  'https://①②⑦.⓪.⓪.①:PORT',
  'https://１２７.0.0.1:PORT',
  'https://169.254.169.254',
  'http://169.254.169.254/latest/meta-data/',
  'https://[fd00:ec2::254]',
  'https://[fe80::1]',
  'https://10.0.0.1',
  'https://172.16.0.1',
  'https://192.168.0.1',
  'https://100.64.0.1',
  'https://kubernetes.default.svc',
  'https://metadata.google.internal',
  // other schemes and other parts of a URL
  'file:///etc/passwd',
  'ftp://127.0.0.1:PORT',
  'gopher://127.0.0.1:PORT',
  'data:text/plain,x',
  'javascript:0',
  'unix:/var/run/docker.sock',
  'https://s3.wasabisys.com@127.0.0.1:PORT',
  'https://127.0.0.1:PORT@s3.wasabisys.com',
  'https://user:pass@s3.wasabisys.com',
  'https://s3.wasabisys.com:PORT',
  'https://s3.wasabisys.com:PORT/',
  'https://127.0.0.1:PORT#.wasabisys.com',
  'https://127.0.0.1:PORT?.wasabisys.com',
  'https://127.0.0.1:PORT/.wasabisys.com',
  'https://127.0.0.1:PORT\\.wasabisys.com',
  'https://s3.wasabisys.com/../..',
  'https://s3.wasabisys.com/?x',
  'https://s3.wasabisys.com/#x',
  '//127.0.0.1:PORT',
  '',
  ' ',
  'https://',
  // names that only look allowed
  'https://wasabisys.com:PORT',
  'https://evilwasabisys.com:PORT',
  'https://s3.wasabisys.com.evil.example:PORT',
  'https://s3-wasabisys.com:PORT',
  'https://s3.wasabisys.com.:PORT',
  'https://s3.wasabisys.com%00.evil.example:PORT',
  'https://s3.wasabisys.com%2eevil.example:PORT',
  'https://s3.wasabısys.com:PORT',
  'https://s3.wаsabisys.com:PORT',
  'https://xn--s3-wasabisys.com:PORT',
  'https://s3.wasabisys。com.evil.example:PORT',
  'https://s3..wasabisys.com',
  'https://.wasabisys.com',
  'http://s3.wasabisys.com',
  'http://s3.wasabisys.com:443',
  // allowed names that hostile DNS leads elsewhere
  'https://s3.wasabisys.com',
  'https://rebind.wasabisys.com',
  'https://ip-10-0-0-1.wasabisys.com',
  'https://ip-169-254-169-254.wasabisys.com',
  'https://ip-192-168-1-1.wasabisys.com',
  'https://ip-fd00--1.wasabisys.com',
  'https://ip-100-64-0-1.wasabisys.com',
  'https://ip-0-0-0-0.wasabisys.com',
];

function countConnects(): { count: () => number; stop: () => void } {
  let connects = 0;
  const hook = createHook({
    init(_id, type) {
      if (type === 'TCPCONNECTWRAP') connects += 1;
    },
  }).enable();
  return { count: () => connects, stop: () => hook.disable() };
}

test(`${hostile.length} hostile endpoints, each as S3 and as IAM endpoint: not one connection`, async (t) => {
  assert.ok(hostile.length >= 60);
  const server = await startLoopback(t, () => ({ status: 200 }));
  const pool = poolFor(server, { allowed: parseAllowedEndpoints(['*.wasabisys.com']), resolve: hostileDns });
  const signal = new AbortController().signal;
  const connects = countConnects();
  t.after(connects.stop);
  for (const text of hostile) {
    const endpoint = text.replace('PORT', new URL(server.url).port);
    const isRefused = (error: unknown) => error instanceof ReconcileError && error.type === 'InvalidSpec';
    const asS3 = async () =>
      pool.client(clientOptions(server, { endpoint })).s3(new HeadBucketCommand({ Bucket: 'b' }), { signal });
    await assert.rejects(asS3, isRefused, text);
    const good = { endpoint: 'https://s3.wasabisys.com', iamEndpoint: endpoint };
    const asIam = async () => pool.client(clientOptions(server, good)).iam(new ListUsersCommand({}), { signal });
    await assert.rejects(asIam, isRefused, text);
  }
  assert.equal(connects.count(), 0);
  assert.equal(server.requests.length, 0);
  await poolFor(server)
    .client(clientOptions(server))
    .s3(new HeadBucketCommand({ Bucket: 'b' }), { signal });
  assert.equal(connects.count(), 1); // the counter does count
});

test('a region out of a tenant’s spec cannot lead to another host', async (t) => {
  const server = await startLoopback(t, () => ({ status: 200 }));
  const client = poolFor(server).client(clientOptions(server));
  const signal = new AbortController().signal;
  for (const region of ['evil.example.com#', '127.0.0.1', 'a.b', 'x@y', '']) {
    await assert.rejects(client.s3(new HeadBucketCommand({ Bucket: 'b' }), { signal, region }), {
      reason: 'InvalidRegion',
    });
  }
  assert.equal(server.requests.length, 0);
});

test('a bucket in the host name (pathStyle: false) is below the allowed host', async (t) => {
  const server = await startLoopback(t, () => ({ status: 200 }));
  const client = poolFor(server).client(clientOptions(server, { pathStyle: false }));
  const command = new PutBucketTaggingCommand({ Bucket: 'my-bucket', Tagging: { TagSet: [] } });
  await client.s3(command, { signal: new AbortController().signal });
  assert.equal(server.requests[0]?.headers.host, `my-bucket.${server.host}`);
});

for (const status of [301, 302, 303, 307, 308]) {
  test(`a redirect (${status}) is not followed`, async (t) => {
    const other = await startLoopback(t, () => ({ status: 200 }));
    const server = await startLoopback(t, () => ({ status, headers: { location: other.url } }));
    const pool = poolFor(server, { allowed: parseAllowedEndpoints([server.url, other.url]) });
    const listing = pool
      .client(clientOptions(server))
      .s3(new ListBucketsCommand({}), { signal: new AbortController().signal });
    await assert.rejects(listing, { type: 'InvalidSpec', reason: 'WrongRegion' });
    assert.equal(server.requests.length, 1);
    assert.equal(other.requests.length, 0);
  });
}
