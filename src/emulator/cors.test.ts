import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  CreateBucketCommand,
  DeleteBucketCorsCommand,
  GetBucketCorsCommand,
  PutBucketCorsCommand,
} from '@aws-sdk/client-s3';
import type { Quirks } from './quirks.ts';
import { codeOf, refusal, startLoopback } from './testing/loopback-clients.ts';

const Bucket = 'cors-bucket';

async function start(t: TestContext, quirks: Partial<Quirks> = {}) {
  const raw = await startLoopback(t, { quirks });
  const client = raw.s3();
  await client.send(new CreateBucketCommand({ Bucket }));
  return { raw, client };
}

const corsRules = [
  {
    ID: 'one',
    AllowedMethods: ['GET', 'PUT'],
    AllowedOrigins: ['https://*.example'],
    AllowedHeaders: ['x-a'],
    ExposeHeaders: ['etag'],
    MaxAgeSeconds: 60,
  },
];

test('W18 a browser is let in everywhere: on success, on errors, and by preflights without a signature', async (t) => {
  const { raw } = await start(t);
  const open = {
    'access-control-allow-origin': '*',
    'access-control-allow-headers': '*',
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE, MOVE, OPTIONS',
    'access-control-expose-headers': '*',
    'access-control-max-age': '86400',
  };
  const headers = { origin: 'https://page.example' };
  for (const method of ['OPTIONS', 'GET', 'PUT']) {
    const answer = await raw.raw({ method, path: `/${Bucket}/key`, headers });
    assert.equal(answer.status, method === 'OPTIONS' ? 200 : 403);
    for (const [name, value] of Object.entries(open)) assert.equal(answer.headers[name], value, `${method} ${name}`);
  }
  const plain = await raw.raw({ path: `/${Bucket}` });
  assert.equal(plain.headers['access-control-allow-origin'], undefined);
});

test('W19 with the switch rules take the place of the open default until they are deleted', async (t) => {
  const { client, raw } = await start(t, { cors: 'accepted' });
  const allowed = async (origin: string, method = 'GET') => {
    const headers = { origin, 'access-control-request-method': method };
    const answer = await raw.raw({ method: 'OPTIONS', path: `/${Bucket}/key`, headers });
    return answer.headers['access-control-allow-origin'];
  };
  assert.equal(await refusal(client.send(new GetBucketCorsCommand({ Bucket }))), '404 NoSuchCORSConfiguration');
  await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: corsRules } }));
  assert.deepEqual((await client.send(new GetBucketCorsCommand({ Bucket }))).CORSRules, corsRules);
  assert.equal(await allowed('https://a.example'), 'https://a.example');
  assert.equal(await allowed('https://a.example', 'DELETE'), undefined);
  assert.equal(await allowed('https://other'), undefined);
  const { headers } = await raw.raw({ path: `/${Bucket}/key`, headers: { origin: 'https://a.example' } });
  assert.deepEqual(
    [
      headers['access-control-allow-headers'],
      headers['access-control-expose-headers'],
      headers['access-control-max-age'],
    ],
    ['x-a', 'etag', '60'],
  );
  const anyone = [{ AllowedMethods: ['GET'], AllowedOrigins: ['*'] }];
  await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: anyone } }));
  assert.equal(await allowed('https://other'), '*');
  await client.send(new DeleteBucketCorsCommand({ Bucket }));
  assert.equal(await allowed('https://other', 'DELETE'), '*');
});

test('W19 a preflight that the rules of the bucket do not let in is AccessForbidden', async (t) => {
  const { client, raw } = await start(t, { cors: 'accepted' });
  await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: corsRules } }));
  const preflight = (more: Readonly<Record<string, string>>) => {
    const headers = { origin: 'https://a.example', 'access-control-request-method': 'GET', ...more };
    return raw.raw({ method: 'OPTIONS', path: `/${Bucket}/key`, headers });
  };
  const allowed = await preflight({ 'access-control-request-headers': 'X-A' });
  assert.equal(allowed.status, 200);
  assert.match(String(allowed.headers['vary']), /Origin/);
  for (const more of [
    { origin: 'https://other' },
    { 'access-control-request-method': 'DELETE' },
    { 'access-control-request-headers': 'x-a, x-b' },
  ]) {
    const answer = await preflight(more);
    assert.equal(codeOf(answer), '403 AccessForbidden', JSON.stringify(more));
    assert.equal(answer.headers['access-control-allow-origin'], undefined);
  }
});
