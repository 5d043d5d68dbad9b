import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ReconcileError } from '../../runtime/errors.ts';
import { plainDocuments } from '../testing/policies.ts';
import type { PolicyDocument } from './document.ts';
import type { PolicyPlace } from './limits.ts';
import { isPolicyText, parseServicePolicy, parseSpecPolicy } from './parse.ts';

const allow = { effect: 'Allow', principal: '*', action: 's3:GetObject', resource: 'arn:aws:s3:::b/*' };
const withStatement = (statement: unknown) => ({ version: '2012-10-17', statement: [statement] });

const understood: readonly [title: string, place: PolicyPlace, value: unknown, document: PolicyDocument][] = [
  [
    'L56: lower case, texts, a bare ARN with an open account',
    'Bucket',
    {
      version: '2012-10-17',
      statement: [
        {
          sid: 'AppAccess',
          effect: 'Allow',
          principal: 'arn:aws:iam::wasabi:user/app',
          action: 's3:GetObject',
          resource: 'arn:aws:s3:::b/*',
        },
      ],
    },
    {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'AppAccess',
          Effect: 'Allow',
          Principal: { AWS: ['arn:aws:iam::wasabi:user/app'] },
          Action: ['s3:GetObject'],
          Resource: ['arn:aws:s3:::b/*'],
        },
      ],
    },
  ],
  [
    'L48: every element is kept, in its order',
    'Bucket',
    {
      Version: '2008-10-17',
      Id: 'The id',
      Statement: {
        Sid: 'Not everyone',
        Effect: 'Deny',
        NotPrincipal: { AWS: 100_000_000_001, CanonicalUser: ['c'], Federated: 'f', Service: 's' },
        NotAction: ['s3:PutObject', 's3:GetObject', 's3:GetObject'],
        NotResource: '*',
        Condition: { stringlikeifexists: { 'S3:Prefix': ['', 'b', 'a'] }, Bool: { 'aws:SecureTransport': false } },
      },
    },
    {
      Version: '2008-10-17',
      Id: 'The id',
      Statement: [
        {
          Sid: 'Not everyone',
          Effect: 'Deny',
          NotPrincipal: { AWS: ['100000000001'], CanonicalUser: ['c'], Federated: ['f'], Service: ['s'] },
          NotAction: ['s3:PutObject', 's3:GetObject', 's3:GetObject'],
          NotResource: ['*'],
          Condition: {
            StringLikeIfExists: { 'S3:Prefix': ['', 'b', 'a'] },
            Bool: { 'aws:SecureTransport': ['false'] },
          },
        },
      ],
    },
  ],
  [
    'no version; null and empty elements are absent',
    'Inline',
    { statement: { sid: '', effect: 'Allow', action: '*', resource: '*', condition: null, principal: null } },
    { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }] },
  ],
  [
    "the schema's default stands beside the user's version",
    'Managed',
    { version: '2012-10-17', Version: '2008-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
    { Version: '2008-10-17', Statement: [{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }] },
  ],
];
for (const [title, place, value, document] of understood) {
  test(`understood: ${title}`, () => assert.deepEqual(parseSpecPolicy(value, { place }), document));
}

test('references add ARNs to the principals that are written', () => {
  const value = {
    statement: [
      { ...allow, principal: undefined, principalRefs: [{ name: 'u' }] },
      { ...allow, principal: { aws: 'arn:aws:iam::1:user/a' }, principalRefs: [{}] },
    ],
  };
  const { Statement } = parseSpecPolicy(value, {
    place: 'Bucket',
    principalRefs: (index) => [`arn:aws:iam::1:user/r${index}`],
  });
  assert.deepEqual(
    Statement.map(({ Principal }) => Principal),
    [{ AWS: ['arn:aws:iam::1:user/r0'] }, { AWS: ['arn:aws:iam::1:user/a', 'arn:aws:iam::1:user/r1'] }],
  );
});

