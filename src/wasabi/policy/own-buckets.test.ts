import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { accessBeyond } from './own-buckets.ts';
import { parseSpecPolicy } from './parse.ts';
import { matchesPattern } from './pattern.ts';

const own = new Set(['own', 'own.two']);
const beyond = (...statement: readonly object[]) =>
  accessBeyond(parseSpecPolicy({ statement }, { place: 'Inline' }), own);
const base = { effect: 'Allow', action: 's3:*', resource: 'arn:aws:s3:::own' };

const inside: readonly [title: string, statement: object][] = [
  [
    'a bucket and its objects',
    { ...base, resource: ['arn:aws:s3:::own', 'arn:aws:s3:::own/*', 'arn:aws:s3:::own.two/a?/*'] },
  ],
  ['actions in any letter case, with wildcards', { ...base, action: ['S3:getobject', 's3:Put*'] }],
  ['a Deny of everything', { effect: 'Deny', notAction: 'iam:GetUser', notResource: 'arn:aws:s3:::own' }],
];
for (const [title, statement] of inside) test(`inside: ${title}`, () => assert.deepEqual(beyond(statement), []));

const only = "only this namespace's buckets by full name and their objects are permitted, without variables";
const actions = 'only actions that begin with s3: are permitted';
const foreign = [
  '*',
  'arn:aws:s3:::*',
  'arn:aws:s3:::own*',
  'arn:aws:s3:::ow?',
  'arn:aws:s3:::other',
  'arn:aws:s3:::OWN',
  'arn:aws:s3:::other/own',
  'arn:aws:s3:::*/own',
  'arn:aws:s3:::own?/x',
  'arn:*:s3:::own',
  'arn:aws:*:::own/x',
  'arn:aws:s3:::${aws:username}',
  'arn:aws:s3:::own/${aws:username}/*',
  'arn:aws:iam::100000000001:user/own',
];
const outside: readonly [statement: object, why: string][] = [
  [{ ...base, action: '*' }, `allows "*"; ${actions}`],
  [{ ...base, action: ['s3:*', 'iam:CreateAccessKey'] }, `allows "iam:CreateAccessKey"; ${actions}`],
  [{ ...base, action: undefined, notAction: 'iam:*' }, 'has notAction; list the S3 actions in action'],
  [
    { ...base, resource: undefined, notResource: 'arn:aws:s3:::other' },
    'has notResource; list the buckets in resource',
  ],
  ...foreign.map((resource): [object, string] => [
    { ...base, resource: ['arn:aws:s3:::own', resource] },
    `allows access to ${JSON.stringify(resource)}; ${only}`,
  ]),
];
for (const [statement, why] of outside) {
  test(`beyond: ${why.slice(0, 70)}`, () => {
    assert.deepEqual(beyond(base, { ...statement, sid: 'x' }), [`statement[1] "x" ${why}`]);
  });
}

test('L45: what is let through never reaches into a bucket of others', () => {
  const pieces = ['arn:aws:s3:::', 'own', 'ow', 'n', 'other', '/', '*', '?', '.two', 'x'];
  const resources = fc
    .array(fc.constantFrom(...pieces), { maxLength: 5 })
    .map((parts) => `arn:aws:s3:::${parts.join('')}x`);
  const strange = [
    'arn:aws:s3:::other',
    'arn:aws:s3:::other/x',
    'arn:aws:s3:::ownx',
    'arn:aws:s3:::own.twox/x',
    'arn:aws:s3:::owx/own/x',
  ];
  fc.assert(
    fc.property(resources, (resource) => {
      const isPermitted = beyond({ ...base, resource }).length === 0;
      assert.ok(!isPermitted || strange.every((arn) => !matchesPattern(resource, arn)), resource);
    }),
    { numRuns: 2_000 },
  );
});
