import { CreatePolicyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import type { KubeObject } from '../../src/api/meta.ts';
import type { AccessKey as ServiceKey } from '../../src/emulator/accounts.ts';
import type { Manifest } from './builders.ts';
import { iamConsole } from './iam-console.ts';
import { addKey } from './keys.ts';
import type { World } from './world.ts';

/** The predecessor's own finalizer has the text of ours; the second one is of the framework that it was built with. */
export const LEGACY_FINALIZERS = ['s3.cloud37.dev/finalizer', 'kopf.zalando.org/KopfFinalizerMarker'] as const;
const LAST_HANDLED = 'kopf.zalando.org/last-handled-configuration';
const VERSION = '2012-10-17';

/** A statement as specs have it, with lists in place of texts, as the predecessor's schema asked for. */
export interface LegacyStatement {
  readonly sid?: string;
  readonly effect: 'Allow' | 'Deny';
  readonly principal?: string;
  readonly action: readonly string[];
  readonly resource: readonly string[];
}

/** The policy of a spec. */
export interface LegacyPolicy {
  readonly version: string;
  readonly statement: LegacyStatement[];
}

/** A policy with those statements. */
export function legacyPolicy(...statement: LegacyStatement[]): LegacyPolicy {
  return { version: VERSION, statement };
}

/** Allows these actions on a bucket and all that is in it, as the predecessor wrote it down. */
export function allow(bucket: string, action: readonly string[], principal?: string): LegacyStatement {
  const arn = `arn:aws:s3:::${bucket}`;
  return {
    ...(principal === undefined ? {} : { sid: 'Allow', principal }),
    effect: 'Allow',
    action,
    resource: [arn, `${arn}/*`],
  };
}

/** The document that the predecessor sent for such a policy. @param accountId in the place of `*` and `wasabi` */
function documentText({ version, statement }: LegacyPolicy, accountId: string): string {
  const Statement = statement.map(({ sid, effect, principal, action, resource }) => ({
    ...(sid === undefined ? {} : { Sid: sid }),
    Effect: effect,
    ...(principal === undefined ? {} : { Principal: { AWS: principal.replace('iam::*:', `iam::${accountId}:`) } }),
    Action: action,
    Resource: resource,
  }));
  return JSON.stringify({ Version: version, Statement });
}

/** What an object of the predecessor has beside its spec. */
export interface LegacyParts {
  readonly status: object;
  /** Conditions beside Ready. */
  readonly conditions?: readonly string[];
  readonly finalizers?: readonly string[];
  readonly owner?: KubeObject;
}

/** Stores an object as the predecessor left it. No operator runs meanwhile. */
export async function store(world: World, manifest: Manifest, parts: LegacyParts, namespace = world.namespace) {
  const { owner, finalizers = [] } = parts;
  const reference = owner && {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
  };
  const metadata = {
    ...manifest.metadata,
    finalizers: [...LEGACY_FINALIZERS, ...finalizers],
    annotations: { [LAST_HANDLED]: '{"spec":{}}\n', mine: 'stays' },
    ...(reference === undefined ? {} : { ownerReferences: [reference] }),
  };
  const stored = await world.apply({ ...manifest, metadata }, namespace);
  const conditions = ['Ready', ...(parts.conditions ?? [])].map((name) => ({
    type: name,
    status: 'True',
    reason: 'Once',
    message: 'as it was once',
    lastTransitionTime: '2024-05-01T10:00:00Z',
  }));
  const status = {
    observedGeneration: 1,
    lastSyncTime: '2024-05-01T10:00:00.123456+00:00',
    ...parts.status,
    conditions,
  };
  await world.patchStatus(manifest.kind, manifest.metadata.name, status, namespace);
  return stored;
}

/** An IAM user as the predecessor made it. @returns its UserId */
export async function makeUser(world: World, UserName: string, policy: LegacyPolicy): Promise<string> {
  const iam = iamConsole(world.emulator);
  const { User } = await iam.send(new CreateUserCommand({ UserName }));
  const PolicyDocument = documentText(policy, world.emulator.account.accountId);
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: `${UserName}-policy`, PolicyDocument }));
  return User?.UserId ?? '';
}

/** A managed policy as the predecessor made it, named after the object alone. */
export async function makePolicy(world: World, PolicyName: string, policy: LegacyPolicy): Promise<void> {
  const PolicyDocument = documentText(policy, world.emulator.account.accountId);
  const Description = `IAMPolicy ${PolicyName} managed by wasabi-s3-operator`;
  await iamConsole(world.emulator).send(new CreatePolicyCommand({ PolicyName, PolicyDocument, Description }));
}

/** The policy of a bucket, written past the operator. */
export async function putBucketPolicy(world: World, Bucket: string, policy: LegacyPolicy): Promise<void> {
  const Policy = documentText(policy, world.emulator.account.accountId);
  await world.console.send(new PutBucketPolicyCommand({ Bucket, Policy }));
}

/** A key of that user in the Secret that the predecessor kept it in. */
export async function makeKey(world: World, userName: string, object: KubeObject): Promise<ServiceKey> {
  const key = addKey(world, userName, 1_000);
  await world.apply(keySecret(object, `${object.metadata.name}-credentials`, key));
  return key;
}

function keySecret(object: KubeObject, name: string, key: ServiceKey): Manifest {
  const { apiVersion, kind, metadata } = object;
  const ownerReferences = [{ apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true }];
  const labels = { 's3.cloud37.dev/managed-by': 'wasabi-s3-operator', 's3.cloud37.dev/resource-type': 'access-key' };
  const own = { name, labels, ownerReferences };
  const stringData = { 'access-key-id': key.accessKeyId, 'secret-access-key': key.secretAccessKey };
  return { apiVersion: 'v1', kind: 'Secret', metadata: own, type: 'Opaque', stringData };
}