const at = 'spec.policy.statement[0]';
const refused: readonly [value: unknown, message: string, place?: PolicyPlace][] = [
  ['{}', 'spec.policy is "{}"; write an object with version and statement'],
  [null, 'spec.policy is null; write an object with version and statement'],
  [{}, 'spec.policy has no statement; write at least one'],
  [{ statement: [] }, 'spec.policy.statement is an empty list; write at least one statement'],
  [{ statement: [7] }, `${at} is 7; write an object`],
  [{ statement: allow, version: '2015' }, 'spec.policy has the version "2015"; write 2012-10-17'],
  [
    { statement: allow, Version: '2008-10-17', VERSION: '2008-10-17' },
    'spec.policy has the element Version twice, in two spellings; keep one',
  ],
  [{ statement: allow, id: 5 }, 'spec.policy.id is 5; write a text'],
  [
    { statement: allow, statements: [] },
    'spec.policy has the unknown element "statements"; known are Version, Id, Statement',
  ],
  [withStatement({ ...allow, sid: [] }), `${at} has the sid a list; write a text`],
  [
    withStatement({ ...allow, actions: [] }),
    `${at} has the unknown element "actions"; known are Sid, Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource, Condition`,
  ],
  [withStatement({ ...allow, Action: 's3:Put*' }), `${at} has the element Action twice, in two spellings; keep one`],
  [withStatement({ ...allow, effect: undefined }), `${at} has no effect; write effect: Allow or Deny`],
  [withStatement({ ...allow, sid: 'Read', effect: 'allow' }), `${at} "Read".effect is "allow"; write Allow or Deny`],
  [withStatement({ ...allow, action: undefined }), `${at} has neither action nor notAction; write one`],
  [withStatement({ ...allow, notAction: 's3:*' }), `${at} has both action and notAction; keep one`],
  [withStatement({ ...allow, action: [] }), `${at}.action is an empty list; name at least one action`],
  [withStatement({ ...allow, action: [{}] }), `${at}.action holds an object in the place of one action; write a text`],
  [
    withStatement({ ...allow, Action: 'GetObject', action: undefined }),
    `${at}.Action holds "GetObject", which is no action; write SERVICE:NAME, such as s3:GetObject`,
  ],
  [withStatement({ ...allow, resource: undefined }), `${at} has neither resource nor notResource; write one`],
  [withStatement({ ...allow, notResource: '*' }), `${at} has both resource and notResource; keep one`],
  [
    withStatement({ ...allow, resource: ['b/*'] }),
    `${at}.resource holds "b/*", which is no resource; write an ARN, such as arn:aws:s3:::BUCKET/*`,
  ],
  [
    withStatement({ ...allow, principal: undefined }),
    `${at} has no principal; name whom it is for, such as {AWS: ARN}`,
  ],
  [withStatement({ ...allow, notPrincipal: '*' }), `${at} has both principal and notPrincipal; keep one`],
  [withStatement({ ...allow, principal: {} }), `${at}.principal names nobody; write {AWS: ARN}`],
  [
    withStatement({ ...allow, principal: { Role: 'x' } }),
    `${at}.principal has the unknown element "Role"; known are AWS, CanonicalUser, Federated, Service`,
  ],
  [
    withStatement({ ...allow, principal: { aws: 'bob' } }),
    `${at}.principal.aws holds "bob", which is no principal; write "*", an account's 12 digits or arn:aws:iam::ACCOUNT:user/NAME`,
  ],
  [
    withStatement({ ...allow, principalRefs: [] }),
    `${at} has the unknown element "principalRefs"; known are Sid, Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource, Condition`,
  ],
  [
    withStatement(allow),
    `${at}.principal cannot stand here: a policy of a User or an IAMPolicy is for whoever it is attached to; take it out, or name others in a BucketPolicy`,
    'Managed',
  ],
  [
    withStatement(allow),
    `${at}.principal cannot stand here: a policy of a User or an IAMPolicy is for whoever it is attached to; take it out, or name others in a BucketPolicy`,
    'Inline',
  ],
  [withStatement({ ...allow, condition: [] }), `${at}.condition is a list; write {OPERATOR: {KEY: VALUES}}`],
  [
    withStatement({ ...allow, condition: { StringEqual: {} } }),
    `${at}.condition has the unknown operator "StringEqual"; write one such as StringEquals, Bool or IpAddress`,
  ],
  [
    withStatement({ ...allow, condition: { NullIfExists: { 'a:b': true } } }),
    `${at}.condition has the unknown operator "NullIfExists"; write one such as StringEquals, Bool or IpAddress`,
  ],
  [
    withStatement({ ...allow, condition: { Bool: {} } }),
    `${at}.condition.Bool names no condition key; write {KEY: VALUES}, or take the operator out`,
  ],
  [
    withStatement({ ...allow, condition: { Bool: { 'a:b': true }, bool: { 'a:b': true } } }),
    `${at}.condition has the operator Bool twice; put its keys into one`,
  ],
  [
    withStatement({ ...allow, condition: { Bool: { 'a:b': true, 'A:b': true } } }),
    `${at}.condition.Bool has the condition key "A:b" twice; put its values into one list`,
  ],
  [
    withStatement({ ...allow, condition: { Bool: { SourceIp: '' } } }),
    `${at}.condition.Bool has "SourceIp", which is no condition key; write one such as aws:SourceIp or s3:prefix`,
  ],
  [
    withStatement({ ...allow, condition: { IpAddress: { 'aws:SourceIp': [] } } }),
    `${at}.condition.IpAddress.aws:SourceIp is an empty list; name at least one value`,
  ],
  [
    {
      statement: [
        { ...allow, sid: 'a' },
        { ...allow, sid: 'a' },
      ],
    },
    'spec.policy has two statements with the sid "a"; give each its own',
  ],
  [
    withStatement({ effect: 'x', principal: '*', action: 'x', resource: 'x', condition: 5 }),
    `${at}.effect is "x"; write Allow or Deny; ${at}.action holds "x", which is no action; write SERVICE:NAME, such as s3:GetObject; ${at}.resource holds "x", which is no resource; write an ARN, such as arn:aws:s3:::BUCKET/*; and 1 more problems`,
  ],
];
for (const [value, message, place = 'Bucket'] of refused) {
  test(`InvalidSpec (${place}): ${message.slice(0, 100)}`, () => {
    assert.throws(() => parseSpecPolicy(value, { place }), { name: 'ReconcileError', type: 'InvalidSpec', message });
  });
}

