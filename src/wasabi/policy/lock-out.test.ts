import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lockOuts, type PolicyWriter } from './lock-out.ts';
import { parseSpecPolicy } from './parse.ts';

const accountId = '100000000001';
const writer: PolicyWriter = { arn: `arn:aws:iam::${accountId}:user/operator`, accountId, bucket: 'b' };
const root: PolicyWriter = { ...writer, arn: `arn:aws:iam::${accountId}:root` };
const session: PolicyWriter = { ...writer, arn: `arn:aws:sts::${accountId}:assumed-role/operator/s` };
const other = `arn:aws:iam::${accountId}:user/other`;
const base = { effect: 'Deny', principal: '*', action: 's3:*', resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'] };
const unless = (operator: string, key: string, ...values: readonly string[]) => ({
  condition: { [operator]: { [key]: values } },
});

const cases: readonly [title: string, change: object, isOut: boolean, who?: PolicyWriter][] = [
  ['everything for everyone', {}, true],
  ['everything for everyone, the root', {}, true, root],
  ['everything for everyone, a session', {}, true, session],
  ['all actions', { action: '*' }, true],
  ['one call that is needed', { action: 's3:PutBucketPolicy' }, true],
  ['one call that is needed, in lower case with a wildcard', { action: 's3:delete*policy' }, true],
  ['calls that are not needed', { action: ['s3:PutObject', 's3:GetBucketAcl'] }, false],
  ['all but the needed calls', { action: undefined, notAction: 's3:*BucketPolicy' }, false],
  ['all but reading', { action: undefined, notAction: 's3:Get*' }, true],
  ['an Allow', { effect: 'Allow' }, false],
  ['objects only', { resource: 'arn:aws:s3:::b/*' }, false],
  ['the bucket by a pattern', { resource: 'arn:aws:s3:::?' }, true],
  ['all but the bucket', { resource: undefined, notResource: ['arn:aws:s3:::b'] }, false],
  ['all but the objects', { resource: undefined, notResource: ['arn:aws:s3:::b/*'] }, true],
  ['the operator by name', { principal: writer.arn }, true],
  ['the operator by account', { principal: accountId }, true],
  ['the operator by the root of its account', { principal: root.arn }, true],
  ['another user', { principal: other }, false],
  ['another account', { principal: '100000000002' }, false],
  ['another user, the root', { principal: other }, false, root],
  ['all but another user', { principal: undefined, notPrincipal: other }, true],
  ['all but the operator', { principal: undefined, notPrincipal: [other, writer.arn] }, false],
  ['all but the account', { principal: undefined, notPrincipal: accountId }, false],
  ['all but another user, a session', { principal: undefined, notPrincipal: other }, false, session],
  ['all but others by condition', unless('StringNotEquals', 'aws:PrincipalArn', other), true],
  [
    'all but the operator by condition',
    unless('ArnNotLike', 'aws:principalarn', other, `arn:aws:iam::${accountId}:user/oper*`),
    false,
  ],
  ['a wildcard that is none', unless('StringNotEquals', 'aws:PrincipalArn', `arn:aws:iam::${accountId}:user/*`), true],
  ['all but others by condition, a session', unless('ArnNotLike', 'aws:PrincipalArn', other), false, session],
  ['the operator by condition', unless('ArnEquals', 'aws:PrincipalArn', writer.arn), true],
  ['all but another account', unless('StringNotEquals', 'aws:PrincipalAccount', '100000000002'), true],
  ['all but the account by condition', unless('StringNotEquals', 'aws:PrincipalAccount', accountId), false],
  ['a variable', unless('StringNotEquals', 'aws:PrincipalArn', '${aws:PrincipalArn}'), false],
  ['plain HTTP', { condition: { Bool: { 'aws:SecureTransport': false } } }, false],
  ['other networks', { condition: { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } }, false],
  [
    'all but others, from other networks',
    { condition: { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' }, ArnNotEquals: { 'aws:PrincipalArn': other } } },
    false,
  ],
];
for (const [title, change, isOut, who = writer] of cases) {
  test(`Deny of ${title}: ${isOut ? 'locks out' : 'does not certainly lock out'}`, () => {
    const statement = [
      { ...base, effect: 'Allow' },
      { ...base, sid: 'x', ...change },
    ];
    const found = lockOuts(parseSpecPolicy({ statement }, { place: 'Bucket' }), who);
    assert.deepEqual(found, isOut ? ['statement[1] "x"'] : []);
  });
}
