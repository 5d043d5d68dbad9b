import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import { policySize } from '../../wasabi/policy/limits.ts';
import { diffPolicy } from './diff.ts';
import type { ObservedPolicy } from './observe.ts';
import { sidMark, withMark } from './sid-mark.ts';

const OWN = 'cluster/team-a/logs/11111111-1111-4111-8111-111111111111';
const STRANGE = 'another/team-a/logs/22222222-2222-4222-8222-222222222222';
const LIMIT = 6_144;

/** A document of so many characters as the limit counts them. */
function documentOfSize(size: number): PolicyDocument {
  const of = (fill: number): PolicyDocument => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: [`arn:aws:s3:::logs/${'x'.repeat(fill)}`] }],
  });
  return of(size - policySize(of(0), 'Managed'));
}

function observed(marks: Pick<ObservedPolicy, 'createdBy' | 'sidMark'>): ObservedPolicy {
  return {
    arn: 'arn:aws:iam::1:policy/logs',
    policyId: 'ANPA1',
    defaultVersionId: 'v1',
    description: '',
    createdAtMs: undefined,
    marker: undefined,
    document: { type: 'Parsed', document: documentOfSize(200) },
    entities: undefined,
    ...marks,
  };
}

const ROOM = policySize(withMark(documentOfSize(1_000), sidMark(OWN)), 'Managed') - 1_000;
const tight = documentOfSize(LIMIT - ROOM + 1);
const mark = sidMark(OWN);

for (const [what, found, marker, written] of [
  ['nobody’s policy that was adopted', { createdBy: undefined, sidMark: undefined }, OWN, tight],
  ['our own that was taken back', { createdBy: OWN, sidMark: sidMark(STRANGE) }, OWN, tight],
  ['one with a stranger’s description', { createdBy: STRANGE, sidMark: undefined }, OWN, 'refused'],
  ['one that was taken over', { createdBy: STRANGE, sidMark: mark }, OWN, 'refused'],
  ['one with a stranger’s mark', { createdBy: undefined, sidMark: sidMark(STRANGE) }, OWN, 'refused'],
  ['one whose mark must stay', { createdBy: undefined, sidMark: mark }, undefined, 'refused'],
] as const) {
  test(`a document without room for the mark: ${what}`, () => {
    const diff = (size: number) =>
      diffPolicy({ document: documentOfSize(size), description: undefined }, observed(found), marker);
    const [fitting] = diff(LIMIT - ROOM);
    assert.deepEqual(fitting?.document, withMark(documentOfSize(LIMIT - ROOM), mark));
    if (written !== 'refused') {
      assert.deepEqual(diff(LIMIT - ROOM + 1)[0]?.document, written);
      return;
    }
    const message = new RegExp(
      `^spec\\.policy has ${LIMIT - ROOM + 1} characters .*, ${LIMIT + 1} with the mark .* 6144 `,
    );
    assert.throws(() => diff(LIMIT - ROOM + 1), { type: 'InvalidSpec', message });
  });
}
