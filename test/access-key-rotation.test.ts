import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessKey } from '../src/api/access-key.ts';
import { eventsAbout } from './support/answers.ts';
import { accessKey } from './support/builders.ts';
import { bucketStatusOf, childSecret, makeStack } from './support/children.ts';
import { until } from './support/cluster.ts';
import {
  addKey,
  isWorking,
  type KeyWorld,
  keyCalls,
  keysOf,
  keyWorldFor,
  pairIn,
  replaced,
  revokeOutside,
  secretOf,
  settledKey,
  USER,
} from './support/keys.ts';
import { scrape } from './support/scrape.ts';

const IAM = 'team-iam';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const PUBLISHED = 'it-credentials';
/** No drift check: what is due has to wake its object itself. */
const flags = ['--drift-check-interval-seconds=0'];
const rotate = { enabled: true, intervalDays: 10, previousKeysRetentionDays: 2 };

async function statusOf({ world }: KeyWorld): Promise<NonNullable<AccessKey['status']>> {
  const status = (await world.get<AccessKey>('AccessKey', 'it'))?.status;
  assert.ok(status);
  return status;
}

async function idIn({ world }: KeyWorld, secretName = PUBLISHED): Promise<string> {
  return (await pairIn(world, secretName)).accessKeyId;
}

async function reachesStep(keyWorld: KeyWorld, step: string | undefined): Promise<void> {
  await until(`the rotation is ${step}`, async () => (await statusOf(keyWorld)).rotation?.step === step);
  await keyWorld.world.settle();
}

function request({ world }: KeyWorld, when: string): Promise<unknown> {
  const annotations = { 's3.cloud37.dev/rotate-requested-at': when };
  return world.patch('AccessKey', 'it', { metadata: { annotations } });
}

/** Keys that are made from now on work after so long. */
function delayNewKeys({ world }: KeyWorld, ms: number): void {
  const { keys } = world.emulator.state;
  const set = Map.prototype.set.bind(keys);
  keys.set = (id, key) => {
    set(id, { ...key, effectiveMs: key.effectiveMs + ms });
    return keys;
  };
}

function reasons({ world }: KeyWorld): readonly string[] {
  return eventsAbout(world, 'AccessKey', 'it').map(({ reason }) => reason);
}

function activeKeys({ world }: KeyWorld): readonly string[] {
  return keysOf(world, IAM)
    .filter(({ status }) => status === 'Active')
    .map(({ accessKeyId }) => accessKeyId);
}

test('L58: a key is replaced when its interval is over, the previous one lives on for its retention', async (t) => {
  const it = await settledKey(t, IAM, { rotate }, { flags });
  const { world } = it;
  const first = await idIn(it);
  const { nextRotateTime, lastRotateTime } = await statusOf(it);
  assert.equal(Date.parse(nextRotateTime ?? '') - Date.parse(lastRotateTime ?? ''), 10 * DAY);

  await it.leap(10 * DAY - HOUR);
  assert.deepEqual(keyCalls(world), { creates: 1, deletes: 0 }, 'not before its time');
  await it.leap(2 * HOUR);
  await reachesStep(it, 'Retaining');
  const second = await idIn(it);
  assert.notEqual(second, first);
  assert.ok(await isWorking(world, PUBLISHED));
  assert.deepEqual(activeKeys(it), [first, second]);
  assert.equal(await idIn(it, `${PUBLISHED}-previous`), first);
  assert.equal(await secretOf(world, `${PUBLISHED}-next`), undefined);
  const status = await statusOf(it);
  assert.equal(status.accessKeyId, second);
  assert.equal(status.previousAccessKeyId, first);
  assert.equal(status.rotation?.reason, 'Due');
  assert.ok(Date.parse(status.retireTime ?? '') - Date.parse(status.lastRotateTime ?? '') <= 2 * DAY + MINUTE);
  await world.expectValid('AccessKey', 'it');
  assert.ok(reasons(it).includes('KeyRotated'));

  await it.leap(2 * DAY - 3 * HOUR);
  assert.deepEqual(activeKeys(it), [first, second], 'for its whole retention');
  await it.leap(3 * HOUR);
  await reachesStep(it, 'Deactivated');
  assert.deepEqual(activeKeys(it), [second]);
  await it.leap(HOUR + MINUTE);
  await reachesStep(it, undefined);
  assert.deepEqual(keyCalls(world), { creates: 2, deletes: 1 });
  assert.equal(keysOf(world, IAM).length, 1);
  assert.equal(await secretOf(world, `${PUBLISHED}-previous`), undefined);
  const { previousAccessKeyId, retireTime } = await statusOf(it);
  assert.deepEqual([previousAccessKeyId, retireTime], [undefined, undefined]);
  await world.reaches('AccessKey', 'it', 'Synced', 'True');
  assert.deepEqual(
    reasons(it).filter((reason) => reason !== 'AccessKeyCreated'),
    ['KeyRotated', 'KeyRetired'],
  );
  assert.equal(it.mostKeys(), 2);
});

