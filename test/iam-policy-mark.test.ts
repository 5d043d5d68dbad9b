import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreatePolicyCommand, CreatePolicyVersionCommand } from '@aws-sdk/client-iam';
import { sidMark } from '../src/kinds/iam-policy/sid-mark.ts';
import { iamPolicy } from './support/builders.ts';
import { arnOf, iamConsole, iamWrites, policyAsIs } from './support/iam-console.ts';
import { annotate, pass } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

const { startWorld } = shareCluster();

const MARKER = 'other/ns/name/22222222-2222-4222-8222-222222222222';
const Statement = [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::logs/*' }];
const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });

function reading(path: string) {
  return { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: `arn:aws:s3:::logs/${path}` }] };
}

for (const [whose, Description] of [
  ['nobody’s', undefined],
  ['a stranger’s', `x [s3.cloud37.dev/owned-by=${MARKER}]`],
] as const) {
  test(`a spec that leaves no room for the mark, on ${whose} policy`, async (t) => {
    const world = await startWorld(t);
    await iamConsole(world.emulator).send(new CreatePolicyCommand({ PolicyName: 'it', PolicyDocument, Description }));
    const large = reading('x'.repeat(5_990));
    await world.apply(
      iamPolicy('it', Description === undefined ? large : reading('*'), {
        name: 'it',
        adoptionPolicy: 'AdoptOrCreate',
      }),
    );
    if (Description === undefined) {
      await world.reaches('IAMPolicy', 'it', 'Ready', 'True');
      await world.resync();
      assert.deepEqual(iamWrites(world), ['CreatePolicyVersion']);
      assert.doesNotMatch(JSON.stringify((await policyAsIs(world, 'it'))?.document), /Sid/);
      return;
    }
    await annotate(world, 'IAMPolicy', 'it', { 's3.cloud37.dev/take-over-from': MARKER });
    await world.reaches('IAMPolicy', 'it', 'Ready', 'True');
    const taken = await policyAsIs(world, 'it');
    await world.patch('IAMPolicy', 'it', { spec: { policy: large } });
    await world.reaches('IAMPolicy', 'it', 'Stalled', 'InvalidSpec');
    const { message = '' } = (await world.condition('IAMPolicy', 'it', 'Stalled')) ?? {};
    assert.match(message, /^spec\.policy has 6\d{3} characters .*, 61\d\d with the mark of its owner/);
    await pass(world, 'IAMPolicy', 'it');
    assert.deepEqual(await policyAsIs(world, 'it'), taken);
    assert.deepEqual(iamWrites(world), ['CreatePolicyVersion']);
    await world.patch('IAMPolicy', 'it', { spec: { policy: reading('a/*') } });
    await world.reaches('IAMPolicy', 'it', 'Synced', 'True');
  });
}

/** An IAMPolicy's policy, after somebody took it over with that document. */
async function takenOver(world: World, document: string): Promise<void> {
  await world.apply(iamPolicy('it', reading('*'), { name: 'it' }));
  await world.reaches('IAMPolicy', 'it', 'Ready', 'True');
  const PolicyArn = arnOf(world, 'it');
  const command = new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: document, SetAsDefault: true });
  await iamConsole(world.emulator).send(command);
}

const marked = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Sid: `Read${sidMark(MARKER)}`, Effect: 'Allow', Action: 's3:PutObject', Resource: '*' }],
});

test('the mark counts in a document that cannot be read', async (t) => {
  const world = await startWorld(t);
  await takenOver(world, marked.replace('"Effect"', '"Effect":"Allow","Effect"'));
  const [before, from] = [await policyAsIs(world, 'it'), world.operatorCalls().length];
  await pass(world, 'IAMPolicy', 'it');
  await world.reaches('IAMPolicy', 'it', 'Stalled', 'AlreadyExists');
  const { message = '' } = (await world.condition('IAMPolicy', 'it', 'Stalled')) ?? {};
  assert.ok(message.includes(`is owned by ${sidMark(MARKER)}:`), message);
  await world.delete('IAMPolicy', 'it');
  await world.gone('IAMPolicy', 'it');
  assert.deepEqual([await policyAsIs(world, 'it'), iamWrites(world, from)], [before, []]);
});

for (const what of ['written', 'deleted'] as const) {
  test(`a version that went away while it was read says nothing: nothing is ${what}`, async (t) => {
    const world = await startWorld(t);
    await takenOver(world, marked);
    const [before, from] = [await policyAsIs(world, 'it'), world.operatorCalls().length];
    const effect = { type: 'error', status: 404, code: 'NoSuchEntity' } as const;
    const fault = world.emulator.faults.add({ service: 'iam', operation: 'GetPolicyVersion', effect });
    if (what === 'written') await world.patch('IAMPolicy', 'it', { spec: { policy: reading('a/*') } });
    else await world.delete('IAMPolicy', 'it');
    await world.reaches('IAMPolicy', 'it', 'Synced', 'Conflict');
    world.emulator.faults.clear(fault);
    await world.elapse(61_000);
    if (what === 'written') await world.reaches('IAMPolicy', 'it', 'Stalled', 'AlreadyExists');
    else await world.gone('IAMPolicy', 'it');
    assert.deepEqual([await policyAsIs(world, 'it'), iamWrites(world, from)], [before, []]);
  });
}
