import type { Call, Target } from './call.ts';

/** The actions that a caller must be allowed, all of them, on the bucket or the key that the call is about. */
type Actions = readonly string[] | ((call: Call) => readonly string[]);

const read = (name: string): Actions => [`s3:Get${name}`];
const write = (name: string): Actions => [`s3:Put${name}`];

/** An action with another name where a version is named: `s3:GetObjectTagging` and `s3:GetObjectVersionTagging`. */
function versioned(plain: string, ofVersion: string): Actions {
  return (call) => [call.query.has('versionId') ? ofVersion : plain];
}

/** What a write needs beside `s3:PutObject` for what its headers ask for. */
const WRITE_HEADERS: readonly (readonly [header: string, action: string])[] = [
  ['x-amz-acl', 's3:PutObjectAcl'],
  ['x-amz-tagging', 's3:PutObjectTagging'],
  ['x-amz-object-lock-mode', 's3:PutObjectRetention'],
  ['x-amz-object-lock-legal-hold', 's3:PutObjectLegalHold'],
];

const objectWrite: Actions = ({ headers }) => [
  's3:PutObject',
  ...WRITE_HEADERS.filter(([header]) => headers[header] !== undefined).map(([, action]) => action),
];

const bucketCreation: Actions = ({ headers }) => [
  's3:CreateBucket',
  ...(headers['x-amz-acl'] === undefined ? [] : ['s3:PutBucketAcl']),
  ...(headers['x-amz-bucket-object-lock-enabled']?.toLowerCase() === 'true'
    ? ['s3:PutBucketObjectLockConfiguration', 's3:PutBucketVersioning']
    : []),
];

/**
 * By operation. Source: S3 User Guide, "Required permissions for Amazon S3 API operations". The calls that Wasabi does
 * not have are here too: who may not make them is told so first.
 */
