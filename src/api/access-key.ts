import { z } from 'zod';
import { keyRotation } from './key-rotation.ts';
import { type KindDefinition, managedColumns } from './kind-definition.ts';
import { deletionPolicy, managedStatusFields, mode, suspend } from './managed-fields.ts';
import { GROUP, type KubeObject, type ResourceType, VERSION } from './meta.ts';
import { policyDocument, statementFields, statementOf } from './policy-document.ts';
import { fixedReference, fixedReferenceFields } from './references.ts';
import { type DeepReadonly, field, int, text, time } from './schema.ts';

/** The kind AccessKey on the wire. */
export const ACCESS_KEYS: ResourceType = {
  group: GROUP,
  version: VERSION,
  plural: 'accesskeys',
  kind: 'AccessKey',
  namespaced: true,
};

const DNS_SUBDOMAIN = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

function texts(what: string, example: string, maxProperties: number, max: number) {
  return z
    .record(
      z.string(),
      z
        .string()
        .max(max)
        .meta(field({ what: 'Value.' })),
    )
    .optional()
    .meta(field({ what, example, change: true, absent: 'none' }, { maxProperties }));
}

const secret = z
  .object({
    name: text(253)
      .regex(DNS_SUBDOMAIN)
      .optional()
      .meta(
        field({
          what: 'Name of the Secret that the key is delivered in, in the namespace of this object.',
          example: 'app-s3',
          change: 'Can change: the Secret of the new name is written, then the old one is removed.',
          absent: 'NAME-credentials',
        }),
      ),
    labels: texts('Labels of the Secret, beside those of the operator.', '{app: web}', 32, 63),
    annotations: texts('Annotations of the Secret, beside those of the operator.', '{team: a}', 32, 4096),
  })
  .optional()
  .meta(
    field({
      what: 'The Secret that the key is delivered in: access-key-id and secret-access-key.',
      example: '{name: app-s3}',
      change: true,
      absent: 'NAME-credentials',
    }),
  );

const spec = z
  .object({
    suspend,
    mode,
    providerRef: fixedReference(
      { what: 'The Provider whose account holds the user.', example: '{name: wasabi-eu}' },
      'providerRef cannot change: a key cannot move to another account, make a new AccessKey instead',
    ),
    userRef: z
      .object(fixedReferenceFields)
      .optional()
      .meta(
        field({
          what: 'The User that the key belongs to, in the account of providerRef.',
          example: '{name: team-a}',
          change: 'Cannot change once it is set.',
          absent: 'refused for a new object; one that an earlier operator stored without it waits for it',
        }),
      ),
    displayName: z
      .string()
      .max(256)
      .optional()
      .meta(
        field({
          what: 'A name for people; written as an annotation on the Secret.',
          example: 'Nightly backup',
          change: true,
          absent: 'none',
        }),
      ),
    tags: texts('Further notes for people; written as annotations on the Secret.', '{team: a}', 50, 256),
    policy: policyDocument(statementOf(statementFields), {
      what: 'A policy for the key alone. The service has none: the condition Unsupported names this field. Give the policy to the User.',
      change: true,
      example: '{}',
      absent: 'the policies of the user hold',
    }).optional(),
    rotate: keyRotation(false, '{enabled: true, intervalDays: 90, previousKeysRetentionDays: 7}'),
    secret,
    deletionPolicy,
  })
  .meta(
    field(
      { what: 'Whose key it is, and how it is delivered.' },
      {
        rules: [
          {
            rule: 'has(self.userRef) || (oldSelf.hasValue() && !oldSelf.?userRef.hasValue())',
            message: 'userRef is missing: name the User that the key belongs to',
            optionalOldSelf: true,
          },
          {
            rule: '!has(oldSelf.userRef) || (has(self.userRef) && self.userRef == oldSelf.userRef)',
            message: 'userRef cannot change once it is set: make a new AccessKey for another user',
          },
        ],
      },
    ),
  );

function keyIds(what: string) {
  return z
    .array(
      z
        .string()
        .max(128)
        .meta(field({ what: 'One key id.' })),
    )
    .max(16)
    .optional()
    .meta(field({ what }));
}

