import { z } from 'zod';
import { keyOutputs, outputBucketRule, recordedOutputs } from './key-outputs.ts';
import { keyRestart } from './key-restart.ts';
import { keyRotationWithWindow } from './key-rotation.ts';
import { type KindDefinition, managedColumns } from './kind-definition.ts';
import {
  deletionPolicy,
  frozen,
  handledRequest,
  keyIds,
  managedStatusFields,
  mode,
  suspend,
} from './managed-fields.ts';
import { GROUP, type KubeObject, type ResourceType, VERSION } from './meta.ts';
import { policyDocument, statementFields, statementOf } from './policy-document.ts';
import { fixedReference, fixedReferenceFields, objectNameRule, objectNameText } from './references.ts';
import { checkedRule, type DeepReadonly, field, int, time } from './schema.ts';
import { textMap } from './text-map.ts';

/** The kind AccessKey on the wire. */
export const ACCESS_KEYS: ResourceType = {
  group: GROUP,
  version: VERSION,
  plural: 'accesskeys',
  kind: 'AccessKey',
  namespaced: true,
};

const secret = z
  .object({
    name: objectNameText.optional().meta(
      field(
        {
          what: 'Name of the Secret that the key is delivered in, in the namespace of this object.',
          example: 'app-s3',
          change: 'Can change: the Secret of the new name is written, then the old one is removed.',
          absent: 'NAME-credentials',
        },
        objectNameRule,
      ),
    ),
    labels: textMap('Labels of the Secret, beside those of the operator.', '{app: web}', 32, 63),
    annotations: textMap('Annotations of the Secret, beside those of the operator.', '{team: a}', 32, 4096),
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
    tags: textMap('Further notes for people; written as annotations on the Secret.', '{team: a}', 50, 256),
    policy: policyDocument(statementOf(statementFields), {
      what: 'A policy for the key alone. The service has none: the condition Unsupported names this field. Give the policy to the User.',
      change: true,
      example: '{}',
      absent: 'the policies of the user hold',
    }).optional(),
    rotate: keyRotationWithWindow('{enabled: true, intervalDays: 90, previousKeysRetentionDays: 7}'),
    secret,
    outputs: keyOutputs,
    restart: keyRestart,
    deletionPolicy,
  })
  .meta(
    field(
      { what: 'Whose key it is, and how it is delivered.' },
      {
        rules: [
          {
            ...checkedRule<{ readonly userRef?: object }>(
              'has(self.userRef) || (oldSelf.hasValue() && !oldSelf.?userRef.hasValue())',
              'userRef is missing: name the User that the key belongs to',
              ({ userRef }) => userRef !== undefined,
            ),
            optionalOldSelf: true,
          },
          outputBucketRule,
          {
            rule: '!has(oldSelf.userRef) || (has(self.userRef) && self.userRef == oldSelf.userRef)',
            message: 'userRef cannot change once it is set: make a new AccessKey for another user',
          },
        ],
      },
    ),
  );

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

const rotation = z.object({
  step: z.enum(['Minting', 'Probing', 'Switching', 'Retaining', 'Deactivated', 'Failed']).meta(
    field({
      what: 'Minting: the new key is announced. Probing: it is in its own Secret and has to work. Switching: it is about to take the place of the one in use. Retaining: it has, and the previous one lives on. Deactivated: the previous one is inactive, and goes. Failed: the new key never worked, and the one in use stays.',
    }),
  ),
  reason: z
    .enum(['Due', 'Requested'])
    .meta(field({ what: 'Due: the interval was over. Requested: somebody asked for it by the annotation.' })),
  time: time({ what: 'When the step began, on the clock of the service.' }),
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
    lastHandledRotateAt: handledRequest(
      'The value of the annotation s3.cloud37.dev/rotate-requested-at for which a rotation was last begun, or that was there when the object was first seen.',
    ),
    rotation: rotation
      .optional()
      .meta(field({ what: 'The rotation under way. The Secret of the key holds one that works all the time.' })),
    previousAccessKeyId: z
      .string()
      .max(128)
      .optional()
      .meta(field({ what: 'The id of the key that is being replaced, or was: it lives on until retireTime.' })),
    retireTime: time({ what: 'When the previous key goes, as it looks now.' }).optional(),
    secretName: z
      .string()
      .max(253)
      .optional()
      .meta(field({ what: 'The Secret that holds the key.' })),
    outputs: recordedOutputs,
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
    frozenKeys: keyIds(
      'Keys that the annotation freeze made inactive, recorded before the call: those are made active again when it goes.',
    ),
    frozen,
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

/** The operator says the same of objects that were stored before, and of names that are cut. */
const secretNameRule = {
  rule: "!has(self.spec) || !has(self.spec.secret) || !has(self.spec.secret.name) || (self.spec.secret.name != self.metadata.name + '-credentials-next' && self.spec.secret.name != self.metadata.name + '-credentials-previous') || oldSelf.?spec.?secret.?name.orValue('') == self.spec.secret.name",
  message:
    'spec.secret.name is the name of a Secret that a rotation of this object uses, NAME-credentials-next or NAME-credentials-previous: choose another name',
  optionalOldSelf: true,
  storedIsLeft: 'The operator says the same of it, and of names that are cut: see desiredKey.',
} as const;

const schema = z
  .object({ spec, status: status.optional() })
  .meta(field({ what: 'An AccessKey is one key pair of a User, delivered in a Secret.' }, { rules: [secretNameRule] }));

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
      // kubectl shows a date that is to come as invalid.
      { name: 'Next rotation', type: 'string', jsonPath: '.status.nextRotateTime' },
    ],
    wide: [{ name: 'Key id', type: 'string', jsonPath: '.status.accessKeyId' }],
  }),
};
