import assert from 'node:assert/strict';
import { Agent, request } from 'undici';
import type { Bucket } from '../../src/api/bucket.ts';
import { SECRETS } from '../../src/api/core-types.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import { bucket } from './builders.ts';
import { isWorking, keysOf } from './keys.ts';
import type { World } from './world.ts';

/** The children of the Bucket of that name, in the order of their creation. */
export function childrenOf(name: string): readonly (readonly [kind: string, name: string])[] {
  return [
    ['User', `${name}-user`],
    ['BucketPolicy', `${name}-policy`],
    ['AccessKey', `${name}-accesskey`],
  ];
}

/** The Secret of the Bucket of that name. */
export function childSecret(name: string): string {
  return `${name}-accesskey-credentials`;
}

/** Applies the Bucket with `spec.autoManage` and waits until its key works. */
export async function makeStack(
  world: World,
  name: string,
  spec: NonNullable<Parameters<typeof bucket>[1]> = {},
): Promise<void> {
  await world.apply(bucket(name, { autoManage: {}, ...spec }));
  await world.reaches('Bucket', name, 'Ready', 'True');
  await world.settle();
}

/** Those of the children and their Secret that exist. */
export async function childrenThere(world: World, name: string): Promise<readonly string[]> {
  const found: (KubeObject | undefined)[] = [];
  for (const [kind, child] of childrenOf(name)) found.push(await world.get(kind, child));
  found.push(await world.cluster.admin.get(SECRETS, world.key(childSecret(name))));
  return found.flatMap((object) => (object === undefined ? [] : [object.kind]));
}

/** What is left of the stack in the service, beside the bucket. */
export function leftInService(world: World, name: string, iamName = name): object {
  const { emulator } = world;
  const users = emulator.state.accounts.get(emulator.account.accountId)?.users;
  return {
    user: users?.has(iamName) === true,
    keys: keysOf(world, iamName).length,
    policy: emulator.state.buckets.get(name)?.policy !== undefined,
  };
}

/** The status of a Bucket. */
export async function bucketStatusOf(world: World, name: string): Promise<Bucket['status']> {
  return (await world.get<Bucket>('Bucket', name))?.status;
}

/** The children of that Bucket are there and nobody's, and their key works. */
export async function expectIndependent(world: World, name: string): Promise<void> {
  for (const [kind, child] of childrenOf(name)) {
    const { metadata } = (await world.get(kind, child)) ?? {};
    assert.ok(metadata, kind);
    assert.deepEqual([metadata.ownerReferences, metadata.deletionTimestamp], [undefined, undefined], kind);
  }
  assert.ok(await isWorking(world, childSecret(name)));
}

/** Deletes a Bucket as `kubectl delete --cascade=orphan` does. */
export async function deleteOrphaning({ cluster, namespace }: World, name: string): Promise<void> {
  const dispatcher = new Agent({ connect: cluster.ca === undefined ? {} : { ca: cluster.ca } });
  const url = `${cluster.url}/apis/s3.cloud37.dev/v1alpha1/namespaces/${namespace}/buckets/${name}`;
  const headers = { authorization: `Bearer ${cluster.adminToken}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Orphan' });
  const answer = await request(url, { method: 'DELETE', headers, body, dispatcher });
  await answer.body.dump();
  await dispatcher.close();
  if (answer.statusCode >= 300) throw new Error(`DELETE ${url}: ${answer.statusCode}`);
}