test('a document is refused from the first character past its limit', () => {
  const limits: readonly [PolicyPlace, number, string][] = [
    ['Bucket', 20_480, 'bytes'],
    ['Managed', 6_144, 'characters without white space'],
    ['Inline', 2_048, 'characters without white space'],
  ];
  for (const [place, size, unit] of limits) {
    const who = place === 'Bucket' ? { Principal: '*' } : {};
    // An é is one character and two bytes; white space counts for buckets alone.
    const sized = (padding: string) => ({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', ...who, Action: ['*'], Resource: [`arn:aws:s3:::é${padding}`] }],
    });
    const empty = JSON.stringify(sized('')).length + (place === 'Bucket' ? 1 : 0);
    const fitting = 'x'.repeat(size - empty);
    assert.equal(parseSpecPolicy(sized(fitting), { place }).Statement.length, 1);
    if (place !== 'Bucket') assert.equal(parseSpecPolicy(sized(`${fitting}   `), { place }).Statement.length, 1);
    assert.throws(() => parseSpecPolicy(sized(`${fitting}x`), { place }), {
      type: 'InvalidSpec',
      message: `spec.policy has ${size + 1} ${unit}, and at most ${size} are possible; shorten it with wildcards, or split it`,
    });
  }
});

test('what is sent reads back as it was: nothing is lost on the way', () => {
  fc.assert(
    fc.property(plainDocuments, (plain) => {
      const document = parseSpecPolicy(plain, { place: 'Bucket' });
      for (const text of [JSON.stringify(document), ` ${encodeURIComponent(JSON.stringify(document, undefined, 2))}`]) {
        assert.deepEqual(parseServicePolicy(text), { type: 'Parsed', document });
      }
      assert.deepEqual(document, structuredClone(plain));
    }),
  );
});

test('the service may answer with principals that are gone', () => {
  const text = JSON.stringify(withStatement({ ...allow, principal: { AWS: 'AIDAEXAMPLE' } }));
  assert.equal(parseServicePolicy(text).type, 'Parsed');
});

