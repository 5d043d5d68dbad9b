import type { IamPolicy } from '../api/iam-policy.ts';
import { keyOf } from '../api/meta.ts';
import type { User } from '../api/user.ts';
import type { ManagedResource, Target } from '../managed/kind.ts';
import type { Lookup } from '../managed/lookup.ts';
import type { Pass } from '../runtime/turn.ts';
import type { WasabiClient } from '../wasabi/clients.ts';
import type { AccountAccess } from './account-access.ts';
import { providerOf, providerOfTarget } from './provider-reference.ts';

/** What an object of IAM needs, to find its account and to get there. */
interface IamParts {
  readonly lookup: Lookup;
  readonly access: AccountAccess;
}

/** What stands for the region of what belongs to an account as a whole. */
const GLOBAL = 'global';

/** What has that name in the account of the Provider that the spec names. @throws DependencyNotReady */
export function resolveIam({ lookup, access }: IamParts, resource: User | IamPolicy, name: string): Target {
  const provider = providerOf(lookup, resource);
  return { provider: keyOf(provider), accountId: access.pinnedAccount(provider), region: GLOBAL, name };
}

/** A client for the account of the target, by the Provider that the target names. @throws DependencyNotReady */
export async function connectIam(
  { lookup, access }: IamParts,
  resource: ManagedResource,
  target: Target,
  pass: Pass,
): Promise<WasabiClient> {
  const provider = providerOfTarget(lookup, resource, target);
  return (await access.connect(resource, provider, target.accountId, pass)).client;
}
