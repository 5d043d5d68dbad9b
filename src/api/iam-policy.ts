import { z } from 'zod';
import { type KindDefinition, managedColumns } from './kind-definition.ts';
import { adoptionPolicy, deletionPolicy, managedStatusFields, mode, suspend } from './managed-fields.ts';
import { GROUP, type KubeObject, type ResourceType, VERSION } from './meta.ts';
import { iamName, iamNameRule } from './names.ts';
import { policyDocument, statementFields, statementOf } from './policy-document.ts';
import { allowedNamespaces, fixedReference } from './references.ts';
import { type DeepReadonly, field, time } from './schema.ts';
import { unsupportedTags } from './unsupported-fields.ts';

/** The kind IAMPolicy on the wire. */
const IAM_POLICIES: ResourceType = {
  group: GROUP,
  version: VERSION,
  plural: 'iampolicies',
  kind: 'IAMPolicy',
  namespaced: true,
};

/** What is said to whoever changes `spec.name`. */
export const POLICY_NAME_FIXED = 'name cannot change, nor be added or taken out: make a new IAMPolicy instead';

const spec = z
  .object({
    suspend,
    mode,
    providerRef: fixedReference(
      { what: 'The Provider whose account holds the policy.', example: '{name: wasabi-eu}' },
      'providerRef cannot change: a policy cannot move to another account, make a new IAMPolicy instead',
    ),
    name: iamName(128)
      .optional()
      .meta(
        field(
          {
            what: 'Name of the managed policy in the account. 1 to 128 letters, digits and +=,.@_-',
            example: 'read-logs',
            change: false,
            absent: 'the name in status.policyArn, else NAMESPACE.NAME of this object',
          },
          { isPatternARule: true, rules: [iamNameRule('name')] },
        ),
      ),
    description: z
      .string()
      .max(600)
      .optional()
      .meta(
        field({
          what: 'What the policy is for; written at creation, before the mark of its owner. The service cannot change it.',
          example: 'Read access to the logs',
          change: 'Can change, and has no effect on a policy that exists.',
          absent: 'the mark of the owner alone',
        }),
      ),
    policy: policyDocument(statementOf(statementFields), {
      what: 'What the policy allows or denies. It has no principal: it is for those to whom it is attached.',
      example: '{statement: [{effect: Allow, action: s3:ListBucket, resource: "arn:aws:s3:::logs"}]}',
      change: true,
    }),
    tags: unsupportedTags,
    adoptionPolicy,
    deletionPolicy,
    allowedNamespaces,
  })
  .meta(
    field(
      { what: 'The managed policy.' },
      {
        rules: [
          {
            rule: 'has(self.name) == has(oldSelf.name) && (!has(self.name) || self.name == oldSelf.name)',
            message: POLICY_NAME_FIXED,
          },
        ],
      },
    ),
  );

const status = z
  .object({
    ...managedStatusFields,
    policyArn: z
      .string()
      .max(2048)
      .optional()
      .meta(field({ what: 'ARN of the policy.' })),
    policyId: z
      .string()
      .max(128)
      .optional()
      .meta(
        field({ what: 'The PolicyId that the service gave; a policy of the same name made later has another one.' }),
      ),
    applied: z
      .boolean()
      .optional()
      .meta(field({ what: 'Whether the default version, as last read, was the document of the spec.' })),
    defaultVersionId: z
      .string()
      .max(64)
      .optional()
      .meta(field({ what: 'The version that is in force.' })),
    attachedUsers: z
      .array(
        z
          .string()
          .max(128)
          .meta(field({ what: 'Name of one user.' })),
      )
      .max(1_000)
      .optional()
      .meta(field({ what: 'The users that the policy is attached to, as last read; at most 1,000.' })),
    inherited: z
      .boolean()
      .optional()
      .meta(
        field({
          what: 'The predecessor of this operator claimed the policy, and nothing else has proven it ours yet.',
        }),
      ),
    lastSyncTime: time({ what: 'When the policy was last changed to match the spec.' }).optional(),
  })
  .meta(field({ what: 'Written by the operator alone.' }));

const schema = z
  .object({ spec, status: status.optional() })
  .meta(field({ what: 'An IAMPolicy is one managed policy of a Provider, for Users to be attached to.' }));

/** An IAMPolicy as users write it: fields with a default may be left out. */
export type IamPolicySpecInput = z.input<typeof spec>;
export type IamPolicySpec = DeepReadonly<z.output<typeof spec>>;
export type IamPolicyStatus = DeepReadonly<z.output<typeof status>>;

/** An IAMPolicy as the API server returns it, defaults filled in. */
export interface IamPolicy extends KubeObject {
  readonly spec: IamPolicySpec;
  readonly status?: IamPolicyStatus | undefined;
}

/** The kind IAMPolicy: names, schema and columns. */
export const iamPolicyDefinition: KindDefinition = {
  type: IAM_POLICIES,
  singular: 'iampolicy',
  shortNames: ['iamp'],
  schema,
  columns: managedColumns({
    shown: [{ name: 'Policy', type: 'string', jsonPath: '.status.target.name' }],
    wide: [
      { name: 'ARN', type: 'string', jsonPath: '.status.policyArn' },
      { name: 'Attached', type: 'string', jsonPath: '.status.attachedUsers' },
      { name: 'Version', type: 'string', jsonPath: '.status.defaultVersionId' },
    ],
  }),
};
