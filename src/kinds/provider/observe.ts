import { ListBucketsCommand } from '@aws-sdk/client-s3';
import type { Provider } from '../../api/provider.ts';
import { isReason } from '../../api/reasons.ts';
import { findCondition } from '../../managed/conditions.ts';
import { isRequested } from '../../managed/requested.ts';
import { ReconcileError, toReconcileError } from '../../runtime/errors.ts';
import type { Turn } from '../../runtime/turn.ts';
import { type Caller, whoAmI } from '../../wasabi/identity.ts';
import { isRefusal, refusalRestMs } from '../../wasabi/refusals.ts';
import { type AccountAccess, accountOfCaller, type Probe } from '../account-access.ts';
import { isAnswerOfS3, providerFailure } from './failure.ts';
import type { ProtectedSecrets, SecretState } from './secrets.ts';

/** One pass of a Provider. Nothing is opened before `observe`: deletion must not need credentials. */
export interface ProviderClient {
  readonly access: AccountAccess;
  readonly resource: Provider;
  readonly secrets: ProtectedSecrets;
  readonly turn: Turn;
  readonly nowMs: number;
}

/** What signed calls showed of an account. */
export interface ObservedProvider {
  /** What stands in the way, if anything: the first thing that failed. */
  readonly failure: ReconcileError | undefined;
  /** Whether the failure says that the credentials are wrong, as against not known. */
  readonly isRefused: boolean;
  /** Whether STS or IAM took them, whatever failed after that. */
  readonly isAccepted: boolean;
  /** The version of the Secrets that was tried; undefined when nothing was sent. */
  readonly triedVersion: string | undefined;
  readonly accountId: string | undefined;
  readonly identityArn: string | undefined;
  readonly endpoint: string | undefined;
  /** Whether the S3 endpoint answered, be it with a refusal; undefined: it was not asked. */
  readonly isS3Reachable: boolean | undefined;
  readonly iam: Caller['iam'] | undefined;
  /** Credential and CA Secrets, and whether they carry our in-use finalizer. */
  readonly secrets: readonly SecretState[];
}

/** Times in status are whole seconds, and what is written may be this much later. */
const TIME_GRAIN_MS = 1_000;

/** Asks the service who we are, over STS or IAM, and S3 whether it takes our signature. Never throws for what it finds. */
export async function observeProvider(client: ProviderClient, signal: AbortSignal): Promise<ObservedProvider> {
  const { resource } = client;
  const nothing: ObservedProvider = {
    failure: undefined,
    isRefused: false,
    isAccepted: false,
    triedVersion: undefined,
    accountId: undefined,
    identityArn: undefined,
    endpoint: undefined,
    isS3Reachable: undefined,
    iam: undefined,
    secrets: client.secrets.states(resource),
  };
  let probe: Probe | undefined;
  let caller: Caller | undefined;
  try {
    probe = await client.access.probe(resource, { signal, turn: client.turn });
    const refusal = wasAskedFor(resource) ? undefined : standingRefusal(client, probe);
    if (refusal !== undefined) return { ...nothing, ...refusal, triedVersion: probe.secretVersion };
    caller = told(await whoAmI(probe.client, signal), resource);
    await callS3(probe, signal);
    const failure = caller.identity === undefined && caller.iam.type === 'Unreachable' ? caller.iam.error : undefined;
    return {
      ...nothing,
      failure,
      isRefused: failure !== undefined && isRefusal(failure),
      isAccepted: isAccepted(caller),
      triedVersion: probe.secretVersion,
      accountId: failure === undefined ? accountOfCaller(caller, probe.settings) : undefined,
      identityArn: caller.identity?.arn,
      endpoint: probe.settings.endpoint,
      isS3Reachable: true,
      iam: caller.iam,
    };
  } catch (thrown) {
    const error = toReconcileError(thrown);
    const failure = providerFailure(error, resource);
    const isRefused = isRefusal(failure);
    return {
      ...nothing,
      failure,
      isRefused,
      isAccepted: caller !== undefined && isAccepted(caller),
      triedVersion: probe?.secretVersion,
      endpoint: probe?.settings.endpoint,
      isS3Reachable: isAnswerOfS3(error),
      iam: caller?.iam,
    };
  }
}

/** An answer for this very caller, be it "you may not": the signature was right. */
function isAccepted({ identity, iam }: Caller): boolean {
  return identity !== undefined || iam.type === 'Reachable';
}

/** The same answers, with what is wrong about IAM told by its place in the spec. */
function told({ identity, iam }: Caller, resource: Provider): Caller {
  return { identity, iam: iam.type === 'Unreachable' ? { ...iam, error: providerFailure(iam.error, resource) } : iam };
}

/** A signed call decides. "You may not list" comes from a service that has accepted the signature. */
async function callS3(probe: Probe, signal: AbortSignal): Promise<void> {
  await probe.client.s3(new ListBucketsCommand({ MaxBuckets: 1 }), {
    signal,
    absent: ['AccessDenied', 'AccessForbidden'],
  });
}

/** Somebody asked for a try, or has edited the spec since the refusal. */
function wasAskedFor(resource: Provider): boolean {
  if (isRequested(resource)) return true;
  const judged = findCondition(resource.status?.conditions, 'AuthValid')?.observedGeneration;
  return judged !== undefined && judged !== resource.metadata.generation;
}

/**
 * The same credentials were refused a short time ago: not one call is made. Status tells of it, whatever process met it;
 * this process may know of a refusal that status does not tell yet (its write failed, or a Bucket met a lock-out).
 */
function standingRefusal(
  { resource, nowMs }: ProviderClient,
  { client, secretVersion }: Probe,
): Pick<ObservedProvider, 'failure' | 'isRefused'> | undefined {
  const { authFailures, conditions } = resource.status ?? {};
  const known = client.refusal();
  if (authFailures?.secretVersion !== secretVersion)
    return known && { failure: providerFailure(known, resource), isRefused: true };
  const { reason = '', message } = findCondition(conditions, 'AuthValid') ?? {};
  const atMs = Date.parse(authFailures.lastTime) + TIME_GRAIN_MS;
  const restMs = refusalRestMs({ count: authFailures.count, reason, atMs }, nowMs);
  const retryAfterMs = Math.max(restMs, known?.retryAfterMs ?? 0);
  if (retryAfterMs <= 0) return undefined;
  // Told in the words of the refusal itself: it is the same failure, and another text would be another status.
  const failure = new ReconcileError('DependencyNotReady', message ?? 'the service refused the credentials', {
    reason: isReason(reason) ? reason : 'AuthFailed',
    retryAfterMs,
  });
  return { failure, isRefused: false };
}
