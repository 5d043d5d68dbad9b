import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessKey } from '../src/api/access-key.ts';
import { makeStack } from './support/children.ts';
import { until } from './support/cluster.ts';
import { pairIn, secretOf } from './support/keys.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

const { startWorld } = shareCluster();

async function textsIn(world: World, name: string): Promise<Readonly<Record<string, string>>> {
  const entries = Object.entries((await secretOf(world, name))?.data ?? {});
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));
}

test('autoManage: outputs and restart reach the key of the Bucket, follow edits, and go when they are taken out', async (t) => {
  const world = await startWorld(t);
  await makeStack(world, 'logs');
  const restart = [{ kind: 'Deployment', name: 'web' }];
  const outputs = [{ name: 'logs-env', preset: 'aws-env' }];
  await world.patch('Bucket', 'logs', { spec: { autoManage: { outputs, restart } } });
  await until('the output', async () => (await secretOf(world, 'logs-env')) !== undefined);
  await world.settle();
  const texts = await textsIn(world, 'logs-env');
  const { accessKeyId } = await pairIn(world, 'logs-accesskey-credentials');
  assert.deepEqual([texts['AWS_ACCESS_KEY_ID'], texts['BUCKET']], [accessKeyId, 'logs']);
  const key = await world.get<AccessKey>('AccessKey', 'logs-accesskey');
  assert.deepEqual(key?.spec.restart, restart);
  await world.reaches('Bucket', 'logs', 'Ready', 'True');
  const writes = world.kubeWrites().length;
  await world.resync();
  assert.deepEqual(world.kubeWrites().slice(writes), []);
  await world.patch('Bucket', 'logs', { spec: { autoManage: { outputs: null, restart: null } } });
  await until('it is gone', async () => (await secretOf(world, 'logs-env')) === undefined);
  await world.settle();
  const { spec } = (await world.get<AccessKey>('AccessKey', 'logs-accesskey')) ?? {};
  assert.deepEqual([spec?.outputs, spec?.restart], [[], []]);
  await world.expectValid('AccessKey', 'logs-accesskey');
});
