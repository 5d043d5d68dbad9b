import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { AccessKey } from '../src/api/access-key.ts';
import { isAuditedOperation, SERVICE_RIGHTS } from '../src/wasabi/service-rights.ts';
import { inject, s3Error } from './support/answers.ts';
import { accessKey, bucket, bucketPolicy, iamPolicy, user } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { annotate } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

/** Each call that destroys something, or makes or ends keys, identities or rights, has one line in the log, and no line has none. */

const { startWorld } = shareCluster();

type Line = Readonly<Record<string, unknown>>;

const ALLOW = { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: 'arn:aws:s3:::kept/*' }] };
const OPERATIONS = SERVICE_RIGHTS.filter(({ isAudited }) => isAudited).flatMap(({ operations }) => operations);

function auditLines({ operator }: World): readonly Line[] {
  return operator.log.map((line) => JSON.parse(line) as Line).filter(({ message }) => message === 'audit');
}

/** What was called, about whom, and what was answered: as the service has it in its own log, and as ours has it. */
function compared(world: World): { readonly seen: readonly string[]; readonly told: readonly string[] } {
  const text = (parts: readonly unknown[]) => JSON.stringify(parts.map((part) => part ?? ''));
  const seen = world
    .operatorCalls()
    .filter(({ operation }) => operation !== '' && isAuditedOperation(operation))
    // 0 and -1: nothing was answered.
    .map(({ operation, bucket: name, userName, status }) => text([operation, name, userName, Math.max(status, 0)]));
  const told = auditLines(world).map((line) => text([line['operation'], line['bucket'], line['user'], line['status']]));
  return { seen: seen.toSorted(), told: told.toSorted() };
}

function expectAudited(world: World): readonly Line[] {
  const { seen, told } = compared(world);
  assert.deepEqual(told, seen);
  for (const line of auditLines(world)) {
    const about = { level: 'info', namespace: world.namespace, account: world.emulator.account.accountId };
    assert.partialDeepStrictEqual(line, about, JSON.stringify(line));
    for (const field of ['reconcileId', 'kind', 'name', 'uid', 'reason', 'service', 'result']) {
      assert.equal(typeof line[field], 'string', `${field}: ${JSON.stringify(line)}`);
    }
  }
  return auditLines(world);
}

function find(lines: readonly Line[], operation: string): Line {
  const line = lines.find((each) => each['operation'] === operation);
  assert.ok(line, operation);
  return line;
}

