import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parsePolicy } from './document.ts';
import { type Evidence, isAllowed, type Question, verdictOf } from './evaluate.ts';
import { matchesPattern } from './pattern.ts';

const accountId = '100000000001';
const arn = `arn:aws:iam::${accountId}:user/ann`;

function question(
  values: Readonly<Record<string, string | readonly string[]>> = {},
  change: Partial<Question> = {},
): Question {
  return {
    subject: { accountId, isRoot: false, names: [arn, 'AIDA1'] },
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::b/a/k',
    context: (key) => {
      const value = values[key];
      return typeof value === 'string' ? [value] : value;
    },
    ...change,
  };
}

function policy(statement: unknown, Version = '2012-10-17') {
  return parsePolicy(JSON.stringify({ Version, Statement: statement }));
}

const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' };

const patterns: readonly (readonly [pattern: string, text: string, fits: boolean])[] = [
  ['*', '', true],
  ['a*c', 'abbbc', true],
  ['a*c', 'abbbcd', false],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['a?', 'a😀', true],
  ['*a*b*', 'xxaxxbxx', true],
  ['a.c', 'abc', false],
  ['[a]', 'a', false],
  ['', '', true],
  ['', 'a', false],
  ['a**', 'a', true],
];

for (const [pattern, text, fits] of patterns) {
  test(`pattern "${pattern}" ${fits ? 'fits' : 'does not fit'} "${text}"`, () => {
    assert.equal(matchesPattern(pattern, text), fits);
  });
}

test('a pattern of many stars takes no long time', () => {
  const startedMs = performance.now();
  assert.equal(matchesPattern(`${'*a'.repeat(500)}b`, 'a'.repeat(5000)), false);
  assert.ok(performance.now() - startedMs < 2000);
});

test('variables are the values of the request, literally, and nothing in older policies', () => {
  const variables = (values: Record<string, string>) => question(values).context;
  const pattern = 'home/${aws:username}/*';
  assert.equal(matchesPattern(pattern, 'home/ann/x', variables({ 'aws:username': 'ann' })), true);
  assert.equal(matchesPattern(pattern, 'home/bob/x', variables({ 'aws:username': 'ann' })), false);
  assert.equal(matchesPattern(pattern, 'home/bob/x', variables({ 'aws:username': '*' })), false, 'no wildcard');
  assert.equal(matchesPattern(pattern, 'home//x', variables({})), false, 'no value fits nothing');
  assert.equal(matchesPattern("x/${AWS:UserName, 'anybody'}", 'x/anybody', variables({})), true);
  assert.equal(matchesPattern('${*}${?}${$}', '*?$', variables({})), true);
  assert.equal(matchesPattern('${*}', 'x', variables({})), false);
  assert.equal(matchesPattern('${*}', '${*}', variables({})), false);
  assert.equal(matchesPattern('${*}', '${x}'), true, 'without variables a star is a star');
  const own = { ...statement, Resource: 'arn:aws:s3:::b/${aws:username}' };
  const asked = question({ 'aws:username': 'ann' }, { resource: 'arn:aws:s3:::b/ann' });
  assert.equal(verdictOf([policy(own)], asked), 'Allow');
  assert.equal(verdictOf([policy(own, '2008-10-17')], asked), 'None');
});

const elements: readonly (readonly [title: string, change: object, verdict: 'Allow' | 'None'])[] = [
  ['an action in another case', { Action: 'S3:getobject' }, 'Allow'],
  ['a wildcard in an action', { Action: ['s3:Put*', 's3:Get*'] }, 'Allow'],
  ['another action', { Action: 's3:PutObject' }, 'None'],
  ['NotAction with the action', { Action: undefined, NotAction: 's3:Get*' }, 'None'],
  ['NotAction with another', { Action: undefined, NotAction: 's3:Put*' }, 'Allow'],
  ['a resource', { Resource: 'arn:aws:s3:::b/*' }, 'Allow'],
  ['a resource in another case', { Resource: 'arn:aws:s3:::B/*' }, 'None'],
  ['a bucket, where a key is asked for', { Resource: 'arn:aws:s3:::b' }, 'None'],
  ['NotResource with it', { Resource: undefined, NotResource: 'arn:aws:s3:::b/*' }, 'None'],
  ['NotResource with another', { Resource: undefined, NotResource: 'arn:aws:s3:::c/*' }, 'Allow'],
];

for (const [title, change, verdict] of elements) {
  test(`${title}: ${verdict}`, () => {
    assert.equal(verdictOf([policy({ ...statement, ...change })], question()), verdict);
  });
}

const facts = {
  's3:prefix': 'a/b',
  'aws:sourceip': '10.1.2.3',
  'aws:currenttime': '2026-06-01T00:00:00Z',
  's3:max-keys': '10',
  'aws:principalarn': 'arn:aws:iam::1:user/team/ann',
  'aws:securetransport': 'true',
  'aws:username': 'ann',
  's3:requestobjecttagkeys': ['a', 'b'],
} as const;

