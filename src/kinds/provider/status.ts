import { keyText } from '../../api/meta.ts';
import type { Provider } from '../../api/provider.ts';
import type { Reason } from '../../api/reasons.ts';
import { ACCEPT_ACCOUNT } from '../../managed/annotations.ts';
import { condition, findCondition, rfc3339 } from '../../managed/conditions.ts';
import type { KindCondition, KindEvent, KindStatus } from '../../managed/kind.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { isSameSite } from '../../wasabi/endpoints.ts';
import { refusalWaitMs } from '../../wasabi/refusals.ts';
import type { ObservedProvider } from './observe.ts';

/** Nobody can sign with what the Secrets hold now. */
const SECRET_PROBLEMS: ReadonlySet<Reason> = new Set(['SecretNotFound', 'SecretKeyMissing', 'SecretInvalid']);

/** The Provider's own status. The account is pinned by the first answer and changes with consent only. Pure. */
export function providerStatus(resource: Provider, observed: ObservedProvider, nowMs: number): KindStatus {
  const stranger = strangerAccount(resource, observed);
  const failure = stranger ?? withBackoff(resource, observed, nowMs);
  const isConnected = failure === undefined;
  const { status } = resource;
  return {
    fields: {
      connected: isConnected,
      ...(isConnected && status?.connected !== true ? { lastConnectTime: rfc3339(nowMs) } : {}),
      ...(isConnected
        ? {
            accountId: observed.accountId,
            identityArn: observed.identityArn,
            endpoint: observed.endpoint,
            authFailures: undefined,
          }
        : { authFailures: failuresAfter(resource, observed, nowMs) }),
      protectedSecrets: protectedBy(observed),
    },
    conditions: conditions(resource, observed, stranger),
    failure,
    events: heldEvents(observed),
    isUnusable: stranger !== undefined || observed.isRefused || isCertain(failure),
  };
}

/** Whether that failure says that the Provider cannot be used, as against nothing at all: somebody has to act first. */
function isCertain(failure: ReconcileError | undefined): boolean {
  return failure?.type === 'DependencyNotReady' || failure?.type === 'InvalidSpec';
}

/** Who deletes a Secret that is in use sees nothing happen. What repeats is one event. */
function heldEvents({ secrets }: ObservedProvider): readonly KindEvent[] {
  const held = secrets.filter(({ isNamed, isProtected, isGoing }) => isNamed && isProtected && isGoing);
  return held.map(({ key }) => {
    const note = `Secret ${keyText(key)} was deleted, and stays while objects depend on this Provider: delete those first, or name another Secret in spec.auth`;
    return { type: 'Warning', reason: 'SecretInUse', note };
  });
}

/** The Secrets that carry our finalizer on behalf of this Provider, as they are recorded. */
function protectedBy({ secrets }: ObservedProvider): readonly string[] | undefined {
  const held = secrets.filter(({ isNamed, isProtected, isNeededElsewhere }) => {
    return isProtected && (isNamed || !isNeededElsewhere);
  });
  return held.length === 0 ? undefined : held.map(({ key }) => keyText(key)).toSorted();
}

/**
 * Credentials or endpoint lead to an account that this Provider is not pinned to, and nobody consented. An account id
 * means something at one service only, so the service is pinned with it.
 */
function strangerAccount(resource: Provider, observed: ObservedProvider): ReconcileError | undefined {
  const pinned = resource.status;
  const { accountId, endpoint } = observed;
  if (pinned?.accountId === undefined || accountId === undefined || endpoint === undefined) return undefined;
  const isSamePlace =
    pinned.endpoint === undefined || isSameSite(pinned.endpoint, { endpoint, region: resource.spec.region });
  if (isSamePlace && pinned.accountId === accountId) return undefined;
  const { host } = new URL(endpoint);
  // Where nothing tells the account, the host stands for it.
  const account = isSamePlace || accountId === host ? accountId : `${accountId}@${host}`;
  if (resource.metadata.annotations?.[ACCEPT_ACCOUNT] === account) return undefined;
  const message =
    pinned.accountId === accountId
      ? `spec.endpoint leads to ${endpoint}, where account ${accountId} may be somebody else's, and this Provider is pinned to that account at ${pinned.endpoint}: put the old endpoint back, or, if both are one service, set the annotation ${ACCEPT_ACCOUNT} to ${account}`
      : `the credentials open account ${account}, and this Provider is pinned to account ${pinned.accountId}: put the old credentials and endpoint back, or set the annotation ${ACCEPT_ACCOUNT} to ${account}`;
  return new ReconcileError('InvalidSpec', message, { reason: 'AccountChanged' });
}

