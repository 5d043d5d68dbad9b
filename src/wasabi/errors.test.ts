import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReconcileErrorType } from '../runtime/errors.ts';
import { ERROR_TABLE } from './error-table.ts';
import { inCallRetryOf, reconcileErrorOf } from './errors.ts';
import { type FaultFacts, faultCodeOf, ServiceFault } from './service-fault.ts';

function facts(changes: Partial<FaultFacts>): FaultFacts {
  return {
    service: 's3',
    operation: 'PutBucketTagging',
    host: 's3.wasabisys.com',
    status: 400,
    code: '',
    requestId: 'R1',
    ...changes,
  };
}

const cases: readonly [code: string, status: number, type: ReconcileErrorType, reason: string][] = [
  ['AccessDenied', 403, 'DependencyNotReady', 'AccessDenied'],
  ['InvalidAccessKeyId', 403, 'DependencyNotReady', 'AuthFailed'],
  ['SignatureDoesNotMatch', 403, 'DependencyNotReady', 'AuthFailed'],
  ['ExpiredToken', 400, 'DependencyNotReady', 'AuthFailed'],
  ['InvalidClientTokenId', 403, 'DependencyNotReady', 'AuthFailed'],
  ['AuthenticationLockout', 403, 'DependencyNotReady', 'AuthenticationLockout'],
  ['SlowDown', 503, 'Throttled', 'Throttled'],
  ['Unavailable', 503, 'Throttled', 'Throttled'],
  ['RequestRateLimitExceeded', 403, 'Throttled', 'Throttled'],
  ['RequestRateLimitExceeded', 400, 'Throttled', 'Throttled'],
  ['', 429, 'Throttled', 'Throttled'],
  ['RequestTimeTooSkewed', 403, 'Transient', 'ClockSkew'],
  ['MethodNotAllowed', 405, 'Unsupported', 'Unsupported'],
  ['NotImplemented', 501, 'Unsupported', 'Unsupported'],
  ['', 405, 'Unsupported', 'Unsupported'],
  ['', 501, 'Unsupported', 'Unsupported'],
  ['InvalidAction', 400, 'Unsupported', 'Unsupported'],
  ['PermanentRedirect', 301, 'InvalidSpec', 'WrongRegion'],
  ['TemporaryRedirect', 307, 'InvalidSpec', 'WrongRegion'],
  ['', 301, 'InvalidSpec', 'WrongRegion'],
  ['AuthorizationHeaderMalformed', 400, 'InvalidSpec', 'WrongRegion'],
  ['InvalidRegion', 400, 'InvalidSpec', 'InvalidRegion'],
  ['BucketAlreadyExists', 409, 'InvalidSpec', 'AlreadyExists'],
  ['TooManyBuckets', 400, 'DependencyNotReady', 'QuotaExceeded'],
  ['LimitExceeded', 409, 'DependencyNotReady', 'QuotaExceeded'],
  ['BucketNotEmpty', 409, 'DependencyNotReady', 'BucketNotEmpty'],
  ['MalformedXML', 400, 'InvalidSpec', 'Rejected'],
  ['InvalidArgument', 400, 'InvalidSpec', 'Rejected'],
  ['MalformedPolicyDocument', 400, 'InvalidSpec', 'PolicyInvalid'],
  ['InternalError', 500, 'Transient', 'ServiceFailed'],
  ['', 502, 'Transient', 'ServiceFailed'],
  ['', 599, 'Transient', 'ServiceFailed'],
  ['', 504, 'Transient', 'Timeout'],
  ['ECONNRESET', 0, 'Transient', 'ConnectionLost'],
  ['ECONNREFUSED', 0, 'Transient', 'ConnectionFailed'],
  ['ENOTFOUND', 0, 'Transient', 'DNSLookupFailed'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 0, 'Transient', 'ConnectionLost'],
  ['CERT_HAS_EXPIRED', 0, 'DependencyNotReady', 'TLSVerificationFailed'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 0, 'DependencyNotReady', 'TLSVerificationFailed'],
  ['NoSuchBucket', 404, 'Transient', 'NotFound'],
  ['BucketAlreadyOwnedByYou', 409, 'Transient', 'Conflict'],
  ['EntityAlreadyExists', 409, 'Transient', 'Conflict'],
  ['', 401, 'DependencyNotReady', 'AuthFailed'],
  ['', 403, 'DependencyNotReady', 'AccessDenied'],
  ['', 404, 'Transient', 'UnexpectedAnswer'],
  ['', 418, 'Transient', 'UnexpectedAnswer'],
  ['SomethingNew', 409, 'Transient', 'Conflict'],
  ['SomethingNew', 400, 'InvalidSpec', 'Rejected'],
];
for (const [code, status, type, reason] of cases) {
  test(`${code || 'no code'} with status ${status} is ${type}, ${reason}`, () => {
    const error = reconcileErrorOf(new ServiceFault(facts({ code, status })), 'us-west-9');
    assert.deepEqual([error.type, error.reason], [type, reason]);
  });
}

