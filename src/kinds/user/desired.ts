import { keyOf } from '../../api/meta.ts';
import type { User } from '../../api/user.ts';
import { markerName, type Owner } from '../../managed/marker.ts';
import type { ReconcileError } from '../../runtime/errors.ts';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import { parseSpecPolicy } from '../../wasabi/policy/parse.ts';
import { checkNames, documentRefusal, type TenancyContext } from '../tenancy.ts';
import { GROUP_PREFIX, INLINE_PREFIX } from './attached.ts';
import { type DesiredFreeze, desiredFreeze } from './freeze.ts';
import { referencedPolicies } from './referenced-policies.ts';

/** The wanted state of a user, in canonical form. */
export interface DesiredUser {
  /** Its inline policy; undefined: none of ours. */
  readonly inline: PolicyDocument | undefined;
  /** The name of our inline policy, which marks the user as ours. */
  readonly inlineName: string;
  /** The name that the predecessor gave to the inline policy of this user. */
  readonly legacyInlineName: string;
  /** What has to be attached: ARNs of managed policies and `group/NAME`, sorted. */
  readonly attached: readonly string[];
  /** Inline policies that the predecessor gave unasked, as status says. */
  readonly leftovers: readonly string[];
  /** What status says that this object attached or is to take away, in the same form, and `inline/NAME`. */
  readonly recorded: readonly string[];
  /** The predecessor made the user, and this operator has not managed it yet. */
  readonly isTakenOver: boolean;
  readonly freeze: DesiredFreeze;
  /** A part of the spec that is not permitted (any more): it is left out of the rest, and told. */
  readonly refusal: ReconcileError | undefined;
}

/**
 * The wanted state of a user. Pure over the snapshot.
 *
 * What the tenancy of the Provider does not permit is refused; on a user that exists it is also taken away, since what
 * was permitted once (a bucket of its own namespace) may be somebody else's by now.
 * @throws InvalidSpec, DependencyNotReady
 */
export function desiredUser(resource: User, context: TenancyContext, owner: Owner): DesiredUser {
  const { spec, status } = resource;
  const document = spec.policy === undefined ? undefined : parseSpecPolicy(spec.policy, { place: 'Inline' });
  const inlineRefusal = document === undefined ? undefined : documentRefusal(context, document);
  const arns = spec.managedPolicyArns ?? [];
  const groups = spec.groups ?? [];
  const arnRefusal = checkNames(context, 'managedPolicyArns', arns);
  const groupRefusal = checkNames(context, 'groups', groups);
  const own = { provider: keyOf(context.provider), accountId: context.accountId };
  const referenced = referencedPolicies(context.lookup, resource, own);
  const refusal = inlineRefusal ?? arnRefusal ?? groupRefusal ?? referenced.refusal;
  // Nothing is there that would have to be taken away: nothing is begun.
  if (refusal !== undefined && status?.target === undefined) throw refusal;
  // A Bucket that is not Ready for a moment is no reason to cut off who works with it.
  if (inlineRefusal?.type === 'DependencyNotReady') throw inlineRefusal;
  const attached = [
    ...referenced.arns,
    ...(arnRefusal === undefined ? arns : []),
    ...(groupRefusal === undefined ? groups.map((name) => GROUP_PREFIX + name) : []),
  ];
  return {
    inline: inlineRefusal === undefined ? document : undefined,
    inlineName: markerName(owner),
    legacyInlineName: legacyInlineName(spec.name),
    attached: [...new Set(attached)].toSorted(),
    leftovers: status?.leftovers ?? [],
    recorded: status?.attached ?? [],
    isTakenOver: isOfPredecessor(resource),
    freeze: desiredFreeze(resource, context.lookup),
    refusal,
  };
}

/** What the predecessor called the one inline policy that it gave to every user, asked or not. */
export function legacyInlineName(userName: string): string {
  return `${userName}-policy`;
}

/** The predecessor's status says that it made the user; it left no ARN, which our first status has. */
export function isOfPredecessor({ status }: User): boolean {
  return status?.inherited === true || (status?.created === true && status.arn === undefined);
}

/** An `inline/NAME` that status recorded, without the prefix. */
export function recordedInlineNames(recorded: readonly string[]): readonly string[] {
  return recorded.filter((one) => one.startsWith(INLINE_PREFIX)).map((one) => one.slice(INLINE_PREFIX.length));
}
