import { createHash } from 'node:crypto';
import type { IamPolicy } from '../../api/iam-policy.ts';
import { policyNameOf } from '../../wasabi/policy/arn.ts';

/** Source: IAM API Reference, CreatePolicy, PolicyName. */
const NAME_MAX = 128;

/**
 * The name of the managed policy: what the spec says, else the name in `status.policyArn` (the predecessor's ARNs may
 * carry `*` in the place of the account, so the name alone counts), else `NAMESPACE.NAME`, cut with a hash at 128. A
 * namespace has no dot, so no two objects come to one name.
 */
export function policyName({ metadata, spec, status }: IamPolicy): string {
  if (spec.name !== undefined) return spec.name;
  const recorded = status?.policyArn === undefined ? undefined : policyNameOf(status.policyArn);
  if (recorded !== undefined) return recorded;
  const name = `${metadata.namespace ?? ''}.${metadata.name}`;
  if (name.length <= NAME_MAX) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return `${name.slice(0, NAME_MAX - digest.length - 1)}-${digest}`;
}
