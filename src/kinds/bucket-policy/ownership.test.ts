import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import type { Announcement } from './announcement.ts';
import { type DesiredPolicy, recordedHash } from './desired.ts';
import { policyOwnership } from './ownership.ts';
import { desiredOf, documentOf, policyObject, type Sketch } from './testing/policies.ts';

const NOW_MS = Date.parse('2026-01-01T12:00:00Z');
const theirs = documentOf('Theirs');

function announcedAs(uid: string, document: PolicyDocument): Announcement {
  return { uid, documentHash: recordedHash(document) ?? '', until: '2026-01-01T12:00:00Z' };
}

interface Row {
  readonly title: string;
  /** `Unreadable`: no document that can be read as a policy. */
  readonly found: PolicyDocument | 'Unreadable' | undefined;
  /** null: the object is being deleted. Default: the statement `Own`. */
  readonly desired?: DesiredPolicy | null;
  readonly sketch?: Sketch;
  readonly mayAdopt?: boolean;
  readonly answer: 'Ours' | 'AlreadyExists' | 'NothingToAdopt' | 'NotPermitted';
}

const adopting: Sketch = { spec: { adoptionPolicy: 'AdoptOrCreate' } };
const adoptOnly: Sketch = { spec: { adoptionPolicy: 'AdoptOnly' } };
const announcing: Sketch = { status: { announced: [announcedAs('uid-it', theirs)] } };
const rows: readonly Row[] = [
  { title: 'nothing is there', found: undefined, answer: 'Ours' },
  { title: 'nothing is there to adopt', found: undefined, sketch: adoptOnly, answer: 'NothingToAdopt' },
  {
    title: 'what was adopted is gone',
    found: undefined,
    sketch: adoptOnly,
    desired: desiredOf({ wasWritten: true }),
    answer: 'Ours',
  },
  { title: 'a stranger’s', found: theirs, answer: 'AlreadyExists' },
  { title: 'one that cannot be read', found: 'Unreadable', answer: 'AlreadyExists' },
  { title: 'what is wanted, whoever wrote it', found: documentOf('Own'), answer: 'Ours' },
  { title: 'what is wanted and more', found: documentOf('Own', 'Theirs'), answer: 'AlreadyExists' },
  { title: 'another one after ours', found: theirs, sketch: { status: { documentHash: 'hash' } }, answer: 'Ours' },
  { title: 'unreadable after ours', found: 'Unreadable', sketch: { status: { documentHash: 'x' } }, answer: 'Ours' },
  { title: 'one after another object’s', found: theirs, desired: desiredOf({ wasWritten: true }), answer: 'Ours' },
  { title: 'the very one that was announced', found: theirs, sketch: announcing, answer: 'Ours' },
  { title: 'another one than was announced', found: documentOf('Other'), sketch: announcing, answer: 'AlreadyExists' },
  {
    title: 'one that cannot be read, and an announcement',
    found: 'Unreadable',
    sketch: announcing,
    answer: 'AlreadyExists',
  },
  {
    title: 'one that an earlier incarnation announced',
    found: theirs,
    sketch: { status: { announced: [announcedAs('uid-earlier', theirs)] } },
    answer: 'AlreadyExists',
  },
  {
    title: 'one that another object of the bucket announced',
    found: theirs,
    desired: desiredOf({ announced: [announcedAs('uid-second', theirs)] }),
    answer: 'Ours',
  },
  { title: 'one that may be adopted', found: theirs, sketch: adopting, answer: 'Ours' },
  { title: 'an unreadable one that may be adopted', found: 'Unreadable', sketch: adopting, answer: 'Ours' },
  {
    title: 'one that its namespace may not adopt',
    found: theirs,
    sketch: adopting,
    mayAdopt: false,
    answer: 'NotPermitted',
  },
  {
    title: 'the predecessor’s, on the bucket of that name',
    found: theirs,
    sketch: { spec: { bucketRef: { name: 'bucket', namespace: 'a' } }, status: { applied: true } },
    answer: 'Ours',
  },
  {
    title: 'the predecessor’s, which took another bucket',
    found: theirs,
    sketch: { status: { applied: true } },
    answer: 'AlreadyExists',
  },
  { title: 'deleted: a stranger’s', found: theirs, desired: null, answer: 'AlreadyExists' },
  { title: 'deleted: the wanted one of a stranger', found: documentOf('Own'), desired: null, answer: 'AlreadyExists' },
  { title: 'deleted: the announced one', found: theirs, desired: null, sketch: announcing, answer: 'Ours' },
  {
    title: 'deleted: any one after ours',
    found: theirs,
    desired: null,
    sketch: { status: { documentHash: 'hash' } },
    answer: 'Ours',
  },
];
for (const { title, found, desired = desiredOf(), sketch, mayAdopt = true, answer } of rows) {
  test(`whose policy it is: ${title}`, () => {
    const observed = found && { document: found === 'Unreadable' ? undefined : found };
    const facts = { desired: desired ?? undefined, mayAdopt, nowMs: NOW_MS };
    const ownership = policyOwnership(policyObject('it', sketch), observed, 'bucket', facts);
    assert.equal(ownership.mayManage ? 'Ours' : ownership.reason, answer);
    if (ownership.mayManage) assert.deepEqual(ownership, { mayManage: true, mayDestroy: true, marker: undefined });
  });
}
