import { z } from 'zod';
import { iamName, iamNameRule, managedPolicyArn, managedPolicyArnRule } from './names.ts';
import { field } from './schema.ts';

/** `Provider.spec.tenancy`: what the Provider's account lets objects of other namespaces do. */
export const tenancy = z
  .object({
    adoption: z
      .enum(['None', 'All'])
      .optional()
      .meta(
        field({
          what: 'Whether they may take over what exists in the account already (spec.adoptionPolicy).',
          example: 'All',
          change: 'Can change at any time; what was taken over stays with its object.',
          absent: 'None',
        }),
      ),
    groups: z
      .array(
        iamName(128).meta(
          field({ what: 'Name of one group.' }, { isPatternARule: true, rules: [iamNameRule('groups')] }),
        ),
      )
      .max(64)
      .optional()
      .meta(
        field({
          what: 'Groups that their Users may belong to.',
          example: '[backup-writers]',
          change: true,
          absent: 'none',
        }),
      ),
    managedPolicyArns: z
      .array(
        managedPolicyArn.meta(
          field({ what: 'ARN of one managed policy.' }, { isPatternARule: true, rules: [managedPolicyArnRule] }),
        ),
      )
      .max(64)
      .optional()
      .meta(
        field({
          what: 'Managed policies that their Users may be given by ARN.',
          example: '["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]',
          change: true,
          absent: 'none',
        }),
      ),
    identityPolicies: z
      .enum(['OwnBuckets', 'Any'])
      .optional()
      .meta(
        field({
          what: "What the policies of their Users and IAMPolicies may allow. OwnBuckets: S3 actions on buckets whose Bucket object lives in their namespace and owns its bucket, and what lies in them; a document that cannot be analysed (NotAction, NotResource, wildcards in bucket names) is refused. Any: everything that the Provider's own credentials may hand out.",
          example: 'Any',
          change: 'Can change at any time; inline policies that are no longer permitted are taken away.',
          absent: 'OwnBuckets',
        }),
      ),
  })
  .optional()
  .meta(
    field({
      what: 'What objects of other namespaces may do with this account, beyond having buckets, users and keys of their own. Objects of the namespace of the Provider may do everything.',
      example: '{adoption: All, groups: [backup-writers]}',
      change: true,
      absent: 'nothing of it',
    }),
  );
