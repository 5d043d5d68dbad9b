import type { Bucket } from '../api/bucket.ts';
import type { IamPolicy } from '../api/iam-policy.ts';
import type { Provider } from '../api/provider.ts';
import type { User } from '../api/user.ts';
import { findCondition } from '../managed/conditions.ts';
import type { TargetStatus } from '../managed/kind.ts';
import type { Lookup } from '../managed/lookup.ts';
import { providerReference } from './provider-reference.ts';

/** What another object manages, as far as those who refer to it need to know. */
export type HeldTarget = Pick<TargetStatus, 'accountId' | 'name'>;

/**
 * The external resource that an object manages; `undefined`: none (yet). To write down a stranger's name is no right to
 * it: only an object that has its resource by the table of ownership has the target in status.
 *
 * Under `--observe-only` nobody writes and nobody records a target. What an object was found there to be allowed to
 * manage counts instead, so that a plan shows those who refer to it, too.
 */
export function heldTarget(lookup: Lookup, object: Bucket | User | IamPolicy): HeldTarget | undefined {
  const { metadata, spec, status } = object;
  if (status?.target !== undefined || !lookup.isObserveOnly) return status?.target;
  // The predecessor left neither field: who has one was read by us, and Ready says that it was not somebody else's.
  const { arn, policyId }: { readonly arn?: string | undefined; readonly policyId?: string | undefined } = status ?? {};
  const isRead = arn !== undefined || policyId !== undefined;
  if (!isRead || findCondition(status?.conditions, 'Ready')?.status !== 'True') return undefined;
  const provider = lookup.get<Provider>('Provider', providerReference(metadata.namespace, spec.providerRef).key);
  const accountId = provider?.status?.accountId;
  return accountId === undefined ? undefined : { accountId, name: spec.name ?? '' };
}