const mint = z.object({
  attempt: int(0, Number.MAX_SAFE_INTEGER).meta(field({ what: 'Number of the attempt.' })),
  holder: z
    .string()
    .max(512)
    .meta(field({ what: 'Who makes it (the holder of the Lease).' })),
  epoch: int(0, Number.MAX_SAFE_INTEGER).meta(field({ what: 'How often the Lease had changed hands by then.' })),
  time: time({ what: 'When it was written, on the clock of the service.' }),
  deadline: time({ what: 'The key was created before this time, or never.' }),
  knownKeys: keyIds('Keys that the user had before: none of them is made by this attempt.'),
  secretName: z
    .string()
    .max(253)
    .meta(field({ what: 'The Secret that the key is written into.' })),
});

const status = z
  .object({
    ...managedStatusFields,
    accessKeyId: z
      .string()
      .max(128)
      .optional()
      .meta(field({ what: 'The id of the key in the Secret. It is no secret by itself.' })),
    created: z
      .boolean()
      .optional()
      .meta(field({ what: 'Whether the key was there when it was last read.' })),
    lastRotateTime: time({ what: 'When the key in the Secret was made.' }).optional(),
    nextRotateTime: time({ what: 'When it will be replaced.' }).optional(),
    secretName: z
      .string()
      .max(253)
      .optional()
      .meta(field({ what: 'The Secret that holds the key.' })),
    ownKeys: keyIds('Keys that this object made: those that live are revoked when it is deleted.'),
    claimedKeys: keyIds('Keys that the annotation claim-keys gave to this object: revoked when it is deleted.'),
    inheritedKeys: keyIds(
      'Keys of an earlier operator, in use here, that nothing proves to be made by this object: not revoked.',
    ),
    foreignKeys: keyIds('Keys of the user that no AccessKey accounts for: left alone.'),
    previousSecrets: z
      .array(
        z
          .string()
          .max(253)
          .meta(field({ what: 'Name of one Secret.' })),
      )
      .max(16)
      .optional()
      .meta(field({ what: 'Secrets of earlier keys that an earlier operator left: removed once their key is gone.' })),
    keysOf: z
      .string()
      .max(64)
      .optional()
      .meta(
        field({
          what: 'The metadata.uid that the lists of keys speak of: in a copy or a restored object of another uid they prove nothing.',
        }),
      ),
    attempt: int(0, Number.MAX_SAFE_INTEGER)
      .optional()
      .meta(field({ what: 'Number of the attempt that made the last key.' })),
    mint: mint.optional().meta(
      field({
        what: 'A key is about to be created, or was, and is not recorded yet. Written before the call, removed with the record of the key.',
      }),
    ),
  })
  .meta(field({ what: 'Written by the operator alone.' }));

const schema = z
  .object({ spec, status: status.optional() })
  .meta(field({ what: 'An AccessKey is one key pair of a User, delivered in a Secret.' }));

/** An AccessKey as users write it: fields with a default may be left out. */
export type AccessKeySpecInput = z.input<typeof spec>;
export type AccessKeySpec = DeepReadonly<z.output<typeof spec>>;
export type AccessKeyStatus = DeepReadonly<z.output<typeof status>>;

/** An AccessKey as the API server returns it, defaults filled in. */
export interface AccessKey extends KubeObject {
  readonly spec: AccessKeySpec;
  readonly status?: AccessKeyStatus | undefined;
}

/** The kind AccessKey: names, schema and columns. */
export const accessKeyDefinition: KindDefinition = {
  type: ACCESS_KEYS,
  singular: 'accesskey',
  shortNames: ['s3key'],
  schema,
  columns: managedColumns({
    shown: [
      { name: 'User', type: 'string', jsonPath: '.spec.userRef.name' },
      { name: 'Secret', type: 'string', jsonPath: '.status.secretName' },
      { name: 'Next rotation', type: 'date', jsonPath: '.status.nextRotateTime' },
    ],
    wide: [{ name: 'Key id', type: 'string', jsonPath: '.status.accessKeyId' }],
  }),
};
