import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { EmulatorOptions } from '../src/emulator/options.ts';
import { type Emulator, startEmulator } from '../src/emulator/server.ts';
import { endpointsAt, providerSecret } from './support/account.ts';
import { inject, isPatch, kubeError } from './support/answers.ts';
import { bucket, provider, secret } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { startProxy } from './support/proxy.ts';
import { scrape } from './support/scrape.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { AUTHORITIES } from './support/tls-authorities.ts';
import { startTlsFront } from './support/tls-front.ts';
import { endpointsOf, openWorld, type World } from './support/world.ts';

const shared = shareCluster();
const ACCEPT = 's3.cloud37.dev/accept-account';
const rateLimit = { requestsPerSecond: 1_000 };

async function startService(t: TestContext, options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startEmulator(options);
  t.after(() => emulator.stop());
  return emulator;
}

/** A world without a Provider, whose operator may call those ports by names under `.localhost`. */
async function startWorldBefore(t: TestContext, emulator: Emulator, allowed: readonly string[]): Promise<World> {
  const flags = ['--drift-check-interval-seconds=0', `--allowed-endpoints=${allowed.join(',')}`];
  const world = await openWorld({ cluster: shared.cluster, emulator }, { hasProvider: false, flags });
  t.after(() => world.close());
  await world.apply(providerSecret('wasabi-credentials', emulator.account));
  return world;
}

/** A Provider of a server of which nothing is known but its endpoints. */
function anyServer(port: number) {
  return provider('wasabi', { type: 's3', ...endpointsAt(port), iamRegion: 'us-east-1', rateLimit });
}

function request(world: World, kind: string, name: string, when: string): Promise<unknown> {
  return world.patch(kind, name, { metadata: { annotations: { 's3.cloud37.dev/reconcile-requested-at': when } } });
}

test('a server with a private CA is called with the CA of the Provider, and a new CA needs no restart', async (t) => {
  const { first, second } = AUTHORITIES;
  const emulator = await startService(t);
  const front = await startTlsFront(t, emulator.port, first);
  const world = await startWorldBefore(t, emulator, [`*.localhost:${front.port}`]);
  await world.apply(provider('wasabi', { ...endpointsAt(front.port, { protocol: 'https' }), rateLimit }));
  await world.apply(bucket('secured'));
  await world.reaches('Provider', 'wasabi', 'Synced', 'TLSVerificationFailed');
  await world.reaches('Provider', 'wasabi', 'Ready', 'False');
  await world.reaches('Provider', 'wasabi', 'EndpointReachable', 'TLSVerificationFailed');
  const { message = '' } = (await world.condition('Provider', 'wasabi', 'Synced')) ?? {};
  assert.match(message, /certificate of the endpoint could not be verified; correct spec\.tls\.caCertSecretRef/);
  await world.reaches('Bucket', 'secured', 'Synced', 'ProviderNotReady');
  await world.expectValid('Provider', 'wasabi');
  assert.equal(emulator.calls.length, 0, 'no request, and no signature, reaches a server that is not known');

  const putCa = (ca: string) => world.apply(secret('private-ca', { 'ca.crt': ca }));
  await world.patch('Provider', 'wasabi', { spec: { tls: { caCertSecretRef: { name: 'private-ca' } } } });
  await world.reaches('Provider', 'wasabi', 'Synced', 'SecretNotFound');
  await putCa('not a certificate');
  await world.reaches('Provider', 'wasabi', 'Synced', 'SecretInvalid');
  await putCa(second.ca);
  await world.reaches('Provider', 'wasabi', 'Synced', 'TLSVerificationFailed');
  await putCa(first.ca);
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  await world.reaches('Bucket', 'secured', 'Ready', 'True');
  const endpoint = new URL(endpointsAt(front.port, { protocol: 'https' }).endpoint).hostname;
  const ends = [first.ca, first.cert].map((pem) => Date.parse(new X509Certificate(pem).validTo) / 1_000);
  const told = (await scrape(world)).of('certificateEnds', { endpoint }).map(({ value }) => value);
  assert.deepEqual(told, [Math.min(...ends)], 'the first that ends of the chain');

  await world.settle();
  front.present(second);
  await request(world, 'Bucket', 'secured', '1');
  await world.reaches('Bucket', 'secured', 'Synced', 'TLSVerificationFailed');
  await world.reaches('Bucket', 'secured', 'Ready', 'True');
  await request(world, 'Provider', 'wasabi', '1');
  await world.reaches('Provider', 'wasabi', 'Synced', 'TLSVerificationFailed');
  await world.expectValid('Provider', 'wasabi');
  await putCa(`${first.ca}${second.ca}`);
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  await world.reaches('Bucket', 'secured', 'Synced', 'True');

  await world.settle();
  front.present(first);
  await world.patch('Bucket', 'secured', { spec: { versioning: { enabled: true } } });
  await world.reaches('Bucket', 'secured', 'Ready', 'True');
  assert.equal((await world.condition('Provider', 'wasabi', 'Ready'))?.status, 'True', 'both CAs were trusted');
});

