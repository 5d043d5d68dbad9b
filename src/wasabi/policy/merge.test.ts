import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { plainDocuments } from '../testing/policies.ts';
import { meaningOf } from './canonical.ts';
import { policySize } from './limits.ts';
import { mergePolicies, type PolicyShare } from './merge.ts';
import { parseSpecPolicy } from './parse.ts';

const one = { Effect: 'Allow', Principal: '*', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::b/*'] };
const two = { ...one, Effect: 'Deny' };
const three = { ...one, Resource: ['arn:aws:s3:::b/${aws:username}'] };
const parsed = (statement: readonly object[], rest: object = {}) =>
  parseSpecPolicy({ statement, ...rest }, { place: 'Bucket' });

/** `owner` is its age: `1` is the oldest. */
function share(owner: string, statement: readonly object[], rest: object = {}): PolicyShare {
  return { owner, createdAt: `2026-01-0${owner}T00:00:00Z`, uid: `uid-${owner}`, document: parsed(statement, rest) };
}

const old = { version: '2008-10-17' };
const sidTaken =
  'statement[0] "x": the sid belongs to another statement of an older policy of this bucket; choose another sid';
const otherVersion =
  'version 2008-10-17 reads variables (${…}) in another way than that of an older policy of this bucket; use version 2012-10-17';

const cases: readonly [
  title: string,
  shares: readonly PolicyShare[],
  merged: readonly object[] | undefined,
  losers: readonly (readonly [owner: string, winner: string | undefined, problem: string])[],
  rest?: object,
][] = [
  ['nobody', [], undefined, []],
  ['one object', [share('1', [one, two])], [one, two], []],
  ['L54: two objects, oldest first', [share('2', [two]), share('1', [one])], [one, two], []],
  [
    'the same statement of two',
    [share('1', [one, two]), share('2', [{ ...one, Action: 'S3:getobject' }])],
    [one, two],
    [],
  ],
  ['the same statement twice in one', [share('1', [one, one])], [one], []],
  [
    'the same statement and sid of two',
    [share('1', [{ Sid: 'x', ...one }]), share('2', [{ Sid: 'x', ...one }])],
    [{ Sid: 'x', ...one }],
    [],
  ],
  [
    'the same statement with and without a sid',
    [share('1', [one]), share('2', [{ Sid: 'x', ...one }])],
    [one, { Sid: 'x', ...one }],
    [],
  ],
  [
    'the sid of an older object: the younger is out as a whole',
    [
      share('3', [{ Sid: 'y', ...one }]),
      share('2', [
        { Sid: 'x', ...two },
        { Sid: 'y', ...two },
      ]),
      share('1', [{ Sid: 'x', ...one }]),
    ],
    [
      { Sid: 'x', ...one },
      { Sid: 'y', ...one },
    ],
    [['2', '1', sidTaken]],
  ],
  ['versions: the newer where nobody has variables', [share('1', [one], old), share('2', [two])], [one, two], []],
  ['versions: the old one where all have it', [share('1', [one], old), share('2', [two], old)], [one, two], [], old],
  ['versions: that of the one who has variables', [share('1', [one]), share('2', [three], old)], [one, three], [], old],
  [
    'versions: the older object decides',
    [share('1', [three]), share('2', [{ ...three, Effect: 'Deny' }], old), share('3', [two], old)],
    [three, two],
    [['2', '1', otherVersion]],
  ],
  [
    'a clash with a statement of two is one with the older',
    [share('1', [{ Sid: 'x', ...one }]), share('2', [{ Sid: 'x', ...one }]), share('3', [{ Sid: 'x', ...two }])],
    [{ Sid: 'x', ...one }],
    [['3', '1', sidTaken]],
  ],
  [
    'versions: all have variables and the same version',
    [share('1', [three]), share('2', [{ ...three, Effect: 'Deny' }])],
    [three, { ...three, Effect: 'Deny' }],
    [],
  ],
  [
    'ids: that of the oldest who has one',
    [share('1', [one]), share('2', [two], { id: 'b' }), share('3', [two], { id: 'c' })],
    [one, two],
    [],
    { id: 'b' },
  ],
];
for (const [title, shares, merged, losers, rest] of cases) {
  test(`mergePolicies: ${title}`, () => {
    const expected = { document: merged === undefined ? undefined : parsed(merged, rest), losers };
    for (const given of [shares, shares.toReversed()]) {
      const result = mergePolicies(given);
      const told = result.losers.map(({ owner, winner, statement, problem, advice }) => {
        const place = statement === undefined ? '' : `${statement}: `;
        return [owner, winner, `${place}${problem}; ${advice}`];
      });
      assert.deepEqual({ document: result.document, losers: told }, expected);
    }
  });
}

test('mergePolicies: the same second, the lower uid first', () => {
  const [a, b] = [share('1', [one]), { ...share('1', [two]), owner: 'b', uid: 'uid-0' }];
  assert.deepEqual(mergePolicies([a, b]).document, parsed([two, one]));
});

test('mergePolicies: who no longer fits is out, and smaller ones behind it still get in', () => {
  const large = (letter: string, size: number) => [{ ...one, Resource: [`arn:aws:s3:::b/${letter.repeat(size)}`] }];
  const shares = [share('1', large('a', 12_000)), share('2', large('b', 12_000)), share('3', [two])];
  const { document, losers } = mergePolicies(shares);
  assert.deepEqual(document, parsed([...large('a', 12_000), two]));
  const both = [...parsed(large('a', 12_000)).Statement, ...parsed(large('b', 12_000)).Statement];
  const size = policySize({ Version: '2012-10-17', Statement: both }, 'Bucket');
  const problem = `with it the policy of the bucket would have ${size} bytes, and at most 20480 are possible`;
  const advice = 'shorten it';
  assert.deepEqual(losers, [{ owner: '2', winner: undefined, statement: undefined, problem, advice }]);
});

test('mergePolicies: every statement of those who did not lose is there once, and nothing else; order of input is nothing', () => {
  fc.assert(
    fc.property(fc.array(plainDocuments, { maxLength: 5 }), fc.gen(), (documents, gen) => {
      const shares = documents.map((document, index) => share(String(index + 1), document.Statement));
      const result = mergePolicies(shares);
      const shuffled = gen(fc.shuffledSubarray<PolicyShare>, shares, {
        minLength: shares.length,
        maxLength: shares.length,
      });
      assert.deepEqual(mergePolicies(shuffled), result);
      const lost = new Set(result.losers.map(({ owner }) => owner));
      const kept = shares.filter(({ owner }) => !lost.has(owner)).flatMap(({ document }) => document.Statement);
      const identities = (statements: readonly (typeof kept)[number][]) =>
        statements.map((s) => `${s.Sid ?? ''} ${meaningOf(s)}`);
      const merged = identities(result.document?.Statement ?? []);
      assert.deepEqual(merged, [...new Set(identities(kept))]);
      assert.ok(
        result.losers.every(({ winner, owner }) => winner !== undefined && winner < owner && !lost.has(winner)),
      );
    }),
    { numRuns: 200 },
  );
});
