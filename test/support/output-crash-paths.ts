import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { AccessKey, AccessKeySpecInput } from '../../src/api/access-key.ts';
import { CONFIG_MAPS, REFERENCE_GRANTS } from '../../src/api/core-types.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import { isTrue } from '../../src/managed/conditions.ts';
import { accessKey, secret } from './builders.ts';
import { until } from './cluster.ts';
import type { CrashPath } from './crash-paths.ts';
import { isWorking, keyCalls, keysOf, makeUser, pairIn, secretOf, USER } from './keys.ts';
import { annotate } from './outside.ts';
import { grant } from './reference-grants.ts';
import { deploy, restarts, workload } from './restart-targets.ts';
import type { World } from './world.ts';

/** An output as the spec has it. */
type Output = NonNullable<AccessKeySpecInput['outputs']>[number];

const PUBLISHED = 'it-credentials';
const SETTLED_MS = 90_000;
const ORIGINAL: Output = { name: 'it-original', preset: 'original' };
const CLAIM: Output = { name: 'it-claim', preset: 'obc', parameters: { bucket: 'team-data' } };
const MERGED: Output = { name: 'theirs', preset: 'aws-env', merge: true };
/** Every name that an output of these paths has. */
const NAMES = ['it-original', 'it-claim', 'it-renamed', 'theirs'];
const THERE = 'it-there';

async function statusOf(world: World): Promise<AccessKey['status']> {
  return (await world.get<AccessKey>('AccessKey', 'it'))?.status;
}

/** A key with these outputs, and a workload that is restarted when they change. */
async function begin(world: World, name: string, outputs: readonly Output[]): Promise<void> {
  await makeUser(world, name);
  await deploy(world, 'StatefulSet');
  const accept = { 's3.cloud37.dev/accept-merge': `${world.namespace}/it` };
  const theirs = secret('theirs', { password: 'text' });
  await world.apply({ ...theirs, metadata: { ...theirs.metadata, annotations: accept } });
  await world.apply(accessKey('it', USER, { outputs: [...outputs], restart: [{ kind: 'StatefulSet', name: 'web' }] }));
  await ended(world, outputs);
}

function setOutputs(world: World, outputs: readonly Output[] | null): Promise<unknown> {
  return world.patch('AccessKey', 'it', { spec: { outputs } });
}

/** The key works, these outputs and no others stand and hold it, and the workload knows what they hold. */
function ended(
  world: World,
  outputs: readonly Output[],
  isSo: () => boolean | Promise<boolean> = () => true,
): Promise<void> {
  const isEnded = async () => {
    const status = await statusOf(world);
    const isSettled =
      ['Ready', 'Synced'].every((type) => isTrue(status?.conditions, type)) && status?.mint === undefined;
    if (!isSettled || !(await isWorking(world, PUBLISHED))) return false;
    const recorded = new Set((status?.outputs ?? []).map((output) => output.name));
    if (!isDeepStrictEqual([...recorded].sort(), outputs.map((output) => output.name).sort())) return false;
    const holders = await Promise.all(outputs.map((output) => holdsKey(world, output.name, output.namespace)));
    return holders.every(Boolean) && (await isSo());
  };
  return until('the outputs stand', isEnded, SETTLED_MS);
}

/** Whether any value of that Secret holds the text of the published key. */
async function holdsKey(world: World, name: string, namespace?: string): Promise<boolean> {
  const { secretAccessKey } = await pairIn(world, PUBLISHED);
  const { data = {} } = (await secretOf(world, name, namespace)) ?? {};
  const texts = Object.values(data).map((value) => Buffer.from(value, 'base64').toString('utf8'));
  return secretAccessKey !== '' && texts.some((text) => text.includes(secretAccessKey));
}

/** The outputs and the workload: what stands there, whether it holds the key, and how often the workload was restarted. */
async function also(world: World): Promise<object> {
  const [neighbour] = world.neighbours;
  const places = [...NAMES.map((name) => [name, undefined] as const), [THERE, neighbour] as const];
  const found: Record<string, unknown> = {};
  for (const [name, namespace] of places) {
    const standing = await secretOf(world, name, namespace);
    const configMap = await world.cluster.admin.get<KubeObject & { readonly data?: Readonly<Record<string, string>> }>(
      CONFIG_MAPS,
      world.key(name, namespace),
    );
    found[name] = {
      secret: standing === undefined ? null : { keys: Object.keys(standing.data ?? {}).sort(), ...marksOf(standing) },
      holdsKey: await holdsKey(world, name, namespace),
      configMap: configMap === undefined ? null : { bucket: configMap.data?.['BUCKET_NAME'], ...marksOf(configMap) },
    };
  }
  const { metadata } = await workload(world);
  const noted = JSON.parse(metadata.annotations?.['s3.cloud37.dev/key-content'] ?? '{}') as object; // the operator's own
  return { found, noted: Object.keys(noted).sort(), restarts: (await restarts(world)).times };
}

function marksOf({ metadata }: KubeObject): object {
  const { annotations = {}, labels = {}, ownerReferences = [] } = metadata;
  return { annotations: Object.keys(annotations).sort(), labels, owners: ownerReferences.map(({ kind }) => kind) };
}

async function hasRestarted(world: World, times: number): Promise<boolean> {
  return (await restarts(world)).times === times;
}

async function notes(world: World, name: string): Promise<boolean> {
  return (await workload(world)).metadata.annotations?.['s3.cloud37.dev/key-content']?.includes(name) === true;
}

