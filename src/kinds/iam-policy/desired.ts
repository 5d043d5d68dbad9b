import type { IamPolicy } from '../../api/iam-policy.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import { parseSpecPolicy } from '../../wasabi/policy/parse.ts';
import { documentRefusal, type TenancyContext } from '../tenancy.ts';
import { markIn } from './sid-mark.ts';

/** The wanted state of a managed policy. */
export interface DesiredPolicy {
  readonly document: PolicyDocument;
  /** The author's words; they count at creation alone, since the service cannot change them. */
  readonly description: string | undefined;
}

/** The wanted state of a managed policy. Pure over the snapshot. @throws InvalidSpec, DependencyNotReady */
export function desiredPolicy({ spec }: IamPolicy, context: TenancyContext): DesiredPolicy {
  const document = parseSpecPolicy(spec.policy, { place: 'Managed' });
  const mark = markIn(document);
  if (mark !== undefined) {
    throw new ReconcileError(
      'InvalidSpec',
      `spec.policy: the sid that ends in "${mark}" is the operator's mark of the owner of a policy; give the statement another sid, or none`,
    );
  }
  const refusal = documentRefusal(context, document);
  if (refusal !== undefined) throw refusal;
  return { document, description: spec.description };
}
