import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { plainDocuments } from '../testing/policies.ts';
import { policyDifference } from './difference.ts';
import { parseSpecPolicy } from './parse.ts';

const user = 'arn:aws:iam::100000000001:user/a';
const one = { effect: 'Allow', principal: user, action: 's3:GetObject', resource: 'arn:aws:s3:::b/*' };
const two = { effect: 'Deny', notPrincipal: user, notAction: 's3:*', notResource: '*' };
const policy = (statement: readonly object[], rest: object = {}) =>
  parseSpecPolicy({ statement, ...rest }, { place: 'Bucket' });

const shownOne = `Allow s3:GetObject on arn:aws:s3:::b/* for ${user}`;
const cases: readonly [title: string, found: object[] | undefined, wanted: object[] | undefined, text: string][] = [
  ['nothing', undefined, undefined, ''],
  ['the same', [one, two], [two, one], ''],
  ['created', undefined, [one, two], `+ ${shownOne}; + Deny all but s3:* on all but * for all but ${user}`],
  [
    'removed',
    [{ ...one, sid: 'old' }, two],
    undefined,
    `- statement "old"; - Deny all but s3:* on all but * for all but ${user}`,
  ],
  ['one for another', [{ ...two, sid: 'old' }], [one], `+ ${shownOne}; - statement "old"`],
  ['changed under its sid', [{ ...two, sid: 'x' }], [{ ...one, sid: 'x' }], `~ statement "x": ${shownOne}`],
  ['a name', [one], [{ ...one, sid: 'x' }], `~ sid "x" of ${shownOne}`],
  [
    'a name that another had',
    [
      { ...one, sid: 'x' },
      { ...two, sid: 'y' },
    ],
    [{ ...one, sid: 'y' }],
    `~ sid "y" of ${shownOne}; - statement "y"`,
  ],
  [
    'lists and conditions',
    undefined,
    [
      {
        effect: 'Allow',
        principal: '*',
        action: ['s3:A', 's3:B', 's3:C', 's3:D', 's3:E'],
        resource: '*',
        condition: { StringLike: { 's3:prefix': ['', 'a\nb'] }, Bool: { 'aws:SecureTransport': true } },
      },
    ],
    '+ Allow s3:A, s3:B, s3:C and 2 more on * for * if StringLike s3:prefix , a\\nb and Bool aws:SecureTransport true',
  ],
];
for (const [title, found, wanted, text] of cases) {
  test(`policyDifference: ${title}`, () => {
    assert.equal(policyDifference(found && policy(found), wanted && policy(wanted)), text);
  });
}

test('policyDifference: version and id', () => {
  const [found, wanted] = [policy([one], { version: '2008-10-17' }), policy([one], { id: 'x' })];
  assert.equal(policyDifference(found, wanted), 'version 2008-10-17 -> 2012-10-17; id "" -> "x"');
});

test('policyDifference: at most 500 characters on one line, the same each time', () => {
  // Whatever the cut hits: the two halves of a character are tried.
  for (const padding of ['', 'x']) {
    const long = (index: number) => ({ ...one, sid: `${index === 0 ? padding : ''}${index + 10}\n${'😀'.repeat(30)}` });
    const many = policy(
      Array.from({ length: 60 }, (_, index) => ({ ...long(index), resource: `arn:aws:s3:::b/${index}` })),
    );
    for (const text of [policyDifference(undefined, many), policyDifference(many, undefined)]) {
      assert.ok(text.length === 500 || text.length === 499, 'half a character goes');
      assert.ok(text.isWellFormed() && !text.includes('\ufffd') && !text.includes('\n'));
    }
  }
  fc.assert(
    fc.property(plainDocuments, plainDocuments, (a, b) => {
      const [found, wanted] = [parseSpecPolicy(a, { place: 'Bucket' }), parseSpecPolicy(b, { place: 'Bucket' })];
      const text = policyDifference(found, wanted);
      assert.ok(text.length <= 500);
      assert.equal(policyDifference(structuredClone(found), structuredClone(wanted)), text);
    }),
  );
});
