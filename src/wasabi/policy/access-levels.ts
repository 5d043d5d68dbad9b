import type { PolicyDocument, Statement } from './document.ts';

/** What the managed user of a bucket may do there. */
export type AccessLevel = 'readonly' | 'readwrite' | 'full';

interface Actions {
  readonly bucket: readonly string[];
  readonly objects: readonly string[];
}

const READ: Actions = {
  bucket: ['s3:ListBucket', 's3:GetBucketLocation'],
  objects: ['s3:GetObject', 's3:GetObjectVersion'],
};
const ACTIONS: Readonly<Record<AccessLevel, Actions>> = {
  readonly: READ,
  readwrite: {
    bucket: [...READ.bucket, 's3:ListBucketMultipartUploads'],
    objects: [
      ...READ.objects,
      's3:PutObject',
      's3:DeleteObject',
      's3:AbortMultipartUpload',
      's3:ListMultipartUploadParts',
    ],
  },
  full: { bucket: ['s3:*'], objects: ['s3:*'] },
};

/** The inline policy of a user that may use that bucket and nothing else. */
export function accessLevelPolicy(level: AccessLevel, bucket: string): PolicyDocument {
  return { Version: '2012-10-17', Statement: statementsFor(level, bucket) };
}

function statementsFor(level: AccessLevel, bucket: string): readonly Statement[] {
  const { bucket: onBucket, objects: onObjects } = ACTIONS[level];
  const arn = `arn:aws:s3:::${bucket}`;
  return [
    { Effect: 'Allow', Action: onBucket, Resource: [arn] },
    { Effect: 'Allow', Action: onObjects, Resource: [`${arn}/*`] },
  ];
}
