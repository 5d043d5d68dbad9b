import { randomBytes, randomInt } from 'node:crypto';
import type { AccountOptions } from './options.ts';
import { type State, touch } from './state.ts';

/** Who a key belongs to: the root of an account, or one of its users. */
export interface Identity {
  readonly type: 'Root' | 'User';
  readonly accountId: string;
  readonly arn: string;
  /** The root's is the account id. */
  readonly userId: string;
  /** Absent for the root. */
  readonly userName?: string;
  readonly createdMs: number;
}

/** One account with the identities that it holds. */
export interface Account {
  readonly accountId: string;
  readonly name: string;
  readonly root: Identity;
  /** By user name. */
  readonly users: Map<string, Identity>;
}

/** A key pair of an identity. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly identity: Identity;
  readonly createdMs: number;
  status: 'Active' | 'Inactive';
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
function newAccessKeyId(): string {
  return Array.from({ length: 20 }, () => KEY_ID_ALPHABET[randomInt(KEY_ID_ALPHABET.length)]).join('');
}

/** A secret access key: 40 characters. */
function newSecretAccessKey(): string {
  return randomBytes(30).toString('base64').replaceAll('+', 'x').replaceAll('/', 'y');
}

/** Adds a key pair to an identity. */
function addAccessKey(
  state: State,
  identity: Identity,
  nowMs: number,
  given: { readonly accessKeyId?: string; readonly secretAccessKey?: string } = {},
): AccessKey {
  const accessKeyId = given.accessKeyId ?? newAccessKeyId();
  if (!/^[\w-]{1,128}$/u.test(accessKeyId)) throw new Error(`accessKeyId: "${accessKeyId}" is no key id`);
  if (state.keys.has(accessKeyId)) throw new Error(`accessKeyId: "${accessKeyId}" is taken`);
  const secretAccessKey = given.secretAccessKey ?? newSecretAccessKey();
  const key: AccessKey = { accessKeyId, secretAccessKey, identity, createdMs: nowMs, status: 'Active' };
  state.keys.set(accessKeyId, key);
  touch(state);
  return key;
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
  const root: Identity = {
    type: 'Root',
    accountId,
    arn: `arn:aws:iam::${accountId}:root`,
    userId: accountId,
    createdMs: nowMs,
  };
  const { accessKeyId, secretAccessKey } = addAccessKey(state, root, nowMs, options);
  state.accounts.set(accountId, { accountId, name, root, users: new Map() });
  touch(state);
  return { accountId, name, accessKeyId, secretAccessKey };
}

function nextAccountId(state: State): string {
  const taken = [...state.accounts.keys()].filter((id) => id.startsWith('1000000')).map(Number);
  return String(Math.max(100_000_000_000, ...taken) + 1);
}
