import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DesiredPolicy } from './desired.ts';
import { diffPolicy, type PolicyChange } from './diff.ts';
import type { ObservedPolicy } from './observe.ts';
import { desiredOf, documentOf, statementOf } from './testing/policies.ts';

const nothing = desiredOf({ document: undefined });
const own = documentOf('Own');
const unnamed = { ...own, Statement: own.Statement.map(({ Sid: _sid, ...rest }) => rest) };
const set = (document = own) => ({ type: 'Set:policy', document }) as const;
const rows: readonly [
  title: string,
  desired: DesiredPolicy,
  observed: ObservedPolicy | undefined,
  changes: readonly Pick<PolicyChange, 'type' | 'document'>[],
][] = [
  ['none is there', desiredOf(), undefined, [set()]],
  ['it is there', desiredOf(), { document: own }, []],
  [
    'it is there in another spelling',
    desiredOf(),
    { document: { ...own, Statement: [...own.Statement, statementOf('Own')] } },
    [],
  ],
  ['it is there without its names', desiredOf(), { document: unnamed }, [set()]],
  ['somebody added to it', desiredOf(), { document: documentOf('Own', 'Theirs') }, [set()]],
  ['one that cannot be read is there', desiredOf(), { document: undefined }, [set()]],
  ['nobody wants one, and none is there', nothing, undefined, []],
  ['nobody wants one any more', nothing, { document: own }, [{ type: 'Remove:policy', document: undefined }]],
  [
    'nobody wants one, and one cannot be read',
    nothing,
    { document: undefined },
    [{ type: 'Remove:policy', document: undefined }],
  ],
  ['what may be another’s is there, too', desiredOf({ kept: 'All' }), { document: documentOf('Own', 'Old') }, []],
  [
    'what may be another’s is there alone',
    desiredOf({ kept: 'All' }),
    { document: documentOf('Old') },
    [set(documentOf('Own', 'Old'))],
  ],
];
for (const [title, desired, observed, changes] of rows) {
  test(`what is to be done about the policy: ${title}`, () => {
    const found = diffPolicy(desired, observed);
    assert.deepEqual(
      found.map(({ type, document }) => ({ type, document })),
      changes,
    );
    for (const { summary } of found) assert.match(summary, /^policy: ./);
  });
}