test('a key that is due waits for its window; a request does not', async (t) => {
  const it = await settledKey(t, IAM, {}, { flags });
  const { lastRotateTime = '' } = await statusOf(it);
  const dueMs = Date.parse(lastRotateTime) + 10 * DAY;
  const opens = new Date(dueMs + 5 * HOUR);
  const schedule = `0 ${opens.getUTCHours()} * * *`;
  await it.world.patch('AccessKey', 'it', {
    spec: { rotate: { ...rotate, window: { schedule, durationMinutes: 60 } } },
  });
  const opensMs = opens.setUTCMinutes(0, 0, 0);
  await until('the window counts', async () => Date.parse((await statusOf(it)).nextRotateTime ?? '') === opensMs);
  await it.world.settle();
  await it.leap(10 * DAY + HOUR);
  assert.equal(keyCalls(it.world).creates, 1, 'due, and not open yet');
  await it.leap(4 * HOUR);
  await reachesStep(it, 'Retaining');
  assert.equal(keyCalls(it.world).creates, 2);
});

test('a window that cannot be is refused with its place, and nothing else is held up', async (t) => {
  const it = await settledKey(t, IAM, {}, { flags });
  const window = { schedule: '0 3 * * *', timeZone: 'Mars/Base' };
  await it.world.patch('AccessKey', 'it', { spec: { rotate: { ...rotate, intervalDays: 10, window } } });
  await it.world.reaches('AccessKey', 'it', 'Stalled', 'InvalidSpec');
  const { message = '' } = (await it.world.condition('AccessKey', 'it', 'Stalled')) ?? {};
  assert.match(message, /^spec\.rotate\.window\.timeZone: "Mars\/Base"/);
  await it.leap(11 * DAY);
  assert.equal(keyCalls(it.world).creates, 1);
  await it.world.delete('Secret', PUBLISHED);
  await until('the Secret is back', () => isWorking(it.world, PUBLISHED));
  await it.world.delete('AccessKey', 'it');
  await it.world.gone('AccessKey', 'it');
  assert.deepEqual(keysOf(it.world, IAM), []);
});

test('a request replaces the key at once, once', async (t) => {
  const it = await settledKey(t, IAM, {}, { flags });
  const first = await idIn(it);
  await request(it, 'one');
  await reachesStep(it, 'Retaining');
  assert.notEqual(await idIn(it), first);
  const { lastHandledRotateAt, rotation } = await statusOf(it);
  assert.deepEqual([lastHandledRotateAt, rotation?.reason], ['one', 'Requested']);
  await it.world.restart();
  await it.world.settle();
  assert.deepEqual(keyCalls(it.world), { creates: 2, deletes: 0 });
});

test('a request during a retention is told when it begins: then, or at once without a retention', async (t) => {
  const it = await settledKey(t, IAM, { rotate }, { flags });
  await request(it, 'one');
  await reachesStep(it, 'Retaining');
  const { retireTime, nextRotateTime } = await statusOf(it);
  assert.notEqual(nextRotateTime, retireTime);
  await request(it, 'two');
  await until('it is told', async () => (await statusOf(it)).nextRotateTime === retireTime);
  await it.world.settle();
  await it.leap(HOUR);
  assert.equal(reasons(it).filter((reason) => reason === 'RotationWaits').length, 1);
  assert.equal(keyCalls(it.world).creates, 2, 'the previous key has its retention');
  await it.leap(2 * DAY);
  await until('it was carried out', async () => (await statusOf(it)).lastHandledRotateAt === 'two');
  await reachesStep(it, 'Retaining');
  assert.deepEqual(keyCalls(it.world), { creates: 3, deletes: 1 });
  await request(it, 'three');
  await it.world.settle();
  await it.world.patch('AccessKey', 'it', { spec: { rotate: { previousKeysRetentionDays: 0 } } });
  await until('it did not wait', async () => (await statusOf(it)).lastHandledRotateAt === 'three');
  assert.equal(it.mostKeys(), 2);
});

test('rotations one right after the other warn of nothing', async (t) => {
  const daily = { enabled: true, intervalDays: 1, previousKeysRetentionDays: 0 };
  const it = await settledKey(t, IAM, { rotate: daily });
  const first = await idIn(it);
  for (let day = 0; day < 4; day += 1) await it.leap(DAY);
  await it.world.settle();
  assert.notEqual(await idIn(it), first);
  assert.ok(keyCalls(it.world).deletes >= 2, 'some were retired');
  await it.world.reaches('AccessKey', 'it', 'Synced', 'True');
  const warnings = it.world.operator.log.filter(
    (line) => /"level":"(warn|error)"/.test(line) && line.includes('"AccessKey"'),
  );
  assert.deepEqual(warnings, []);
});

