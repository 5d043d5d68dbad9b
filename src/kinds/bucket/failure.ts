import type { Bucket } from '../../api/bucket.ts';
import { keyOf, keyText } from '../../api/meta.ts';
import type { Provider } from '../../api/provider.ts';
import { type ReconcileError, toReconcileError } from '../../runtime/errors.ts';
import { faultCodeOf } from '../../wasabi/service-fault.ts';
import { toldByField, toldBySecret, withReason } from '../told-by-field.ts';
import { type ServiceChange, shown } from './diff.ts';
import type { SettingName } from './settings.ts';

/** Whose call failed, and what was known then. */
export interface FailedCall {
  readonly resource: Bucket;
  readonly provider: Provider;
  /** Where the bucket is, as the service said; undefined: nobody has seen it yet. */
  readonly knownRegion: string | undefined;
  /** The change that was to be made; undefined: a read. */
  readonly change?: ServiceChange | undefined;
}

/** Failures that a region may be the reason of which does not exist: its host has no address, or is another service's. */
const NO_SUCH_HOST = new Set(['DNSLookupFailed', 'TLSVerificationFailed', 'UnexpectedAnswer', 'Rejected']);
/** What a service checks of a setting beyond what a schema can. */
const ADVICE: Partial<Record<SettingName, string>> = {
  compliance: 'correct it: a bucket with object lock cannot have it',
  replication: 'correct it: both buckets must keep versions, or neither of them',
};
const ELSEWHERE = new Set(['InvalidRegion', 'WrongRegion']);

/** The failure of a call, told by the field of the spec, or by the Secret, that it comes from, where its code says so. */
export function bucketFailure(thrown: unknown, call: FailedCall): ReconcileError {
  const { resource, change } = call;
  const error = toldBySecret(toReconcileError(thrown), call.provider, resource);
  // Who deletes an object has no use for the advice to write another one.
  if (resource.metadata.deletionTimestamp !== undefined) return error;
  const { name } = resource.spec;
  const code = faultCodeOf(error) ?? '';
  if (code === 'InvalidBucketName' || code === 'BucketAlreadyExists') {
    return toldByField(error, `spec.name "${name}"`, 'a name cannot change: make a new Bucket with another one');
  }
  if (error.reason === 'AccessDenied' && change === undefined && resource.status?.exists !== true) {
    const next = 'if the bucket is of another account, the name is taken: make a new Bucket with another one';
    return toldByField(error, `spec.name "${name}"`, next);
  }
  if (change?.type === 'Create' && error.reason === 'Rejected') {
    return toldByField(
      error,
      `spec.name "${name}"`,
      'neither name nor region can change: make a new Bucket with others',
    );
  }
  if (change !== undefined && change.type !== 'Create') return toldBySetting(error, resource, change);
  return call.knownRegion === undefined ? toldByRegion(error, call) : error;
}

/** What is not accepted of a setting is its value. A marker alone is none of the author's. */
function toldBySetting(
  error: ReconcileError,
  { spec }: Bucket,
  change: Exclude<ServiceChange, { readonly type: 'Create' }>,
): ReconcileError {
  if (error.reason !== 'Rejected') return error;
  if (change.type !== 'Set:tagging') {
    return toldByField(error, `spec.${change.name} ${shown(change.to)}`, ADVICE[change.name] ?? 'correct it');
  }
  return spec.tagging === undefined ? error : toldByField(error, `spec.tagging ${shown(spec.tagging)}`, 'correct it');
}

/** Until the bucket was found, a failure may come from a region that is misspelt: the endpoint follows from it. */
function toldByRegion(error: ReconcileError, { resource, provider }: FailedCall): ReconcileError {
  const { region } = resource.spec;
  const isOwn = region !== undefined && region !== provider.spec.region;
  const isConcerned = ELSEWHERE.has(error.reason) || (isOwn && NO_SUCH_HOST.has(error.reason));
  if (!isConcerned) return error;
  if (region === undefined) {
    const place = `spec.region "${provider.spec.region}" of Provider ${keyText(keyOf(provider))}`;
    return toldByField(error, place, 'correct it, or make a new Bucket that names its region');
  }
  const next =
    'if it is misspelt, make a new Bucket with the right one: a region cannot change before the bucket is found';
  const told = toldByField(error, `spec.region "${region}"`, next);
  return error.reason === 'Rejected' ? withReason(told, 'InvalidRegion') : told;
}