const conditions: readonly (readonly [operator: string, key: string, value: unknown, holds: boolean])[] = [
  ['StringEquals', 's3:prefix', ['x', 'a/b'], true],
  ['StringEquals', 'S3:Prefix', 'a/b', true],
  ['StringEquals', 's3:prefix', 'A/B', false],
  ['StringEquals', 's3:none', 'x', false],
  ['StringEqualsIfExists', 's3:none', 'x', true],
  ['StringEqualsIfExists', 's3:prefix', 'x', false],
  ['StringNotEquals', 's3:prefix', ['x', 'a/b'], false],
  ['StringNotEquals', 's3:prefix', ['x', 'y'], true],
  ['StringNotEquals', 's3:none', 'x', true],
  ['StringEqualsIgnoreCase', 's3:prefix', 'A/B', true],
  ['StringNotEqualsIgnoreCase', 's3:prefix', 'A/B', false],
  ['StringLike', 's3:prefix', 'a/*', true],
  ['StringLike', 's3:prefix', 'b/*', false],
  ['StringNotLike', 's3:prefix', 'a/*', false],
  ['StringEquals', 'aws:username', '${aws:username}', true],
  ['StringLike', 's3:prefix', '${aws:username}/*', false],
  ['NumericEquals', 's3:max-keys', 10, true],
  ['NumericNotEquals', 's3:max-keys', '10', false],
  ['NumericLessThan', 's3:max-keys', '10', false],
  ['NumericLessThanEquals', 's3:max-keys', '10', true],
  ['NumericGreaterThan', 's3:max-keys', '9', true],
  ['NumericGreaterThanEquals', 's3:max-keys', '11', false],
  ['NumericEquals', 's3:max-keys', 'ten', false],
  ['DateEquals', 'aws:CurrentTime', '2026-06-01T00:00:00Z', true],
  ['DateNotEquals', 'aws:CurrentTime', '2026-06-01T00:00:00Z', false],
  ['DateLessThan', 'aws:CurrentTime', '2026-06-01T00:00:01Z', true],
  ['DateLessThanEquals', 'aws:CurrentTime', '1780272000', true],
  ['DateGreaterThan', 'aws:CurrentTime', '2026-06-01T00:00:00Z', false],
  ['DateGreaterThanEquals', 'aws:CurrentTime', '2026-06-01T00:00:00Z', true],
  ['DateLessThan', 'aws:CurrentTime', 'tomorrow', false],
  ['Bool', 'aws:SecureTransport', true, true],
  ['Bool', 'aws:SecureTransport', 'False', false],
  ['IpAddress', 'aws:SourceIp', '10.0.0.0/8', true],
  ['IpAddress', 'aws:SourceIp', ['192.168.0.0/16', '10.1.2.3'], true],
  ['IpAddress', 'aws:SourceIp', '10.1.2.4/32', false],
  ['IpAddress', 'aws:SourceIp', '::/0', false],
  ['IpAddress', 'aws:SourceIp', '10.0.0.0/99', false],
  ['IpAddress', 'aws:SourceIp', 'here', false],
  ['NotIpAddress', 'aws:SourceIp', '10.0.0.0/8', false],
  ['ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::1:user/*', true],
  ['ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:user/team/ann', true],
  ['ArnLike', 'aws:PrincipalArn', 'arn:*:user/team/ann', false],
  ['ArnEquals', 'aws:PrincipalArn', 'arn:aws:iam::1:user/team/${aws:username}', true],
  ['ArnNotLike', 'aws:PrincipalArn', 'arn:aws:iam::1:role/*', true],
  ['ArnNotEquals', 'aws:PrincipalArn', 'arn:aws:iam::1:user/team/ann', false],
  ['Null', 's3:none', 'true', true],
  ['Null', 's3:prefix', 'true', false],
  ['Null', 's3:prefix', false, true],
  ['ForAllValues:StringEquals', 's3:RequestObjectTagKeys', ['a', 'b', 'c'], true],
  ['ForAllValues:StringEquals', 's3:RequestObjectTagKeys', ['a'], false],
  ['ForAllValues:StringEquals', 's3:none', ['a'], true],
  ['ForAllValues:StringNotEquals', 's3:RequestObjectTagKeys', ['b'], false],
  ['ForAnyValue:StringEquals', 's3:RequestObjectTagKeys', ['b'], true],
  ['ForAnyValue:StringEquals', 's3:RequestObjectTagKeys', ['c'], false],
  ['ForAnyValue:StringEquals', 's3:none', ['a'], false],
  ['ForAnyValue:StringNotEquals', 's3:RequestObjectTagKeys', ['b'], true],
];

for (const [operator, key, value, holds] of conditions) {
  test(`${operator} ${key} ${JSON.stringify(value)}: ${holds}`, () => {
    const conditional = policy({ ...statement, Condition: { [operator]: { [key]: value } } });
    assert.equal(verdictOf([conditional], question(facts)), holds ? 'Allow' : 'None');
  });
}

test('all conditions of a statement must hold', () => {
  const Condition = { Bool: { 'aws:SecureTransport': 'true' }, StringLike: { 's3:prefix': 'x*' } };
  assert.equal(verdictOf([policy({ ...statement, Condition })], question(facts)), 'None');
});

// Properties, over policies small enough that statements meet each other often.

