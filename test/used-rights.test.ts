import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readAuditLog } from './support/control-plane-audit.ts';
import { rightsReport } from './support/used-rights.ts';

const event = (
  verb: string,
  objectRef: { resource: string; apiGroup?: string },
  decision: string,
  username = 'op',
) => ({
  stage: 'ResponseComplete',
  verb,
  requestURI: '/',
  user: { username },
  objectRef,
  annotations: { 'authorization.k8s.io/decision': decision },
  requestReceivedTimestamp: '',
});
const LEASES = { resource: 'leases', apiGroup: 'coordination.k8s.io' };

test('used rights: refused calls, and declared ones that nobody made, of that user alone', async () => {
  const users = { resource: 'users', apiGroup: 's3.cloud37.dev' };
  const events = [
    { ...event('patch', users, 'allow'), responseStatus: { code: 201 } },
    event('get', LEASES, 'allow'),
    event('patch', LEASES, 'allow', 'somebody'),
    event('list', { resource: 'pods' }, 'forbid'),
    event('list', { resource: 'nodes' }, 'forbid', 'somebody'),
  ];
  const { refused, unused } = await rightsReport(events, 'op');
  assert.deepEqual(refused, ['list pods. in the cluster']);
  assert.deepEqual(
    [unused.includes('create users.s3.cloud37.dev'), unused.includes('delete users.s3.cloud37.dev')],
    [false, true],
  );
  const leases = unused.filter((right) => right.endsWith('leases.coordination.k8s.io'));
  assert.deepEqual(
    leases,
    ['list', 'watch', 'create', 'patch'].map((verb) => `${verb} leases.coordination.k8s.io`),
  );
});

test('used rights: a refusal counts from the binding of the roles on until their namespace is deleted', async () => {
  const at = (second: number, call: ReturnType<typeof event>, namespace: string) => ({
    ...call,
    objectRef: { ...call.objectRef, namespace },
    requestReceivedTimestamp: `2026-01-01T00:00:${second}.000000Z`,
  });
  const bound = event('create', { resource: 'rolebindings' }, 'allow', 'admin');
  const deleted = event('delete', { resource: 'namespaces' }, 'allow', 'admin');
  const refusal = (verb: string) => event(verb, { resource: 'secrets' }, 'forbid');
  const events = [
    at(10, refusal('list'), 'team'),
    at(11, bound, 'team'),
    at(12, refusal('watch'), 'team'),
    at(20, refusal('get'), 'team'),
    at(30, deleted, 'team'),
    at(31, refusal('patch'), 'team'),
    at(32, bound, 'team'),
    at(33, deleted, 'team'),
    at(34, refusal('delete'), 'never-bound'),
  ];
  const { refused } = await rightsReport(events, 'op');
  assert.deepEqual(refused, ['get secrets. in team']);
});

test('used rights: the files that the server set aside count, and a line that it is still writing does not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'audit-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const line = (verb: string) => JSON.stringify(event(verb, LEASES, 'allow'));
  writeFileSync(join(folder, 'audit-2026-01-01T10-00-00.000.log'), `${line('list')}\n`);
  writeFileSync(join(folder, 'audit-2026-01-01T11-00-00.000.log'), `${line('watch')}\n`);
  writeFileSync(join(folder, 'audit.log'), `${line('get')}\n${line('patch').slice(0, 40)}`);
  const events = await readAuditLog(join(folder, 'audit.log'));
  assert.deepEqual(
    events.map(({ verb }) => verb),
    ['list', 'watch', 'get'],
  );
});
