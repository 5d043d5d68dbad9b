import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { whoAmI } from './identity.ts';
import { type Answer, clientOptions, poolFor, startLoopback } from './testing/loopback.ts';

const signal = new AbortController().signal;
const sts = (arn: string, account: string): Answer => ({
  status: 200,
  body: `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${arn}</Arn><UserId>U</UserId><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
});
const user = (arn: string): Answer => ({
  status: 200,
  body: `<GetUserResponse><GetUserResult><User><Path>/</Path><UserId>U</UserId><Arn>${arn}</Arn></User></GetUserResult></GetUserResponse>`,
});
const fault = (status: number, code: string): Answer => ({
  status,
  body: `<ErrorResponse><Error><Code>${code}</Code></Error></ErrorResponse>`,
});

const OPERATOR = 'arn:aws:iam::100000000001:user/operator';
const ROOT = 'arn:aws:iam::100000000001:root';
const identity = (arn: string) => ({ accountId: '100000000001', arn });

function ask(t: TestContext, answers: { sts: Answer; iam: Answer }, changes = {}) {
  return startLoopback(t, (request) => (request.body.includes('GetCallerIdentity') ? answers.sts : answers.iam)).then(
    (server) => whoAmI(poolFor(server).client(clientOptions(server, { maxAttempts: 1, ...changes })), signal),
  );
}

const cases: readonly [
  title: string,
  answers: { sts: Answer; iam: Answer },
  found: unknown,
  iam: string,
  reason?: string,
][] = [
  ['STS and IAM answer', { sts: sts(OPERATOR, '100000000001'), iam: user(OPERATOR) }, identity(OPERATOR), 'Reachable'],
  [
    'IAM denies',
    { sts: sts(OPERATOR, '100000000001'), iam: fault(403, 'AccessDenied') },
    identity(OPERATOR),
    'Reachable',
  ],
  [
    'STS lacks the call, a root key',
    { sts: fault(501, 'NotImplemented'), iam: user(ROOT) },
    identity(ROOT),
    'Reachable',
  ],
  ['STS denies', { sts: fault(403, 'AccessDenied'), iam: user(OPERATOR) }, identity(OPERATOR), 'Reachable'],
  [
    'STS is another server',
    { sts: { status: 404, body: '<html>' }, iam: user(OPERATOR) },
    identity(OPERATOR),
    'Reachable',
  ],
  [
    'STS is an S3 server that takes another region',
    { sts: fault(400, 'InvalidRegion'), iam: user(OPERATOR) },
    identity(OPERATOR),
    'Reachable',
  ],
  [
    'IAM takes another region',
    { sts: fault(501, 'NotImplemented'), iam: fault(400, 'InvalidRegion') },
    undefined,
    'Unreachable',
    'InvalidRegion',
  ],
  ['neither says', { sts: fault(400, 'InvalidAction'), iam: fault(400, 'InvalidAction') }, undefined, 'Absent'],
  [
    'IAM refuses the key',
    { sts: sts(OPERATOR, '100000000001'), iam: fault(403, 'InvalidAccessKeyId') },
    identity(OPERATOR),
    'Unreachable',
    'AuthFailed',
  ],
  [
    'IAM fails',
    { sts: sts(OPERATOR, '100000000001'), iam: { status: 500 } },
    identity(OPERATOR),
    'Unreachable',
    'ServiceFailed',
  ],
  [
    'an S3 server that is asked both',
    { sts: fault(400, 'InvalidRequest'), iam: fault(400, 'InvalidRequest') },
    undefined,
    'Absent',
  ],
  [
    'a login page instead of IAM',
    { sts: fault(501, 'NotImplemented'), iam: { status: 200, body: '<html><p>' } },
    undefined,
    'Unreachable',
    'UnreadableAnswer',
  ],
  [
    'a bare 400 instead of IAM',
    { sts: fault(501, 'NotImplemented'), iam: { status: 400 } },
    undefined,
    'Unreachable',
    'Rejected',
  ],
  [
    'a user that IAM does not know',
    { sts: sts(OPERATOR, '100000000001'), iam: fault(404, 'NoSuchEntity') },
    identity(OPERATOR),
    'Reachable',
  ],
  [
    'an ARN that is none is not believed',
    { sts: sts('x\u0001y', '&lt;'), iam: user('canary') },
    undefined,
    'Reachable',
  ],
  [
    'an account in words is taken from the ARN',
    { sts: sts(OPERATOR, 'my account'), iam: user(OPERATOR) },
    identity(OPERATOR),
    'Reachable',
  ],
];
for (const [title, answers, found, iam, reason] of cases) {
  test(`who am I: ${title}`, async (t) => {
    const caller = await ask(t, answers);
    assert.deepEqual(caller.identity, found);
    assert.equal(caller.iam.type, iam);
    assert.equal(caller.iam.type === 'Unreachable' ? caller.iam.error.reason : undefined, reason);
  });
}

test('without an STS endpoint IAM alone is asked', async (t) => {
  const caller = await ask(t, { sts: 'destroy', iam: user(OPERATOR) }, { stsEndpoint: undefined });
  assert.deepEqual(caller, { identity: identity(OPERATOR), iam: { type: 'Reachable' } });
});

test('credentials that STS refuses, and an STS that fails, are errors', async (t) => {
  await assert.rejects(ask(t, { sts: fault(403, 'SignatureDoesNotMatch'), iam: user(OPERATOR) }), {
    reason: 'AuthFailed',
  });
  await assert.rejects(ask(t, { sts: { status: 500 }, iam: user(OPERATOR) }), { type: 'Transient' });
});