const unreadable: readonly [title: string, text: string, problem: RegExp][] = [
  ['nothing', '', /^the policy is no JSON$/],
  ['a web page', '<html>', /^the policy is no JSON$/],
  ['a broken encoding', '%7B%', /^the policy is no JSON$/],
  ['a list', '[]', /^the policy is a list; /],
  ['an unknown element', '{"Statement":[],"x":1}', /unknown element "x"/],
  [
    'two members of one name',
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Action":"s3:*"}]}',
    /two members of one name/,
  ],
  ['two members of one name, one escaped', '{"Id":"a","\\u0049d":"b","Statement":[]}', /two members of one name/],
  ['a prototype', '{"__proto__":{"Statement":[]}}', /unknown element "__proto__"/],
  ['a prototype of a statement', '{"Statement":{"__proto__":{"Effect":"Allow"}}}', /unknown element "__proto__"/],
  [
    'a prototype among conditions',
    '{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"__proto__":{"a:b":"c"}}}}',
    /unknown operator "__proto__"/,
  ],
  [
    'a prototype among condition keys',
    '{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"__proto__":"c"}}}}',
    /"__proto__", which is no condition key/,
  ],
  ['100,000 nested lists', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, /./],
  [
    'nested objects in an element',
    `{"Statement":${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}}`,
    /unknown element "a"/,
  ],
  ['a megabyte', `{"Id":"${'x'.repeat(1_000_000)}"}`, /^the policy has 1000009 characters$/],
];
for (const [title, text, problem] of unreadable) {
  test(`unreadable: ${title}`, () => {
    const answer = parseServicePolicy(text);
    assert.equal(answer.type, 'Unreadable');
    assert.match(answer.type === 'Unreadable' ? answer.problem : '', problem);
  });
}

const names = fc.constantFrom(
  'Version',
  'version',
  'Statement',
  'statement',
  'Effect',
  'action',
  'Resource',
  'Principal',
  'condition',
  'Bool',
  'sid',
  'AWS',
  '__proto__',
  'constructor',
);
const leaves = fc.oneof(
  fc.constantFrom<unknown>('Allow', 's3:*', '*', '2012-10-17', '', null, true, 5),
  fc.string({ unit: 'binary' }),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    leaves,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(names, tie('tree'), { maxKeys: 6 }),
  ),
}));

test('whatever is written: a document, or InvalidSpec on one bounded line', () => {
  fc.assert(
    fc.property(tree, fc.constantFrom<PolicyPlace>('Bucket', 'Managed', 'Inline'), (value, place) => {
      try {
        assert.ok(parseSpecPolicy(value, { place }).Statement.length > 0);
      } catch (error) {
        assert.ok(error instanceof ReconcileError && error.type === 'InvalidSpec', String(error));
        assert.ok(error.message.startsWith('spec.policy'));
        assert.ok(error.message.length < 1_500 && !/[\n\r\0]/.test(error.message), error.message);
      }
      const text = JSON.stringify(value) ?? '';
      assert.ok(['Parsed', 'Unreadable'].includes(parseServicePolicy(text).type));
    }),
    { numRuns: 1_000 },
  );
});

test('huge specs are read in no time, with a bounded message', () => {
  const wrong = Array.from({ length: 10_000 }, () => ({ ['a'.repeat(150)]: 1 }));
  const same = Array.from({ length: 10_000 }, (_, index) => ({ ...allow, sid: `s${index}` }));
  const startedMs = performance.now();
  for (const statement of [wrong, same]) {
    assert.throws(
      () => parseSpecPolicy({ statement }, { place: 'Bucket' }),
      (error: unknown) => error instanceof ReconcileError && error.message.length < 1_500,
    );
  }
  assert.ok(performance.now() - startedMs < 5_000);
});

for (const [text, isPolicy] of [
  ['{"Version":"2012-10-17","Statement":[]}', true],
  ['{"statement":{"Effect":"Permit"},"statement":1}', true],
  ['{"message":"log in"}', false],
  ['["Statement"]', false],
  ['null', false],
  ['', false],
  ['<html>log in</html>', false],
] as const) {
  test(`${text} is ${isPolicy ? 'a' : 'no'} policy`, () => assert.equal(isPolicyText(text), isPolicy));
}
