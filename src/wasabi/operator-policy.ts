import { SERVICE_RIGHTS, type ServiceFeature, type ServiceRight, type ServiceScope } from './service-rights.ts';

/** What somebody wants the operator for. */
export type PolicyPreset = 'full' | 'buckets' | 'read-only';

/** What a preset leaves out, since it gives whoever has the key more than the operator makes of it. */
export interface PolicyAdditions {
  /** With which the names of all buckets, users and policies begin; default: any name. */
  readonly prefix?: string;
  /** Groups that Users may join by `spec.groups`, and the operator's own user with them; default: none. */
  readonly groups?: readonly string[];
  /** Whether it may look until when a version is locked, which gives the content of objects, too; default: it may not. */
  readonly seesLocks?: boolean;
}

/** A statement of a policy of IAM. */
export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
}

/** A policy of IAM, for the user whose key the operator has. */
export interface OperatorPolicy {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

/** The names by which the user of the operator and its policy are known in the policies. */
export const OPERATOR_NAME = 'wasabi-s3-operator';

const FEATURES: Readonly<Record<PolicyPreset, readonly ServiceFeature[]>> = {
  full: ['connection', 'buckets', 'emptying', 'identities'],
  buckets: ['connection', 'buckets', 'emptying'],
  'read-only': ['connection', 'buckets', 'identities'],
};

type Resources = (prefix: string, groups: readonly string[]) => string | readonly string[];

const RESOURCES: Readonly<Record<ServiceScope, Resources>> = {
  Everything: () => '*',
  Itself: () => `arn:aws:iam::*:user/${OPERATOR_NAME}`,
  Buckets: (prefix) => `arn:aws:s3:::${prefix}*`,
  Objects: (prefix) => `arn:aws:s3:::${prefix}*/*`,
  Users: (prefix) => `arn:aws:iam::*:user/${prefix}*`,
  Groups: (_prefix, groups) => groups.map((name) => `arn:aws:iam::*:group/${name}`),
  Policies: (prefix) => `arn:aws:iam::*:policy/${prefix}*`,
};

/** The statements in order: the scope, what is done there, its name. */
const STATEMENTS: readonly (readonly [
  sid: string,
  scope: ServiceScope,
  features: readonly ServiceFeature[],
  isRead: boolean,
])[] = [
  ['Connect', 'Everything', ['connection'], true],
  ['ReadItself', 'Itself', ['connection'], true],
  ['ReadBuckets', 'Buckets', ['buckets'], true],
  ['WriteBuckets', 'Buckets', ['buckets'], false],
  ['ListContent', 'Buckets', ['emptying'], false],
  ['DeleteContent', 'Objects', ['emptying'], false],
  ['ListIdentities', 'Everything', ['identities'], true],
  ['ReadUsers', 'Users', ['identities'], true],
  ['WriteUsers', 'Users', ['identities'], false],
  ['ReadPolicies', 'Policies', ['identities'], true],
  ['WritePolicies', 'Policies', ['identities'], false],
  ['SeeLocks', 'Objects', ['locks'], false],
  ['WriteGroups', 'Groups', ['groups'], false],
];

/** The least policy for that preset, and what was added to it. */
export function operatorPolicy(preset: PolicyPreset, additions: PolicyAdditions = {}): OperatorPolicy {
  const { prefix = '', groups = [], seesLocks = false } = additions;
  const added: readonly ServiceFeature[] = [
    ...(seesLocks ? (['locks'] as const) : []),
    ...(groups.length > 0 ? (['groups'] as const) : []),
  ];
  const chosen = [...FEATURES[preset], ...added];
  const rights = SERVICE_RIGHTS.filter(
    ({ feature, isRead }) => chosen.includes(feature) && (isRead || preset !== 'read-only'),
  );
  const allowed = STATEMENTS.flatMap(([Sid, scope, features, isRead]): PolicyStatement[] => {
    const own = rights.filter((right) => isOf(right, scope, features, isRead));
    const Action = [...new Set(own.flatMap(({ actions }) => actions))].toSorted();
    return Action.length === 0 ? [] : [{ Sid, Effect: 'Allow', Action, Resource: RESOURCES[scope](prefix, groups) }];
  });
  const Statement = preset === 'full' ? [...allowed, keepOffItself()] : allowed;
  return { Version: '2012-10-17', Statement };
}

function isOf(right: ServiceRight, scope: ServiceScope, features: readonly ServiceFeature[], isRead: boolean): boolean {
  return right.scope === scope && features.includes(right.feature) && right.isRead === isRead;
}

/** Who may write users and policies must not write its own: with a User or an IAMPolicy of that name. */
function keepOffItself(): PolicyStatement {
  const writes = SERVICE_RIGHTS.filter(({ scope, isRead }) => !isRead && (scope === 'Users' || scope === 'Policies'));
  return {
    Sid: 'NotItself',
    Effect: 'Deny',
    Action: [...new Set(writes.flatMap(({ actions }) => actions))].toSorted(),
    Resource: [`arn:aws:iam::*:user/${OPERATOR_NAME}`, `arn:aws:iam::*:policy/${OPERATOR_NAME}`],
  };
}
