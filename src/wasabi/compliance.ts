import { GetBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { ReconcileError } from '../runtime/errors.ts';
import type { BucketPlace } from './bucket-content.ts';
import type { WasabiClient } from './clients.ts';
import type { SdkCommand } from './sdk-command.ts';
import { faultFactsOf } from './service-fault.ts';

/** The compliance settings of a bucket. */
export interface BucketCompliance {
  readonly isEnabled: boolean;
  /** From when on nothing can be reduced: a time as the service wrote it, or `off`. */
  readonly lockTime: string;
  readonly retentionDays: number;
  readonly conditionalHold: boolean;
  readonly deleteAfterRetention: boolean;
}

const ROOT = 'BucketComplianceConfiguration';
/** A bucket that never had any. */
const NONE: BucketCompliance = {
  isEnabled: false,
  lockTime: 'off',
  retentionDays: 0,
  conditionalHold: false,
  deleteAfterRetention: false,
};

/**
 * The compliance settings of a bucket; not enabled where it never had any.
 * Source: docs.wasabi.com, "Compliance Policy With the Wasabi S3 API" (2025-07-18).
 * @throws Unsupported where the service answers something else, as one does that does not know the call
 */
export async function readCompliance(client: WasabiClient, place: BucketPlace): Promise<BucketCompliance> {
  const { bucket, region, signal } = place;
  const command = asCompliance(new GetBucketPolicyCommand({ Bucket: bucket }), 'GetBucketCompliance');
  try {
    const { Policy: text = '' } = await client.s3(command, { region, signal });
    return parsed(text);
  } catch (thrown) {
    const { status, code } = faultFactsOf(thrown) ?? {};
    // With which code the service says that there is none is not known.
    if (status === 404 && code !== 'NoSuchBucket') return NONE;
    throw thrown;
  }
}

/** Writes the compliance settings of a bucket. */
export async function writeCompliance(
  client: WasabiClient,
  place: BucketPlace,
  value: BucketCompliance,
): Promise<void> {
  const { bucket, region, signal } = place;
  const fields = [
    `<Status>${value.isEnabled ? 'enabled' : 'disabled'}</Status>`,
    `<LockTime>${value.lockTime}</LockTime>`,
    `<RetentionDays>${value.retentionDays}</RetentionDays>`,
    `<ConditionalHold>${value.conditionalHold}</ConditionalHold>`,
    `<DeleteAfterRetention>${value.deleteAfterRetention}</DeleteAfterRetention>`,
  ];
  const document = `<${ROOT}>${fields.join('')}</${ROOT}>`;
  const command = new PutBucketPolicyCommand({ Bucket: bucket, Policy: document });
  await client.s3(asCompliance(command, 'PutBucketCompliance'), { region, signal });
}

/**
 * The SDK has no such command. The bucket policy's goes the same way, a body as it is to and from a subresource of the
 * bucket: before it is signed, it is sent to the other subresource, and it is told by its own name.
 */
function asCompliance<C extends SdkCommand>(command: C, operation: string): C {
  Object.defineProperty(command, 'schema', { value: [9, 'wasabi', operation] });
  const middleware = (next: (args: unknown) => unknown) => (args: { request: { query: Record<string, unknown> } }) => {
    args.request.query = { compliance: '' };
    return next(args);
  };
  command.middlewareStack.add(middleware, { step: 'build', name: 'compliance', override: true });
  return command;
}

/** The document is flat. @throws Unsupported for another one */
function parsed(text: string): BucketCompliance {
  const status = fieldOf(text, 'Status')?.toLowerCase();
  if (!new RegExp(`<${ROOT}[\\s>]`, 'u').test(text) || (status !== 'enabled' && status !== 'disabled')) {
    throw new ReconcileError('Unsupported', 'the service answers GetBucketCompliance with another document');
  }
  return {
    isEnabled: status === 'enabled',
    lockTime: fieldOf(text, 'LockTime') ?? NONE.lockTime,
    retentionDays: Number(fieldOf(text, 'RetentionDays') ?? NONE.retentionDays),
    conditionalHold: fieldOf(text, 'ConditionalHold')?.toLowerCase() === 'true',
    deleteAfterRetention: fieldOf(text, 'DeleteAfterRetention')?.toLowerCase() === 'true',
  };
}

function fieldOf(text: string, name: string): string | undefined {
  const value = new RegExp(`<${name}>([^<&]*)</${name}>`, 'u').exec(text)?.[1]?.trim();
  return value === '' ? undefined : value;
}
