import { type KubeObject, keyOf, keyText } from '../api/meta.ts';
import type { Provider } from '../api/provider.ts';
import type { Reason } from '../api/reasons.ts';
import { ReconcileError } from '../runtime/errors.ts';
import { isRefusal } from '../wasabi/refusals.ts';
import { faultCodeOf } from '../wasabi/service-fault.ts';
import { secretReferences } from './provider-secrets.ts';

/**
 * The same failure, told by the place that it comes from: `spec.region "eu-1": S3 …: …; correct it`.
 * @param next what to do, where the failure itself does not say it
 */
export function toldByField(error: ReconcileError, place: string, next?: string): ReconcileError {
  return error.retold(`${place}: ${error.message}${next === undefined ? '' : `; ${next}`}`);
}

/** The same failure under another reason: here the place of the call tells more than the code of the answer. */
export function withReason(error: ReconcileError, reason: Reason): ReconcileError {
  return new ReconcileError(error.type, error.message, { reason, cause: error.cause, requestId: error.requestId });
}

/** Codes that say which part of the credentials is wrong; any other refusal leaves open which of the two keys it is. */
const PARTS: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: 'spec.auth.accessKeySecretRef',
  InvalidClientTokenId: 'spec.auth.accessKeySecretRef',
  SignatureDoesNotMatch: 'spec.auth.secretKeySecretRef',
  ExpiredToken: 'spec.auth.sessionTokenSecretRef',
  ExpiredTokenException: 'spec.auth.sessionTokenSecretRef',
  TokenRefreshRequired: 'spec.auth.sessionTokenSecretRef',
};
const KEYS = ['spec.auth.accessKeySecretRef', 'spec.auth.secretKeySecretRef'];

/**
 * A refusal of the credentials, told by the Secrets and keys that hold them; any other failure as it is. Nobody learns
 * from it what the Secrets of a Provider of another namespace are called.
 * @param told the object whose condition it becomes: the Provider itself, or what uses it
 */
export function toldBySecret(error: ReconcileError, provider: Provider, told: KubeObject): ReconcileError {
  const refusal = refusalBehind(error);
  if (refusal === undefined) return error;
  const whose = told.kind === provider.kind ? '' : `Provider ${keyText(keyOf(provider))}`;
  if (told.metadata.namespace !== provider.metadata.namespace) return toldByField(error, whose);
  const references = secretReferences(provider);
  const part = PARTS[faultCodeOf(refusal) ?? ''];
  const named = references.filter(({ path }) => path === part);
  const suspects = named.length > 0 ? named : references.filter(({ path }) => KEYS.includes(path));
  const places = suspects.map(({ path, key, dataKey }) => `${path}: Secret ${keyText(key)}, key "${dataKey}"`);
  return toldByField(error, [...(whose === '' ? [] : [whose]), places.join('; ')].join(', '));
}

/** The refusal itself, also where it held back a later call. */
function refusalBehind(error: ReconcileError): ReconcileError | undefined {
  if (error.cause instanceof ReconcileError && isRefusal(error.cause)) return error.cause;
  return isRefusal(error) ? error : undefined;
}
