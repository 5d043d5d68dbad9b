import { z } from 'zod';
import { type KindDefinition, managedColumns } from './kind-definition.ts';
import {
  adoptionPolicy,
  deletionPolicy,
  frozen,
  keyIds,
  managedStatusFields,
  mode,
  suspend,
} from './managed-fields.ts';
import { GROUP, type KubeObject, type ResourceType, VERSION } from './meta.ts';
import { iamName, iamNameRule, managedPolicyArn, managedPolicyArnRule } from './names.ts';
import { policyDocument, statementFields, statementOf } from './policy-document.ts';
import { allowedNamespaces, fixedReference, referenceFields } from './references.ts';
import { type DeepReadonly, field, int, time } from './schema.ts';
import { unsupportedTags } from './unsupported-fields.ts';

/** The kind User on the wire. */
export const USERS: ResourceType = {
  group: GROUP,
  version: VERSION,
  plural: 'users',
  kind: 'User',
  namespaced: true,
};

/** What is said to whoever changes `spec.name`. */
export const USER_NAME_FIXED =
  'name cannot change: keys and policies belong to the user of that name, make a new User instead';

const spec = z
  .object({
    suspend,
    mode,
    providerRef: fixedReference(
      { what: 'The Provider whose account holds the user.', example: '{name: wasabi-eu}' },
      'providerRef cannot change: a user cannot move to another account, make a new User instead',
    ),
    name: iamName(64).meta(
      field(
        {
          what: 'The IAM user name; it may differ from metadata.name. 1 to 64 letters, digits and +=,.@_-',
          example: 'team-a',
          change: false,
        },
        {
          isPatternARule: true,
          rules: [
            iamNameRule('name'),
            {
              rule: 'self == oldSelf',
              message: USER_NAME_FIXED,
            },
          ],
        },
      ),
    ),
    policy: policyDocument(statementOf(statementFields), {
      what: 'What the user may do, as an inline policy. It has no principal: it is for this user.',
      example: '{statement: [{effect: Allow, action: s3:ListBucket, resource: "arn:aws:s3:::logs"}]}',
      change: true,
      absent: 'no inline policy of this object',
    }).optional(),
    policyRef: z
      .object(referenceFields('IAMPolicy', 'read-logs'))
      .optional()
      .meta(
        field({
          what: 'An IAMPolicy that is attached to the user.',
          example: '{name: read-logs}',
          change: true,
          absent: 'none is attached',
        }),
      ),
    policyRefs: z
      .array(z.object(referenceFields('IAMPolicy', 'read-logs')).meta(field({ what: 'One IAMPolicy.' })))
      .max(10)
      .optional()
      .meta(
        field({
          what: 'IAMPolicies that are attached to the user, beside policyRef.',
          example: '[{name: read-logs}, {name: write-backups}]',
          change: true,
          absent: 'none is attached',
        }),
      ),
    managedPolicyArns: z
      .array(
        managedPolicyArn.meta(
          field({ what: 'ARN of one managed policy.' }, { isPatternARule: true, rules: [managedPolicyArnRule] }),
        ),
      )
      .max(10)
      .optional()
      .meta(
        field({
          what: 'Managed policies that exist in the account, by ARN. For a Provider of another namespace each must be listed in its spec.tenancy.managedPolicyArns.',
          example: '["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]',
          change: true,
          absent: 'none is attached',
        }),
      ),
    groups: z
      .array(
        iamName(128).meta(
          field({ what: 'Name of one group.' }, { isPatternARule: true, rules: [iamNameRule('groups')] }),
        ),
      )
      .max(10)
      .optional()
      .meta(
        field({
          what: 'Existing groups that the user belongs to. For a Provider of another namespace each must be listed in its spec.tenancy.groups.',
          example: '[backup-writers]',
          change: true,
          absent: 'none is joined',
        }),
      ),
    tags: unsupportedTags,
    adoptionPolicy,
    deletionPolicy,
    allowedNamespaces,
  })
  .meta(
    field({
      what: 'The user and what it may do: the operator grants what is written here, and nothing else. What somebody else attaches to the IAM user by hand is neither looked for nor taken away; only the deletion of the user names it (ForeignAttachment).',
    }),
  );

const status = z
  .object({
    ...managedStatusFields,
    userId: z
      .string()
      .max(128)
      .optional()
      .meta(field({ what: 'The UserId that the service gave; a user of the same name made later has another one.' })),
    arn: z
      .string()
      .max(2048)
      .optional()
      .meta(field({ what: 'ARN of the user.' })),
    created: z
      .boolean()
      .optional()
      .meta(field({ what: 'Whether the user was there when it was last read.' })),
    inherited: z
      .boolean()
      .optional()
      .meta(
        field({ what: 'The predecessor of this operator claimed the user, and nothing else has proven it ours yet.' }),
      ),
    lastSyncTime: time({ what: 'When the user was last changed to match the spec.' }).optional(),
    attached: z
      .array(
        z
          .string()
          .max(2048)
          .meta(
            field({
              what: 'The ARN of a managed policy, group/NAME, or inline/NAME for an inline policy under another name than the one that this operator gives.',
            }),
          ),
      )
      .max(64)
      .optional()
      .meta(field({ what: 'What this object attached or joined: only that is ever taken away again.' })),
    leftovers: z
      .array(
        z
          .string()
          .max(128)
          .meta(field({ what: 'Name of one inline policy.' })),
      )
      .max(16)
      .optional()
      .meta(
        field({
          what: 'Inline policies that the predecessor of this operator gave unasked: they stay until somebody takes them away or the user is deleted.',
        }),
      ),
    frozenKeys: keyIds(
      'Keys that the annotation freeze made inactive, recorded before the call: those are made active again when it goes.',
    ),
    keysOf: z
      .string()
      .max(64)
      .optional()
      .meta(
        field({
          what: 'The metadata.uid that frozenKeys speaks of: in a copy or a restored object of another uid it proves nothing.',
        }),
      ),
    frozen,
    keys: int(0, 1_000)
      .optional()
      .meta(field({ what: 'How many AccessKey objects refer to this user.' })),
  })
  .meta(field({ what: 'Written by the operator alone.' }));

const schema = z
  .object({ spec, status: status.optional() })
  .meta(field({ what: 'A User is one IAM user of a Provider, with what it may do.' }));

/** A User as users write it: fields with a default may be left out. */
export type UserSpecInput = z.input<typeof spec>;
export type UserSpec = DeepReadonly<z.output<typeof spec>>;
export type UserStatus = DeepReadonly<z.output<typeof status>>;

/** A User as the API server returns it, defaults filled in. */
export interface User extends KubeObject {
  readonly spec: UserSpec;
  readonly status?: UserStatus | undefined;
}

/** The kind User: names, schema and columns. */
export const userDefinition: KindDefinition = {
  type: USERS,
  singular: 'user',
  shortNames: ['s3user'],
  schema,
  columns: managedColumns({
    shown: [
      { name: 'User', type: 'string', jsonPath: '.spec.name' },
      { name: 'Provider', type: 'string', jsonPath: '.spec.providerRef.name' },
    ],
    wide: [
      { name: 'Policies', type: 'string', jsonPath: '.status.attached' },
      { name: 'Keys', type: 'integer', jsonPath: '.status.keys' },
    ],
  }),
};
