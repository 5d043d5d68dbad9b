import { GetUserCommand } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { type ReconcileError, toReconcileError } from '../runtime/errors.ts';
import type { WasabiClient } from './clients.ts';
import { faultCodeOf } from './service-fault.ts';

/** Who the credentials belong to. */
export interface Identity {
  /** Wasabi: twelve digits. */
  readonly accountId: string;
  /** Such as `arn:aws:iam::100000000001:user/operator`, or `…:root`. */
  readonly arn: string;
}

/** Whether IAM answers these credentials at all; "you may not" is an answer. */
export type IamReach =
  | { readonly type: 'Reachable' }
  /** The service has no IAM. */
  | { readonly type: 'Absent' }
  /** The credentials are refused, or no answer came: `error` says which. */
  | { readonly type: 'Unreachable'; readonly error: ReconcileError };

export interface Caller {
  /** `undefined`: neither STS nor IAM says; see `iam` for the reason. */
  readonly identity: Identity | undefined;
  readonly iam: IamReach;
}

const ARN = /^arn:[a-z0-9-]+:(?:iam|sts)::([0-9A-Za-z_-]{1,64}):[\x21-\x7e]{1,512}$/;

/**
 * Asks the service who is calling: STS GetCallerIdentity; where STS is missing or says nothing, IAM GetUser without a
 * name, which answers the caller (a root key gives no user name and an ARN that ends in `:root`; seen live on Wasabi).
 * IAM is asked in any case, since only a signed call tells whether it can be reached.
 * @throws DependencyNotReady (reason AuthFailed, AuthenticationLockout, TLSVerificationFailed), Throttled, Transient
 *   when STS fails in a way that says nothing about whether it exists
 */
export async function whoAmI(client: WasabiClient, signal: AbortSignal): Promise<Caller> {
  const bySts = await identityFromSts(client, signal);
  try {
    const { User } = await client.iam(new GetUserCommand({}), { signal });
    return { identity: bySts ?? identityOf(User?.Arn), iam: { type: 'Reachable' } };
  } catch (thrown) {
    const error = toReconcileError(thrown);
    // A root key has no user: some servers answer NoSuchEntity for it. Both are answers to an authenticated caller.
    if (error.reason === 'AccessDenied' || error.reason === 'NotFound')
      return { identity: bySts, iam: { type: 'Reachable' } };
    if (isForeignToService(error)) return { identity: bySts, iam: { type: 'Absent' } };
    return { identity: bySts, iam: { type: 'Unreachable', error } };
  }
}

/** Answers of an STS that is none, or is not for us. What is wrong with credentials, network or load is not among them. */
const SAYS_NOTHING = new Set([
  'AccessDenied',
  'InvalidRegion',
  'NotFound',
  'UnexpectedAnswer',
  'UnreadableAnswer',
  'WrongRegion',
]);

/** The service itself answered that it knows no such call: as unsupported, or (S3 servers) as a request it cannot read. */
function isForeignToService(error: ReconcileError): boolean {
  return error.type === 'Unsupported' || (error.reason === 'Rejected' && faultCodeOf(error) !== undefined);
}

/** `undefined`: no STS, or it does not say. */
async function identityFromSts(client: WasabiClient, signal: AbortSignal): Promise<Identity | undefined> {
  if (client.settings.stsEndpoint === undefined) return undefined;
  try {
    const { Arn, Account } = await client.sts(new GetCallerIdentityCommand({}), { signal });
    return identityOf(Arn, Account);
  } catch (thrown) {
    const error = toReconcileError(thrown);
    if (isForeignToService(error) || SAYS_NOTHING.has(error.reason)) return undefined; // IAM is asked next
    throw error;
  }
}

/** What the other side wrote gets into status, so only the shape of an ARN comes through. */
function identityOf(arn: string | undefined, account?: string): Identity | undefined {
  const match = ARN.exec(arn ?? '');
  const accountId = account !== undefined && /^[0-9A-Za-z_-]{1,64}$/.test(account) ? account : match?.[1];
  return match === null || accountId === undefined ? undefined : { accountId, arn: match[0] };
}
