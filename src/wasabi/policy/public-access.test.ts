import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parseSpecPolicy } from './parse.ts';
import { grantsToEveryone } from './public-access.ts';

const account = '100000000001';
const user = `arn:aws:iam::${account}:user/a`;
const base = { effect: 'Allow', principal: '*', action: 's3:GetObject', resource: 'arn:aws:s3:::b/*' };
const found = (...statement: readonly object[]) =>
  grantsToEveryone(parseSpecPolicy({ statement }, { place: 'Bucket' }));
const ip = (...values: readonly string[]) => ({ IpAddress: { 'aws:SourceIp': values } });
const fixed = (operator: string, key: string, ...values: readonly string[]) => ({ [operator]: { [key]: values } });

const cases: readonly [title: string, change: object, isPublic: boolean][] = [
  ['everyone', {}, true],
  ['everyone by type', { principal: { AWS: '*' } }, true],
  ['everyone among others', { principal: { AWS: [user, '*'] } }, true],
  ['everyone of another type', { principal: { CanonicalUser: '*' } }, true],
  ['all but one', { principal: undefined, notPrincipal: user }, true],
  ['the users of any account', { principal: 'arn:aws:iam::*:user/a' }, true],
  ['a user', { principal: user }, false],
  ['an account', { principal: account }, false],
  ['a service', { principal: { Service: 'logging.s3.amazonaws.com' } }, false],
  ['a Deny for everyone', { effect: 'Deny' }, false],
  ['one address', { condition: ip('203.0.113.7') }, false],
  ['networks', { condition: ip('203.0.113.0/24', '10.0.0.0/8', '2001:db8::/32') }, false],
  ['a wide network', { condition: ip('203.0.113.0/24', '128.0.0.0/7') }, true],
  ['all of IPv4', { condition: ip('0.0.0.0/0') }, true],
  ['all of IPv6', { condition: ip('::/0') }, true],
  ['a wide network of IPv6', { condition: ip('2000::/31') }, true],
  ['all of IPv4 by its addresses in IPv6', { condition: ip('::ffff:0:0/96') }, true],
  ['all of IPv4 inside of a network of IPv6', { condition: ip('::/64') }, true],
  ['a network of IPv4 by its addresses in IPv6', { condition: ip('::ffff:203.0.113.0/120') }, false],
  ['no network', { condition: ip('everywhere') }, true],
  ['all but a network', { condition: { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } }, true],
  ['a network, if there is one', { condition: { IpAddressIfExists: { 'aws:SourceIp': '203.0.113.0/24' } } }, true],
  ['an address, compared as a text', { condition: fixed('StringEquals', 'aws:SourceIp', '203.0.113.7') }, true],
  ['a private network', { condition: fixed('StringEquals', 'AWS:sourcevpc', 'vpc-1') }, false],
  ['any private network', { condition: fixed('StringLike', 'aws:SourceVpc', 'vpc-*') }, true],
  ['accounts', { condition: fixed('StringEquals', 'aws:PrincipalAccount', account, '100000000002') }, false],
  ['accounts or any', { condition: fixed('StringEquals', 'aws:PrincipalAccount', account, '*') }, true],
  ['another account', { condition: fixed('StringNotEquals', 'aws:PrincipalAccount', account) }, true],
  ['an account, if there is one', { condition: fixed('StringEqualsIfExists', 'aws:PrincipalAccount', account) }, true],
  ['all of no accounts', { condition: fixed('ForAllValues:StringEquals', 'aws:PrincipalAccount', account) }, true],
  ['any of the accounts', { condition: fixed('ForAnyValue:StringEquals', 'aws:PrincipalAccount', account) }, false],
  ['a principal by condition', { condition: fixed('ArnEquals', 'aws:PrincipalArn', user) }, false],
  ['a variable', { condition: fixed('StringEquals', 'aws:userid', '${aws:userid}') }, true],
  ['encrypted requests', { condition: { Bool: { 'aws:SecureTransport': true } } }, true],
  ['a referer', { condition: fixed('StringLike', 'aws:Referer', 'https://example.com/*') }, true],
  [
    'the newest requests of an account',
    {
      condition: {
        ...fixed('DateLessThan', 'aws:CurrentTime', '2030-01-01'),
        ...fixed('StringEquals', 'aws:SourceAccount', account),
      },
    },
    false,
  ],
];
for (const [title, change, isPublic] of cases) {
  test(`${isPublic ? 'public' : 'not public'}: ${title}`, () => {
    assert.deepEqual(found({ ...base, sid: 'x', ...change }), isPublic ? ['statement[0] "x"'] : []);
  });
}

test('every statement that grants to everyone is named', () => {
  const deny = { ...base, effect: 'Deny' };
  assert.deepEqual(found({ ...base, principal: user }, { ...base, sid: 'one' }, deny, base), [
    'statement[1] "one"',
    'statement[3]',
  ]);
});

test('a condition of any key but the known ones closes nothing', () => {
  const keys = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'x', '-', '/'), minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(keys, fc.constantFrom('StringEquals', 'IpAddress', 'ArnLike'), (key, operator) => {
      assert.equal(found({ ...base, condition: fixed(operator, `aws:${key}`, '203.0.113.7') }).length, 1);
    }),
  );
});
