import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from './errors.ts';
import { ruleOf } from './fault-schema.ts';
import { OPERATIONS } from './operations.ts';
import { type S3Request, s3OperationOf } from './router.ts';
import { bucketSubresources, objectSubresources } from './subresources/table.ts';

const effect = { type: 'hang' };

const broken: readonly { rule: unknown; message: RegExp }[] = [
  { rule: 'all', message: /^a rule: "all" must be an object$/ },
  { rule: {}, message: /^effect: undefined must be an object with a type of error, throttle/ },
  { rule: { effect: { type: 'fire' } }, message: /^effect.type: "fire" must be one of error, throttle/ },
  { rule: { effect: { type: 'throttle', ms: 5 } }, message: /^effect.ms: an effect of type throttle has only retry/ },
  { rule: { effect, service: 'ec2' }, message: /^service: "ec2" must be one of s3, iam, sts$/ },
  {
    rule: { effect: { type: 'error', status: 500, code: 'x', when: 'body' } },
    message: /^effect.when: "body" must be/,
  },
  {
    rule: { effect: { type: 'truncate' } },
    message: /^effect: {"type":"truncate"} must be given one of bytes and share$/,
  },
  { rule: { effect: { type: 'truncate', bytes: 1, share: 0.5 } }, message: /must be given one of bytes and share$/ },
  { rule: { effect: { type: 'truncate', bytes: -1 } }, message: /^effect.bytes: -1 must be a whole number from 0 to/ },
  { rule: { effect: { type: 'truncate', share: 2 } }, message: /^effect.share: 2 must be a number from 0 to 1$/ },
  {
    rule: { effect: { type: 'skew', ms: '1 h' } },
    message: /^effect.ms: "1 h" must be a number from -315360000000 to/,
  },
  { rule: { effect: { type: 'skew', ms: 1e15 } }, message: /^effect.ms: 1000000000000000 must be a number from/ },
  {
    rule: { effect: { type: 'rate', perSecond: 0, burst: 1 } },
    message: /^effect.perSecond: 0 must be a number above 0$/,
  },
  {
    rule: { effect: { type: 'rate', perSecond: 1 } },
    message: /^effect.burst: undefined must be a whole number from 1$/,
  },
  {
    rule: { effect: { type: 'rate', perSecond: 1, burst: 1, status: 600 } },
    message: /^effect.status: 600 must be a whole number from 400 to 599$/,
  },
  { rule: { effect: { type: 'stale', ms: 0 } }, message: /^effect.ms: 0 must be a number from 1 to 600000$/ },
  { rule: { effect, skip: -1 }, message: /^skip: -1 must be a whole number from 0$/ },
  { rule: { effect, count: 0 }, message: /^count: 0 must be a whole number from 1$/ },
  { rule: { effect, probability: 2 }, message: /^probability: 2 must be a number from 0 to 1$/ },
  { rule: { effect, op: 'x' }, message: /^op: a rule has only service, operation/ },
  { rule: { effect, bucket: 5 }, message: /^bucket: 5 must be text$/ },
  {
    rule: { effect: { type: 'error', status: 200, code: 'x' } },
    message: /^effect.status: 200 must be a whole number from 400 to 599$/,
  },
  { rule: { effect: { type: 'error', status: 500 } }, message: /^effect.code: undefined must be text$/ },
  { rule: { effect: { type: 'throttle', retryAfterSeconds: 'a\nb' } }, message: /retryAfterSeconds: .* from 0$/s },
  {
    rule: { effect: { type: 'latency', ms: 700_000 } },
    message: /^effect.ms: 700000 must be a number from 0 to 600000$/,
  },
  { rule: { effect: { type: 'hang', when: 'never' } }, message: /^effect.when: "never" must be one of before, after$/ },
  {
    rule: { effect, operation: 'PutObjekt' },
    message: /^operation: "PutObjekt" must be the name of an operation, .*; did you mean PutObject, GetObject/,
  },
  { rule: { effect, operation: 'putbucketpolicy' }, message: /did you mean PutBucketPolicy/ },
  { rule: { effect, operation: 'Frobnicate' }, message: /or \*; docs\/reference\/emulator\.md lists them$/ },
  { rule: { effect, operation: '' }, message: /^operation: "" must be the name of an operation/ },
  { rule: { effect, operation: 5 }, message: /^operation: 5 must be text$/ },
  {
    rule: { effect, service: 'iam', operation: 'PutObject' },
    message: /^operation: "PutObject" means calls of s3, service calls of iam: no call is both$/,
  },
  {
    rule: { effect, operation: 'CreateUser', bucket: 'a' },
    message: /^bucket: "a" means calls of s3, operation calls of iam: no call is both$/,
  },
  { rule: { effect, service: 'sts', key: 'a' }, message: /^key: "a" means calls of s3, service calls of sts/ },
  { rule: { effect, bucket: 'a', userName: 'u' }, message: /^userName: "u" means calls of iam, bucket calls of s3/ },
  { rule: { effect, bucket: '' }, message: /^bucket: "" must be text that is not empty$/ },
  { rule: { effect, accessKeyId: '' }, message: /^accessKeyId: "" must be text that is not empty$/ },
  {
    rule: { effect: { type: 'stale', ms: 5 }, operation: 'PutObject' },
    message: /^operation: "PutObject" is no read of s3 or iam: effect\.type stale hits reads alone$/,
  },
  { rule: { effect: { type: 'stale', ms: 5 }, operation: 'GetCallerIdentity' }, message: /is no read of s3 or iam/ },
  { rule: { effect: { type: 'stale', ms: 5 }, service: 'sts' }, message: /^service: "sts" is never answered from/ },
  { rule: { effect: { type: 'error', status: 500, code: '' } }, message: /^effect.code: "" must be text that is not/ },
  { rule: { effect: { type: 'reset' } }, message: /^effect.when: undefined must be one of before, after, body$/ },
];

