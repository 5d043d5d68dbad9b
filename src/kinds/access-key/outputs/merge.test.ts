import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeyOutput } from '../../../api/key-outputs.ts';
import { Credential } from '../../../runtime/credential.ts';
import { CONTENT_HASH, MERGED_KEYS } from './objects.ts';
import { KEY_ID, startOutputDesk } from './testing/output-desk.ts';
import { KEY_TEXT } from './testing/values.ts';

/** Keys that are added to somebody else's Secret. */

const CONSENT = { annotations: { 's3.cloud37.dev/accept-merge': 'team-a/app' } };
const RESTIC: KeyOutput = {
  name: 'backup',
  merge: true,
  template: { AWS_ACCESS_KEY_ID: '{{accessKeyId}}', AWS_SECRET_ACCESS_KEY: '{{secretAccessKey}}' },
};
const PAIR = { AWS_ACCESS_KEY_ID: KEY_ID, AWS_SECRET_ACCESS_KEY: KEY_TEXT };

test('merge: keys are added beside those that are there, once', async (t) => {
  const desk = await startOutputDesk(t);
  const before = await desk.makeSecret('backup', { RESTIC_PASSWORD: 'x' }, CONSENT);
  assert.deepEqual((await desk.pass([RESTIC])).steps, ['WriteOutput Stale Secret backup']);
  assert.deepEqual(await desk.texts('backup'), { RESTIC_PASSWORD: 'x', ...PAIR });
  const after = await desk.secret('backup');
  assert.deepEqual(
    [after?.metadata.uid, after?.metadata.labels, after?.metadata.ownerReferences],
    [before.metadata.uid, undefined, undefined],
  );
  assert.match(after?.metadata.annotations?.[CONTENT_HASH] ?? '', /^[0-9a-f]{64}$/);
  assert.deepEqual(desk.recorded, [{ kind: 'Secret', namespace: 'team-a', name: 'backup', merge: true }]);
  assert.deepEqual((await desk.pass([RESTIC])).steps, []);
});

test('merge: a Secret that is not there, or does not consent to this very object, is left alone', async (t) => {
  const desk = await startOutputDesk(t);
  const absent = await desk.pass([RESTIC]);
  assert.deepEqual([absent.failure?.type, absent.failure?.reason], ['DependencyNotReady', 'SecretNotFound']);
  assert.equal(
    absent.failure?.message,
    'spec.outputs[0]: Secret team-a/backup is to be merged into, and does not exist: create it with the annotation s3.cloud37.dev/accept-merge: team-a/app',
  );
  await desk.makeSecret(
    'backup',
    { RESTIC_PASSWORD: 'x' },
    { annotations: { 's3.cloud37.dev/accept-merge': 'team-a/other' } },
  );
  const refused = await desk.pass([RESTIC]);
  assert.equal(refused.failure?.reason, 'SecretNotOurs');
  assert.equal(
    refused.failure.message,
    'spec.outputs[0]: Secret team-a/backup does not accept this key: its owner sets the annotation s3.cloud37.dev/accept-merge: team-a/app',
  );
  assert.deepEqual(await desk.texts('backup'), { RESTIC_PASSWORD: 'x' });
});

test('merge: a key that is there already is never overwritten, whatever the annotations claim of others', async (t) => {
  const desk = await startOutputDesk(t);
  const claimed = JSON.stringify({ uid: 'another-object', keys: ['AWS_ACCESS_KEY_ID'] });
  const annotations = { ...CONSENT.annotations, [MERGED_KEYS]: claimed };
  await desk.makeSecret('backup', { AWS_ACCESS_KEY_ID: 'theirs' }, { annotations });
  const pass = await desk.pass([RESTIC]);
  assert.equal(
    pass.failure?.message,
    'spec.outputs[0]: Secret team-a/backup has AWS_ACCESS_KEY_ID already, and not from this object: take that out, or use other keys',
  );
  assert.deepEqual(await desk.texts('backup'), { AWS_ACCESS_KEY_ID: 'theirs' });
});

