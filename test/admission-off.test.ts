import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { KINDS } from '../src/api/kinds.ts';
import { specChecker } from '../src/api/spec-problem.ts';
import { SCHEMA_CASES } from '../src/api/testing/cases.ts';
import { ruleVerdicts } from '../src/api/testing/verdict.ts';
import { startEmulator } from '../src/emulator/server.ts';
import { findCondition } from '../src/managed/conditions.ts';
import { accessKey, bucket, iamPolicy, type Manifest, typeOf, user } from './support/builders.ts';
import { startTestCluster, until } from './support/cluster.ts';
import { loosenDefinitions } from './support/looser-definitions.ts';
import { tagsOf } from './support/outside.ts';
import { openWorld, type World } from './support/world.ts';

interface Row {
  readonly kind: string;
  readonly title: string;
  readonly manifest: Manifest;
  /** What the reconciler says; one of them, where the definition says several things. */
  readonly says: readonly string[];
}

const checkers = new Map(KINDS.map((definition) => [definition.type.kind, { definition, ...specChecker(definition) }]));

/** Every case that an API server refuses to a new object, and that the reconciler does not leave to the service. */
const rows: readonly Row[] = SCHEMA_CASES.flatMap((each, index): readonly Row[] => {
  const checker = checkers.get(each.kind);
  if (each.from !== undefined || each.refusal === undefined || checker === undefined) return [];
  if ((checker.specProblem(each.to) ?? checker.brokenRule(each.to)) === undefined) return [];
  const broken = ruleVerdicts(checker.definition, each).flatMap(({ rule, isHeld }) => (isHeld ? [] : [rule.message]));
  const { apiVersion } = bucket('any');
  const manifest = { apiVersion, kind: each.kind, metadata: { name: `case-${index}` }, ...atProvider(each.to.spec) };
  return [{ kind: each.kind, title: each.title, manifest, says: broken.length > 0 ? broken : [each.refusal] }];
});

/** With a Provider that is there: nothing but the rule keeps the operator from calling. */
function atProvider(spec: unknown): Pick<Manifest, 'spec'> {
  if (typeof spec !== 'object' || spec === null) return {};
  const isNamed = 'providerRef' in spec && JSON.stringify(spec.providerRef) === '{"name":"wasabi-eu"}';
  return { spec: isNamed ? { ...spec, providerRef: { name: 'wasabi' } } : spec };
}

