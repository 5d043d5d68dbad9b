import { randomInt } from 'node:crypto';

/** What holds permissions: a user, a group, a role. */
export interface PolicyHolder {
  /** Text of each inline policy by its name, as it was put. */
  readonly inlinePolicies: Map<string, string>;
  /** Name of each attached managed policy by its ARN. */
  readonly attachedPolicies: Map<string, string>;
}

/** A user of an account. */
export interface User extends PolicyHolder {
  userName: string;
  /** `/`, or names between slashes. */
  path: string;
  /** `AIDA…`: this very incarnation of the name. */
  readonly userId: string;
  readonly createdMs: number;
  groupNames: readonly string[];
}

/** A group of users, who have its permissions. */
export interface Group extends PolicyHolder {
  groupName: string;
  path: string;
  readonly groupId: string;
  readonly createdMs: number;
}

/** A role that others take on for a while. */
export interface Role extends PolicyHolder {
  readonly roleName: string;
  readonly path: string;
  readonly roleId: string;
  readonly createdMs: number;
  /** Text of the policy that says who may take it on. */
  trustPolicy: string;
  readonly description?: string | undefined;
  readonly maxSessionSeconds: number;
}

/** One version of a managed policy. */
export interface PolicyVersion {
  /** `v1`, `v2`, …; never used twice by a policy. */
  readonly versionId: string;
  /** As it was put. */
  readonly document: string;
  readonly createdMs: number;
}

/** A policy with a name of its own, attached to any number of users, groups and roles. */
export interface ManagedPolicy {
  readonly policyName: string;
  readonly path: string;
  readonly arn: string;
  /** `ANPA…`: this very incarnation of the name. */
  readonly policyId: string;
  readonly description?: string | undefined;
  readonly createdMs: number;
  updatedMs: number;
  defaultVersionId: string;
  nextVersion: number;
  /** By id, oldest first. */
  readonly versions: Map<string, PolicyVersion>;
}

/** The prefixes of AWS's unique ids. Source: IAM User Guide, "IAM identifiers". */
const ID_PREFIXES = { user: 'AIDA', group: 'AGPA', role: 'AROA', policy: 'ANPA' } as const;
const ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** What has an ARN of its own. */
export type EntityType = keyof typeof ID_PREFIXES;

/** A unique id in AWS's form: four letters for the type and seventeen more signs. Never given twice. */
export function newEntityId(type: EntityType): string {
  const rest = Array.from({ length: 17 }, () => ID_ALPHABET[randomInt(ID_ALPHABET.length)]);
  return ID_PREFIXES[type] + rest.join('');
}

/** `arn:aws:iam::ACCOUNT:TYPE/PATH/NAME`. `path` begins and ends with a slash. */
export function entityArn(accountId: string, type: EntityType, path: string, name: string): string {
  return `arn:aws:iam::${accountId}:${type}${path}${name}`;
}
