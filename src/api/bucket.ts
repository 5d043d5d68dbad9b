import { z } from 'zod';
import { autoManage } from './bucket-auto-manage.ts';
import { compliance, encryption, objectLock, publicAccess, versioning } from './bucket-protection.ts';
import { replication } from './bucket-replication.ts';
import { cors, logging, notification, tagging } from './bucket-settings.ts';
import { type KindDefinition, managedColumns } from './kind-definition.ts';
import { lifecycle } from './lifecycle.ts';
import { adoptionPolicy, handledRequest, managedStatusFields, mode, suspend } from './managed-fields.ts';
import { GROUP, type KubeObject, type ResourceType, VERSION } from './meta.ts';
import { bucketName, bucketNameRule, newBucketNameRules, regionName, regionRule } from './names.ts';
import { allowedNamespaces, fixedReference, referenceFields } from './references.ts';
import { checkedRule, type DeepReadonly, field, int, time } from './schema.ts';

/** The kind Bucket on the wire. */
export const BUCKETS: ResourceType = {
  group: GROUP,
  version: VERSION,
  plural: 'buckets',
  kind: 'Bucket',
  namespaced: true,
};

/** A block that is on or off. */
interface Switch {
  readonly enabled: boolean;
}

/** The destinations of `spec.replication`. */
interface Copies {
  readonly rules?: readonly { readonly destination: { readonly bucket?: string } }[];
}

/** What is said to whoever changes `spec.name`. */
export const BUCKET_NAME_FIXED = 'name cannot change: a bucket cannot be renamed, make a new Bucket instead';

const spec = z
  .object({
    suspend,
    mode,
    providerRef: fixedReference(
      { what: 'The Provider whose account holds the bucket.', example: '{name: wasabi-eu}' },
      'providerRef cannot change: a bucket cannot move to another account, make a new Bucket instead',
    ),
    name: bucketName.meta(
      field(
        {
          what: 'The S3 name of the bucket; it may differ from metadata.name.',
          example: 'team-a-logs',
          change: false,
        },
        {
          isPatternARule: true,
          rules: [
            bucketNameRule('name'),
            ...newBucketNameRules,
            {
              rule: 'self == oldSelf',
              message: BUCKET_NAME_FIXED,
            },
          ],
        },
      ),
    ),
    region: regionName.optional().meta(
      field(
        {
          what: 'Where the bucket is; it decides endpoint and signing region.',
          example: 'eu-central-2',
          change: 'Can change only to what status.region says.',
          absent: "the Provider's region",
        },
        { isPatternARule: true, rules: [regionRule('region')] },
      ),
    ),
    userRef: z
      .object(referenceFields('User', 'team-a'))
      .optional()
      .meta(
        field({
          what: 'A User that the bucket waits for: it is not made before that User is Ready. The reference grants nothing; a bucket that is there goes on when the User goes, and says so.',
          example: '{name: team-a}',
          change: true,
          absent: 'the bucket waits for no User',
        }),
      ),
    versioning,
    encryption,
    publicAccess,
    lifecycle,
    cors,
    tagging,
    objectLock,
    compliance,
    logging,
    replication,
    notification,
    autoManage,
    adoptionPolicy,
    deletionPolicy: z
      .enum(['Delete', 'Retain'])
      .default('Retain')
      .meta(
        field({
          what: 'What deleting this object does. Retain: the bucket and its data stay. Delete: the bucket is deleted if the operator owns it; while it is not empty, deletion waits, unless forceDelete is set.',
          example: 'Retain',
          change: true,
        }),
      ),
    forceDelete: z
      .boolean()
      .default(false)
      .meta(
        field({
          what: 'true, with deletionPolicy Delete: all objects, versions, markers and unfinished uploads are deleted before the bucket. THE DATA IS LOST.',
          example: 'false',
          change: true,
        }),
      ),
    allowedNamespaces,
  })
  .meta(
    field(
      {
        what: 'The bucket and its settings. A setting that is absent is not managed; null or an empty list means that the bucket must not have it; a value means that the bucket must have exactly that.',
      },
      {
        rules: [
          {
            rule: '(has(self.objectLock) && self.objectLock.enabled) == (has(oldSelf.objectLock) && oldSelf.objectLock.enabled)',
            message:
              'objectLock.enabled cannot change, nor can the block be taken out or added with enabled: true: make a new Bucket instead',
          },
          checkedRule<{ readonly compliance?: Switch | null; readonly objectLock?: Switch | null }>(
            '!has(self.compliance) || !self.compliance.enabled || !has(self.objectLock) || !self.objectLock.enabled',
            'a bucket has object lock or compliance, not both: set compliance.enabled to false, or leave compliance out',
            ({ compliance, objectLock }) => compliance?.enabled !== true || objectLock?.enabled !== true,
          ),
          {
            ...checkedRule<{ readonly versioning?: Switch | null; readonly objectLock?: Switch | null }>(
              [
                '!has(self.objectLock) || !self.objectLock.enabled || !has(self.versioning) || self.versioning.enabled',
                // Stored so before there was the rule.
                'oldSelf.?objectLock.?enabled.orValue(false) && !oldSelf.?versioning.?enabled.orValue(true)',
              ].join(' || '),
              'object lock needs versioning: set versioning.enabled to true, or leave versioning out',
              ({ versioning, objectLock }) => objectLock?.enabled !== true || versioning?.enabled !== false,
            ),
            optionalOldSelf: true,
          },
          checkedRule<{ readonly name: string; readonly replication?: Copies | null }>(
            '!has(self.replication) || !has(self.replication.rules) || self.replication.rules.all(rule, !has(rule.destination.bucket) || rule.destination.bucket != self.name)',
            'replication cannot copy a bucket to itself: name another bucket in destination.bucket',
            ({ name, replication: copies }) =>
              copies?.rules?.every(({ destination }) => destination.bucket !== name) ?? true,
          ),
        ],
      },
    ),
  );