function withBackoff(resource: Provider, observed: ObservedProvider, nowMs: number): ReconcileError | undefined {
  const { failure } = observed;
  if (failure === undefined || !observed.isRefused) return failure;
  const count = failuresAfter(resource, observed, nowMs)?.count ?? 1;
  const least = Math.max(refusalWaitMs(count, failure.reason), failure.retryAfterMs ?? 0);
  return new ReconcileError(failure.type, failure.message, {
    reason: failure.reason,
    retryAfterMs: least,
    cause: failure,
  });
}

function failuresAfter(
  resource: Provider,
  observed: ObservedProvider,
  nowMs: number,
): NonNullable<Provider['status']>['authFailures'] {
  const before = resource.status?.authFailures;
  if (!observed.isRefused && observed.isAccepted) return undefined;
  if (!observed.isRefused || observed.triedVersion === undefined) return before;
  const isSame = before?.secretVersion === observed.triedVersion;
  return {
    count: isSame ? before.count + 1 : 1,
    lastTime: rfc3339(nowMs),
    secretVersion: observed.triedVersion,
  };
}

function conditions(
  resource: Provider,
  observed: ObservedProvider,
  stranger: ReconcileError | undefined,
): readonly KindCondition[] {
  return [
    ...authCondition(resource, observed, stranger),
    ...s3Condition(resource, observed),
    ...(observed.iam === undefined ? notAsked(resource, observed, 'IAMReachable') : [iamCondition(observed.iam)]),
  ];
}

/** What this pass learnt nothing about stays as it was: a failing network is no evidence against credentials. */
function authCondition(
  resource: Provider,
  { failure, isRefused, isAccepted }: ObservedProvider,
  stranger: ReconcileError | undefined,
): readonly KindCondition[] {
  if (stranger !== undefined) {
    const message = `The service accepts the credentials, and nothing is done with them: ${stranger.message}`;
    return [condition('AuthValid', 'True', stranger.reason, message)];
  }
  if (isRefused && failure !== undefined) return [condition('AuthValid', 'False', failure.reason, failure.message)];
  if (failure === undefined || isAccepted)
    return [condition('AuthValid', 'True', 'Authenticated', 'The service accepts the credentials.')];
  if (!isUnknown(resource, 'AuthValid') && !areStrangersGone(resource, failure)) return [];
  return [condition('AuthValid', 'Unknown', failure.reason, failure.message)];
}

/** The credentials that open another account are no longer in the Secret: what was found of them tells nothing any more. */
function areStrangersGone(resource: Provider, { reason }: ReconcileError): boolean {
  const wasStranger = findCondition(resource.status?.conditions, 'AuthValid')?.reason === 'AccountChanged';
  return wasStranger && SECRET_PROBLEMS.has(reason);
}

function s3Condition(resource: Provider, observed: ObservedProvider): readonly KindCondition[] {
  const { failure, isS3Reachable } = observed;
  if (isS3Reachable === true) {
    const answer = failure === undefined ? 'The S3 endpoint answers signed calls.' : 'The S3 endpoint answers.';
    return [condition('EndpointReachable', 'True', 'Reachable', answer)];
  }
  if (isS3Reachable === undefined || failure === undefined) return notAsked(resource, observed, 'EndpointReachable');
  return [condition('EndpointReachable', 'False', failure.reason, failure.message)];
}

/** A pass that called and came to its end before it asked there knows nothing; one that called nobody changes nothing. */
function notAsked(
  resource: Provider,
  { failure, endpoint }: ObservedProvider,
  type: 'EndpointReachable' | 'IAMReachable',
): readonly KindCondition[] {
  const wasCalled = endpoint !== undefined;
  if (failure === undefined || (!wasCalled && !isUnknown(resource, type))) return [];
  const api = type === 'IAMReachable' ? 'IAM' : 'S3';
  const message = `The ${api} endpoint was not asked, since this failed before: ${failure.message}`;
  return [condition(type, 'Unknown', failure.reason, message)];
}

/** Nothing was learnt about it yet: what stands in the way is told, and not kept when something else does. */
function isUnknown(resource: Provider, type: KindCondition['type']): boolean {
  const status = findCondition(resource.status?.conditions, type)?.status;
  return status === undefined || status === 'Unknown';
}

function iamCondition(iam: NonNullable<ObservedProvider['iam']>): KindCondition {
  switch (iam.type) {
    case 'Reachable':
      return condition('IAMReachable', 'True', 'Reachable', 'The IAM endpoint answers signed calls.');
    case 'Absent':
      return condition('IAMReachable', 'False', 'Unsupported', 'The service has no IAM.');
    case 'Unreachable':
      return condition('IAMReachable', 'False', iam.error.reason, iam.error.message);
  }
}
