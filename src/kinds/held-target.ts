import type { Bucket } from '../api/bucket.ts';
import type { IamPolicy } from '../api/iam-policy.ts';
import { parseKey } from '../api/meta.ts';
import type { Provider } from '../api/provider.ts';
import type { User } from '../api/user.ts';
import { isTrue } from '../managed/conditions.ts';
import type { Lookup } from '../managed/lookup.ts';
import { providerReference } from './provider-reference.ts';
import type { Account } from './same-account.ts';

/** What another object manages, as far as those who refer to it need to know. */
export interface HeldTarget extends Account {
  readonly name: string;
}

/**
 * The external resource that an object manages; `undefined`: none (yet). To write down a stranger's name is no right to
 * it: only an object that has its resource by the table of ownership has the target in status.
 *
 * Under `--observe-only` nobody writes and nobody records a target. What an object was found there to be allowed to
 * manage counts instead, so that a plan shows those who refer to it, too.
 */
export function heldTarget(lookup: Lookup, object: Bucket | User | IamPolicy): HeldTarget | undefined {
  const { metadata, spec, status } = object;
  const { target } = status ?? {};
  if (target !== undefined) return { ...target, provider: parseKey(target.provider) };
  if (!lookup.isObserveOnly) return undefined;
  // The predecessor left neither field: who has one was read by us, and Ready says that it was not somebody else's.
  const { arn, policyId }: { readonly arn?: string | undefined; readonly policyId?: string | undefined } = status ?? {};
  const isRead = arn !== undefined || policyId !== undefined;
  if (!isRead || !isTrue(status?.conditions, 'Ready')) return undefined;
  const provider = providerReference(metadata.namespace, spec.providerRef).key;
  const accountId = lookup.get<Provider>('Provider', provider)?.status?.accountId;
  return accountId === undefined ? undefined : { provider, accountId, name: spec.name ?? '' };
}
