import { type AccessKey, type Account, type Identity, nobody, rootIdentity, userIdentity } from './accounts.ts';
import { type ClaimedSignature, claimedSignature } from './claimed-signature.ts';
import { ServiceError } from './errors.ts';
import { timeForSignature } from './movable-clock.ts';
import type { Settings } from './options.ts';
import { type Session, sessionIdentity } from './sessions.ts';
import {
  canonicalRequest,
  equalText,
  type Scope,
  scopeText,
  sha256Hex,
  signatureOf,
  signingKey,
  stringToSign,
} from './sigv4.ts';
import type { State } from './state.ts';

/** The service that a request is for. */
export type ServiceName = 's3' | 'iam' | 'sts';

/** A request as far as its signature goes. */
export interface SignableRequest {
  readonly method: string;
  readonly path: string;
  readonly rawQuery: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** Who calls, proven by the signature. */
export interface Caller {
  readonly account: Account;
  readonly identity: Identity;
  /** Whose temporary keys signed. */
  readonly session?: Session;
  /** Absent where there is none. */
  readonly signature?: { readonly isPresigned: boolean; readonly signedMs: number };
}

/** The outcome of a verified signature. */
export interface Authentication {
  readonly caller: Caller;
  /** What the chunks of an aws-chunked body are signed with; absent where nothing is signed. */
  readonly chunkSeed: ChunkSeed | undefined;
}

/** The beginning of the chain of signatures of an aws-chunked body. */
export interface ChunkSeed {
  readonly key: Buffer;
  readonly amzDate: string;
  readonly scope: Scope;
  readonly signature: string;
}

/** A key pair that may sign, and for whom. */
interface Signer {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly caller: Omit<Caller, 'signature'>;
}

/** When a request came, by the clock of the service, and by how much another one is wrong: that of its signature alone. */
interface SigningTime {
  readonly nowMs: number;
  readonly skewMs: number;
}

const MAX_SKEW_MS = 15 * 60 * 1000;
const MAX_CACHED_KEYS = 512;

/** Checks signatures; keeps the derived keys, which change once a day. */
export function signatureVerifier(
  state: State,
  settings: Settings,
): (request: SignableRequest, service: ServiceName, region: string, time: SigningTime) => Authentication {
  const derived = new Map<string, Buffer>();
  const keyFor = (key: Signer, scope: Scope): Buffer => {
    const name = `${key.accessKeyId}/${key.secretAccessKey}/${scopeText(scope)}`;
    const found = derived.get(name) ?? signingKey(key.secretAccessKey, scope);
    if (derived.size >= MAX_CACHED_KEYS) derived.clear();
    derived.set(name, found);
    return found;
  };
  return (request, service, region, { nowMs, skewMs }) => {
    const claim = claimedSignature(request.headers, request.query);
    if (claim === undefined) {
      if (service !== 's3') throw new ServiceError('MissingAuthenticationToken');
      return { caller: nobody(), chunkSeed: undefined };
    }
    checkScope(claim, service, region);
    const token = request.headers['x-amz-security-token'] ?? request.query.get('X-Amz-Security-Token');
    const signer = signerOf(state, { accessKeyId: claim.accessKeyId, token, service, nowMs, settings });
    const judgedMs = timeForSignature(state, claim.signedMs, nowMs + skewMs);
    checkTime(claim, judgedMs);
    const payloadHash = payloadHashOf(request, claim, service);
    const signing = keyFor(signer, claim.scope);
    checkSignature(request, claim, payloadHash, signing);
    checkUnsignedHeaders(request, claim, service);
    checkPayload(request.body, payloadHash);
    const key = state.keys.get(claim.accessKeyId);
    if (key !== undefined) key.lastUse = { atMs: nowMs, service, region };
    const signature = {
      isPresigned: claim.expiresSeconds !== undefined,
      signedMs: claim.signedMs + (nowMs + skewMs - judgedMs),
    };
    return {
      caller: { ...signer.caller, signature },
      chunkSeed: { key: signing, amzDate: claim.amzDate, scope: claim.scope, signature: claim.signature },
    };
  };
}

function checkScope(claim: ClaimedSignature, service: ServiceName, region: string): void {
  const code =
    claim.expiresSeconds === undefined ? 'AuthorizationHeaderMalformed' : 'AuthorizationQueryParametersError';
  if (claim.scope.region !== region) {
    const message = `The authorization header is malformed; the region '${claim.scope.region}' is wrong; expecting '${region}'`;
    throw new ServiceError(code, { message, elements: { Region: region } });
  }
  if (claim.scope.service !== service) {
    const message = `The authorization header is malformed; incorrect service "${claim.scope.service}". This endpoint belongs to "${service}".`;
    throw new ServiceError(code, { message });
  }
}

interface Claimed {
  readonly accessKeyId: string;
  readonly token: string | undefined;
  readonly service: ServiceName;
  readonly nowMs: number;
  readonly settings: Settings;
}

/** @throws ServiceError InvalidAccessKeyId, InvalidToken, ExpiredToken */
function signerOf(state: State, claimed: Claimed): Signer {
  const { accessKeyId, token, service, nowMs, settings } = claimed;
  const session = state.sessions.get(accessKeyId);
  if (session !== undefined && token !== undefined) return sessionSigner(state, session, claimed);
  const key = state.keys.get(accessKeyId);
  if (key === undefined || key.status !== 'Active') throw unknownKey(accessKeyId, service, settings);
  if (nowMs < key.effectiveMs) throw newKey(accessKeyId, service, settings);
  if (token !== undefined) throw new ServiceError('InvalidToken');
  const { secretAccessKey } = key;
  return { accessKeyId, secretAccessKey, caller: callerOf(state, key) };
}

/** @throws Error for a key that belongs to nobody: a defect, since an owner cannot go before its keys */
function callerOf(state: State, key: AccessKey): Signer['caller'] {
  const { accessKeyId, accountId, userName } = key;
  const account = state.accounts.get(accountId);
  if (account === undefined) throw new Error(`key ${accessKeyId} belongs to no account`);
  if (userName === undefined) return { account, identity: rootIdentity(account) };
  const user = account.users.get(userName);
  if (user === undefined) throw new Error(`key ${accessKeyId} belongs to no user`);
  return { account, identity: userIdentity(account, user) };
}

/** Temporary keys sign with their token only; those of GetSessionToken do not reach IAM (W37). */
function sessionSigner(state: State, session: Session, claimed: Claimed): Signer {
  const { accessKeyId, secretAccessKey } = session;
  const { token, service, nowMs, settings } = claimed;
  if (!equalText(token ?? '', session.sessionToken)) throw new ServiceError('InvalidToken');
  if (nowMs >= session.expiresMs) throw new ServiceError('ExpiredToken', service === 's3' ? {} : { status: 403 });
  const account = state.accounts.get(session.accountId);
  const identity = account && sessionIdentity(account, session);
  const isRefused = service === 'iam' && session.role === undefined;
  if (account === undefined || identity === undefined || isRefused) throw unknownKey(accessKeyId, service, settings);
  return { accessKeyId, secretAccessKey, caller: { account, identity, session } };
}

/** A key that was made a moment ago and is not known everywhere yet (W34). */
function newKey(accessKeyId: string, service: ServiceName, settings: Settings): ServiceError {
  if (settings.quirks.newKeyError === 'AccessDenied') return new ServiceError('AccessDenied');
  return unknownKey(accessKeyId, service, settings);
}

function unknownKey(accessKeyId: string, service: ServiceName, settings: Settings): ServiceError {
  if (service !== 's3' && settings.quirks.queryAuthErrors === 'aws') return new ServiceError('InvalidClientTokenId');
  return new ServiceError('InvalidAccessKeyId', { elements: { AWSAccessKeyId: accessKeyId } });
}

function checkTime(claim: ClaimedSignature, nowMs: number): void {
  const { signedMs } = claim;
  const serverTime = new Date(nowMs).toISOString();
  if (claim.expiresSeconds === undefined) {
    if (Math.abs(nowMs - signedMs) <= MAX_SKEW_MS) return;
    const elements = {
      RequestTime: claim.amzDate,
      ServerTime: serverTime,
      MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS),
    };
    throw new ServiceError('RequestTimeTooSkewed', { elements });
  }
  if (signedMs - nowMs > MAX_SKEW_MS) throw new ServiceError('AccessDenied', { message: 'Request is not valid yet' });
  const expiresMs = signedMs + claim.expiresSeconds * 1000;
  if (nowMs <= expiresMs) return;
  const elements = { Expires: new Date(expiresMs).toISOString(), ServerTime: serverTime };
  throw new ServiceError('AccessDenied', { message: 'Request has expired', elements });
}