describe('what got stored past the definitions', () => {
  let world: World;
  let stop: () => Promise<void>;
  before(async () => {
    const cluster = await startTestCluster();
    const emulator = await startEmulator();
    stop = async () => {
      await world.close();
      await emulator.stop();
      await cluster.stop();
    };
    // The second of the Provider's own check may fall into this.
    world = await openWorld({ cluster, emulator }, { flags: ['--drift-check-interval-seconds=0'] });
    await loosenDefinitions(cluster);
    const calls = world.operatorCalls().length;
    for (const { manifest } of rows) await world.cluster.admin.create(typeOf(manifest.kind), world.namespace, manifest);
    await world.settle();
    assert.deepEqual(world.operatorCalls().slice(calls), [], 'the service hears nothing of any of them');
  });
  after(() => stop());

  for (const { kind, title, manifest, says } of rows) {
    test(`${kind}, ${title}: stalls with the words of the definition`, async () => {
      const { name } = manifest.metadata;
      await world.reaches(kind, name, 'Stalled', 'InvalidSpec');
      const object = await world.get(kind, name);
      const conditions = object?.status?.conditions;
      const message = findCondition(conditions, 'Synced')?.message ?? '';
      assert.match(message, /^spec/);
      assert.ok(
        says.some((word) => message.includes(word)),
        message,
      );
      assert.equal(findCondition(conditions, 'Ready')?.status, 'False');
      assert.equal(object?.metadata.finalizers, undefined);
      await world.expectValid(kind, name);
    });
  }

  const elsewhere = [
    [
      'a name of a Secret that a rotation takes',
      accessKey('own', 'any', { secret: { name: 'own-credentials-next' } }),
      'spec.secret.name: ',
    ],
    [
      'copies to the Bucket itself',
      bucket('circle', { replication: { rules: [{ id: 'all', destination: { bucketRef: { name: 'circle' } } }] } }),
      'spec.replication.rules[all].destination: ',
    ],
  ] as const;
  for (const [title, manifest, words] of elsewhere) {
    test(`${title}: stalls by words of its own kind`, async () => {
      await world.apply(user('any'));
      await world.reaches('User', 'any', 'Ready', 'True');
      await world.settle();
      const writes = world.serviceWrites().length;
      const {
        kind,
        metadata: { name },
      } = manifest;
      await world.apply(manifest);
      await world.reaches(kind, name, 'Stalled', 'InvalidSpec');
      assert.ok((await world.condition(kind, name, 'Synced'))?.message?.startsWith(words));
      await world.settle();
      assert.equal(world.serviceWrites().length, writes);
    });
  }

  test('a Bucket that is managed goes on: the setting that breaks a rule tells so, and the others are kept', async () => {
    await world.apply(bucket('going-on', { tagging: { tags: { stage: 'one' } } }));
    await world.reaches('Bucket', 'going-on', 'Ready', 'True');
    const rule = { id: 'twice', status: 'Enabled', expiration: { days: 1 } };
    const spec = { lifecycle: { rules: [rule, { ...rule, prefix: 'b/' }] }, tagging: { tags: { stage: 'two' } } };
    await world.patch('Bucket', 'going-on', { spec });
    await until('the tags are written', async () => (await tagsOf(world, 'going-on'))['stage'] === 'two');
    await world.reaches('Bucket', 'going-on', 'Synced', 'False');
    assert.match((await world.condition('Bucket', 'going-on', 'Synced'))?.message ?? '', /lifecycle/);
  });

  test('an AccessKey that is managed goes on: an output that breaks a rule keeps no other one from being written', async () => {
    await world.apply(user('owner'));
    await world.apply(accessKey('going-on', 'owner'));
    await world.reaches('AccessKey', 'going-on', 'Ready', 'True');
    const outputs = [
      { name: 'without-bucket', preset: 'thanos' },
      { name: 'good', preset: 'aws-env' },
    ];
    await world.patch('AccessKey', 'going-on', { spec: { outputs } });
    await until('the good one is written', async () => (await world.get('Secret', 'good')) !== undefined);
    assert.equal(await world.get('Secret', 'without-bucket'), undefined);
    await world.reaches('AccessKey', 'going-on', 'Synced', 'False');
    assert.match((await world.condition('AccessKey', 'going-on', 'Synced'))?.message ?? '', /outputs\[0\]/);
  });

  const policy = { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: 'arn:aws:s3:::logs/*' }] };
  const renamed = [
    ['Bucket', bucket('renamed', { deletionPolicy: 'Delete' }), 'a bucket cannot be renamed'],
    ['User', user('renamed'), 'keys and policies belong to the user of that name'],
    ['IAMPolicy', iamPolicy('renamed', policy, { name: 'renamed' }), 'nor be added or taken out'],
  ] as const;
  for (const [kind, manifest, words] of renamed) {
    test(`${kind}: a name that was changed makes nothing new, and deletion undoes what was made`, async () => {
      await world.apply(manifest);
      await world.reaches(kind, 'renamed', 'Ready', 'True');
      await world.settle();
      const calls = world.operatorCalls().length;
      await world.patch(kind, 'renamed', { spec: { name: 'another' } });
      await world.reaches(kind, 'renamed', 'Stalled', 'InvalidSpec');
      const { message = '' } = (await world.condition(kind, 'renamed', 'Synced')) ?? {};
      assert.ok(message.startsWith('spec.name: name cannot change') && message.includes(words), message);
      await world.settle();
      assert.deepEqual(world.operatorCalls().slice(calls), []);
      await world.expectValid(kind, 'renamed');
      await world.delete(kind, 'renamed');
      await world.gone(kind, 'renamed');
      assert.ok(
        world
          .operatorCalls()
          .slice(calls)
          .some(({ operation }) => /^Delete(Bucket|User|Policy)$/.test(operation)),
      );
    });
  }
});