test('a request that is there when the object is first seen is recorded, and not carried out', async (t) => {
  const annotations = { 's3.cloud37.dev/rotate-requested-at': 'in another life' };
  const it = await keyWorldFor(t, IAM, { flags });
  await it.world.apply(accessKey('it', USER, {}, { annotations }));
  await it.world.reaches('AccessKey', 'it', 'Ready', 'True');
  await it.world.settle();
  assert.equal((await statusOf(it)).lastHandledRotateAt, 'in another life');
  assert.deepEqual(keyCalls(it.world), { creates: 1, deletes: 0 });
});

test('nobody gets a new key before it works', async (t) => {
  const it = await settledKey(t, IAM, { rotate }, { flags });
  const first = await idIn(it);
  delayNewKeys(it, MINUTE);
  await request(it, 'one');
  await reachesStep(it, 'Probing');
  assert.equal(await idIn(it), first);
  await it.world.reaches('AccessKey', 'it', 'Synced', 'True');
  assert.equal(await it.world.condition('AccessKey', 'it', 'Reconciling'), undefined, 'nothing is wrong');
  await it.leap(MINUTE);
  await reachesStep(it, 'Retaining');
  assert.notEqual(await idIn(it), first);
});

test('a new key that never works is revoked, and the old one stays', async (t) => {
  const it = await settledKey(t, IAM, {}, { flags });
  const first = await idIn(it);
  delayNewKeys(it, 365 * DAY);
  await request(it, 'one');
  await reachesStep(it, 'Probing');
  await it.leap(20 * MINUTE);
  await reachesStep(it, 'Failed');
  assert.equal(await idIn(it), first);
  assert.deepEqual(activeKeys(it), [first]);
  await it.world.reaches('AccessKey', 'it', 'Ready', 'True');
  await it.world.reaches('AccessKey', 'it', 'Synced', 'RotationFailed');
  assert.ok(reasons(it).includes('RotationFailed'));
  assert.equal((await scrape(it.world)).sum('rotations', { result: 'failed' }), 1);
  assert.equal(await secretOf(it.world, `${PUBLISHED}-next`), undefined);
  delayNewKeys(it, 0);
  await it.leap(HOUR + MINUTE);
  await reachesStep(it, 'Retaining');
  assert.notEqual(await idIn(it), first);
});

test('a foreign key in the way is named, and the key in use goes on', async (t) => {
  const it = await settledKey(t, IAM, {}, { flags });
  const foreign = addKey(it.world, IAM);
  await request(it, 'one');
  await it.world.reaches('AccessKey', 'it', 'Synced', 'ForeignKey');
  await it.world.reaches('AccessKey', 'it', 'Ready', 'True');
  assert.match((await it.world.condition('AccessKey', 'it', 'Synced'))?.message ?? '', /due to be replaced/);
  assert.equal(keyCalls(it.world).creates, 1);
  it.world.emulator.state.keys.delete(foreign.accessKeyId);
  await it.leap(2 * MINUTE);
  await reachesStep(it, 'Retaining');
});

async function isToldImmutable({ world }: KeyWorld): Promise<void> {
  await world.reaches('AccessKey', 'it', 'Synced', 'SecretInvalid');
  const { message = '' } = (await world.condition('AccessKey', 'it', 'Synced')) ?? {};
  assert.match(message, /Secret "it-credentials" is immutable.*: delete it, and the key is delivered again/);
}

test('a published Secret that is immutable is told before a key is made for a rotation', async (t) => {
  const it = await settledKey(t, IAM, {}, { flags });
  const first = await idIn(it);
  await it.world.patch('Secret', PUBLISHED, { immutable: true });
  await request(it, 'one');
  await isToldImmutable(it);
  await it.world.reaches('AccessKey', 'it', 'Ready', 'True');
  assert.equal(keyCalls(it.world).creates, 1);
  assert.equal((await statusOf(it)).rotation, undefined);
  await it.world.delete('Secret', PUBLISHED);
  await until('another key', async () => (await idIn(it)) !== first && (await isWorking(it.world, PUBLISHED)));
  await it.world.reaches('AccessKey', 'it', 'Synced', 'True');
});

