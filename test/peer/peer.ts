import type { TestContext } from 'node:test';
import { IAMClient } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { providerSecret } from '../support/account.ts';
import { provider } from '../support/builders.ts';
import { startWorld, type World } from '../support/world.ts';

/** An S3, IAM and STS server that we did not write; `npm run test:peer` starts it. */
const url = process.env['TEST_PEER_URL'];
/** Any are taken. */
export const peerKeys = { accessKeyId: 'peer-access-key', secretAccessKey: 'peer-secret-key' };
const clientOptions = { region: 'us-west-2', endpoint: url ?? 'http://127.0.0.1:1', credentials: peerKeys };

/** Of every test here: without the server it is skipped. */
export const peerOptions = url === undefined ? { skip: 'TEST_PEER_URL is not set: npm run test:peer' } : {};
/** Somebody who works on the server past the operator. */
export const peerS3 = new S3Client({ ...clientOptions, forcePathStyle: true });
/** The same for its identities. */
export const peerIam = new IAMClient({ ...clientOptions, region: 'us-east-1' });
/** Where the server is. */
export const peerUrl = clientOptions.endpoint;

/** A world whose Provider `wasabi` leads to that server. */
export async function peerWorld(t: TestContext): Promise<World> {
  const { host } = new URL(peerUrl);
  const world = await startWorld(t, { hasProvider: false, flags: [`--allowed-endpoints=http://${host}`] });
  await world.apply(providerSecret('wasabi-credentials', peerKeys));
  const endpoints = { endpoint: peerUrl, iamEndpoint: peerUrl, stsEndpoint: peerUrl };
  await world.apply(provider('wasabi', { type: 's3', region: 'us-west-2', ...endpoints }));
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  return world;
}