test('the same account id at another server is another account, from the edit of the endpoint on', async (t) => {
  const here = await startService(t);
  const { accountId, accessKeyId, secretAccessKey } = here.account;
  const there = await startService(t, { account: { accountId, accessKeyId, secretAccessKey } });
  const world = await startWorldBefore(
    t,
    here,
    [here, there].map(({ port }) => `http://*.localhost:${port}`),
  );
  await world.apply(anyServer(here.port));
  await world.apply(bucket('kept', { deletionPolicy: 'Delete' }));
  await world.reaches('Bucket', 'kept', 'Ready', 'True');
  await world.settle();

  const isVerdict = (call: Parameters<typeof isPatch>[0]) => isPatch(call, 'wasabi', 'status');
  const fault = inject(world.operator.kube, isVerdict, kubeError(500, 'InternalError'));
  await world.patch('Provider', 'wasabi', { spec: endpointsAt(there.port) });
  await until('the Provider would say so', () => Promise.resolve(fault.hits.length > 0));
  await world.apply(bucket('fresh'));
  await world.reaches('Bucket', 'fresh', 'Synced', 'AccountChanged');
  const { message: next = '' } = (await world.condition('Bucket', 'fresh', 'Synced')) ?? {};
  assert.match(next, /: put the old endpoint back, or consent to the new one as the conditions of the Provider say$/);
  await world.delete('Bucket', 'kept');
  await world.reaches('Bucket', 'kept', 'DeletionBlocked', 'AccountChanged');
  fault.end();
  await world.elapse(60_000);
  await world.reaches('Provider', 'wasabi', 'Stalled', 'AccountChanged');
  await world.reaches('Provider', 'wasabi', 'Ready', 'False');
  const { message = '' } = (await world.condition('Provider', 'wasabi', 'Stalled')) ?? {};
  assert.ok(message.includes(`${ACCEPT} to ${accountId}@s3.eu-central-2.localhost:${there.port}`), message);
  await world.elapse(120_000);
  assert.deepEqual(
    there.calls.filter(({ bucket: name }) => name !== undefined && name !== '').map(({ operation }) => operation),
    [],
    'no call for a bucket',
  );
  assert.notEqual(await world.get('Bucket', 'kept'), undefined, 'not found there says nothing of here');
  await world.expectValid('Provider', 'wasabi');

  await world.patch('Provider', 'wasabi', { spec: endpointsAt(here.port) });
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  await world.gone('Bucket', 'kept');
  await world.reaches('Bucket', 'fresh', 'Ready', 'True');
  assert.deepEqual([...here.state.buckets.keys()], ['fresh']);
});

test('one server under another name goes on after one consent, of the Provider', async (t) => {
  const emulator = await startService(t);
  const alias = await startProxy({ url: `http://127.0.0.1:${emulator.port}` });
  t.after(() => alias.stop());
  const world = await startWorldBefore(
    t,
    emulator,
    [emulator, alias].map(({ port }) => `http://*.localhost:${port}`),
  );
  await world.apply(anyServer(emulator.port));
  await world.apply(bucket('moving'));
  await world.reaches('Bucket', 'moving', 'Ready', 'True');
  const { accountId } = emulator.account;
  const annotate = (value: string) =>
    world.patch('Provider', 'wasabi', { metadata: { annotations: { [ACCEPT]: value } } });

  await world.patch('Provider', 'wasabi', { spec: endpointsAt(alias.port) });
  await world.reaches('Provider', 'wasabi', 'Stalled', 'AccountChanged');
  await annotate(accountId);
  await world.settle();
  await world.reaches('Provider', 'wasabi', 'Stalled', 'AccountChanged');
  await annotate(`${accountId}@s3.eu-central-2.localhost:${alias.port}`);
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  await world.patch('Bucket', 'moving', { spec: { versioning: { enabled: true } } });
  await world.reaches('Bucket', 'moving', 'Synced', 'True');
  assert.equal(emulator.state.buckets.get('moving')?.versioning, 'Enabled');
  assert.equal((await world.get('Bucket', 'moving'))?.status?.target?.accountId, accountId);
});

test('a Provider may move to another region of its service without a word', async (t) => {
  const world = await shared.startWorld(t, { flags: ['--drift-check-interval-seconds=0'] });
  await world.apply(bucket('stays', { region: 'eu-central-2' }));
  await world.reaches('Bucket', 'stays', 'Ready', 'True');
  await world.patch('Provider', 'wasabi', { spec: { ...endpointsOf(world, 'us-west-1'), region: 'us-west-1' } });
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  await request(world, 'Bucket', 'stays', '1');
  await world.settle();
  await world.reaches('Bucket', 'stays', 'Synced', 'True');
  await world.reaches('Provider', 'wasabi', 'Synced', 'True');
});

test('a signature for another region than that of IAM names spec.iamRegion', async (t) => {
  const world = await shared.startWorld(t, { hasProvider: false });
  await world.apply(providerSecret('wasabi-credentials', world.keys));
  await world.apply(provider('wasabi', { ...endpointsOf(world), iamRegion: 'eu-central-2' }));
  await world.reaches('Provider', 'wasabi', 'Stalled', 'WrongRegion');
  const { message = '' } = (await world.condition('Provider', 'wasabi', 'Stalled')) ?? {};
  assert.match(message, /IAM GetUser .*signed for region "eu-central-2".*correct spec\.iamRegion of the Provider/);
  await world.patch('Provider', 'wasabi', { spec: { iamRegion: 'us-east-1' } });
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
});
