import {
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  GetPublicAccessBlockCommand,
  type Grant,
  PutBucketAclCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { ReconcileError } from '../../../runtime/errors.ts';
import type { BucketAccess, Setting } from '../setting.ts';

/** The four switches of a public access block. */
export interface PublicAccess {
  readonly blockPublicAcls: boolean;
  readonly blockPublicPolicy: boolean;
  readonly ignorePublicAcls: boolean;
  readonly restrictPublicBuckets: boolean;
}

/** The groups that make a grant public. Source: S3 User Guide, "Access control list overview". */
const PUBLIC_GROUPS = new Set([
  'http://acs.amazonaws.com/groups/global/AllUsers',
  'http://acs.amazonaws.com/groups/global/AuthenticatedUsers',
]);

/**
 * Public access. Where the service has the call it is made. Where it lacks it (Wasabi) the operator enforces the
 * meaning: a public ACL is reset to private while `blockPublicAcls` is true, and a bucket policy that grants to
 * everyone is refused by whoever writes it.
 */
export const publicAccess: Setting<PublicAccess> = {
  desired: (spec) => spec.publicAccess,
  read: async (access, wanted) => {
    const block = await readBlock(access);
    if (block !== 'Unsupported') return block;
    // Only what the operator can enforce is looked at; the rest counts as it was asked for.
    if (wanted === null || !wanted.blockPublicAcls) return wanted;
    return { ...wanted, blockPublicAcls: !(await hasPublicAcl(access)) };
  },
  write: async (access, value) => {
    if (await wroteBlock(access, value)) return;
    const { wasabi, bucket, region, signal } = access;
    if (value?.blockPublicAcls === true) {
      await wasabi.s3(new PutBucketAclCommand({ Bucket: bucket, ACL: 'private' }), { region, signal });
    }
  },
  unsupported: () => [],
};

async function readBlock(access: BucketAccess): Promise<PublicAccess | null | 'Unsupported'> {
  const { wasabi, bucket, region, signal } = access;
  const answer = await unlessUnsupported(access, () =>
    wasabi.s3(new GetPublicAccessBlockCommand({ Bucket: bucket }), {
      region,
      signal,
      absent: ['NoSuchPublicAccessBlockConfiguration'],
    }),
  );
  if (answer === 'Unsupported') return answer;
  const found = answer?.PublicAccessBlockConfiguration;
  if (found === undefined) return null;
  return {
    blockPublicAcls: found.BlockPublicAcls === true,
    blockPublicPolicy: found.BlockPublicPolicy === true,
    ignorePublicAcls: found.IgnorePublicAcls === true,
    restrictPublicBuckets: found.RestrictPublicBuckets === true,
  };
}

/** @returns false when the service lacks the call */
async function wroteBlock(access: BucketAccess, value: PublicAccess | null): Promise<boolean> {
  const { wasabi, bucket, region, signal } = access;
  const answer = await unlessUnsupported(access, () => {
    if (value === null) return wasabi.s3(new DeletePublicAccessBlockCommand({ Bucket: bucket }), { region, signal });
    const PublicAccessBlockConfiguration = {
      BlockPublicAcls: value.blockPublicAcls,
      BlockPublicPolicy: value.blockPublicPolicy,
      IgnorePublicAcls: value.ignorePublicAcls,
      RestrictPublicBuckets: value.restrictPublicBuckets,
    };
    const command = new PutPublicAccessBlockCommand({ Bucket: bucket, PublicAccessBlockConfiguration });
    return wasabi.s3(command, { region, signal });
  });
  return answer !== 'Unsupported';
}

/** Does not ask again what was refused lately: the operator has a second way. */
async function unlessUnsupported<T>(access: BucketAccess, call: () => Promise<T>): Promise<T | 'Unsupported'> {
  if (access.isUnsupported('publicAccess')) return 'Unsupported';
  try {
    return await call();
  } catch (thrown) {
    if (!(thrown instanceof ReconcileError) || thrown.type !== 'Unsupported') throw thrown;
    access.rememberUnsupported('publicAccess');
    return 'Unsupported';
  }
}

async function hasPublicAcl({ wasabi, bucket, region, signal }: BucketAccess): Promise<boolean> {
  const answer = await wasabi.s3(new GetBucketAclCommand({ Bucket: bucket }), { region, signal });
  return (answer.Grants ?? []).some((grant: Grant) => PUBLIC_GROUPS.has(grant.Grantee?.URI ?? ''));
}
