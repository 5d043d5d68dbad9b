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
