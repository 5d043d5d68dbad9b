import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessKey, AccessKeySpecInput } from '../src/api/access-key.ts';
import type { KeyPair } from './support/account.ts';
import { isPatch } from './support/answers.ts';
import { accessKey } from './support/builders.ts';
import { type KeyWorld, keysOf, keyWorldFor, pairIn, USER } from './support/keys.ts';
import { makeOutside } from './support/outside.ts';
import type { ProxiedCall, Verdict } from './support/proxy.ts';
import { Workload } from './support/workload.ts';

/** Programs that work on while their key is replaced: not one of their requests fails. */

const IAM = 'team-iam';
const PUBLISHED = 'it-credentials';
const OUTPUT = 'it-file';
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A new key is unknown to the service for so long. */
const KEYS_MS = MINUTE;
const ROTATIONS = 3;
/** With each key, of each pod. */
const REQUESTS = 25;
const spec: Partial<AccessKeySpecInput> = {
  rotate: { enabled: true, intervalDays: 10, previousKeysRetentionDays: 2 },
  outputs: [{ name: OUTPUT, preset: 'aws-credentials-file' }],
};

function pairOf(files: Readonly<Record<string, string>>): KeyPair {
  return { accessKeyId: files['access-key-id'] ?? '', secretAccessKey: files['secret-access-key'] ?? '' };
}

function pairInFile({ credentials = '' }: Readonly<Record<string, string>>): KeyPair {
  const valueOf = (name: string) => new RegExp(`^${name} *= *(.*)$`, 'm').exec(credentials)?.[1] ?? '';
  return { accessKeyId: valueOf('aws_access_key_id'), secretAccessKey: valueOf('aws_secret_access_key') };
}

/** A pod that sees a change at once, one that sees it after as long as a kubelet may take, and one that reads a file. */
async function startPods(it: KeyWorld): Promise<Workload> {
  await makeOutside(it.world, 'team-data');
  await it.world.apply(accessKey('it', USER, spec));
  await it.world.reaches('AccessKey', 'it', 'Ready', 'KeyNotUsable');
  await it.pass(KEYS_MS);
  await it.world.reaches('AccessKey', 'it', 'Ready', 'True');
  await it.world.settle();
  const bucket = 'team-data';
  return new Workload(it, [
    { bucket, secretName: PUBLISHED, lagMs: 0, keyIn: pairOf },
    { bucket, secretName: PUBLISHED, lagMs: 90 * SECOND, keyIn: pairOf },
    { bucket, secretName: OUTPUT, lagMs: 30 * SECOND, keyIn: pairInFile },
  ]);
}

async function stepOf({ world }: KeyWorld): Promise<string | undefined> {
  return (await world.get<AccessKey>('AccessKey', 'it'))?.status?.rotation?.step;
}

/** What may happen to the operator while time passes. */
type Await = () => Promise<void>;

/** Lets time pass in steps until the rotation stands there. */
async function reach(it: KeyWorld, pods: Workload, step: string | undefined, settle: Await): Promise<void> {
  for (let tries = 0; (await stepOf(it)) !== step; tries += 1) {
    assert.ok(tries < 60, `the rotation stands at ${await stepOf(it)}, and never came to ${step}`);
    await pods.leap(20 * SECOND);
    await settle();
  }
  await pods.works(5);
}

/** One rotation from the hour in which it is due to the end of the previous key. */
async function rotateOnce(it: KeyWorld, pods: Workload, settle: Await): Promise<void> {
  const { accessKeyId: first } = await pairIn(it.world, PUBLISHED);
  await pods.works(REQUESTS);
  await pods.leap(10 * DAY);
  await settle();
  await reach(it, pods, 'Retaining', settle);
  const { accessKeyId: second } = await pairIn(it.world, PUBLISHED);
  assert.notEqual(second, first);
  for (const part of [1, 2, 3]) {
    await pods.leap(30 * SECOND + part);
    await pods.works(5);
  }
  for (const pod of pods.pods) assert.equal([...pod.done.keys()].at(-1), second);
  await pods.leap(2 * DAY);
  await settle();
  await reach(it, pods, 'Deactivated', settle);
  assert.equal(it.world.emulator.state.keys.get(first)?.status, 'Inactive');
  await pods.leap(HOUR);
  await settle();
  await reach(it, pods, undefined, settle);
  assert.deepEqual(
    keysOf(it.world, IAM).map(({ accessKeyId }) => accessKeyId),
    [second],
  );
}