const status = z
  .object({
    ...managedStatusFields,
    bucketName: z
      .string()
      .max(255)
      .optional()
      .meta(field({ what: 'The S3 name of the bucket.' })),
    arn: z
      .string()
      .max(512)
      .optional()
      .meta(field({ what: 'arn:aws:s3:::NAME.' })),
    exists: z
      .boolean()
      .optional()
      .meta(field({ what: 'Whether the bucket was there when it was last read.' })),
    lastSyncTime: time({ what: 'When the bucket was last changed to match the spec.' }).optional(),
    region: z
      .string()
      .max(253)
      .optional()
      .meta(field({ what: 'Where the bucket is, as the service says.' })),
    creationTime: time({ what: 'When the bucket was created, as the service says.' }).optional(),
    lastHandledRotateAt: handledRequest(
      'The value of the annotation s3.cloud37.dev/rotate-requested-at for which a rotation of the key of spec.autoManage was last begun.',
    ),
    credentialsSecret: z
      .string()
      .max(253)
      .optional()
      .meta(
        field({
          what: 'The Secret that holds the key of spec.autoManage; there once the key works.',
        }),
      ),
    inherited: z
      .boolean()
      .optional()
      .meta(
        field({
          what: 'true: the status of an earlier operator claimed the bucket, and nothing else proves it. It is managed and never destroyed.',
        }),
      ),
    emptying: z
      .object({
        objectsDeleted: int(0, Number.MAX_SAFE_INTEGER).meta(
          field({ what: 'Versions, markers and uploads deleted so far.' }),
        ),
        startedAt: time({ what: 'When emptying began.' }),
      })
      .optional()
      .meta(field({ what: 'How far the emptying of a bucket under deletion has come.' })),
  })
  .meta(field({ what: 'Written by the operator alone.' }));

const schema = z.object({ spec, status: status.optional() }).meta(
  field(
    { what: 'A Bucket is one bucket of a Provider, with its settings.' },
    {
      rules: [
        {
          // Of new ones alone: a rule of the whole object is asked at every write, of status and finalizers too.
          rule: [
            'oldSelf.hasValue() || !has(self.spec) || !has(self.spec.replication) || !has(self.spec.replication.rules)',
            'self.spec.replication.rules.all(rule, !has(rule.destination.bucketRef) || rule.destination.bucketRef.name != self.metadata.name)',
          ].join(' || '),
          message: 'spec.replication cannot copy a bucket to itself: name another Bucket in destination.bucketRef',
          optionalOldSelf: true,
          storedIsLeft: 'The operator says the same of it: see replicationTargets.',
        },
        {
          rule: [
            '!has(self.spec) || !has(oldSelf.spec)',
            'has(self.spec.region) && has(oldSelf.spec.region) && self.spec.region == oldSelf.spec.region',
            '!has(self.spec.region) && !has(oldSelf.spec.region)',
            'has(self.spec.region) && has(self.status) && has(self.status.region) && self.spec.region == self.status.region',
          ].join(' || '),
          message:
            'spec.region can change only to the value of status.region, where the bucket is: a bucket cannot move, make a new Bucket instead',
        },
      ],
    },
  ),
);

/** A Bucket as users write it: fields with a default may be left out. */
export type BucketSpecInput = z.input<typeof spec>;
export type BucketSpec = DeepReadonly<z.output<typeof spec>>;
export type BucketStatus = DeepReadonly<z.output<typeof status>>;

/** A Bucket as the API server returns it, defaults filled in. */
export interface Bucket extends KubeObject {
  readonly spec: BucketSpec;
  readonly status?: BucketStatus | undefined;
}

/** The kind Bucket: names, schema and columns. */
export const bucketDefinition: KindDefinition = {
  type: BUCKETS,
  singular: 'bucket',
  shortNames: ['s3bkt'],
  schema,
  columns: managedColumns({
    shown: [
      { name: 'Bucket', type: 'string', jsonPath: '.spec.name' },
      { name: 'Provider', type: 'string', jsonPath: '.spec.providerRef.name' },
    ],
    wide: [
      { name: 'Region', type: 'string', jsonPath: '.status.region' },
      { name: 'Policy', type: 'string', jsonPath: '.spec.deletionPolicy' },
    ],
  }),
};
