import { aggregateText, type FieldError } from './field-error.ts';
import { fromEntries, type Json, type JsonObject } from './json.ts';

/** A group and a plural: what most messages name. */
export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

/** `plural.group`, or the plural alone for the core group. */
function qualified(of: GroupResource): string {
  return of.group === '' ? of.resource : `${of.resource}.${of.group}`;
}

interface StatusParts {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly details?: JsonObject;
  readonly metadata?: JsonObject;
}

/** A refused request: thrown anywhere below a route, answered as its metav1.Status. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  readonly status: JsonObject;

  /** `cause`: what a reader of a stack trace is told beside the message. */
  constructor(parts: StatusParts, cause?: string) {
    super(parts.message, cause === undefined ? undefined : { cause });
    this.code = parts.code;
    this.reason = parts.reason;
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: parts.metadata ?? {},
      status: 'Failure',
      message: parts.message,
      ...(parts.reason === '' ? {} : { reason: parts.reason }),
      ...(parts.details === undefined ? {} : { details: parts.details }),
      code: parts.code,
    };
  }
}

function details(of: GroupResource, name: string, more: JsonObject = {}): JsonObject {
  const all: readonly (readonly [string, Json | undefined])[] = [
    ['name', name],
    ['group', of.group],
    ['kind', of.resource],
  ];
  return { ...fromEntries(all.filter(([, value]) => value !== '')), ...more };
}

/** 404: no object of that name. */
export function notFoundError(of: GroupResource, name: string): ApiError {
  const message = `${qualified(of)} ${JSON.stringify(name)} not found`;
  return new ApiError({ code: 404, reason: 'NotFound', message, details: details(of, name) });
}

/** 404: the path names no resource that is served. */
export function unknownResourceError(): ApiError {
  const message = 'the server could not find the requested resource';
  return new ApiError({ code: 404, reason: 'NotFound', message, details: {} });
}

/** 409: create of a name that is taken. */
export function alreadyExistsError(of: GroupResource, name: string, isBeingDeleted: boolean): ApiError {
  const prefix = isBeingDeleted ? 'object is being deleted: ' : '';
  const message = `${prefix}${qualified(of)} ${JSON.stringify(name)} already exists`;
  return new ApiError({ code: 409, reason: 'AlreadyExists', message, details: details(of, name) });
}

/** The `why` of a conflict on resourceVersion. */
export const STALE = 'the object has been modified; please apply your changes to the latest version and try again';

/** 409: the object is not in the state that the request supposes. */
export function conflictError(of: GroupResource, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualified(of)} ${JSON.stringify(name)}: ${why}`;
  return new ApiError({ code: 409, reason: 'Conflict', message, details: details(of, name) });
}

/** 403: not allowed now, or for this user. */
export function forbiddenError(of: GroupResource, name: string, why: string, causes?: readonly Json[]): ApiError {
  const subject = name === '' ? qualified(of) : `${qualified(of)} ${JSON.stringify(name)}`;
  const more = causes === undefined ? {} : { causes };
  return new ApiError({
    code: 403,
    reason: 'Forbidden',
    message: `${subject} is forbidden: ${why}`,
    details: details(of, name, more),
  });
}

/** 422: the object breaks rules, one cause a rule. `kind` is the Kind, not the plural. */
export function invalidError(group: string, kind: string, name: string, errors: readonly FieldError[]): ApiError {
  const of = { group, resource: kind };
  const causes = errors.map((error) => ({ reason: error.type, message: error.body, field: error.field }));
  const subject = `${qualified(of)} ${JSON.stringify(name)} is invalid`;
  return new ApiError({
    code: 422,
    reason: 'Invalid',
    message: errors.length === 0 ? subject : `${subject}: ${aggregateText(errors)}`,
    details: details(of, name, causes.length === 0 ? {} : { causes }),
  });
}

/** 400: the request cannot be read. */
export function badRequestError(message: string): ApiError {
  return new ApiError({ code: 400, reason: 'BadRequest', message });
}

/** 401: no token, or one that nobody was given. */
export function unauthorizedError(): ApiError {
  return new ApiError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
}

/** 405: the path does not know the method. `what`: for custom resources, whose answer names the resource. */
export function methodNotAllowedError(what?: { readonly of: GroupResource; readonly verb: string }): ApiError {
  const message =
    what === undefined
      ? 'the server does not allow this method on the requested resource'
      : `${what.verb} is not supported on resources of kind ${JSON.stringify(qualified(what.of))}`;
  const known = what === undefined ? {} : details(what.of, '');
  return new ApiError({ code: 405, reason: 'MethodNotAllowed', message, details: known });
}

/** 406: none of the types in `Accept` can be given. `isTypeKnown`: one of them could, without its parameters. */
export function notAcceptableError(accepted: readonly string[], isTypeKnown: boolean): ApiError {
  const list = accepted.join(', ');
  const message = isTypeKnown
    ? `only the following media types are accepted: ${list}`
    : `406: Not Acceptable\n\nAvailable representations: ${list}`;
  return new ApiError({ code: 406, reason: 'NotAcceptable', message, ...(isTypeKnown ? {} : { details: {} }) });
}

/** 415: the body's Content-Type cannot be read. */
export function unsupportedMediaTypeError(accepted: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiError({ code: 415, reason: 'UnsupportedMediaType', message });
}

/** 413: the body is over the limit. */
export function tooLargeError(maxBytes: number): ApiError {
  const message = `Request entity too large: limit is ${maxBytes}`;
  return new ApiError({ code: 413, reason: 'RequestEntityTooLarge', message });
}

/** 410: the history that the request needs is gone. `continueToken`: how to go on without a consistent view. */
export function expiredError(message: string, continueToken?: string): ApiError {
  const metadata = continueToken === undefined ? {} : { continue: continueToken };
  return new ApiError({ code: 410, reason: 'Expired', message, metadata });
}

/** 500 without a reason: how the real server answers a resourceVersion that is no number, on a write or a watch. */
export function unparsableVersionError(prefix: string, text: string): ApiError {
  const message = `${prefix}strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  return new ApiError({ code: 500, reason: '', message });
}

/** 500: a defect of ours. */
export function internalError(message: string): ApiError {
  return new ApiError({
    code: 500,
    reason: 'InternalError',
    message: `Internal error occurred: ${message}`,
    details: { causes: [{ message }] },
  });
}

/** 504: the resourceVersion lies in the future; comes with `Retry-After`. */
export function futureVersionError(wanted: string, current: string): ApiError {
  return new ApiError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${wanted}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  });
}
