import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { REFERENCE_GRANTS } from '../src/api/core-types.ts';
import { accessKey, bucket, bucketPolicy, iamPolicy, type Manifest, user } from './support/builders.ts';
import { endState } from './support/end-state.ts';
import { keysOf } from './support/keys.ts';
import { pass } from './support/outside.ts';
import { grant, installReferenceGrants } from './support/reference-grants.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { onProvider, withTenant } from './support/tenant.ts';
import type { World } from './support/world.ts';

const shared = shareCluster();

/** What a referrer makes in the service has this name: bucket, user. */
const MADE = 'made-across';
const GROUP = 's3.cloud37.dev';
const read = { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: `arn:aws:s3:::${MADE}/*` }] };

/** An object of a tenant that refers to one of the Provider's namespace. */
interface ReferenceCase {
  readonly path: string;
  /** What it refers to; made in the namespace of the Provider. */
  readonly target: Manifest;
  readonly referrer: (ref: { readonly name: string; readonly namespace: string }) => Manifest;
  /** Made in the tenant's own namespace before. */
  readonly beside?: Manifest;
}

const person = user('there', { name: 'there-user' });
const rule = iamPolicy('there', read, { name: 'there-rule' });

const cases: readonly ReferenceCase[] = [
  {
    path: 'AccessKey spec.userRef',
    target: user('there', { name: MADE }),
    referrer: (userRef) => accessKey('it', 'there', { userRef }),
  },
  { path: 'Bucket spec.userRef', target: person, referrer: (userRef) => bucket('it', { name: MADE, userRef }) },
  {
    path: 'BucketPolicy spec.bucketRef',
    target: bucket('there', { name: MADE }),
    referrer: (bucketRef) => {
      const principal = 'arn:aws:iam::wasabi:user/reader';
      return bucketPolicy('it', 'there', { statement: [{ ...read.statement[0], principal }] }, { bucketRef });
    },
  },
  {
    path: 'BucketPolicy spec.policy.statement[0].principalRefs[0]',
    target: person,
    beside: bucket('own', { name: MADE }),
    referrer: (ref) => bucketPolicy('it', 'own', { statement: [{ ...read.statement[0], principalRefs: [ref] }] }),
  },
  { path: 'User spec.policyRef', target: rule, referrer: (policyRef) => user('it', { name: MADE, policyRef }) },
  {
    path: 'User spec.policyRefs[0]',
    target: rule,
    referrer: (ref) => user('it', { name: MADE, policyRefs: [ref] }),
  },
];

/** How the owner of the target lets the tenant in, by `spec.allowedNamespaces` or a ReferenceGrant, and shuts him out again. */
const grants: readonly ((
  world: World,
  tenant: string,
  target: Manifest,
  kind: string,
) => Promise<() => Promise<unknown>>)[] = [
  async (world, _tenant, { kind, metadata }) => {
    const set = (allowedNamespaces: object | null) => world.patch(kind, metadata.name, { spec: { allowedNamespaces } });
    await set({ from: 'All' });
    return () => set(null);
  },
  async (world, tenant, { kind, metadata }, from) => {
    const to = { group: GROUP, kind, name: metadata.name };
    const { admin } = world.cluster;
    await admin.create(REFERENCE_GRANTS, world.namespace, grant('in', { kind: from, namespace: tenant }, to));
    return () => admin.delete(REFERENCE_GRANTS, { namespace: world.namespace, name: 'in' });
  },
];

describe('a reference into another namespace needs a grant', { concurrency: 3 }, () => {
  for (const { path, target, referrer, beside } of cases) {
    test(path, async (t) => {
      await installReferenceGrants(shared.cluster);
      // What an identity of another namespace may be given is not the question here.
      const { world, tenant } = await withTenant(shared, t, { identityPolicies: 'Any' });
      await world.apply(target);
      await world.reaches(target.kind, 'there', 'Ready', 'True');
      if (beside !== undefined) {
        await world.apply(onProvider(world, beside), tenant);
        await world.reaches(beside.kind, beside.metadata.name, 'Ready', 'True', tenant);
      }
      const made = referrer({ name: 'there', namespace: world.namespace });
      const { kind } = made;
      const before = await found(world);
      /** It says so, and however often it is looked at, it makes not one call. */
      const isShutOut = async () => {
        await world.reaches(kind, 'it', 'Synced', 'RefNotPermitted', tenant);
        await world.settle();
        const mark = world.operatorCalls().length;
        await pass(world, kind, 'it', tenant);
        await world.resync();
        const calls = world
          .operatorCalls()
          .slice(mark)
          .filter(isCallOf[kind] ?? (() => true));
        assert.deepEqual(
          calls.map(({ operation }) => operation),
          [],
        );
      };

      await world.settle();
      const mark = world.operatorCalls().length;
      await world.apply(kind === 'BucketPolicy' ? made : onProvider(world, made), tenant);
      await isShutOut();
      assert.deepEqual(
        world
          .operatorCalls()
          .slice(mark)
          .filter(isCallOf[kind] ?? (() => true)),
        [],
        'from the start',
      );
      assert.deepEqual(await found(world), before);
      const { message = '' } = (await world.condition(kind, 'it', 'Synced', tenant)) ?? {};
      assert.ok(message.includes(path.split(' ')[1] ?? path), `${message} names the field`);

      let works: unknown;
      for (const open of grants) {
        const close = await open(world, tenant, target, kind);
        for (const type of ['Ready', 'Synced']) await world.reaches(kind, 'it', type, 'True', tenant);
        await world.settle();
        works ??= await found(world);
        assert.notDeepEqual(works, before, 'it was made');
        await close();
        await isShutOut();
        assert.equal((await world.condition(kind, 'it', 'Ready', tenant))?.status, 'True', 'no evidence against it');
        assert.deepEqual(await found(world), works, 'what exists is kept');
      }
    });
  }
});

/** Which calls of the operator are for the referrer of that kind: what it refers to is looked at for its own sake. */
const isCallOf: Readonly<Record<string, (call: ReturnType<World['operatorCalls']>[number]) => boolean>> = {
  AccessKey: ({ operation }) => operation.includes('AccessKey'),
  Bucket: (call) => call.bucket === MADE,
  BucketPolicy: ({ operation }) => operation.endsWith('BucketPolicy'),
  User: ({ userName }) => userName === MADE,
};

/** What the service has under the name that the referrer means. */
async function found(world: World): Promise<unknown> {
  return [await endState(world, [], MADE), keysOf(world, MADE).map(({ accessKeyId }) => accessKeyId)];
}

test('a reference into a namespace that is not watched is told as such, not as a refusal', async (t) => {
  const world = await shared.startWorld(t);
  await world.apply(bucket('it', { name: MADE, providerRef: { name: 'wasabi', namespace: 'elsewhere' } }));
  await world.reaches('Bucket', 'it', 'Synced', 'RefNotPermitted');
  const { message = '' } = (await world.condition('Bucket', 'it', 'Synced')) ?? {};
  assert.match(
    message,
    /^spec\.providerRef: Provider elsewhere\/wasabi cannot be seen: this operator does not watch namespace elsewhere; add it to --watch-namespaces/,
  );
});
