import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { KeyOutput } from '../../src/api/key-outputs.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import { bucketPolicy, secret } from '../support/builders.ts';
import { bucketStatusOf, childSecret, makeStack } from '../support/children.ts';
import { startTestCluster, until } from '../support/cluster.ts';
import { keysOf, pairIn, secretOf } from '../support/keys.ts';
import { AUTHORITIES } from '../support/tls-authorities.ts';
import { startTlsFront } from '../support/tls-front.ts';
import { applyProvider, openWorld, type World } from '../support/world.ts';
import { CONSUMERS, type Consumer } from './consumers.ts';
import { Pod } from './pod.ts';
import { missing, versionOf } from './programs.ts';

/**
 * Programs that we did not write store and fetch with nothing but the Secret that the operator delivered, before and after
 * its key was replaced.
 */

const REGION = 'eu-central-2';
const BUCKET = 'team-a-data';
const OUTPUT = 'consumer';
/** More than the size from which the AWS programs upload in parts. */
const CONTENT_BYTES = 9 * 1024 * 1024;

/** A world over HTTPS, by addresses instead of names: not every resolver knows `*.localhost`. */
async function addressWorld(t: TestContext): Promise<{ world: World; endpoint: string }> {
  const cluster = await startTestCluster();
  const emulator = await startEmulator({ regionPorts: { [REGION]: 0 } });
  const [s3, iam] = await Promise.all(
    [emulator.regionPorts[REGION] ?? 0, emulator.port].map((port) => startTlsFront(t, port, AUTHORITIES.address)),
  );
  const endpoint = `https://127.0.0.1:${s3?.port}`;
  const iamEndpoint = `https://127.0.0.1:${iam?.port}`;
  const flags = [`--allowed-endpoints=${endpoint},${iamEndpoint}`];
  const opening = openWorld({ cluster, emulator }, { flags, hasProvider: false });
  t.after(async () => {
    await (await opening.catch(() => undefined))?.close();
    await emulator.stop();
    await cluster.stop();
  });
  const world = await opening;
  await world.apply(secret('private-ca', { 'ca.crt': AUTHORITIES.address.ca }));
  const tls = { caCertSecretRef: { name: 'private-ca' } };
  await applyProvider(world, { endpoint, iamEndpoint, stsEndpoint: iamEndpoint, tls });
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  await world.settle();
  return { world, endpoint };
}

/** The Bucket `data` with a user that may read and write it, whose key stands in that output. */
async function deliver(world: World, { output, before, actions }: Consumer): Promise<void> {
  if (before !== undefined) {
    const { metadata, ...rest } = secret(OUTPUT, before);
    const annotations = { 's3.cloud37.dev/accept-merge': `${world.namespace}/data-accesskey` };
    await world.apply({ ...rest, metadata: { ...metadata, annotations } });
  }
  const outputs: KeyOutput[] = [{ ...output, name: OUTPUT }];
  await makeStack(world, 'data', { name: BUCKET, autoManage: { outputs } });
  if (actions === undefined) return;
  const user = { kind: 'User', name: 'data-user' } as const;
  const statement = { effect: 'Allow', action: actions, resource: `arn:aws:s3:::${BUCKET}/*`, principalRefs: [user] };
  await world.apply(bucketPolicy('more', 'data', { statement: [statement] }));
  await world.reaches('BucketPolicy', 'more', 'Ready', 'True');
  await world.settle();
}

/** What anybody but the operator called since then. */
function callsSince({ emulator }: World, from: number) {
  return emulator.calls.slice(from).filter(({ userAgent }) => !userAgent.startsWith('wasabi-s3-operator'));
}

async function keyId(world: World): Promise<string> {
  return (await pairIn(world, childSecret('data'))).accessKeyId;
}

/** Asks for another key and waits until it is delivered. */
async function rotate(world: World, when: string): Promise<void> {
  const before = await keyId(world);
  await world.patch('Bucket', 'data', { metadata: { annotations: { 's3.cloud37.dev/rotate-requested-at': when } } });
  await until(`the request ${when} is done`, async () => {
    const isHandled = (await bucketStatusOf(world, 'data'))?.lastHandledRotateAt === when;
    return isHandled && (await keyId(world)) !== before;
  });
  await world.settle();
}

for (const consumer of CONSUMERS) {
  const { title, program, use, trust, env } = consumer;
  const version = versionOf(program);
  const skip = version === undefined && process.env['CI'] !== 'true' ? missing(program) : false;
  test(`${title}: stores, lists and fetches, whichever key the Secret holds`, { skip }, async (t) => {
    assert.ok(version !== undefined, missing(program));
    t.diagnostic(version);
    const { world, endpoint } = await addressWorld(t);
    await deliver(world, consumer);
    const authority = join(mkdtempSync(join(tmpdir(), 'authority-')), 'ca.crt');
    t.after(() => rmSync(dirname(authority), { recursive: true }));
    writeFileSync(authority, AUTHORITIES.address.ca);

    /** A container that starts now. */
    const startPod = async (): Promise<Pod> => {
      const found = await secretOf(world, OUTPUT);
      assert.ok(found);
      return new Pod(t, found, use, { [trust]: authority, ...env?.(endpoint) });
    };
    /** What comes back is what was stored, and every call was signed with that key. */
    const works = async (pod: Pod, name: string, id: string): Promise<void> => {
      const content = randomBytes(CONTENT_BYTES);
      const target = `${pod.folder}/${name}.fetched`;
      const source = pod.write(name, content);
      const from = world.emulator.calls.length;
      await consumer.work({ pod, bucket: BUCKET, name, source, target });
      assert.ok(pod.read(target).equals(content), 'another content came back');
      const calls = callsSince(world, from);
      assert.deepEqual([...new Set(calls.map(({ accessKeyId }) => accessKeyId))], [id]);
      assert.deepEqual(
        calls.filter(({ status }) => status === 403),
        [],
        'the rights of the user are enough',
      );
    };

    const first = await startPod();
    const firstId = await keyId(world);
    await consumer.prepare?.(first);
    await works(first, 'first', firstId);

    await rotate(world, 'one');
    const second = await startPod();
    await works(second, 'second', await keyId(world));
    await works(first, 'still-first', firstId); // nobody restarted it: the previous key lives on

    // Without a retention the next request revokes the key that the last one had replaced.
    const rotation = { previousKeysRetentionDays: 0 };
    await world.patch('Bucket', 'data', { spec: { autoManage: { rotation } } });
    await rotate(world, 'two');
    assert.ok(!keysOf(world, BUCKET).some(({ accessKeyId }) => accessKeyId === firstId), 'the retired key is revoked');
    await works(await startPod(), 'third', await keyId(world));
    const from = world.emulator.calls.length;
    await assert.rejects(works(first, 'too-late', firstId), 'who did not read the Secret again is shut out');
    const refused = callsSince(world, from).find(({ accessKeyId }) => accessKeyId === firstId);
    assert.equal(refused?.code, 'InvalidAccessKeyId');
  });
}