for (const { rule, message } of broken) {
  test(`W50 the rule ${JSON.stringify(rule)} is refused`, () => {
    assert.throws(() => ruleOf(rule), { message });
  });
}

const sound: readonly unknown[] = [
  { effect, operation: '*', service: 'sts' },
  { effect, operation: 'CreateAccessKey', service: 'iam', userName: 'u' },
  { effect, operation: 'PutObject', bucket: 'a', key: 'k', accessKeyId: 'K' },
  { effect: { type: 'stale', ms: 5 }, operation: 'GetPolicyVersion', policy: 'p' },
  { effect: { type: 'stale', ms: 5 } },
];

for (const rule of sound) {
  test(`W50 the rule ${JSON.stringify(rule)} is taken`, () => {
    assert.deepEqual(ruleOf(rule), rule);
  });
}

test('W50 every operation that a request can mean may be named in a rule', () => {
  const methods = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'];
  const subresources = [...bucketSubresources, ...objectSubresources].map(({ query }) => query);
  const queries = ['', ...subresources, 'delete', 'versions', 'uploads', 'uploadId', 'list-type'];
  const places = [
    { bucketName: undefined, key: undefined },
    { bucketName: 'b', key: undefined },
    { bucketName: 'b', key: 'k' },
  ];
  const copy = { 'x-amz-copy-source': 'b/k' };
  const found = places.flatMap((place) =>
    methods.flatMap((method) =>
      queries.flatMap((query) =>
        [{}, copy].flatMap((headers) => nameOf({ ...place, method, query: new Map([[query, '2']]), headers })),
      ),
    ),
  );
  assert.deepEqual([...new Set(found)].sort(), [...OPERATIONS.s3.keys()].sort());
});

function nameOf(request: S3Request): readonly string[] {
  try {
    return [s3OperationOf(request).name];
  } catch (thrown) {
    if (thrown instanceof ServiceError) return [];
    throw thrown;
  }
}
