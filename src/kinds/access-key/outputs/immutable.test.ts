import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeyOutput } from '../../../api/key-outputs.ts';
import { Credential } from '../../../runtime/credential.ts';
import { leftBehindNote, removeOutputs } from './delete.ts';
import { type OutputDesk, startOutputDesk } from './testing/output-desk.ts';

/** Secrets that somebody made immutable: told, left alone, and written again once they are deleted. */

const IMMUTABLE = { immutable: true };
const ORIGINAL: KeyOutput = { name: 'app-original', preset: 'original' };
const MERGED: KeyOutput = {
  name: 'backup',
  merge: true,
  template: { ID: '{{accessKeyId}}', TEXT: '{{secretAccessKey}}' },
};

function nextKey(desk: OutputDesk): void {
  desk.key = { id: 'AKIAEXAMPLE000000002', secret: new Credential('another+text/0123456789') };
}

async function withMerged(desk: OutputDesk): Promise<void> {
  const annotations = { 's3.cloud37.dev/accept-merge': 'team-a/app' };
  await desk.makeSecret('backup', { RESTIC_PASSWORD: 'x' }, { annotations });
  await desk.pass([MERGED]);
  await desk.editSecret('backup', IMMUTABLE);
}

test('immutable: an output that holds another key is told, and comes with that key once it is deleted', async (t) => {
  const desk = await startOutputDesk(t);
  await desk.pass([ORIGINAL]);
  await desk.editSecret('app-original', IMMUTABLE);
  assert.equal((await desk.pass([ORIGINAL])).failure, undefined, 'as long as the content is right');
  nextKey(desk);
  const { steps, failure } = await desk.pass([ORIGINAL]);
  assert.deepEqual(steps, []);
  assert.deepEqual([failure?.type, failure?.reason], ['DependencyNotReady', 'SecretInvalid']);
  assert.equal(
    failure?.message,
    'spec.outputs[0]: Secret team-a/app-original is immutable, so that no other key can be written into it: delete it, and it is written again',
  );
  await desk.removeSecret('app-original');
  assert.equal((await desk.pass([ORIGINAL])).failure, undefined);
  assert.equal((await desk.texts('app-original'))?.['access-key-id'], 'AKIAEXAMPLE000000002');
});

test('immutable: labels of an output are kept up all the same, and it goes when it leaves the spec', async (t) => {
  const desk = await startOutputDesk(t);
  await desk.pass([ORIGINAL]);
  await desk.editSecret('app-original', IMMUTABLE);
  const { steps, errors } = await desk.pass([{ ...ORIGINAL, labels: { app: 'web' } }]);
  assert.deepEqual([steps, errors], [['WriteOutput Stale Secret app-original'], []]);
  assert.deepEqual((await desk.pass([])).errors, []);
  assert.equal(await desk.secret('app-original'), undefined);
});

test("immutable: somebody else's Secret that keys were merged into keeps them, and that is told", async (t) => {
  const desk = await startOutputDesk(t);
  await withMerged(desk);
  nextKey(desk);
  assert.equal(
    (await desk.pass([MERGED])).failure?.message,
    'spec.outputs[0]: Secret team-a/backup is immutable, so that no other key can be written into it: delete it, and make it anew with the annotation s3.cloud37.dev/accept-merge: team-a/app',
  );
});

test('immutable: a key that leaves a merged output cannot be taken out, and that is told', async (t) => {
  const desk = await startOutputDesk(t);
  await withMerged(desk);
  const { steps, failure } = await desk.pass([{ ...MERGED, template: { ID: '{{accessKeyId}}' } }]);
  assert.deepEqual([steps, failure?.reason], [[], 'SecretInvalid']);
});

test('immutable: a merged output that leaves the spec is told as long as the Secret stands', async (t) => {
  const desk = await startOutputDesk(t);
  await withMerged(desk);
  const { steps, failure } = await desk.pass([]);
  assert.deepEqual([steps, failure?.reason], [[], 'SecretInvalid']);
  await desk.removeSecret('backup');
  await desk.pass([]);
  assert.deepEqual(desk.recorded, []);
});

test('immutable: a deletion does not wait for a merged Secret that nothing can be taken out of', async (t) => {
  const desk = await startOutputDesk(t);
  await withMerged(desk);
  assert.match((await leftBehindNote(desk.client, desk.recorded, desk.signal)) ?? '', /Secret team-a\/backup:/);
  await removeOutputs(desk.client, desk.recorded, desk.signal);
  assert.notEqual(await desk.texts('backup'), undefined);
});
