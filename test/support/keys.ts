import type { TestContext } from 'node:test';
import type { AccessKey } from '../../src/api/access-key.ts';
import { SECRETS } from '../../src/api/core-types.ts';
import { addAccessKey, type AccessKey as ServiceKey } from '../../src/emulator/accounts.ts';
import { startEmulator } from '../../src/emulator/server.ts';
import type { SecretObject } from '../../src/kinds/provider-secrets.ts';
import type { KeyPair } from './account.ts';
import { accessKey, user } from './builders.ts';
import { startTestCluster, type TestCluster, until } from './cluster.ts';
import { watchKeys } from './most-keys.ts';
import { SkippingClock } from './skipping-clock.ts';
import { openWorld, type World, type WorldOptions } from './world.ts';

/** The User object of these tests; the IAM user has another name. */
export const USER = 'team';

/** Makes the User `team` with that IAM name, which may do everything in S3. */
export async function makeUser(world: World, iamName: string): Promise<void> {
  const policy = { statement: [{ effect: 'Allow', action: 's3:*', resource: '*' }] };
  await world.apply(user(USER, { name: iamName, policy }));
  await world.reaches('User', USER, 'Ready', 'True');
  await world.settle();
}

/** The keys of an IAM user as the service has them, oldest first. */
export function keysOf(world: World, iamName: string): readonly ServiceKey[] {
  return [...world.emulator.state.keys.values()].filter(({ userName }) => userName === iamName);
}

/** A key that somebody makes past the operator, so many milliseconds ago. */
export function addKey(world: World, iamName: string, ageMs = 0): ServiceKey {
  const { accountId } = world.emulator.account;
  return addAccessKey(world.emulator.state, { accountId, userName: iamName, createdMs: Date.now() - ageMs });
}

/** Somebody revokes a key past the operator. */
export function revokeOutside(world: World, id: string): void {
  world.emulator.state.keys.delete(id);
}

/** The Secret as it stands. */
export function secretOf(world: World, name: string, namespace?: string): Promise<SecretObject | undefined> {
  return world.cluster.admin.get<SecretObject>(SECRETS, world.key(name, namespace));
}

/** The key pair in a Secret. */
export async function pairIn(world: World, name: string, namespace?: string): Promise<KeyPair> {
  const { data = {} } = (await secretOf(world, name, namespace)) ?? {};
  const text = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString('utf8');
  return { accessKeyId: text('access-key-id'), secretAccessKey: text('secret-access-key') };
}

/** Whether the Secret holds a key that lives, with its right text. */
export async function isWorking(world: World, secretName: string): Promise<boolean> {
  const { accessKeyId, secretAccessKey } = await pairIn(world, secretName);
  const key = world.emulator.state.keys.get(accessKeyId);
  return key?.status === 'Active' && key.secretAccessKey === secretAccessKey;
}

/** Waits until the Secret holds a working key other than that one, and the object says so. */
export async function replaced(
  world: World,
  name: string,
  oldId: string,
  secretName = `${name}-credentials`,
): Promise<void> {
  await until(`${name} has another key`, async () => {
    const { accessKeyId } = await pairIn(world, secretName);
    const status = (await world.get<AccessKey>('AccessKey', name))?.status;
    return accessKeyId !== oldId && status?.accessKeyId === accessKeyId && (await isWorking(world, secretName));
  });
  await world.settle();
}

/** How often operators created and deleted a key of any user. */
export function keyCalls(world: World): { readonly creates: number; readonly deletes: number } {
  const done = world.operatorCalls().filter(({ status }) => status < 300);
  const count = (operation: string) => done.filter((call) => call.operation === operation).length;
  return { creates: count('CreateAccessKey'), deletes: count('DeleteAccessKey') };
}

/** A world whose service has a clock of its own that a test can set forward together with the operator's. */
export interface KeyWorld {
  readonly world: World;
  /** The service's. */
  readonly clock: SkippingClock;
  /** Lets so much time pass for the service and the operator. */
  readonly pass: (ms: number) => Promise<void>;
  /** The same at once: what falls due meanwhile happens once, at the end. For days, in which thousands of watches end. */
  readonly leap: (ms: number) => Promise<void>;
  /** The most keys that any user had at any instant. */
  readonly mostKeys: () => number;
  /** Every key that was ever made. */
  readonly made: readonly ServiceKey[];
  readonly close: () => Promise<void>;
}

/** Starts one on a cluster that others may use, too. */
export async function openKeyWorld(
  cluster: TestCluster,
  { emulator: emulatorOptions, ...options }: WorldOptions = {},
): Promise<KeyWorld> {
  const clock = new SkippingClock();
  const emulator = await startEmulator({ ...emulatorOptions, clock });
  const most = watchKeys(emulator);
  const world = await openWorld({ cluster, emulator }, options).catch(async (error: unknown) => {
    await emulator.stop();
    throw error;
  });
  return {
    world,
    clock,
    pass: async (ms) => {
      await clock.skip(ms);
      await world.elapse(ms);
    },
    leap: async (ms) => {
      await world.settle();
      await clock.skip(ms);
      world.operator.clock.wakeAfter(ms);
      await world.settle();
    },
    mostKeys: () => most.count,
    made: most.made,
    close: async () => {
      await world.close();
      await emulator.stop();
    },
  };
}

/** What a world with the User `team` may have of its own. */
export type KeyWorldOptions = Pick<WorldOptions, 'emulator' | 'flags'>;

/** Starts one with a cluster of its own and the User `team`; the test's end stops both. */
export async function keyWorldFor(t: TestContext, iamName: string, options: KeyWorldOptions = {}): Promise<KeyWorld> {
  const cluster = await startTestCluster();
  const opening = openKeyWorld(cluster, options);
  t.after(async () => {
    await (await opening.catch(() => undefined))?.close();
    await cluster.stop();
  });
  const keyWorld = await opening;
  await makeUser(keyWorld.world, iamName);
  return keyWorld;
}

/** The same, where the AccessKey `it` of that User is Ready, and nothing moves. */
export async function settledKey(
  t: TestContext,
  iamName: string,
  spec: Parameters<typeof accessKey>[2] = {},
  options: KeyWorldOptions = {},
): Promise<KeyWorld> {
  const keyWorld = await keyWorldFor(t, iamName, options);
  await keyWorld.world.apply(accessKey('it', USER, spec));
  await keyWorld.world.reaches('AccessKey', 'it', 'Ready', 'True');
  await keyWorld.world.settle();
  return keyWorld;
}
