import type { Reason } from '../api/reasons.ts';
import type { ReconcileErrorType } from '../runtime/errors.ts';

/** Whether an attempt that failed so may be made again inside the same call. */
export type InCallRetry =
  /** The same request would fail again. */
  | 'never'
  /** The service refused it before it did anything. */
  | 'refused'
  /** It may have taken effect: only a call that can be repeated is. */
  | 'ambiguous';

/** What one group of answers means. */
export interface ErrorRow {
  /** Service codes, codes of the network and of TLS; the status does not matter then. */
  readonly codes: readonly string[];
  /** Statuses that mean this when the code says nothing. */
  readonly statuses: readonly number[];
  readonly type: ReconcileErrorType;
  /** The condition's reason. */
  readonly reason: Reason;
  readonly retry: InCallRetry;
  /** The least time until the next pass. */
  readonly retryAfterMs?: number;
  /** What happened and what to do, for users: the end of the message. */
  readonly advice: string;
}

/** The service locks a key out for so long; each further try begins it anew. Source: docs.wasabi.com, "REST API Introduction". */
export const LOCKOUT_MS = 300_000;

function row(
  type: ReconcileErrorType,
  reason: Reason,
  retry: InCallRetry,
  advice: string,
  when: { /** Divided by white space. */ codes?: string; statuses?: readonly number[]; retryAfterMs?: number },
): ErrorRow {
  const { codes = '', statuses = [], retryAfterMs } = when;
  const names = codes.split(/\s+/).filter((code) => code !== '');
  return {
    codes: names,
    statuses,
    type,
    reason,
    retry,
    advice,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** What an answer means that no row names. */
export const UNEXPECTED_ANSWER: ErrorRow = row(
  'Transient',
  'UnexpectedAnswer',
  'never',
  'the answer is none that the API documents; a proxy or another server may be in the way',
  {},
);

/**
 * Codes first, then statuses: a 403 or a 503 alone says too little. Sources: docs.wasabi.com, "REST API Introduction"
 * (error table, which leaves statuses open), and the error lists of the AWS S3, IAM and STS references for the rest.
 */
export const ERROR_TABLE: readonly ErrorRow[] = [
  row('Throttled', 'Throttled', 'refused', 'the service asks to slow down; calls to this account go on more slowly', {
    codes: `SlowDown Unavailable ServiceUnavailable RequestRateLimitExceeded Throttling ThrottlingException
        ThrottledException RequestThrottled RequestThrottledException RequestLimitExceeded TooManyRequests
        TooManyRequestsException BandwidthLimitExceeded`,
    statuses: [429],
  }),
  row(
    'DependencyNotReady',
    'AuthenticationLockout',
    'never',
    'too many requests with wrong credentials; the service locks the key out for 5 minutes. Correct the Secret of the Provider',
    {
      codes: 'AuthenticationLockout',
      retryAfterMs: LOCKOUT_MS,
    },
  ),
  row(
    'DependencyNotReady',
    'AuthFailed',
    'never',
    'the service does not accept the credentials; correct the Secret of the Provider',
    {
      codes: `InvalidAccessKeyId SignatureDoesNotMatch InvalidClientTokenId UnrecognizedClientException
        ExpiredToken ExpiredTokenException InvalidToken TokenRefreshRequired MissingAuthenticationToken
        MissingSecurityHeader IncompleteSignature InvalidSecurity InvalidAuthenticationCode AuthFailure
        AuthorizationQueryParametersError CredentialsNotSupported NotSignedUp`,
      statuses: [401],
    },
  ),
  row(
    'DependencyNotReady',
    'AccessDenied',
    'never',
    'the credentials of the Provider may not do this; extend their policy',
    {
      codes: `AccessDenied AccessDeniedException AccessForbidden AllAccessDisabled UnauthorizedAccess
        UnauthorizedOperation Forbidden InvalidObjectState InvalidPayer`,
      statuses: [403],
    },
  ),
  row(
    'DependencyNotReady',
    'AccountProblem',
    'never',
    'the account itself is blocked; ask the support of the service',
    {
      codes: 'AccountProblem AccountNotActivated OptInRequired',
    },
  ),
  row(
    'DependencyNotReady',
    'QuotaExceeded',
    'never',
    'a quota of the account is used up; delete what is not needed, or ask the support of the service to raise it',
    {
      codes: 'TooManyBuckets LimitExceeded LimitExceededException QuotaExceeded',
    },
  ),
  row('DependencyNotReady', 'BucketNotEmpty', 'never', 'the bucket holds objects, versions or unfinished uploads', {
    codes: 'BucketNotEmpty',
  }),
  row(
    'DependencyNotReady',
    'TLSVerificationFailed',
    'never',
    'the certificate of the endpoint could not be verified; correct spec.tls.caCertSecretRef or the endpoint',
    {
      codes: `CERT_HAS_EXPIRED CERT_NOT_YET_VALID CERT_REVOKED CERT_REJECTED CERT_SIGNATURE_FAILURE
        CERT_CHAIN_TOO_LONG CERT_UNTRUSTED DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN
        UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY UNABLE_TO_VERIFY_LEAF_SIGNATURE
        INVALID_CA INVALID_PURPOSE HOSTNAME_MISMATCH ERR_TLS_CERT_ALTNAME_INVALID
        ERR_TLS_CERT_ALTNAME_FORMAT`,
      retryAfterMs: 60_000,
    },
  ),
  row('InvalidSpec', 'WrongRegion', 'never', 'the bucket lives in another region; correct spec.region', {
    codes: 'PermanentRedirect TemporaryRedirect Redirect',
    statuses: [301, 302, 303, 307, 308],
  }),
  row(
    'InvalidSpec',
    'WrongRegion',
    'never',
    'the call was signed for another region than that of the endpoint; correct spec.region',
    { codes: 'AuthorizationHeaderMalformed' },
  ),
  row(
    'InvalidSpec',
    'InvalidRegion',
    'never',
    'no bucket can be in this region at this endpoint; correct spec.region',
    {
      codes: 'IllegalLocationConstraintException InvalidLocationConstraint InvalidRegion',
    },
  ),
  row(
    'InvalidSpec',
    'Rejected',
    'never',
    'the service does not accept this name of a bucket; it has rules of its own beside those of the schema',
    { codes: 'InvalidBucketName' },
  ),
  row(
    'InvalidSpec',
    'AlreadyExists',
    'never',
    'the name is taken by another account; names are unique over all accounts',
    {
      codes: 'BucketAlreadyExists',
    },
  ),
  row('InvalidSpec', 'PolicyInvalid', 'never', 'the service does not accept the policy document', {
    codes: `MalformedPolicy MalformedPolicyDocument MalformedPolicyDocumentException InvalidPolicyDocument
        PackedPolicyTooLarge PolicyNotAttachable`,
  }),
  row('InvalidSpec', 'Rejected', 'never', 'the service does not accept a value of the spec', {
    codes: `MalformedXML MalformedACLError InvalidArgument InvalidRequest InvalidInput InvalidParameter
        InvalidParameterValue InvalidParameterCombination MissingParameter ValidationError BadRequest
        InvalidBucketState InvalidTag InvalidStorageClass InvalidRetentionPeriod
        EncryptionNotAllowed KeyTooLongError EntityTooLarge MissingRequestBodyError UnmodifiableEntity
        MalformedQueryString InvalidTargetBucketForLogging InvalidURI`,
    statuses: [400, 413, 414, 422],
  }),
  row('Unsupported', 'Unsupported', 'never', 'the service does not have this call', {
    codes: `MethodNotAllowed NotImplemented InvalidAction UnsupportedOperation NotSupported UnknownOperation
        UnknownOperationException XNotImplemented`,
    statuses: [405, 501],
  }),
  row(
    'Transient',
    'ClockSkew',
    'never',
    'the clocks of the operator and of the service differ; correct the clock of the node',
    {
      codes: 'RequestTimeTooSkewed RequestExpired RequestInTheFuture',
    },
  ),
  row(
    'Transient',
    'NotFound',
    'never',
    'it was there a moment ago, or is not in effect yet; the next pass looks again',
    {
      codes: `NoSuchBucket NoSuchEntity NoSuchKey NoSuchUpload NoSuchVersion NotFound NoSuchTagSet
        NoSuchTagSetError NoSuchBucketPolicy NoSuchCORSConfiguration NoSuchLifecycleConfiguration
        NoSuchPublicAccessBlockConfiguration NoSuchWebsiteConfiguration ObjectLockConfigurationNotFoundError
        ReplicationConfigurationNotFoundError ServerSideEncryptionConfigurationNotFoundError
        OwnershipControlsNotFoundError`,
    },
  ),
  row('Transient', 'Conflict', 'never', 'something else changes it at this moment; the next pass looks again', {
    codes: `BucketAlreadyOwnedByYou EntityAlreadyExists EntityAlreadyExistsException DeleteConflict Conflict
        OperationAborted ConcurrentModification ConditionalRequestConflict EntityTemporarilyUnmodifiable
        PreconditionFailed`,
    statuses: [409, 412],
  }),
  row('Transient', 'ServiceFailed', 'ambiguous', 'the service failed', {
    codes: `InternalError InternalFailure InternalServerError ServiceFailure Unrecoverable DataUnrecoverable
        ConnectionClosed BadDigest InvalidDigest IncompleteBody XAmzContentSHA256Mismatch`,
    statuses: [410, 500, 502, 503],
  }),
  row('Transient', 'Timeout', 'ambiguous', 'no whole answer came in time', {
    codes: 'RequestTimeout RequestTimeoutException ETIMEDOUT ESOCKETTIMEDOUT TimeoutError',
    statuses: [408, 504],
  }),
  row(
    'Transient',
    'ConnectionFailed',
    'refused',
    'no connection could be made; check that the endpoint is up and that the network lets the operator reach it',
    {
      codes: 'ECONNREFUSED EHOSTUNREACH ENETUNREACH EHOSTDOWN ENETDOWN EADDRNOTAVAIL ConnectTimeout',
    },
  ),
  row('Transient', 'ConnectionLost', 'ambiguous', 'the connection broke before the whole answer came', {
    codes: 'ECONNRESET ECONNABORTED EPIPE EPROTO ERR_STREAM_PREMATURE_CLOSE ConnectionLost',
  }),
  row('Transient', 'DNSLookupFailed', 'refused', 'the name of the endpoint could not be resolved', {
    codes: 'ENOTFOUND EAI_AGAIN EAI_FAIL EAI_NODATA EAI_NONAME',
  }),
  row(
    'Transient',
    'UnreadableAnswer',
    'never',
    'the answer is too large, holds what no answer of the API holds, or cannot be parsed',
    {
      codes: 'AnswerTooLarge AnswerUnreadable',
    },
  ),
];
