import { randomBytes, randomInt } from 'node:crypto';
import { entityArn, type Group, type ManagedPolicy, type Role, type User } from './iam/entities.ts';
import type { AccountOptions } from './options.ts';
import { type State, touch } from './state.ts';

/** Who calls: the root of an account, one of its users, a session of one of its roles, or somebody who did not sign. */
export interface Identity {
  readonly type: 'Root' | 'User' | 'AssumedRole' | 'Anonymous';
  readonly accountId: string;
  readonly arn: string;
  /** The root's is the account id. */
  readonly userId: string;
  /** Of a user only. */
  readonly userName?: string;
  /** Of a session of a role only. */
  readonly roleName?: string;
  readonly roleId?: string;
  readonly roleArn?: string;
}

/** One account with the identities that it holds. */
export interface Account {
  readonly accountId: string;
  readonly name: string;
  readonly createdMs: number;
  /** By user name. */
  readonly users: Map<string, User>;
  /** By group name. */
  readonly groups: Map<string, Group>;
  /** By role name. */
  readonly roles: Map<string, Role>;
  /** The account's own, by ARN. */
  readonly policies: Map<string, ManagedPolicy>;
}

/** A key pair of an identity. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly accountId: string;
  /** Absent: the root's. */
  userName?: string;
  readonly createdMs: number;
  /** Unknown to the service before. */
  readonly effectiveMs: number;
  status: 'Active' | 'Inactive';
  /** The last request that it signed rightly. */
  lastUse?: { readonly atMs: number; readonly service: string; readonly region: string };
}

/** What `createAccount` gives to its caller. */
export interface AccountKeys {
  readonly accountId: string;
  readonly name: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const KEY_ID_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** An access key id in Wasabi's form: 20 upper-case letters and digits, without the AKIA of AWS. */
export function newAccessKeyId(): string {
  return Array.from({ length: 20 }, () => KEY_ID_ALPHABET[randomInt(KEY_ID_ALPHABET.length)]).join('');
}

/** A secret access key: 40 characters. */
export function newSecretAccessKey(): string {
  return randomBytes(30).toString('base64').replaceAll('+', 'x').replaceAll('/', 'y');
}

/** What a new key pair is made with. */
export interface NewAccessKey {
  readonly accountId: string;
  readonly userName?: string | undefined;
  readonly createdMs: number;
  /** Default: from its creation. */
  readonly effectiveMs?: number;
  /** Chosen at random unless given. */
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
}

/** Adds a key pair of an account's root, or of a user. @throws Error for a key id that is none, or taken */
export function addAccessKey(state: State, wanted: NewAccessKey): AccessKey {
  const { accountId, userName, createdMs, effectiveMs = createdMs } = wanted;
  const { accessKeyId = newAccessKeyId(), secretAccessKey = newSecretAccessKey() } = wanted;
  if (!/^[\w-]{1,128}$/u.test(accessKeyId)) throw new Error(`accessKeyId: "${accessKeyId}" is no key id`);
  if (state.keys.has(accessKeyId)) throw new Error(`accessKeyId: "${accessKeyId}" is taken`);
  const owner = userName === undefined ? { accountId } : { accountId, userName };
  const key: AccessKey = { accessKeyId, secretAccessKey, ...owner, createdMs, effectiveMs, status: 'Active' };
  state.keys.set(accessKeyId, key);
  touch(state);
  return key;
}

/** The key pairs of a user, or of the root (`userName` absent), oldest first. */
export function keysOf(state: State, accountId: string, userName: string | undefined): readonly AccessKey[] {
  return [...state.keys.values()].filter((key) => key.accountId === accountId && key.userName === userName);
}

/**
 * Makes an account and a key pair of its root.
 * @throws Error when the account id is no 12 digits or is taken
 */
export function createAccount(state: State, options: AccountOptions, nowMs: number): AccountKeys {
  const accountId = options.accountId ?? nextAccountId(state);
  if (!/^\d{12}$/u.test(accountId)) throw new Error(`accountId: "${accountId}" is not 12 digits`);
  if (state.accounts.has(accountId)) throw new Error(`accountId: "${accountId}" is taken`);
  const name = options.name ?? `account-${accountId}`;
  const { accessKeyId, secretAccessKey } = addAccessKey(state, {
    accountId,
    createdMs: nowMs,
    accessKeyId: options.accessKeyId,
    secretAccessKey: options.secretAccessKey,
  });
  state.accounts.set(accountId, { accountId, name, createdMs: nowMs, ...emptyMaps() });
  touch(state);
  return { accountId, name, accessKeyId, secretAccessKey };
}

function emptyMaps(): Pick<Account, 'users' | 'groups' | 'roles' | 'policies'> {
  return { users: new Map(), groups: new Map(), roles: new Map(), policies: new Map() };
}

/** The root of an account as a caller. */
export function rootIdentity({ accountId }: Account): Identity {
  return { type: 'Root', accountId, arn: `arn:aws:iam::${accountId}:root`, userId: accountId };
}

/** A user as a caller. */
export function userIdentity({ accountId }: Account, { userName, userId, path }: User): Identity {
  return { type: 'User', accountId, arn: entityArn(accountId, 'user', path, userName), userId, userName };
}

/** The caller of a request without a signature, who has no account. */
export function nobody(): { readonly account: Account; readonly identity: Identity } {
  const accountId = 'anonymous';
  return {
    account: { accountId, name: accountId, createdMs: 0, ...emptyMaps() },
    identity: { type: 'Anonymous', accountId, arn: '', userId: accountId },
  };
}

function nextAccountId(state: State): string {
  const taken = [...state.accounts.keys()].filter((id) => id.startsWith('1000000')).map(Number);
  return String(Math.max(100_000_000_000, ...taken) + 1);
}