const actions = ['s3:GetObject', 's3:PutObject', 's3:*', '*', 's3:Get*'];
const resources = ['*', 'arn:aws:s3:::b', 'arn:aws:s3:::b/*', 'arn:aws:s3:::c/*'];
const principals = ['*', { AWS: arn }, { AWS: accountId }, { AWS: 'arn:aws:iam::100000000002:user/bob' }];
const conditionValues = [
  undefined,
  { StringEquals: { 's3:prefix': 'x' } },
  { Bool: { 'aws:SecureTransport': 'true' } },
];

const ofIdentity = fc
  .record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: fc.constantFrom(...actions),
    Resource: fc.constantFrom(...resources),
    Condition: fc.constantFrom(...conditionValues),
  })
  .map((each) => policy(each));
const ofBucket = fc
  .array(
    fc.record({
      Effect: fc.constantFrom('Allow', 'Deny'),
      Principal: fc.constantFrom(...principals),
      Action: fc.constantFrom(...actions),
      Resource: fc.constantFrom(...resources),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((statements) => policy(statements));

const asked = fc
  .record({
    action: fc.constantFrom('s3:GetObject', 's3:PutObject'),
    resource: fc.constantFrom('arn:aws:s3:::b/k', 'arn:aws:s3:::c/k'),
    isRoot: fc.boolean(),
    values: fc.constantFrom({}, { 's3:prefix': 'x' }, { 'aws:securetransport': 'true' }),
  })
  .map(({ action, resource, isRoot, values }) =>
    question(values, { action, resource, subject: { accountId, isRoot, names: isRoot ? [] : [arn] } }),
  );

const evidence: fc.Arbitrary<Evidence> = fc.record({
  identity: fc.array(ofIdentity, { maxLength: 4 }),
  session: fc.array(ofIdentity, { maxLength: 2 }),
  resource: fc.option(ofBucket, { nil: undefined }),
  isGrantedByAcl: fc.boolean(),
  isOwnAccount: fc.boolean(),
  reading: fc.constantFrom('union', 'strict'),
});

const everywhere = { ...statement, Action: '*' };
const denyAll = policy({ ...everywhere, Effect: 'Deny' });
const allowAll = policy(everywhere);

test('property: an explicit deny wins, on whichever side it stands', () => {
  fc.assert(
    fc.property(asked, evidence, (request, given) => {
      const { identity } = given;
      const policies = identity === 'everything' ? [] : identity;
      const bucketDeny = policy({ ...everywhere, Effect: 'Deny', Principal: '*' });
      assert.equal(isAllowed(request, { ...given, identity: [...policies, denyAll] }), false);
      assert.equal(isAllowed(request, { ...given, session: [...given.session, denyAll] }), false);
      assert.equal(isAllowed(request, { ...given, resource: bucketDeny }), false);
    }),
  );
});

test('property: one more allow of an identity never takes anything away, one more deny never gives', () => {
  fc.assert(
    fc.property(asked, evidence, ofIdentity, (request, given, more) => {
      const policies = given.identity === 'everything' ? [] : given.identity;
      const before = isAllowed(request, given);
      const after = isAllowed(request, { ...given, identity: [...policies, more] });
      const isDeny = more.statements.every(({ effect }) => effect === 'Deny');
      assert.ok(isDeny ? before || !after : !before || after);
    }),
  );
});

test('property: strict allows nothing that union denies, and the same to a root', () => {
  fc.assert(
    fc.property(asked, evidence, (request, given) => {
      const [strict, union] = (['strict', 'union'] as const).map((reading) =>
        isAllowed(request, { ...given, reading }),
      );
      assert.ok(union === true || strict === false);
      if (request.subject.isRoot) assert.equal(strict, union);
    }),
  );
});

test('property: the order of policies and of statements does not matter', () => {
  fc.assert(
    fc.property(asked, fc.array(ofIdentity, { maxLength: 5 }), ofBucket, (request, identity, resource) => {
      const given = { session: [], isGrantedByAcl: false, isOwnAccount: true, reading: 'union' } as const;
      const turned = { ...resource, statements: resource.statements.toReversed() };
      assert.equal(
        isAllowed(request, { ...given, identity, resource }),
        isAllowed(request, { ...given, identity: identity.toReversed(), resource: turned }),
      );
    }),
  );
});

test('property: without any policy nobody gets in; another account never without the owner’s word', () => {
  fc.assert(
    fc.property(asked, evidence, (request, given) => {
      const bare = { ...given, resource: undefined, isGrantedByAcl: false };
      assert.equal(isAllowed(request, { ...bare, identity: [] }), false);
      assert.equal(isAllowed(request, { ...bare, identity: [allowAll], isOwnAccount: false }), false);
    }),
  );
});

test('property: a pattern fits what the regular expression of the same meaning fits', () => {
  const signs = fc.stringMatching(/^[ab*?]{0,8}$/);
  fc.assert(
    fc.property(signs, fc.stringMatching(/^[ab]{0,10}$/), (pattern, text) => {
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
      assert.equal(matchesPattern(pattern, text), expression.test(text));
    }),
  );
});
