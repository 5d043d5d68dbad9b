import { ListBucketsCommand } from '@aws-sdk/client-s3';
import type { Provider } from '../../api/provider.ts';
import { isReason } from '../../api/reasons.ts';
import { RECONCILE_REQUESTED_AT } from '../../managed/annotations.ts';
import { findCondition } from '../../managed/conditions.ts';
import { ReconcileError, toReconcileError } from '../../runtime/errors.ts';
import { type Caller, whoAmI } from '../../wasabi/identity.ts';
import { type AccountAccess, accountOfCaller, type Probe } from '../account-access.ts';
import type { ProtectedSecrets, SecretState } from './secrets.ts';

/** One pass of a Provider. Nothing is opened before `observe`: deletion must not need credentials. */
export interface ProviderClient {
  readonly access: AccountAccess;
  readonly resource: Provider;
  readonly secrets: ProtectedSecrets;
  readonly nowMs: number;
}

/** What signed calls showed of an account. */
export interface ObservedProvider {
  /** What stands in the way, if anything: the first thing that failed. */
  readonly failure: ReconcileError | undefined;
  /** Whether the failure says that the credentials are wrong, as against not known. */
  readonly isRefused: boolean;
  /** The version of the Secrets that was tried; undefined when nothing was sent. */
  readonly triedVersion: string | undefined;
  readonly accountId: string | undefined;
  readonly identityArn: string | undefined;
  readonly endpoint: string | undefined;
  readonly isS3Reachable: boolean | undefined;
  readonly iam: Caller['iam'] | undefined;
  /** Credential and CA Secrets, and whether they carry our in-use finalizer. */
  readonly secrets: readonly SecretState[];
}

/** Waits after the first, second and third refusal of the same credentials; then hourly. An account lock-out must not be our doing. */
const RETRY_AFTER_MS = [60_000, 300_000, 3_600_000];
/** Reasons that mean: these credentials are wrong. */
const REFUSALS = new Set(['AuthFailed', 'AuthenticationLockout']);

/** Asks the service who we are, over STS or IAM, and S3 whether it takes our signature. Never throws for what it finds. */
export async function observeProvider(client: ProviderClient, signal: AbortSignal): Promise<ObservedProvider> {
  const { resource } = client;
  const nothing: ObservedProvider = {
    failure: undefined,
    isRefused: false,
    triedVersion: undefined,
    accountId: undefined,
    identityArn: undefined,
    endpoint: undefined,
    isS3Reachable: undefined,
    iam: undefined,
    secrets: client.secrets.states(resource),
  };
  let probe: Probe | undefined;
  try {
    probe = await client.access.probe(resource, signal);
    const tooSoon = refusedLately(resource, probe.secretVersion, client.nowMs);
    if (tooSoon !== undefined) return { ...nothing, failure: tooSoon };
    const caller = await whoAmI(probe.client, signal);
    await callS3(probe, signal);
    const failure = caller.identity === undefined && caller.iam.type === 'Unreachable' ? caller.iam.error : undefined;
    return {
      ...nothing,
      failure,
      triedVersion: probe.secretVersion,
      accountId: failure === undefined ? accountOfCaller(caller, probe.settings) : undefined,
      identityArn: caller.identity?.arn,
      endpoint: probe.settings.endpoint,
      isS3Reachable: true,
      iam: caller.iam,
    };
  } catch (thrown) {
    const failure = toReconcileError(thrown);
    const isRefused = REFUSALS.has(failure.reason);
    const wasSent = probe !== undefined;
    return {
      ...nothing,
      failure,
      isRefused,
      triedVersion: probe?.secretVersion,
      endpoint: probe?.settings.endpoint,
      // A refusal is an answer; what never left this process says nothing of the endpoint.
      isS3Reachable: wasSent ? isRefused : undefined,
    };
  }
}

/** How long the credentials that were refused `count` times stay untried, in milliseconds. */
export function retryAfterMs(count: number): number {
  return RETRY_AFTER_MS[Math.min(count, RETRY_AFTER_MS.length) - 1] ?? 0;
}

/** A signed call decides. "You may not list" comes from a service that has accepted the signature. */
async function callS3(probe: Probe, signal: AbortSignal): Promise<void> {
  await probe.client.s3(new ListBucketsCommand({ MaxBuckets: 1 }), {
    signal,
    absent: ['AccessDenied', 'AccessForbidden'],
  });
}

/** The same credentials were refused a short time ago, and nobody asked for another try: not one call is made. */
function refusedLately(resource: Provider, version: string, nowMs: number): ReconcileError | undefined {
  const { authFailures, lastHandledReconcileAt } = resource.status ?? {};
  if (authFailures === undefined || authFailures.secretVersion !== version) return undefined;
  const requested = resource.metadata.annotations?.[RECONCILE_REQUESTED_AT];
  if (requested !== undefined && requested !== lastHandledReconcileAt) return undefined;
  const waitMs = Date.parse(authFailures.lastTime) + retryAfterMs(authFailures.count) - nowMs;
  if (waitMs <= 0) return undefined;
  // Told in the words of the refusal itself: it is the same failure, and another text would be another status.
  const { reason = '', message } = findCondition(resource.status?.conditions, 'AuthValid') ?? {};
  return new ReconcileError('DependencyNotReady', message ?? 'the service refused the credentials', {
    reason: isReason(reason) ? reason : 'AuthFailed',
    retryAfterMs: waitMs,
  });
}