test('a published Secret that becomes immutable in the middle of a rotation is told, and takes the new key when made anew', async (t) => {
  const it = await settledKey(t, IAM, { rotate }, { flags });
  delayNewKeys(it, MINUTE);
  await request(it, 'one');
  await reachesStep(it, 'Probing');
  const next = await idIn(it, `${PUBLISHED}-next`);
  await it.world.patch('Secret', PUBLISHED, { immutable: true });
  await it.leap(MINUTE);
  await reachesStep(it, 'Switching');
  await isToldImmutable(it);
  await it.world.delete('Secret', PUBLISHED);
  await until('the new key', async () => (await idIn(it)) === next);
  await it.world.reaches('AccessKey', 'it', 'Synced', 'True');
  assert.equal(keyCalls(it.world).creates, 2);
});

test('a Bucket asks for a new key of its own', async (t) => {
  const { world } = await keyWorldFor(t, IAM, { flags });
  await makeStack(world, 'logs');
  const secretName = childSecret('logs');
  const before = await pairIn(world, secretName);
  const annotations = { 's3.cloud37.dev/rotate-requested-at': 'today' };
  await world.patch('Bucket', 'logs', { metadata: { annotations } });
  await until('the key is replaced', async () => (await pairIn(world, secretName)).accessKeyId !== before.accessKeyId);
  await until('the Bucket says so', async () => (await bucketStatusOf(world, 'logs'))?.lastHandledRotateAt === 'today');
  await world.settle();
  assert.deepEqual(keyCalls(world), { creates: 2, deletes: 0 });
  assert.ok(await isWorking(world, secretName));
  await world.expectValid('Bucket', 'logs');
});

test('an AccessKey that is retained in the middle of a rotation leaves no key that nobody uses', async (t) => {
  const it = await settledKey(t, IAM, { deletionPolicy: 'Retain' }, { flags });
  const first = await idIn(it);
  delayNewKeys(it, HOUR);
  await request(it, 'one');
  await reachesStep(it, 'Probing');
  await it.world.delete('AccessKey', 'it');
  await it.world.gone('AccessKey', 'it');
  assert.deepEqual(
    keysOf(it.world, IAM).map(({ accessKeyId }) => accessKeyId),
    [first],
  );
  assert.equal(await secretOf(it.world, `${PUBLISHED}-next`), undefined);
  assert.ok(await isWorking(it.world, PUBLISHED));
});

test("somebody else's Secret in the place of the previous key is named, before a key is made", async (t) => {
  const it = await settledKey(t, IAM, {}, { flags });
  await it.world.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: `${PUBLISHED}-previous` } });
  await request(it, 'one');
  await it.world.reaches('AccessKey', 'it', 'Synced', 'SecretNotOurs');
  const { message = '' } = (await it.world.condition('AccessKey', 'it', 'Synced')) ?? {};
  assert.match(
    message,
    /"it-credentials-previous", which keeps it for its retention, is not of this object: delete it/,
  );
  assert.equal(keyCalls(it.world).creates, 1);
  await it.world.delete('Secret', `${PUBLISHED}-previous`);
  await it.leap(HOUR);
  await reachesStep(it, 'Retaining');
});

test('deleting an AccessKey in the middle of a rotation revokes both keys', async (t) => {
  const it = await settledKey(t, IAM, {}, { flags });
  await request(it, 'one');
  await reachesStep(it, 'Retaining');
  await it.world.delete('AccessKey', 'it');
  await it.world.gone('AccessKey', 'it');
  assert.deepEqual(keysOf(it.world, IAM), []);
  for (const name of [PUBLISHED, `${PUBLISHED}-next`, `${PUBLISHED}-previous`]) {
    assert.equal(await secretOf(it.world, name), undefined, name);
  }
});

test('a key that is revoked outside during a retention is replaced, told, and the previous one keeps its time', async (t) => {
  const it = await settledKey(t, IAM, {}, { flags });
  const { world } = it;
  const first = await idIn(it);
  await request(it, 'one');
  await reachesStep(it, 'Retaining');
  const second = await idIn(it);
  const { retireTime } = await statusOf(it);
  await it.leap(HOUR);
  revokeOutside(world, second);
  await world.patch('AccessKey', 'it', {
    metadata: { annotations: { 's3.cloud37.dev/reconcile-requested-at': 'now' } },
  });
  await replaced(world, 'it', second);
  const repaired = eventsAbout(world, 'AccessKey', 'it').find(({ reason }) => reason === 'DriftRepaired');
  assert.match(repaired?.note ?? '', /Replace:KeyGone/);
  assert.deepEqual((await statusOf(it)).retireTime, retireTime);
  assert.equal((await statusOf(it)).previousAccessKeyId, first);
  await it.leap(7 * DAY);
  await reachesStep(it, 'Deactivated');
  await it.leap(HOUR + MINUTE);
  await reachesStep(it, undefined);
  assert.equal(keysOf(world, IAM).length, 1);
});