function payloadHashOf(request: SignableRequest, claim: ClaimedSignature, service: ServiceName): string {
  const header = request.headers['x-amz-content-sha256'];
  if (service !== 's3') return sha256Hex(request.body);
  if (claim.expiresSeconds !== undefined)
    return header ?? request.query.get('X-Amz-Content-Sha256') ?? 'UNSIGNED-PAYLOAD';
  if (header === undefined) {
    throw new ServiceError('InvalidRequest', {
      message: 'Missing required header for this request: x-amz-content-sha256',
    });
  }
  return header;
}

function checkSignature(request: SignableRequest, claim: ClaimedSignature, payloadHash: string, key: Buffer): void {
  const canonical = canonicalRequest({
    method: request.method,
    path: request.path,
    query: request.rawQuery,
    headers: request.headers,
    signedHeaders: claim.signedHeaders,
    payloadHash,
  });
  const text = stringToSign(canonical, claim.amzDate, claim.scope);
  if (equalText(signatureOf(key, text), claim.signature)) return;
  throw new ServiceError('SignatureDoesNotMatch', {
    elements: { AWSAccessKeyId: claim.accessKeyId, StringToSign: text, CanonicalRequest: canonical },
  });
}

/** Host and every x-amz-* header must be covered, or a proxy could add to a signed request. */
function checkUnsignedHeaders(request: SignableRequest, claim: ClaimedSignature, service: ServiceName): void {
  const signed = new Set(claim.signedHeaders);
  const names = Object.keys(request.headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  const left = names.filter((name) => !signed.has(name) && !(service !== 's3' && name === 'x-amz-content-sha256'));
  if (left.length === 0) return;
  throw new ServiceError('AccessDenied', {
    message: 'There were headers present in the request which were not signed',
    elements: { HeadersNotSigned: left.join(', ') },
  });
}

function checkPayload(body: Buffer, payloadHash: string): void {
  if (payloadHash === 'UNSIGNED-PAYLOAD' || payloadHash.startsWith('STREAMING-')) return;
  if (!/^[0-9a-f]{64}$/u.test(payloadHash)) {
    throw new ServiceError('InvalidArgument', {
      message: 'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, or a valid sha256 value.',
      elements: { ArgumentName: 'x-amz-content-sha256', ArgumentValue: payloadHash },
    });
  }
  const computed = sha256Hex(body);
  if (computed === payloadHash) return;
  throw new ServiceError('XAmzContentSHA256Mismatch', {
    elements: { ClientComputedContentSHA256: payloadHash, S3ComputedContentSHA256: computed },
  });
}
