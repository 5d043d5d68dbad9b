import { addAccessKey } from '../../src/emulator/accounts.ts';
import { newEntityId } from '../../src/emulator/iam/entities.ts';
import type { Emulator } from '../../src/emulator/server.ts';
import {
  OPERATOR_NAME,
  type OperatorPolicy,
  operatorPolicy,
  type PolicyAdditions,
  type PolicyPreset,
} from '../../src/wasabi/operator-policy.ts';
import type { KeyPair } from './account.ts';

/** Whose key the operator has: that of the root, or of a user with such a policy; an object: the one for everything, and more. */
export type Signer = 'Root' | PolicyPreset | PolicyAdditions;

/** A key of the emulator's own account. */
export function keysOf(emulator: Emulator, signer: Signer): KeyPair {
  if (signer === 'Root') return emulator.account;
  const policy = typeof signer === 'string' ? operatorPolicy(signer) : operatorPolicy('full', signer);
  return operatorKeys(emulator, policy);
}

/**
 * A key of a user of the emulator's account that may do what the operator needs, and nothing else: no test passes by a
 * right that docs/reference/operator-policy.md does not name. The user is there once, however often it is asked for.
 */
function operatorKeys({ state, account: { accountId } }: Emulator, policy: OperatorPolicy): KeyPair {
  const account = state.accounts.get(accountId);
  if (account === undefined) throw new Error(`the emulator has no account ${accountId}`);
  const known = [...state.keys.values()].find(({ userName }) => userName === OPERATOR_NAME);
  if (known !== undefined) return known;
  account.users.set(OPERATOR_NAME, {
    userName: OPERATOR_NAME,
    path: '/',
    userId: newEntityId('user'),
    createdMs: 0,
    groupNames: [],
    inlinePolicies: new Map([['operator', JSON.stringify(policy)]]),
    attachedPolicies: new Map(),
  });
  return addAccessKey(state, { accountId, userName: OPERATOR_NAME, createdMs: 0 });
}