async function hasRotated(world: World): Promise<boolean> {
  const status = await statusOf(world);
  return status?.lastHandledRotateAt === 'one' && status.rotation?.step === 'Retaining';
}

async function mayWriteThere(world: World): Promise<string> {
  const [neighbour] = world.neighbours;
  assert.ok(neighbour);
  const to = { group: '', kind: 'Secret', name: THERE };
  const from = { kind: 'AccessKey', namespace: world.namespace };
  await world.cluster.admin.create(REFERENCE_GRANTS, neighbour, grant('keys', from, to));
  return neighbour;
}

function there(world: World): Output {
  return { name: THERE, namespace: world.neighbours[0] ?? '', preset: 'original' };
}

const both = [ORIGINAL, CLAIM];
const objects = [
  ['AccessKey', 'it'],
  ['Secret', PUBLISHED],
  ['User', USER],
] as const;

/** Paths that the definition of ReferenceGrants takes part in: it would stay on a cluster that others use. */
const acrossNamespaces: readonly Omit<CrashPath, 'service' | 'objects'>[] = [
  {
    title: 'write an output in another namespace',
    hasNeighbour: true,
    begin: async (world, name) => {
      await mayWriteThere(world);
      await begin(world, name, both);
    },
    act: (world) => setOutputs(world, [...both, there(world)]),
    ended: (world) => ended(world, [...both, there(world)]),
  },
  {
    title: 'rotate a key with an output in another namespace, and take that out',
    hasNeighbour: true,
    begin: async (world, name) => {
      await mayWriteThere(world);
      await begin(world, name, [there(world)]);
    },
    act: async (world) => {
      await setOutputs(world, both);
      await annotate(world, 'AccessKey', 'it', { 's3.cloud37.dev/rotate-requested-at': 'one' });
    },
    ended: (world) => ended(world, both, async () => (await hasRotated(world)) && (await hasRestarted(world, 1))),
  },
];

/** Every path of outputs and restarts that changes something. */
export const outputCrashPaths: readonly CrashPath[] = (
  [
    {
      title: 'rotate a key with outputs and a workload to restart',
      begin: (world, name) => begin(world, name, [...both, MERGED]),
      act: (world) => annotate(world, 'AccessKey', 'it', { 's3.cloud37.dev/rotate-requested-at': 'one' }),
      ended: (world) =>
        ended(world, [...both, MERGED], async () => (await hasRotated(world)) && (await hasRestarted(world, 1))),
    },
    {
      title: 'replace a key with outputs after the Secret was deleted',
      begin: (world, name) => begin(world, name, both),
      act: (world) => world.delete('Secret', PUBLISHED),
      ended: (world, name) =>
        ended(
          world,
          both,
          async () => keysOf(world, name).length === 1 && keyCalls(world).creates > 1 && (await hasRestarted(world, 1)),
        ),
    },
    {
      title: 'change what an output holds, and the type of another one',
      begin: (world, name) => begin(world, name, both),
      act: (world) =>
        setOutputs(world, [
          { ...ORIGINAL, type: 'example.com/key' },
          { ...CLAIM, parameters: { bucket: 'other-data' } },
        ]),
      ended: (world) => ended(world, both, () => hasRestarted(world, 1)),
    },
    {
      title: 'rename an output',
      begin: (world, name) => begin(world, name, both),
      act: (world) => setOutputs(world, [{ ...ORIGINAL, name: 'it-renamed' }, CLAIM]),
      ended: (world) => ended(world, [{ ...ORIGINAL, name: 'it-renamed' }, CLAIM], () => notes(world, 'it-renamed')),
    },
    {
      title: 'take all outputs out',
      begin: (world, name) => begin(world, name, [...both, MERGED]),
      act: (world) => setOutputs(world, null),
      ended: (world) => ended(world, []),
    },
    {
      title: 'merge into a Secret of somebody else',
      begin: (world, name) => begin(world, name, [ORIGINAL]),
      act: (world) => setOutputs(world, [ORIGINAL, MERGED]),
      ended: (world) => ended(world, [ORIGINAL, MERGED], () => notes(world, 'theirs')),
    },
    {
      title: 'take a merge out',
      begin: (world, name) => begin(world, name, [ORIGINAL, MERGED]),
      act: (world) => setOutputs(world, [ORIGINAL]),
      ended: (world) => ended(world, [ORIGINAL]),
    },
    {
      title: 'delete a key with outputs',
      begin: (world, name) => begin(world, name, [...both, MERGED]),
      act: (world) => world.delete('AccessKey', 'it'),
      ended: (world) => world.gone('AccessKey', 'it'),
    },
    {
      title: 'delete a key with outputs under Retain',
      begin: async (world, name) => {
        await begin(world, name, [...both, MERGED]);
        await world.patch('AccessKey', 'it', { spec: { deletionPolicy: 'Retain' } });
        await world.reaches('AccessKey', 'it', 'Synced', 'True');
      },
      act: (world) => world.delete('AccessKey', 'it'),
      ended: (world) => world.gone('AccessKey', 'it'),
    },
    ...(process.env['TEST_CLUSTER'] === undefined ? acrossNamespaces : []),
  ] satisfies readonly Omit<CrashPath, 'service' | 'objects'>[]
).map((path) => ({ ...path, service: 'wasabi', objects, losesCalls: true, also }));
