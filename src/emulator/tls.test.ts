import assert from 'node:assert/strict';
import { Agent, request } from 'node:https';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { GetUserCommand } from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListBucketsCommand,
  PutBucketLoggingCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { AUTHORITIES } from '../../test/support/tls-authorities.ts';
import { loopbackLookup } from './loopback-lookup.ts';
import { startEmulator } from './server.ts';
import { refusal, startLoopback } from './testing/loopback-clients.ts';
import { signedHeaders } from './testing/signed-request.ts';

const { first, second, address } = AUTHORITIES;
const Bucket = 'secure-bucket';

/** An emulator that speaks TLS, too, and clients that trust it, by name in eu-central-2 or by address. */
async function start(t: TestContext, tls = first) {
  const loopback = await startLoopback(t, { tls });
  const { tlsPort = 0, account } = loopback.emulator;
  const agent = new Agent({ ca: tls.ca, lookup: loopbackLookup });
  t.after(() => agent.destroy());
  const common = { credentials: account, maxAttempts: 1, requestHandler: new NodeHttpHandler({ httpsAgent: agent }) };
  const s3 = (endpoint: string, region: string) =>
    new S3Client({ ...common, endpoint, region, forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' });
  return { ...loopback, tlsPort, agent, common, s3 };
}

test('W2 S3, IAM and STS speak TLS by their names, beside plain HTTP', async (t) => {
  const { emulator, s3, common, tlsPort, iam } = await start(t);
  const client = s3(`https://s3.eu-central-2.localhost:${tlsPort}`, 'eu-central-2');
  const LocationConstraint = 'eu-central-2' as never; // a region of Wasabi's own
  await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint } }));
  assert.equal(emulator.state.buckets.get(Bucket)?.region, 'eu-central-2');
  const sts = new STSClient({ ...common, endpoint: `https://sts.localhost:${tlsPort}`, region: 'us-east-1' });
  assert.equal((await sts.send(new GetCallerIdentityCommand({}))).Account, emulator.account.accountId);
  assert.match((await iam().send(new GetUserCommand({}))).User?.Arn ?? '', /:root$/, 'plain HTTP goes on');
});

test('W2 W20 a policy that forces HTTPS lets in who comes by TLS', async (t) => {
  const { s3, tlsPort, emulator } = await start(t, address);
  const secure = s3(`https://127.0.0.1:${tlsPort}`, 'us-east-1');
  const plain = s3(`http://127.0.0.1:${emulator.port}`, 'us-east-1');
  await secure.send(new CreateBucketCommand({ Bucket }));
  await secure.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const Condition = { Bool: { 'aws:SecureTransport': 'false' } };
  const Resource = [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`];
  const statement = { Effect: 'Deny', Principal: '*', Action: 's3:*', Resource, Condition };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await secure.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  const { Body } = await secure.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  assert.equal(await Body?.transformToString(), 'x');
  assert.equal(await refusal(plain.send(new GetObjectCommand({ Bucket, Key: 'k' }))), '403 AccessDenied');
});

test('W2 W6 who comes by TLS is sent to TLS', async (t) => {
  const { emulator, agent, tlsPort } = await start(t);
  emulator.console.createBucket({ name: Bucket, region: 'us-west-1' });
  const host = `s3.eu-central-2.localhost:${tlsPort}`;
  const path = `/${Bucket}/k`;
  const headers = signedHeaders(emulator.account, { method: 'PUT', path, host, region: 'eu-central-2' });
  const answer = await new Promise<Readonly<Record<string, unknown>>>((resolve, reject) => {
    const sent = request(`https://${host}${path}`, { method: 'PUT', agent, headers }, (incoming) => {
      incoming.resume();
      resolve({ status: incoming.statusCode, location: incoming.headers.location });
    });
    sent.on('error', reject);
    sent.end();
  });
  assert.deepEqual(answer, { status: 301, location: `https://s3.us-west-1.localhost:${tlsPort}/${Bucket}/k` });
});

test('W2 W26 the access log tells protocol and cipher of TLS', async (t) => {
  const { emulator, s3, tlsPort } = await start(t, address);
  const client = s3(`https://127.0.0.1:${tlsPort}`, 'us-east-1');
  for (const name of [Bucket, 'log-bucket']) await client.send(new CreateBucketCommand({ Bucket: name }));
  const LoggingEnabled = { TargetBucket: 'log-bucket', TargetPrefix: '' };
  await client.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: { LoggingEnabled } }));
  await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const [batch] = emulator.state.accessLogs.values();
  assert.match(batch?.lines.at(-1) ?? '', / SigV4 TLS_\w+ AuthHeader 127\.0\.0\.1:\d+ TLSv1\.3 - -$/);
});

test('W2 W49 what is no TLS, or trusts another authority, ends the connection and harms nobody', async (t) => {
  const { s3, tlsPort, common } = await start(t, address);
  const bytes = ['GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', '\x16\x03\x01\x00\x05hello', '\0'.repeat(500)];
  for (const each of bytes) {
    await new Promise<void>((resolve) => {
      const socket = connect(tlsPort, '127.0.0.1', () => socket.write(each, 'latin1'));
      socket.on('data', () => undefined);
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    });
  }
  const stranger = new Agent({ ca: second.ca });
  t.after(() => stranger.destroy());
  const requestHandler = new NodeHttpHandler({ httpsAgent: stranger });
  const wrong = new S3Client({
    ...common,
    requestHandler,
    endpoint: `https://127.0.0.1:${tlsPort}`,
    region: 'us-east-1',
  });
  await assert.rejects(wrong.send(new ListBucketsCommand({})), /certificate/u);
  await s3(`https://127.0.0.1:${tlsPort}`, 'us-east-1').send(new ListBucketsCommand({}));
});

test('W2 W55 a certificate that is none fails the start and leaves no listener behind', async (t) => {
  const { emulator } = await startLoopback(t);
  await emulator.stop();
  const { port } = emulator;
  await assert.rejects(startEmulator({ port, tls: { key: 'none', cert: 'none' } }), /PEM|key|start line/iu);
  const next = await startEmulator({ port });
  await next.stop();
});
