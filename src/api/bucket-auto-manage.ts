import { z } from 'zod';
import { keyOutputs } from './key-outputs.ts';
import { keyRestart } from './key-restart.ts';
import { keyRotation } from './key-rotation.ts';
import { iamName, iamNameRule } from './names.ts';
import { field } from './schema.ts';

/** `spec.autoManage` of a Bucket: a user, its policies and a key for this bucket. */
export const autoManage = z
  .object({
    enabled: z
      .boolean()
      .default(true)
      .meta(
        field({
          what: 'false: the User, BucketPolicy, AccessKey and Secret that this Bucket owns are deleted, and the key is revoked.',
          example: 'true',
          change: true,
        }),
      ),
    userName: iamName(64)
      .optional()
      .meta(
        field(
          {
            what: 'The IAM name of the user. 1 to 64 letters, digits and +=,.@_-',
            example: 'team-a-app',
            change: 'Can change as long as the User is not made; one that is there keeps its name.',
            absent: 'spec.name',
          },
          { isPatternARule: true, rules: [iamNameRule('userName')] },
        ),
      ),
    accessLevel: z
      .enum(['readonly', 'readwrite', 'full'])
      .default('readwrite')
      .meta(
        field({
          what: 'What the user may do. readonly: list the bucket and get its objects. readwrite: put and delete objects, too. full: s3:* on the bucket and its objects, so also its policy, its settings, its owner tag, its deletion, and where its log goes, for which the bucket that takes it need not consent: for administrators of the bucket, not for applications.',
          example: 'readwrite',
          change: true,
        }),
      ),
    rotation: keyRotation(true, '{intervalDays: 90, previousKeysRetentionDays: 7}'),
    outputs: keyOutputs,
    restart: keyRestart,
  })
  .optional()
  .meta(
    field({
      what: 'A user for this bucket alone, with a key in a Secret. For a Bucket named NAME these objects are made, owned and kept: User NAME-user, BucketPolicy NAME-policy, AccessKey NAME-accesskey, and its Secret NAME-accesskey-credentials, which status.credentialsSecret names once the key works. They are deleted before the Bucket, and their keys are revoked, whatever deletionPolicy says.',
      example: '{accessLevel: readwrite}',
      change:
        'Can change at any time and is followed. Taking the block out leaves the objects as they are, independent of the Bucket: they do not hold its deletion, and stay after it. Putting the block back takes them back, with the same key, unless somebody else owns them by then. enabled: false deletes those that the Bucket owns.',
      absent: 'nothing is made',
    }),
  );
