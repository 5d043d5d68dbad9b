import { CreateAccessKeyCommand, type IAMClient, ListUsersCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import {
  DeleteObjectCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { KeyPair } from './account.ts';
import { iamConsole } from './iam-console.ts';
import { makeOutside } from './outside.ts';
import { consoleOf, type World } from './world.ts';

/** What somebody with a key tries. */
interface Attempt {
  readonly s3: S3Client;
  readonly iam: IAMClient;
  readonly bucket: string;
}

/** The bucket in which nobody of the tests has any business. */
const OTHER_BUCKET = 'somebody-elses';
/** An object that is there before anybody tries anything, in every bucket. */
const SEED = 'seed';
const GRANT = { Sid: 'More', Effect: 'Allow', Action: 's3:*', Resource: `arn:aws:s3:::${OTHER_BUCKET}` };
const MORE = JSON.stringify({ Version: '2012-10-17', Statement: [GRANT] });
const MORE_TO_ALL = JSON.stringify({ Version: '2012-10-17', Statement: [{ ...GRANT, Principal: '*' }] });

const ATTEMPTS = {
  listBuckets: ({ s3 }: Attempt) => s3.send(new ListBucketsCommand({})),
  list: ({ s3, bucket }: Attempt) => s3.send(new ListObjectsV2Command({ Bucket: bucket })),
  get: ({ s3, bucket }: Attempt) => s3.send(new GetObjectCommand({ Bucket: bucket, Key: SEED })),
  put: ({ s3, bucket }: Attempt) => s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'new', Body: 'x' })),
  delete: ({ s3, bucket }: Attempt) => s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'new' })),
  getPolicy: ({ s3, bucket }: Attempt) => s3.send(new GetBucketPolicyCommand({ Bucket: bucket })),
  listOther: ({ s3 }: Attempt) => s3.send(new ListObjectsV2Command({ Bucket: OTHER_BUCKET })),
  getOther: ({ s3 }: Attempt) => s3.send(new GetObjectCommand({ Bucket: OTHER_BUCKET, Key: SEED })),
  putOther: ({ s3 }: Attempt) => s3.send(new PutObjectCommand({ Bucket: OTHER_BUCKET, Key: 'new', Body: 'x' })),
  putOtherPolicy: ({ s3 }: Attempt) =>
    s3.send(new PutBucketPolicyCommand({ Bucket: OTHER_BUCKET, Policy: MORE_TO_ALL })),
  listUsers: ({ iam }: Attempt) => iam.send(new ListUsersCommand({})),
  makeKey: ({ iam }: Attempt) => iam.send(new CreateAccessKeyCommand({})),
  grantItself: ({ iam, bucket }: Attempt) =>
    iam.send(new PutUserPolicyCommand({ UserName: bucket, PolicyName: 'more', PolicyDocument: MORE })),
} as const;

/** Everything that is tried, in this order. */
export type Right = keyof typeof ATTEMPTS;
const RIGHTS = Object.keys(ATTEMPTS) as readonly Right[]; // of the table above

/** Puts an object into the bucket, and makes the bucket that is somebody else's. */
export async function prepareBuckets(world: World, bucket: string): Promise<void> {
  if (!world.emulator.state.buckets.has(OTHER_BUCKET)) await makeOutside(world, OTHER_BUCKET);
  for (const Bucket of [bucket, OTHER_BUCKET]) {
    await world.console.send(new PutObjectCommand({ Bucket, Key: SEED, Body: 'x' }));
  }
}

/**
 * What a client with that key may do: the names of the attempts that the service did not deny, in the order of the
 * table. The user of the key has the bucket's name.
 * @throws Error for an answer that is neither success nor the service's "access denied"
 */
export async function rightsOf(world: World, pair: KeyPair, bucket: string): Promise<readonly Right[]> {
  const s3 = consoleOf(world.emulator, pair);
  const iam = iamConsole(world.emulator, pair);
  const allowed: Right[] = [];
  try {
    for (const right of RIGHTS) if (await isAllowed(ATTEMPTS[right]({ s3, iam, bucket }))) allowed.push(right);
  } finally {
    s3.destroy();
    iam.destroy();
  }
  return allowed;
}

async function isAllowed(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === 'AccessDenied') return false;
    if (error.name === 'NoSuchBucketPolicy') return true; // it was told so
    throw error;
  }
}
