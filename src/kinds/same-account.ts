import { keyText, type ObjectKey } from '../api/meta.ts';
import type { Provider } from '../api/provider.ts';
import type { Lookup } from '../managed/lookup.ts';
import { isSameSite } from '../wasabi/endpoints.ts';

/** An account as one Provider leads to it: its id means something at the service of that Provider only. */
export interface Account {
  readonly provider: ObjectKey;
  readonly accountId: string;
}

/**
 * Whether two Providers are pinned to one service. What is not known is taken for another one: what lies there is proven
 * by nothing. Pure.
 * @param own whose region tells which hosts are regions of one service: the Provider that is to be protected
 */
export function isSameService(lookup: Pick<Lookup, 'get'>, other: ObjectKey, own: ObjectKey): boolean {
  if (keyText(other) === keyText(own)) return true;
  const recorded = lookup.get<Provider>('Provider', other)?.status?.endpoint;
  const now = lookup.get<Provider>('Provider', own);
  const endpoint = now?.status?.endpoint;
  if (recorded === undefined || now === undefined || endpoint === undefined) return false;
  return isSameSite(recorded, { endpoint, region: now.spec.region });
}

/** Whether two accounts are one. Many S3 servers call their only account by the same id. Pure. */
export function isSameAccount(lookup: Pick<Lookup, 'get'>, other: Account, own: Account): boolean {
  return other.accountId === own.accountId && isSameService(lookup, other.provider, own.provider);
}

/** How a message names an account that is not the own one. */
export function toldApart(other: Account, own: Account): string {
  return other.accountId === own.accountId ? `${other.accountId} of another service` : other.accountId;
}
