import { z } from 'zod';
import { type KindDefinition, managedColumns } from './kind-definition.ts';
import { adoptionPolicy, deletionPolicy, managedStatusFields, mode, suspend } from './managed-fields.ts';
import { GROUP, type KubeObject, type ResourceType, VERSION } from './meta.ts';
import { policyDocument, principalField, statementFields, statementOf } from './policy-document.ts';
import { fixedReference, referenceFields } from './references.ts';
import { type DeepReadonly, field, int, time } from './schema.ts';

/** The kind BucketPolicy on the wire. */
export const BUCKET_POLICIES: ResourceType = {
  group: GROUP,
  version: VERSION,
  plural: 'bucketpolicies',
  kind: 'BucketPolicy',
  namespaced: true,
};

const principalRefs = z
  .array(
    z
      .object({
        kind: z
          .enum(['User'])
          .default('User')
          .meta(field({ what: 'Kind of the object referred to.', example: 'User', change: true })),
        ...referenceFields('User', 'team-a', false),
      })
      .meta(field({ what: 'One User.' })),
  )
  .max(64)
  .optional()
  .meta(
    field({
      what: 'User objects that the statement is for; each stands for the ARN of its user, beside the principal.',
      example: '[{name: team-a}]',
      change: true,
      absent: 'the principal alone says who it is for',
    }),
  );

const spec = z
  .object({
    suspend,
    mode,
    bucketRef: fixedReference(
      { what: 'The Bucket object whose bucket (its spec.name) gets the policy.', example: '{name: team-a-logs}' },
      'bucketRef cannot change: a policy stays with its bucket, make a new BucketPolicy instead',
    ),
    policy: policyDocument(statementOf({ ...statementFields, principal: principalField, principalRefs }), {
      what: 'The statements that this object adds to the policy of the bucket. A bucket has one policy: it is put together from all BucketPolicies that refer to it, the oldest first.',
      example: '{statement: [{effect: Allow, principal: "*", action: s3:GetObject, resource: "arn:aws:s3:::logs/*"}]}',
      change: true,
    }),
    adoptionPolicy,
    deletionPolicy,
  })
  .meta(field({ what: 'Statements of the policy of one bucket.' }));

const status = z
  .object({
    ...managedStatusFields,
    applied: z
      .boolean()
      .optional()
      .meta(field({ what: 'Whether the policy of the bucket, as last read, held these statements.' })),
    lastSyncTime: time({ what: 'When the policy was last changed to match the spec.' }).optional(),
    bucketName: z
      .string()
      .max(255)
      .optional()
      .meta(field({ what: 'The S3 name of the bucket.' })),
    documentHash: z
      .string()
      .max(128)
      .optional()
      .meta(
        field({
          what: 'SHA-256 of the whole policy as it was last written, in canonical form: written with success, or found in force.',
        }),
      ),
    statementHashes: z
      .array(
        z
          .string()
          .max(64)
          .meta(field({ what: 'One hash.' })),
      )
      .max(512)
      .optional()
      .meta(
        field({
          what: 'A hash of each statement of this object that the service has accepted: others of the bucket write them too, and none that it has not.',
        }),
      ),
    announced: z
      .array(
        z
          .object({
            uid: z
              .string()
              .max(128)
              .meta(field({ what: 'The metadata.uid of the object that announced it.' })),
            documentHash: z
              .string()
              .max(128)
              .meta(field({ what: 'SHA-256 of the whole policy, in canonical form.' })),
            until: time({ what: 'A later read that does not show this policy ends the announcement.' }),
          })
          .meta(field({ what: 'One policy.' })),
      )
      .max(8)
      .optional()
      .meta(
        field({
          what: 'Policies that were about to be written while nothing has shown whether they were: found on the bucket, such a policy is known for the own one.',
        }),
      ),
    inherited: z
      .boolean()
      .optional()
      .meta(
        field({
          what: 'The predecessor of this operator claimed the policy, and this operator has not written it yet.',
        }),
      ),
    leftover: z
      .object({
        bucketName: z
          .string()
          .max(255)
          .meta(field({ what: 'The S3 name of that bucket.' })),
        documentHash: z
          .string()
          .max(128)
          .optional()
          .meta(field({ what: 'SHA-256 of the policy that was found there; absent: it cannot be read.' })),
      })
      .optional()
      .meta(
        field({
          what: 'A bucket that the spec does not mean, on which the predecessor of this operator left statements of this object: nothing of it is taken away.',
        }),
      ),
    statements: int(0, 1_000_000)
      .optional()
      .meta(field({ what: 'How many statements the whole policy of the bucket has.' })),
  })
  .meta(field({ what: 'Written by the operator alone.' }));

const schema = z.object({ spec, status: status.optional() }).meta(
  field({
    what: 'A BucketPolicy is a set of statements in the policy of one bucket. Several may refer to one bucket; their statements are put together.',
  }),
);

/** A BucketPolicy as users write it: fields with a default may be left out. */
export type BucketPolicySpecInput = z.input<typeof spec>;
export type BucketPolicySpec = DeepReadonly<z.output<typeof spec>>;
export type BucketPolicyStatus = DeepReadonly<z.output<typeof status>>;

/** A BucketPolicy as the API server returns it, defaults filled in. */
export interface BucketPolicy extends KubeObject {
  readonly spec: BucketPolicySpec;
  readonly status?: BucketPolicyStatus | undefined;
}

/** The kind BucketPolicy: names, schema and columns. */
export const bucketPolicyDefinition: KindDefinition = {
  type: BUCKET_POLICIES,
  singular: 'bucketpolicy',
  shortNames: ['s3policy'],
  schema,
  columns: managedColumns({
    shown: [{ name: 'Bucket', type: 'string', jsonPath: '.spec.bucketRef.name' }],
    wide: [{ name: 'Statements', type: 'integer', jsonPath: '.status.statements' }],
  }),
};