async function assertUndisturbed(it: KeyWorld, pods: Workload): Promise<void> {
  await pods.works(REQUESTS);
  await pods.stop();
  const { accessKeyId: last } = await pairIn(it.world, PUBLISHED);
  for (const { done, failures } of pods.pods) {
    assert.deepEqual(failures, []);
    assert.equal(done.size, ROTATIONS + 1);
    assert.ok(
      [...done.values()].every((count) => count >= REQUESTS),
      `requests a key: ${[...done.values()].join(', ')}`,
    );
    assert.equal([...done.keys()].at(-1), last);
  }
  // Nor did the client make up for one by trying again.
  const writes = it.world.emulator.calls.filter(({ operation }) => operation === 'PutObject');
  assert.deepEqual(
    writes.filter(({ status }) => status !== 200),
    [],
  );
  await it.world.expectValid('AccessKey', 'it');
}

test('no request of a program fails through three rotations', async (t) => {
  const it = await keyWorldFor(t, IAM, { emulator: { propagation: { keysMs: KEYS_MS } } });
  const pods = await startPods(it);
  t.after(() => pods.stop());
  for (let count = 0; count < ROTATIONS; count += 1) await rotateOnce(it, pods, () => it.world.settle());
  await assertUndisturbed(it, pods);
});

/** A call at which the operator is killed. */
interface Kill {
  readonly side: 'kube' | 'wasabi';
  readonly at: (call: ProxiedCall) => boolean;
  readonly verdict: Extract<Verdict, 'cutBefore' | 'cutAfter'>;
}

function kills(side: Kill['side'], at: Kill['at'], ...verdicts: Kill['verdict'][]): readonly Kill[] {
  return verdicts.map((verdict) => ({ side, at, verdict }));
}

function isAction(action: string): Kill['at'] {
  return ({ body }) => body.includes(`Action=${action}`);
}

function isOnSecret(method: string, name: string): Kill['at'] {
  return (call) => call.method === method && call.url.split('?')[0]?.endsWith(`/secrets/${name}`) === true;
}

function isRecordOf(step: string): Kill['at'] {
  return (call) => isPatch(call, 'it', 'status') && call.body.includes(`"step":"${step}"`);
}

/** In the order of a rotation. */
const KILLS: readonly Kill[] = [
  ...kills('wasabi', isAction('CreateAccessKey'), 'cutBefore', 'cutAfter'),
  ...kills('kube', isRecordOf('Probing'), 'cutBefore', 'cutAfter'),
  ...kills('kube', isRecordOf('Switching'), 'cutBefore', 'cutAfter'),
  ...kills('kube', isOnSecret('PATCH', PUBLISHED), 'cutBefore', 'cutAfter'),
  ...kills('kube', isOnSecret('DELETE', `${PUBLISHED}-next`), 'cutBefore', 'cutAfter'),
  ...kills('kube', isOnSecret('PATCH', OUTPUT), 'cutBefore', 'cutAfter'),
  ...kills('wasabi', isAction('UpdateAccessKey'), 'cutBefore', 'cutAfter'),
  ...kills('wasabi', isAction('DeleteAccessKey'), 'cutBefore', 'cutAfter'),
];

/** Kills the operator at each of these calls, in order, and starts another one each time. */
class Killer {
  readonly #it: KeyWorld;
  #left: readonly Kill[] = [];

  constructor(it: KeyWorld) {
    this.#it = it;
  }

  arm(calls: readonly Kill[]): void {
    this.#left = calls;
    this.#armNext();
  }

  get left(): readonly Kill[] {
    return this.#left;
  }

  /** Waits until the operator settles, or one of its successors does. */
  async settle(): Promise<void> {
    const { world } = this.#it;
    const { kube, wasabi } = world.operator;
    const killed = Promise.race([kube.cut, wasabi.cut]).then(() => true);
    if (!(await Promise.race([killed, world.settle().then(() => false)]))) return;
    this.#left = this.#left.slice(1);
    await world.restart();
    this.#armNext();
    await this.settle();
  }

  #armNext(): void {
    const [next] = this.#left;
    for (const side of ['kube', 'wasabi'] as const) {
      this.#it.world.operator[side].decide((call) => (next?.side === side && next.at(call) ? next.verdict : 'pass'));
    }
  }
}

test('no request of a program fails where the operator is killed again and again on the way', async (t) => {
  const emulator = { propagation: { keysMs: KEYS_MS }, quirks: { newKeyError: 'AccessDenied' } } as const;
  const it = await keyWorldFor(t, IAM, { emulator });
  const pods = await startPods(it);
  t.after(() => pods.stop());
  const killer = new Killer(it);
  for (let count = 0; count < ROTATIONS; count += 1) {
    killer.arm(KILLS.filter((_kill, index) => index % ROTATIONS === count));
    await rotateOnce(it, pods, () => killer.settle());
    assert.deepEqual(killer.left, [], 'it was killed everywhere');
  }
  await assertUndisturbed(it, pods);
});
