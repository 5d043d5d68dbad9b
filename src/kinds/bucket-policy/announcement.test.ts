import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import type { BucketPolicy } from '../../api/bucket-policy.ts';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';
import {
  type Announcement,
  announcement,
  announcementsOf,
  isAnnounced,
  lateUntilMs,
  openAnnouncements,
  withinAnnouncement,
} from './announcement.ts';
import { type DesiredPolicy, recordedHash } from './desired.ts';

const NOW_MS = Date.parse('2026-01-01T12:00:00Z');
const [SOON, LATER, PAST] = ['2026-01-01T12:05:00Z', '2026-01-01T12:04:01Z', '2026-01-01T12:00:00Z'];

function documentOf(Sid: string): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: '*', Action: [`s3:${Sid}`], Resource: ['b'] }],
  };
}

const [wanted, late] = [documentOf('Wanted'), documentOf('Late')];
const desired: DesiredPolicy = {
  document: wanted,
  failure: undefined,
  kept: [],
  own: undefined,
  wasWritten: false,
  announced: [],
};

function one(document: PolicyDocument, until: string, uid = 'own'): Announcement {
  return { uid, documentHash: recordedHash(document) ?? '', until };
}

function withStatus(announced: readonly Announcement[], documentHash?: string): BucketPolicy {
  const metadata = { name: 'it', uid: 'own', creationTimestamp: '2026-01-01T00:00:00Z' };
  return { metadata, status: { announced, documentHash } } as unknown as BucketPolicy; // as far as it is read
}

const eight = Array.from({ length: 8 }, (_, index) => one(documentOf(`Old${index}`), LATER));
const announcing: readonly [
  title: string,
  before: readonly Announcement[],
  found: PolicyDocument | undefined,
  fields: object,
][] = [
  ['the first write', [], undefined, { announced: [one(wanted, SOON)] }],
  ['another document', [one(late, LATER)], undefined, { announced: [one(late, LATER), one(wanted, SOON)] }],
  ['a retry at once', [one(wanted, LATER)], undefined, { announced: [one(wanted, LATER)] }],
  [
    'a retry later',
    [one(wanted, PAST), one(late, PAST)],
    undefined,
    { announced: [one(late, PAST), one(wanted, SOON)] },
  ],
  ['what a restore left', [one(wanted, LATER, 'other')], undefined, { announced: [one(wanted, SOON)] }],
  ['more than there is room for', eight, undefined, { announced: [...eight.slice(1), one(wanted, SOON)] }],
  ['what came late', [one(late, PAST)], late, { documentHash: recordedHash(late), announced: [one(wanted, SOON)] }],
  [
    'a stranger’s document',
    [one(late, PAST)],
    documentOf('Theirs'),
    { announced: [one(late, PAST), one(wanted, SOON)] },
  ],
  ['what a restore announced', [one(late, PAST, 'other')], late, { announced: [one(wanted, SOON)] }],
];
for (const [title, before, found, fields] of announcing) {
  test(`announced before a write: ${title}`, () => {
    assert.deepEqual(announcement(withStatus(before), desired, found, NOW_MS), fields);
  });
}

test('a write after the first is announced, too, and a policy that is to go is not', () => {
  const later = announcement(withStatus([], 'hash'), desired, late, NOW_MS);
  assert.deepEqual(later, { announced: [one(wanted, SOON)] });
  assert.deepEqual(announcement(withStatus([]), { ...desired, document: undefined }, undefined, NOW_MS), {});
});

const [open, past, strange] = [one(wanted, LATER), one(late, PAST), one(wanted, LATER, 'other')];
const ending: readonly [
  title: string,
  found: PolicyDocument | undefined,
  known: Parameters<typeof openAnnouncements>[3],
  left: readonly Announcement[],
][] = [
  ['nothing is found', undefined, { isRecorded: false, settled: undefined }, [open]],
  ['somebody else’s is found', documentOf('Theirs'), { isRecorded: false, settled: undefined }, [open]],
  ['what came late is found', late, { isRecorded: false, settled: undefined }, [open, past]],
  ['what came late is found and recorded', late, { isRecorded: true, settled: undefined }, [open]],
  ['the write is answered', undefined, { isRecorded: true, settled: open.documentHash }, []],
  ['the write of another is answered', undefined, { isRecorded: true, settled: past.documentHash }, [open]],
  ['it is found in force', wanted, { isRecorded: true, settled: undefined }, []],
];
for (const [title, found, known, left] of ending) {
  test(`announcements that are left when ${title}`, () => {
    assert.deepEqual(openAnnouncements(withStatus([open, past, strange]), found, NOW_MS, known), left);
  });
}

test('what another incarnation announced says nothing', () => {
  assert.deepEqual(announcementsOf(withStatus([open, past, strange])), [open, past]);
});

test('a write may take effect until the last announcement ends', () => {
  assert.equal(lateUntilMs(withStatus([open, past, one(late, SOON, 'other')]), NOW_MS), Date.parse(LATER));
  assert.equal(lateUntilMs(withStatus([past, strange]), NOW_MS), undefined);
});

const LONG_AGO = '2025-12-25T12:00:00Z';
const proving: readonly [title: string, announced: readonly Announcement[], found: PolicyDocument, isProof: boolean][] =
  [
    ['the one that was announced', [one(late, PAST), open], late, true],
    ['another one', [one(late, PAST), open], documentOf('Theirs'), false],
    ['what was announced six days ago', [one(late, '2025-12-26T12:00:00Z')], late, true],
    ['what was announced a week ago', [one(late, LONG_AGO)], late, false],
  ];
for (const [title, announced, found, isProof] of proving) {
  test(`an announcement as a proof: ${title}`, () => {
    assert.equal(isAnnounced(announced, found, NOW_MS), isProof);
    const { documentHash } = announcement(withStatus(announced), desired, found, NOW_MS);
    assert.equal(documentHash, isProof ? recordedHash(found) : undefined);
  });
}

test('a write that has waited so long that it could take effect after the announced time is not made', async () => {
  const clock = new FakeClock();
  const isOver: boolean[] = [];
  const pass = new AbortController().signal;
  await withinAnnouncement(clock, pass, async (signal) => {
    for (const ms of [119_999, 1]) {
      await clock.advanceAsync(ms);
      isOver.push(signal.aborted);
    }
  });
  assert.deepEqual(isOver, [false, true]);
  assert.equal(clock.pendingTimers, 0);
});