const ACTIONS: Readonly<Record<string, Actions>> = {
  ListBuckets: ['s3:ListAllMyBuckets'],
  CreateBucket: bucketCreation,
  DeleteBucket: ['s3:DeleteBucket'],
  HeadBucket: ['s3:ListBucket'],
  GetBucketLocation: read('BucketLocation'),
  ListObjects: ['s3:ListBucket'],
  ListObjectsV2: ['s3:ListBucket'],
  ListObjectVersions: ['s3:ListBucketVersions'],
  ListMultipartUploads: ['s3:ListBucketMultipartUploads'],
  DeleteObjects: [], // asked for each key
  GetObject: versioned('s3:GetObject', 's3:GetObjectVersion'),
  HeadObject: versioned('s3:GetObject', 's3:GetObjectVersion'),
  PutObject: objectWrite,
  CopyObject: objectWrite, // and s3:GetObject on the source
  DeleteObject: versioned('s3:DeleteObject', 's3:DeleteObjectVersion'),
  CreateMultipartUpload: objectWrite,
  UploadPart: ['s3:PutObject'],
  CompleteMultipartUpload: ['s3:PutObject'],
  ListParts: ['s3:ListMultipartUploadParts'],
  AbortMultipartUpload: ['s3:AbortMultipartUpload'],
  GetObjectTagging: versioned('s3:GetObjectTagging', 's3:GetObjectVersionTagging'),
  PutObjectTagging: versioned('s3:PutObjectTagging', 's3:PutObjectVersionTagging'),
  DeleteObjectTagging: versioned('s3:DeleteObjectTagging', 's3:DeleteObjectVersionTagging'),
  GetObjectAcl: versioned('s3:GetObjectAcl', 's3:GetObjectVersionAcl'),
  PutObjectAcl: versioned('s3:PutObjectAcl', 's3:PutObjectVersionAcl'),
  GetObjectRetention: read('ObjectRetention'),
  PutObjectRetention: write('ObjectRetention'),
  GetObjectLegalHold: read('ObjectLegalHold'),
  PutObjectLegalHold: write('ObjectLegalHold'),
  // Wasabi's own: names assumed.
  GetBucketCompliance: read('BucketCompliance'),
  PutBucketCompliance: write('BucketCompliance'),
  GetObjectCompliance: read('ObjectCompliance'),
  PutObjectCompliance: write('ObjectCompliance'),
  GetBucketVersioning: read('BucketVersioning'),
  PutBucketVersioning: write('BucketVersioning'),
  GetBucketTagging: read('BucketTagging'),
  PutBucketTagging: write('BucketTagging'),
  DeleteBucketTagging: write('BucketTagging'),
  GetBucketLifecycleConfiguration: read('LifecycleConfiguration'),
  PutBucketLifecycleConfiguration: write('LifecycleConfiguration'),
  DeleteBucketLifecycle: write('LifecycleConfiguration'),
  GetBucketCors: read('BucketCORS'),
  PutBucketCors: write('BucketCORS'),
  DeleteBucketCors: write('BucketCORS'),
  GetBucketEncryption: read('EncryptionConfiguration'),
  PutBucketEncryption: write('EncryptionConfiguration'),
  DeleteBucketEncryption: write('EncryptionConfiguration'),
  GetObjectLockConfiguration: read('BucketObjectLockConfiguration'),
  PutObjectLockConfiguration: write('BucketObjectLockConfiguration'),
  GetBucketLogging: read('BucketLogging'),
  PutBucketLogging: write('BucketLogging'),
  GetBucketAcl: read('BucketAcl'),
  PutBucketAcl: write('BucketAcl'),
  GetBucketPolicy: read('BucketPolicy'),
  PutBucketPolicy: write('BucketPolicy'),
  DeleteBucketPolicy: ['s3:DeleteBucketPolicy'],
  GetPublicAccessBlock: read('BucketPublicAccessBlock'),
  PutPublicAccessBlock: write('BucketPublicAccessBlock'),
  DeletePublicAccessBlock: write('BucketPublicAccessBlock'),
  GetBucketRequestPayment: read('BucketRequestPayment'),
  PutBucketRequestPayment: write('BucketRequestPayment'),
  GetBucketAccelerateConfiguration: read('AccelerateConfiguration'),
  PutBucketAccelerateConfiguration: write('AccelerateConfiguration'),
  GetBucketWebsite: read('BucketWebsite'),
  PutBucketWebsite: write('BucketWebsite'),
  DeleteBucketWebsite: ['s3:DeleteBucketWebsite'],
  GetBucketNotificationConfiguration: read('BucketNotification'),
  PutBucketNotificationConfiguration: write('BucketNotification'),
  DeleteBucketNotificationConfiguration: write('BucketNotification'),
  GetBucketInventoryConfiguration: read('InventoryConfiguration'),
  PutBucketInventoryConfiguration: write('InventoryConfiguration'),
  DeleteBucketInventoryConfiguration: write('InventoryConfiguration'),
  GetBucketAnalyticsConfiguration: read('AnalyticsConfiguration'),
  PutBucketAnalyticsConfiguration: write('AnalyticsConfiguration'),
  DeleteBucketAnalyticsConfiguration: write('AnalyticsConfiguration'),
  GetBucketMetricsConfiguration: read('MetricsConfiguration'),
  PutBucketMetricsConfiguration: write('MetricsConfiguration'),
  DeleteBucketMetricsConfiguration: write('MetricsConfiguration'),
  GetBucketOwnershipControls: read('BucketOwnershipControls'),
  PutBucketOwnershipControls: write('BucketOwnershipControls'),
  DeleteBucketOwnershipControls: write('BucketOwnershipControls'),
  GetBucketIntelligentTieringConfiguration: read('IntelligentTieringConfiguration'),
  PutBucketIntelligentTieringConfiguration: write('IntelligentTieringConfiguration'),
  DeleteBucketIntelligentTieringConfiguration: write('IntelligentTieringConfiguration'),
  GetBucketReplication: read('ReplicationConfiguration'),
  PutBucketReplication: write('ReplicationConfiguration'),
  DeleteBucketReplication: write('ReplicationConfiguration'),
  GetBucketPolicyStatus: read('BucketPolicyStatus'),
  PutBucketPolicyStatus: write('BucketPolicyStatus'),
  DeleteBucketPolicyStatus: write('BucketPolicyStatus'),
  GetBucketMetadataConfiguration: read('BucketMetadataTableConfiguration'),
  PutBucketMetadataConfiguration: ['s3:CreateBucketMetadataTableConfiguration'],
  DeleteBucketMetadataConfiguration: ['s3:DeleteBucketMetadataTableConfiguration'],
  GetBucketAbac: read('BucketAbac'),
  PutBucketAbac: write('BucketAbac'),
  DeleteBucketAbac: write('BucketAbac'),
};

/**
 * What a caller must be allowed for an S3 operation.
 * @throws Error for an operation that the table lacks: let through, it would be open to everyone
 */
export function actionsOf(operation: string, call: Call): readonly string[] {
  const actions = ACTIONS[operation];
  if (actions === undefined) throw new Error(`no permission is known for ${operation}`);
  return typeof actions === 'function' ? actions(call) : actions;
}

/** The ARN of a bucket or a key; of all buckets where none is named. */
export function resourceArn({ bucket, bucketName = bucket?.name ?? '*', key }: Target): string {
  return `arn:aws:s3:::${bucketName}${key === undefined ? '' : `/${key}`}`;
}
