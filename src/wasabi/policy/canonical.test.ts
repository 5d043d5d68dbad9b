import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { changed, plainDocuments, respelled } from '../testing/policies.ts';
import { documentHash, isSamePolicy } from './canonical.ts';
import { policyDifference } from './difference.ts';
import type { PolicyDocument } from './document.ts';
import { parseServicePolicy, parseSpecPolicy } from './parse.ts';

const parsed = (value: unknown): PolicyDocument => parseSpecPolicy(value, { place: 'Bucket' });
const read = (value: unknown): PolicyDocument => {
  const answer = parseServicePolicy(encodeURIComponent(JSON.stringify(value)));
  return answer.type === 'Parsed' ? answer.document : assert.fail(answer.problem);
};

test('L48: another spelling is the same policy', () => {
  fc.assert(
    fc.property(plainDocuments, fc.gen(), (plain, gen) => {
      const [wanted, found] = [parsed(respelled(plain, gen)), read(plain)];
      assert.ok(isSamePolicy(wanted, found), policyDifference(found, wanted));
      assert.equal(documentHash(wanted), documentHash(found));
      assert.equal(policyDifference(found, wanted), '');
    }),
    { numRuns: 200 },
  );
});

test('any change of meaning is another policy, whichever of the two is wanted', () => {
  fc.assert(
    fc.property(plainDocuments, fc.nat(), fc.gen(), (plain, index, gen) => {
      const wanted = parsed(respelled(plain, gen));
      for (const other of changed(plain, index)) {
        const found = read(other);
        assert.equal(isSamePolicy(wanted, found), false, JSON.stringify(other));
        assert.equal(isSamePolicy(found, wanted), false, JSON.stringify(other));
        assert.notEqual(documentHash(wanted), documentHash(found));
        assert.notEqual(policyDifference(found, wanted), '');
      }
    }),
    { numRuns: 100 },
  );
});

const base = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' };
const document = (...statements: readonly object[]) => ({ Version: '2012-10-17', Statement: statements });

const tagged = (key: string) => ({ ...base, Condition: { StringEquals: { [key]: 'x' } } });

const pairs: readonly [title: string, wanted: object, found: object, isSame: boolean][] = [
  ['a wanted sid is missing', document({ Sid: 'a', ...base }), document(base), false],
  ['a wanted sid is another', document({ Sid: 'a', ...base }), document({ Sid: 'b', ...base }), false],
  ['a sid that nobody asked for', document(base), document({ Sid: 'a', ...base }), true],
  [
    'a second copy under another sid',
    document({ Sid: 'a', ...base }),
    document({ Sid: 'a', ...base }, { Sid: 'b', ...base }),
    true,
  ],
  ['a wanted id is missing', { ...document(base), Id: 'x' }, document(base), false],
  ['an id that nobody asked for', document(base), { ...document(base), Id: 'x' }, true],
  ['another version', document(base), { ...document(base), Version: '2008-10-17' }, false],
  ['no version on the service is the old one', document(base), { Statement: [base] }, false],
  ['the old version wanted, none found', { ...document(base), Version: '2008-10-17' }, { Statement: [base] }, true],
  [
    'letter case of a condition key',
    document(tagged('aws:PrincipalTag/Team')),
    document(tagged('AWS:principaltag/Team')),
    true,
  ],
  [
    "letter case of a tag's name",
    document(tagged('aws:PrincipalTag/Team')),
    document(tagged('aws:PrincipalTag/team')),
    false,
  ],
  ['an empty condition', document({ ...base, Condition: {} }), document(base), true],
  ['letter case of a resource', document(base), document({ ...base, Resource: 'arn:aws:s3:::b/*X' }), false],
  ['all but them', document(base), document({ ...base, Principal: undefined, NotPrincipal: '*' }), false],
  [
    'a principal of another type',
    document({ ...base, Principal: { Service: 'x' } }),
    document({ ...base, Principal: { Federated: 'x' } }),
    false,
  ],
];
for (const [title, wanted, found, isSame] of pairs) {
  test(`isSamePolicy: ${title}`, () => {
    assert.equal(isSamePolicy(parsed(wanted), read(found)), isSame);
    assert.equal(policyDifference(read(found), parsed(wanted)) === '', isSame);
  });
}

test('documentHash is pinned: it is kept in status over upgrades', () => {
  const hash = '6a23389abb27e607bfe4e6c2a989b96dfd52dfe39e84133dde2a18a4e4fa3125';
  assert.equal(documentHash(parsed(document({ Sid: 'a', ...base }))), hash);
});
