import type { ManagedResource, Target } from '../managed/kind.ts';
import type { Lookup } from '../managed/lookup.ts';
import type { WasabiClient } from '../wasabi/clients.ts';
import type { AccountAccess } from './account-access.ts';
import { providerOfTarget } from './provider-reference.ts';

/** What stands for the region of what belongs to an account as a whole. */
export const GLOBAL = 'global';

/** A client for the account of the target, by the Provider that the target names. @throws DependencyNotReady */
export async function connectIam(
  { lookup, access }: { readonly lookup: Lookup; readonly access: AccountAccess },
  resource: ManagedResource,
  target: Target,
  signal: AbortSignal,
): Promise<WasabiClient> {
  const provider = providerOfTarget(lookup, resource, target);
  return (await access.connect(resource, provider, target.accountId, signal)).client;
}