test('audit: what the lives of all kinds call at the service, and nothing else', async (t) => {
  const world = await startWorld(t, {
    emulator: { quirks: { forceDelete: 'ignored' } },
  });
  const open = { deletionPolicy: 'Delete', forceDelete: true } as const;
  await world.apply(bucket('gone', open));
  await world.apply(bucket('kept'));
  await world.apply(iamPolicy('rights', ALLOW, { deletionPolicy: 'Delete' }));
  await world.apply(user('team', { policy: ALLOW, policyRefs: [{ name: 'rights' }], deletionPolicy: 'Delete' }));
  const statement = {
    sid: 'x',
    effect: 'Deny',
    principal: '*',
    action: 's3:PutObject',
    resource: 'arn:aws:s3:::kept/*',
  };
  await world.apply(bucketPolicy('closed', 'kept', { statement: [statement] }, { deletionPolicy: 'Delete' }));
  await world.reaches('BucketPolicy', 'closed', 'Ready', 'True');
  await world.apply(accessKey('it', 'team', { deletionPolicy: 'Delete' }));
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  await world.reaches('Bucket', 'gone', 'Ready', 'True');
  const id = (await world.get<AccessKey>('AccessKey', 'it'))?.status?.accessKeyId;
  await world.console.send(new PutObjectCommand({ Bucket: 'gone', Key: 'private-name', Body: 'x' }));
  await annotate(world, 'AccessKey', 'it', { 's3.cloud37.dev/freeze': 'true' });
  await world.reaches('AccessKey', 'it', 'Ready', 'False');
  await annotate(world, 'AccessKey', 'it', { 's3.cloud37.dev/freeze': null });
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  await world.patch('IAMPolicy', 'rights', {
    spec: { policy: { statement: [{ ...ALLOW.statement[0], action: 's3:PutObject' }] } },
  });
  await world.settle();
  for (const [kind, name] of [
    ['AccessKey', 'it'],
    ['Bucket', 'gone'],
    ['BucketPolicy', 'closed'],
    ['User', 'team'],
    ['IAMPolicy', 'rights'],
  ] as const) {
    await world.delete(kind, name);
    await world.gone(kind, name);
  }
  await world.settle();
  const lines = expectAudited(world);
  const done = new Set(lines.map(({ operation }) => String(operation)));
  const wanted = [
    'CreateUser',
    'CreateAccessKey',
    'UpdateAccessKey',
    'DeleteAccessKey',
    'PutUserPolicy',
    'CreatePolicy',
    'CreatePolicyVersion',
    'AttachUserPolicy',
    'DetachUserPolicy',
    'DeletePolicy',
    'DeleteUser',
    'DeleteObjects',
    'DeleteBucket',
    'PutBucketPolicy',
    'DeleteBucketPolicy',
  ];
  assert.deepEqual(
    wanted.filter((operation) => !done.has(operation)),
    [],
  );
  assert.partialDeepStrictEqual(find(lines, 'CreateAccessKey'), {
    kind: 'AccessKey',
    name: 'it',
    user: 'team',
    accessKeyId: id,
    reason: 'Create',
    result: 'Done',
  });
  assert.partialDeepStrictEqual(find(lines, 'UpdateAccessKey'), {
    accessKeyId: id,
    state: 'Inactive',
    reason: 'FreezeKey',
  });
  assert.partialDeepStrictEqual(find(lines, 'DeleteAccessKey'), { accessKeyId: id, reason: 'deletionPolicy Delete' });
  assert.partialDeepStrictEqual(find(lines, 'DeleteObjects'), {
    bucket: 'gone',
    count: 1,
    reason: 'deletionPolicy Delete',
  });
  assert.match(String(find(lines, 'DeleteBucket')['requestId']), /^[0-9A-F]{16}$/);
  assert.match(String(find(lines, 'DeleteUser')['requestId']), /^[0-9A-Fa-f-]{16,}$/);
  assert.ok(!JSON.stringify(lines).includes('private-name'), 'names of objects are private');
  const [pass] = lines.filter(({ operation }) => operation === 'DeleteBucket').map(({ reconcileId }) => reconcileId);
  assert.ok(
    world.operator.log.some((line) => line.includes(String(pass)) && line.includes('"let go"')),
    'the pass is found',
  );
});

test('audit: what is refused, and what nobody answers, is told as that', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('gone', { deletionPolicy: 'Delete' }));
  await world.reaches('Bucket', 'gone', 'Ready', 'True');
  await world.settle();
  const isDelete = ({ method, url }: { method: string; url: string }) =>
    method === 'DELETE' && /^\/gone\/?(\?|$)/.test(url);
  const refused = inject(world.operator.wasabi, isDelete, s3Error(403, 'AccessDenied'));
  await world.delete('Bucket', 'gone');
  await until('it is refused', () => Promise.resolve(auditLines(world).some(({ result }) => result === 'Refused')));
  refused.end();
  assert.partialDeepStrictEqual(auditLines(world)[0], {
    operation: 'DeleteBucket',
    status: 403,
    code: 'AccessDenied',
    requestId: 'R1',
  });
  // It takes effect, and nobody hears of it.
  inject(world.operator.wasabi, isDelete, (hit) => (hit === 1 ? 'dropResponse' : 'pass'));
  await world.elapse(120_000);
  await world.gone('Bucket', 'gone');
  const results = auditLines(world).map(({ operation, result, status }) => [operation, result, status]);
  assert.ok(
    results.some(([, result, status]) => result === 'Unknown' && status === 0),
    JSON.stringify(results),
  );
  assert.equal(
    world.operatorCalls().filter(({ operation }) => operation === 'DeleteBucket').length,
    auditLines(world).filter(({ code }) => code !== 'AccessDenied').length,
  );
});

test('audit: what never reached the service has no line', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('gone', { deletionPolicy: 'Delete' }));
  await world.reaches('Bucket', 'gone', 'Ready', 'True');
  await world.settle();
  world.operator.wasabi.sever();
  await world.delete('Bucket', 'gone');
  await world.elapse(60_000);
  assert.deepEqual(auditLines(world), []);
});

test('audit: every operation that changes rights, keys or identities is on the list', () => {
  assert.ok(OPERATIONS.length > 15);
  for (const operation of ['PutBucketTagging', 'GetUser', 'ListBuckets', 'CreateBucket'])
    assert.ok(!isAuditedOperation(operation), operation);
  assert.ok(isAuditedOperation('SomethingNew'), 'what nobody has decided about is told');
});