test('merge: another key is written, and keys that left the template go, all but those of others', async (t) => {
  const desk = await startOutputDesk(t);
  await desk.makeSecret('backup', { RESTIC_PASSWORD: 'x' }, CONSENT);
  await desk.pass([RESTIC]);
  desk.key = { id: 'AKIAEXAMPLE000000002', secret: new Credential('another+text/0123456789') };
  await desk.editSecret('backup', { data: { MORE: 'eQ==' } });
  await desk.pass([{ ...RESTIC, template: { AWS_ACCESS_KEY_ID: '{{accessKeyId}}' } }]);
  assert.deepEqual(await desk.texts('backup'), {
    RESTIC_PASSWORD: 'x',
    MORE: 'y',
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE000000002',
  });
});

test('merge: what somebody changes of ours comes back', async (t) => {
  const desk = await startOutputDesk(t);
  await desk.makeSecret('backup', { RESTIC_PASSWORD: 'x' }, CONSENT);
  await desk.pass([RESTIC]);
  await desk.editSecret('backup', { data: { AWS_ACCESS_KEY_ID: 'eQ==', RESTIC_PASSWORD: 'eQ==' } });
  assert.deepEqual((await desk.pass([RESTIC])).steps, ['WriteOutput Stale Secret backup']);
  assert.deepEqual(await desk.texts('backup'), { RESTIC_PASSWORD: 'y', ...PAIR });
});

test('merge: what leaves the spec is taken out of the Secret, which stays', async (t) => {
  const desk = await startOutputDesk(t);
  await desk.makeSecret('backup', { RESTIC_PASSWORD: 'x' }, CONSENT);
  await desk.pass([RESTIC]);
  assert.deepEqual((await desk.pass([])).steps, ['RemoveOutput Unwanted Secret backup']);
  assert.deepEqual(await desk.texts('backup'), { RESTIC_PASSWORD: 'x' });
  assert.deepEqual((await desk.secret('backup'))?.metadata.annotations, CONSENT.annotations);
  assert.deepEqual(desk.recorded, []);
});

test('merge: without consent nothing is touched any more, neither written nor taken out', async (t) => {
  const desk = await startOutputDesk(t);
  await desk.makeSecret('backup', { RESTIC_PASSWORD: 'x' }, CONSENT);
  await desk.pass([RESTIC]);
  await desk.editSecret('backup', { metadata: { annotations: { 's3.cloud37.dev/accept-merge': null } } });
  assert.equal((await desk.pass([RESTIC])).failure?.reason, 'SecretNotOurs');
  assert.deepEqual((await desk.pass([])).steps, []);
  assert.deepEqual(await desk.texts('backup'), { RESTIC_PASSWORD: 'x', ...PAIR });
  assert.deepEqual(desk.recorded, []);
});

test("merge: when merge leaves the spec, the Secret is somebody else's still, and our keys can be taken out", async (t) => {
  const desk = await startOutputDesk(t);
  await desk.makeSecret('backup', { RESTIC_PASSWORD: 'x' }, CONSENT);
  await desk.pass([RESTIC]);
  const pass = await desk.pass([{ ...RESTIC, merge: false }]);
  assert.equal(pass.failure?.reason, 'SecretNotOurs');
  await desk.pass([]);
  assert.deepEqual(await desk.texts('backup'), { RESTIC_PASSWORD: 'x' });
});

test('merge: a Secret of our own is not merged into', async (t) => {
  const desk = await startOutputDesk(t);
  await desk.pass([{ ...RESTIC, merge: false }]);
  const before = await desk.secret('backup');
  assert.equal((await desk.pass([RESTIC])).failure?.reason, 'SecretNotOurs');
  assert.equal((await desk.secret('backup'))?.metadata.resourceVersion, before?.metadata.resourceVersion);
});
