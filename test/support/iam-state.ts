import type { World } from './world.ts';

/** The one account of the world, as the service keeps it. */
function accountOf(world: World) {
  const account = world.emulator.state.accounts.get(world.emulator.account.accountId);
  if (account === undefined) throw new Error('the service has no account');
  return account;
}

/** A user as the service keeps it, without what differs from run to run; undefined: there is none. */
export function userState(world: World, name: string): object | undefined {
  const found = accountOf(world).users.get(name);
  if (found === undefined) return undefined;
  const { groupNames, inlinePolicies, attachedPolicies } = found;
  return { groupNames, inlinePolicies: [...inlinePolicies], attachedPolicies: [...attachedPolicies.keys()].toSorted() };
}

/** The document in force of a managed policy; undefined: there is none. */
export function policyState(world: World, name: string): object | undefined {
  const arn = `arn:aws:iam::${world.emulator.account.accountId}:policy/${name}`;
  const found = accountOf(world).policies.get(arn);
  if (found === undefined) return undefined;
  return { description: found.description, document: found.versions.get(found.defaultVersionId)?.document };
}
