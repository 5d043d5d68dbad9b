import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReconcileError } from '../../runtime/errors.ts';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import { statementHash } from './acceptance.ts';
import { type Contribution, type DesiredPolicy, desiredPolicy, wantedDocument } from './desired.ts';
import { desiredOf, documentOf, statementOf } from './testing/policies.ts';

function share(uid: string, document: PolicyDocument, createdAt = '2026-01-01T00:00:00Z'): Contribution {
  return { type: 'Share', key: { namespace: 'a', name: uid }, share: { owner: uid, uid, createdAt, document } };
}

const refusal = new ReconcileError('InvalidSpec', 'no', { reason: 'PublicAccessBlocked' });
const refused: Contribution = { type: 'Refused', error: refusal };
const applied: Contribution = { type: 'Withheld', kept: 'All' };
const never: Contribution = { type: 'Withheld', kept: [] };
const clashing: PolicyDocument = { Version: '2012-10-17', Statement: [{ ...statementOf('Other'), Sid: 'Own' }] };
const LATER = '2026-01-02T00:00:00Z';

const merging: readonly [
  title: string,
  own: Contribution | undefined,
  others: readonly Contribution[],
  wanted: Pick<DesiredPolicy, 'document' | 'kept'> & { readonly reason?: string },
][] = [
  ['one object', share('it', documentOf('Own')), [], { document: documentOf('Own'), kept: [] }],
  [
    'two, the older one first',
    share('it', documentOf('Own'), LATER),
    [share('old', documentOf('Old'))],
    { document: documentOf('Old', 'Own'), kept: [] },
  ],
  [
    'two that say the same',
    share('it', documentOf('Own')),
    [share('old', documentOf('Own'))],
    { document: documentOf('Own'), kept: [] },
  ],
  [
    'one that clashes with an older one',
    share('it', clashing, LATER),
    [share('old', documentOf('Own'))],
    { document: documentOf('Own'), kept: [], reason: 'PolicyConflict' },
  ],
  [
    'one that clashes with a younger one',
    share('it', documentOf('Own')),
    [share('new', clashing, LATER)],
    { document: documentOf('Own'), kept: [] },
  ],
  [
    'one that is refused',
    refused,
    [share('old', documentOf('Old'))],
    { document: documentOf('Old'), kept: [], reason: 'PublicAccessBlocked' },
  ],
  ['one that is refused, alone', refused, [], { document: undefined, kept: [], reason: 'PublicAccessBlocked' }],
  [
    'one that the service refused: what it had before stays',
    { type: 'Withheld', kept: ['hash'], error: refusal },
    [share('old', documentOf('Old'))],
    { document: documentOf('Old'), kept: ['hash'], reason: 'PublicAccessBlocked' },
  ],
  ['another that is refused', share('it', documentOf('Own')), [refused], { document: documentOf('Own'), kept: [] }],
  [
    'another that cannot be read and has a part',
    share('it', documentOf('Own')),
    [applied],
    { document: documentOf('Own'), kept: 'All' },
  ],
  [
    'another that cannot be read and has none',
    share('it', documentOf('Own')),
    [never],
    { document: documentOf('Own'), kept: [] },
  ],
  [
    'one that is being deleted',
    undefined,
    [share('old', documentOf('Old'))],
    { document: documentOf('Old'), kept: [] },
  ],
  ['the last one, which is being deleted', undefined, [], { document: undefined, kept: [] }],
];
for (const [title, own, others, { reason, ...wanted }] of merging) {
  test(`the policy of a bucket: ${title}`, () => {
    const { document, kept, failure } = desiredPolicy(
      own,
      others,
      { uid: 'it', isNew: false },
      { wasWritten: false, announced: [] },
    );
    assert.deepEqual({ document, kept }, wanted);
    assert.equal(failure?.reason, reason);
  });
}

test('a clash names the statement and the older object, and none of another namespace', () => {
  const mine = share('it', { Version: '2012-10-17', Statement: [statementOf('First'), ...clashing.Statement] }, LATER);
  const older = share('old', documentOf('Own'));
  const elsewhere = { ...older, key: { namespace: 'b', name: 'old' } } as Contribution;
  const messageOf = (other: Contribution) =>
    desiredPolicy(mine, [other], { uid: 'it', isNew: true }, { wasWritten: false, announced: [] }).failure?.message;
  const problem =
    'spec.policy.statement[1] "Own": the sid belongs to another statement of an older policy of this bucket';
  assert.equal(messageOf(older), `${problem}, BucketPolicy a/old; choose another sid`);
  assert.equal(messageOf(elsewhere), `${problem}, a BucketPolicy in another namespace; choose another sid`);
});

const keeping: readonly [
  title: string,
  desired: DesiredPolicy,
  found: PolicyDocument | undefined,
  without: readonly string[],
  wanted: PolicyDocument | undefined,
][] = [
  ['all are read: what is found says nothing', desiredOf(), documentOf('Own', 'Old'), [], documentOf('Own')],
  ['what may be another’s stays', desiredOf({ kept: 'All' }), documentOf('Own', 'Old'), [], documentOf('Own', 'Old')],
  ['nothing is there that could stay', desiredOf({ kept: 'All' }), undefined, [], documentOf('Own')],
  ['an earlier statement of that sid goes', desiredOf({ kept: 'All' }), clashing, [], documentOf('Own')],
  [
    'what the object itself had goes with it',
    desiredOf({ document: undefined, kept: 'All' }),
    documentOf('Own', 'Old'),
    ['Own'],
    documentOf('Old'),
  ],
  [
    'of what is found, only what is another’s stays',
    desiredOf({ kept: [statementHash(statementOf('Old'))] }),
    documentOf('Own', 'Old', 'Foreign'),
    [],
    documentOf('Own', 'Old'),
  ],
  ['nothing is left', desiredOf({ document: undefined, kept: 'All' }), documentOf('Own'), ['Own'], undefined],
];
for (const [title, desired, found, without, wanted] of keeping) {
  test(`what is written while some cannot be read: ${title}`, () => {
    assert.deepEqual(wantedDocument(desired, found, without.map(statementOf)), wanted);
  });
}