test('every code and every status stands in one row only', () => {
  const codes = ERROR_TABLE.flatMap((row) => row.codes);
  const statuses = ERROR_TABLE.flatMap((row) => row.statuses);
  assert.equal(new Set(codes).size, codes.length);
  assert.equal(new Set(statuses).size, statuses.length);
});

test('a lock-out is left alone for five minutes, and a longer Retry-After wins', () => {
  const lockOut = facts({ code: 'AuthenticationLockout', status: 403 });
  assert.equal(reconcileErrorOf(new ServiceFault(lockOut), 'us-west-9').retryAfterMs, 300_000);
  assert.equal(
    reconcileErrorOf(new ServiceFault({ ...lockOut, retryAfterMs: 900_000 }), 'us-west-9').retryAfterMs,
    900_000,
  );
  assert.equal(
    reconcileErrorOf(new ServiceFault(facts({ code: 'SlowDown', retryAfterMs: 7_000 })), 'us-west-9').retryAfterMs,
    7_000,
  );
  assert.equal(
    reconcileErrorOf(new ServiceFault(facts({ code: 'AccessDenied' })), 'us-west-9').retryAfterMs,
    undefined,
  );
});

test('the message names call, host, code and what to do, the same each time; the request id stands beside it', () => {
  const error = reconcileErrorOf(new ServiceFault(facts({ code: 'AccessDenied', status: 403 })), 'us-west-9');
  assert.equal(
    error.message,
    'S3 PutBucketTagging at s3.wasabisys.com: AccessDenied: the credentials of the Provider may not do this; extend their policy',
  );
  const again = reconcileErrorOf(
    new ServiceFault(facts({ code: 'AccessDenied', status: 403, requestId: 'R2' })),
    'us-west-9',
  );
  assert.equal(again.message, error.message);
  assert.deepEqual([error.requestId, again.requestId], ['R1', 'R2']);
  assert.equal(reconcileErrorOf(new ServiceFault(facts({ requestId: '' })), 'us-west-9').requestId, undefined);
  assert.equal(faultCodeOf(error), 'AccessDenied');
  assert.equal(faultCodeOf(new Error('other')), undefined);
  assert.equal(faultCodeOf(new ServiceFault(facts({}))), undefined);
});

test('a wrong region names the right one', () => {
  const place = (rightPlace: string) =>
    reconcileErrorOf(new ServiceFault(facts({ code: 'PermanentRedirect', rightPlace })), 'us-west-9').message;
  assert.match(place('s3.eu-central-2.wasabisys.com'), /; the service names the region eu-central-2$/);
  assert.match(place('eu-west-1'), /the region eu-west-1$/);
  assert.match(place('storage.example.com:9000'), /; the service names storage\.example\.com:9000$/);
  assert.match(place(''), /correct spec\.region$/);
});

test('a request that IAM or STS does not take for its region names the field and the region', () => {
  const wrong = facts({ code: 'AuthorizationHeaderMalformed', status: 400, service: 'iam', operation: 'GetUser' });
  const { type, reason, message } = reconcileErrorOf(
    new ServiceFault({ ...wrong, rightPlace: 'us-east-1' }),
    'us-west-9',
  );
  assert.deepEqual([type, reason], ['InvalidSpec', 'WrongRegion']);
  assert.match(message, /signed for region "us-west-9".*correct spec\.iamRegion .*names the region us-east-1$/);
});

test('a region that IAM does not know is that of IAM, not that of the buckets', () => {
  const wrong = facts({ code: 'InvalidRegion', status: 400, service: 'iam', operation: 'GetUser' });
  const { reason, message } = reconcileErrorOf(new ServiceFault(wrong), 'us-west-9');
  assert.equal(reason, 'InvalidRegion');
  assert.match(message, /signed for region "us-west-9".*correct spec\.iamRegion of the Provider$/);
});

test('what may be tried again inside a call', () => {
  assert.equal(inCallRetryOf(facts({ code: 'SlowDown', status: 503 })), 'refused');
  assert.equal(inCallRetryOf(facts({ code: 'ECONNREFUSED', status: 0 })), 'refused');
  assert.equal(inCallRetryOf(facts({ code: 'InternalError', status: 500 })), 'ambiguous');
  assert.equal(inCallRetryOf(facts({ code: 'ECONNRESET', status: 0 })), 'ambiguous');
  assert.equal(inCallRetryOf(facts({ code: 'AuthenticationLockout', status: 403 })), 'never');
  assert.equal(inCallRetryOf(facts({ code: 'InvalidAccessKeyId', status: 403 })), 'never');
  assert.equal(inCallRetryOf(facts({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT', status: 0 })), 'never');
});
