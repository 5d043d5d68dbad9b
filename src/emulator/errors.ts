import { element, type XmlNode } from './xml.ts';

/**
 * The error codes the emulator answers with: HTTP status and default message of each.
 * Source: S3 API Reference, "Error responses"; Wasabi's own REST introduction for the codes AWS does not have.
 */
const CODES = {
  AccessDenied: [403, 'Access Denied'],
  AccessForbidden: [403, 'This cross-origin request is not allowed by the rules of the bucket.'],
  AuthorizationHeaderMalformed: [400, 'The authorization header you provided is invalid.'],
  AuthorizationQueryParametersError: [400, 'The authorization query parameters are invalid.'],
  BadDigest: [400, 'The Content-MD5 or checksum you specified did not match what we received.'],
  BadRequest: [400, 'Bad Request'],
  BucketAlreadyExists: [409, 'The requested bucket name is not available. Select a different name and try again.'],
  BucketAlreadyOwnedByYou: [409, 'Your previous request to create the named bucket succeeded and you already own it.'],
  BucketNotEmpty: [409, 'The bucket you tried to delete is not empty.'],
  DeleteConflict: [
    409,
    'The request was rejected because it attempted to delete a resource that has attached subordinate entities.',
  ],
  EntityAlreadyExists: [409, 'The request was rejected because it attempted to create a resource that already exists.'],
  EntityTooLarge: [400, 'Your proposed upload exceeds the maximum allowed size.'],
  EntityTooSmall: [400, 'Your proposed upload is smaller than the minimum allowed size.'],
  ExpiredToken: [400, 'The provided token has expired.'],
  IllegalLocationConstraintException: [400, 'The location constraint is incompatible with this endpoint.'],
  IncompleteBody: [400, 'You did not provide the number of bytes specified by the Content-Length header.'],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  InvalidAccessKeyId: [403, 'The AWS Access Key Id you provided does not exist in our records.'],
  InvalidAction: [400, 'The action or operation requested is invalid.'],
  InvalidArgument: [400, 'Invalid Argument'],
  InvalidBucketName: [400, 'The specified bucket is not valid.'],
  InvalidBucketState: [409, 'The request is not valid with the current state of the bucket.'],
  InvalidClientTokenId: [403, 'The security token included in the request is invalid.'],
  InvalidDigest: [400, 'The Content-MD5 you specified is not valid.'],
  InvalidInput: [400, 'The request was rejected because an invalid or out-of-range value was supplied.'],
  InvalidLocationConstraint: [400, 'The specified location constraint is not valid.'],
  InvalidPart: [400, 'One or more of the specified parts could not be found, or its ETag did not match.'],
  InvalidPartOrder: [400, 'The list of parts was not in ascending order.'],
  InvalidRange: [416, 'The requested range is not satisfiable.'],
  InvalidRequest: [400, 'Invalid Request'],
  InvalidStorageClass: [400, 'The storage class you specified is not valid.'],
  InvalidTag: [400, 'The tag provided was not a valid tag.'],
  InvalidTargetBucketForLogging: [400, 'The target bucket for logging does not exist or is not owned by you.'],
  InvalidToken: [400, 'The provided token is malformed or otherwise not valid.'],
  InvalidURI: [400, "Couldn't parse the specified URI."],
  KeyTooLongError: [400, 'Your key is too long.'],
  LimitExceeded: [409, 'The request was rejected because it attempted to create resources beyond the account limits.'],
  MalformedPolicy: [400, 'Policies must be valid JSON and the first byte must be a brace.'],
  MalformedPolicyDocument: [400, 'The request was rejected because the policy document was malformed.'],
  MalformedXML: [400, 'The XML you provided was not well-formed or did not validate against our published schema.'],
  MaxMessageLengthExceeded: [400, 'Your request was too large.'],
  MetadataTooLarge: [400, 'Your metadata headers exceed the maximum allowed metadata size.'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
  MissingAuthenticationToken: [403, 'Request is missing Authentication Token.'],
  MissingSecurityHeader: [400, 'Your request was missing a required header.'],
  NoSuchBucket: [404, 'The specified bucket does not exist.'],
  NoSuchBucketPolicy: [404, 'The bucket policy does not exist.'],
  NoSuchCORSConfiguration: [404, 'The CORS configuration does not exist.'],
  NoSuchComplianceConfiguration: [404, 'The compliance configuration does not exist.'],
  NoSuchEntity: [404, 'The request was rejected because it referenced an entity that does not exist.'],
  NoSuchEntityException: [404, 'The request was rejected because it referenced an entity that does not exist.'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchLifecycleConfiguration: [404, 'The lifecycle configuration does not exist.'],
  NoSuchObjectLockConfiguration: [404, 'The specified object does not have a ObjectLock configuration.'],
  NoSuchPublicAccessBlockConfiguration: [404, 'The public access block configuration was not found.'],
  NoSuchTagSet: [404, 'The TagSet does not exist.'],
  NoSuchUpload: [404, 'The specified multipart upload does not exist.'],
  NoSuchVersion: [404, 'The specified version does not exist.'],
  NotImplemented: [501, 'A header or query you provided implies functionality that is not implemented.'],
  ObjectLockConfigurationNotFoundError: [404, 'Object Lock configuration does not exist for this bucket.'],
  PermanentRedirect: [301, 'The bucket you are attempting to access must be addressed using the specified endpoint.'],
  PreconditionFailed: [412, 'At least one of the preconditions you specified did not hold.'],
  ReplicationConfigurationNotFoundError: [404, 'The replication configuration was not found.'],
  RequestHeaderSectionTooLarge: [400, 'Your request header section exceeds the maximum allowed size.'],
  RequestTimeTooSkewed: [403, 'The difference between the request time and the current time is too large.'],
  RequestTimeout: [400, 'Your socket connection was not read from or written to within the timeout period.'],
  ServerSideEncryptionConfigurationNotFoundError: [404, 'The server side encryption configuration was not found.'],
  SignatureDoesNotMatch: [403, 'The request signature we calculated does not match the signature you provided.'],
  SlowDown: [503, 'Please reduce your request rate.'],
  TemporaryRedirect: [307, 'Please re-send this request to the specified temporary endpoint.'],
  TooManyBuckets: [400, 'You have attempted to create more buckets than allowed.'],
  ValidationError: [400, 'The input fails to satisfy the constraints of the service.'],
  XAmzContentSHA256Mismatch: [400, 'The provided x-amz-content-sha256 header does not match what was computed.'],
} as const satisfies Record<string, readonly [number, string]>;

/** A code the emulator itself answers with; injected faults may use any other text. */
export type ErrorCode = keyof typeof CODES;

export interface ServiceErrorOptions {
  readonly message?: string;
  /** Another HTTP status than the code's own. */
  readonly status?: number;
  /** More elements of the `<Error>` document, such as `BucketName`. */
  readonly elements?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by an operation to be answered as an error document. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: string;
  readonly status: number;
  readonly elements: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, options: ServiceErrorOptions = {}) {
    const [status, message] = CODES[code];
    super(options.message ?? message);
    this.code = code;
    this.status = options.status ?? status;
    this.elements = options.elements ?? {};
    this.headers = options.headers ?? {};
  }
}

/** What an error document says beside code and message. */
export interface ErrorContext {
  readonly requestId: string;
  readonly hostId: string;
  readonly resource: string;
}

/** `Error`: the S3 root. `ErrorResponse`: the wrapped root that some Wasabi answers have. */
export type ErrorShape = 'Error' | 'ErrorResponse';

/** The parts of an error that reach the wire. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly elements?: Readonly<Record<string, string>>;
}

/** The error document of an S3 answer, in either of the two shapes Wasabi uses. */
export function s3ErrorXml(error: WireError, context: ErrorContext, shape: ErrorShape): XmlNode {
  const more = Object.entries(error.elements ?? {}).map(([name, value]) => element(name, value));
  const root = element('Error', [
    element('Code', error.code),
    element('Message', error.message),
    ...more,
    element('Resource', context.resource),
    element('RequestId', context.requestId),
    element('HostId', context.hostId),
  ]);
  if (shape === 'Error') return root;
  return element('ErrorResponse', [root, element('RequestId', context.requestId)]);
}

/** The error document of the Query protocol (IAM and STS). `namespace`: the XML namespace of the service. */
export function queryErrorXml(error: WireError, status: number, requestId: string, namespace: string): XmlNode {
  return element(
    'ErrorResponse',
    [
      element('Error', [
        element('Type', status >= 500 ? 'Receiver' : 'Sender'),
        element('Code', error.code),
        element('Message', error.message),
      ]),
      element('RequestId', requestId),
    ],
    { xmlns: namespace },
  );
}
