import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { type ReconcileError, toReconcileError } from '../runtime/errors.ts';
import type { WasabiClient } from './clients.ts';
import { faultCodeOf } from './service-fault.ts';

/** What a call that a key signed tells of the key. */
export type KeyAnswer =
  /** It is accepted; `arn`: whose it is, where the service says. */
  | { readonly type: 'Works'; readonly arn: string | undefined }
  /** Nobody knows the key (yet). */
  | { readonly type: 'Unknown' }
  /** The key is known, and the text is not its own. */
  | { readonly type: 'WrongText' }
  /** Known and not allowed: a key that is minutes old works, a fresh one answers this for a while. */
  | { readonly type: 'Denied' };

const WRONG_TEXT = new Set(['SignatureDoesNotMatch', 'InvalidSignatureException']);
/** Answers of a service that is none, or not this one. */
const NOT_THIS_SERVICE = new Set(['InvalidRegion', 'NotFound', 'UnexpectedAnswer', 'UnreadableAnswer', 'WrongRegion']);
/** Answers of S3 that come after the key was accepted. */
const JUDGED_BY_S3 = new Set(['NotFound', 'WrongRegion']);

/**
 * Asks the service who signs with that key: STS GetCallerIdentity, which needs no permission; where there is no STS,
 * the list of buckets, for which any answer counts that is not about the key itself.
 * @param client signs with the key in question
 * @throws Throttled, Transient and the like, when the answer says nothing about the key
 */
export async function probeKey(client: WasabiClient, signal: AbortSignal): Promise<KeyAnswer> {
  if (client.settings.stsEndpoint !== undefined) {
    try {
      const { Arn } = await client.sts(new GetCallerIdentityCommand({}), { signal });
      return { type: 'Works', arn: Arn };
    } catch (thrown) {
      const error = toReconcileError(thrown);
      const isElsewhere = isForeign(error) || NOT_THIS_SERVICE.has(error.reason);
      if (!isElsewhere) return refusalOf(error);
    }
  }
  try {
    await client.s3(new ListBucketsCommand({}), { signal });
  } catch (thrown) {
    const error = toReconcileError(thrown);
    if (!isForeign(error) && !JUDGED_BY_S3.has(error.reason)) return refusalOf(error);
  }
  return { type: 'Works', arn: undefined };
}

/** The service itself answered that it knows no such call. */
function isForeign(error: ReconcileError): boolean {
  return error.type === 'Unsupported' || (error.reason === 'Rejected' && faultCodeOf(error) !== undefined);
}

/** @throws the error itself, when it says nothing about the key */
function refusalOf(error: ReconcileError): KeyAnswer {
  if (error.reason === 'AccessDenied') return { type: 'Denied' };
  if (error.reason !== 'AuthFailed') throw error;
  return { type: WRONG_TEXT.has(faultCodeOf(error) ?? '') ? 'WrongText' : 'Unknown' };
}
