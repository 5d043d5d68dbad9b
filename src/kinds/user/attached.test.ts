import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachedByUs, leftoversOf } from './attached.ts';
import type { DesiredUser } from './desired.ts';
import { desiredOf, documentOf, EARLIER, LEGACY, MARKED, observedOf, type Sketch } from './testing/users.ts';

const [READ, WRITE, STAFF] = ['arn:aws:iam::aws:policy/Read', 'arn:aws:iam::aws:policy/Write', 'group/staff'];
const [legacy, earlier] = [`inline/${LEGACY}`, `inline/${EARLIER}`];
const inline = documentOf('s3:GetObject');

const recording: readonly [
  title: string,
  desired: Partial<DesiredUser>,
  found: Sketch | undefined,
  ours: readonly string[],
][] = [
  ['wanted, and nobody has attached it', { attached: [READ, STAFF] }, {}, [READ, STAFF]],
  ['wanted, of a user that is not there', { attached: [READ] }, undefined, [READ]],
  ['wanted, and somebody else had attached it', { attached: [READ] }, { attached: [READ] }, []],
  ['wanted, and attached by this very pass', { attached: [READ] }, { attached: [READ], attachedBefore: [] }, [READ]],
  ['wanted and recorded', { attached: [READ], recorded: [READ] }, { attached: [READ] }, [READ]],
  ['wanted and recorded, and taken away outside', { attached: [READ], recorded: [READ] }, {}, [READ]],
  ['recorded, and still to be taken away', { recorded: [READ, STAFF] }, { attached: [READ, STAFF] }, [READ, STAFF]],
  ['recorded, and gone', { recorded: [READ] }, {}, []],
  ['recorded, of a user that is gone', { recorded: [READ] }, undefined, []],
  ['neither wanted nor recorded', {}, { attached: [READ, STAFF] }, []],
  [
    'one of ours beside a stranger’s',
    { attached: [READ, WRITE], recorded: [READ] },
    { attached: [READ, WRITE] },
    [READ],
  ],
  ['wanted, on a user of the predecessor', { attached: [READ], isTakenOver: true }, { attached: [READ] }, [READ]],
  ['not wanted, on a user of the predecessor', { isTakenOver: true }, { attached: [READ] }, []],
  ['an earlier marked policy', { inline }, { inline: { [EARLIER]: 'x', [MARKED]: 'x' } }, [earlier]],
  ['our own marked policy', { inline }, { inline: { [MARKED]: 'x' } }, []],
  ['an inline policy of a stranger', { inline }, { inline: { theirs: 'x' } }, []],
  [
    'the predecessor’s, which ours takes the place of',
    { inline, isTakenOver: true },
    { inline: { [LEGACY]: 'x' } },
    [legacy],
  ],
  ['the predecessor’s, where none is wanted', { isTakenOver: true }, { inline: { [LEGACY]: 'x' } }, []],
  ['one of the predecessor’s name that it never gave', { inline }, { inline: { [LEGACY]: 'x' } }, []],
  ['a recorded inline policy that is there', { recorded: [legacy] }, { inline: { [LEGACY]: 'x' } }, [legacy]],
  ['a recorded inline policy that is gone', { recorded: [legacy] }, {}, []],
];
for (const [title, desired, found, ours] of recording) {
  test(`what this object has attached: ${title}`, () => {
    assert.deepEqual(attachedByUs(desiredOf(desired), found && observedOf(found)), ours);
  });
}

const leaving: readonly [title: string, desired: Partial<DesiredUser>, found: Sketch, left: readonly string[]][] = [
  ['unasked, by the predecessor', { isTakenOver: true }, { inline: { [LEGACY]: 'x' } }, [LEGACY]],
  ['unasked, as status says', { leftovers: ['other'] }, { inline: { other: 'x', theirs: 'x' } }, ['other']],
  ['unasked, and taken away since', { leftovers: ['other'] }, {}, []],
  ['and the spec describes one now', { inline, isTakenOver: true }, { inline: { [LEGACY]: 'x' } }, []],
  ['and it was this object’s once', { leftovers: [LEGACY], recorded: [legacy] }, { inline: { [LEGACY]: 'x' } }, []],
  ['by a stranger', {}, { inline: { [LEGACY]: 'x', theirs: 'x' } }, []],
];
for (const [title, desired, found, left] of leaving) {
  test(`inline policies that were given ${title}`, () => {
    assert.deepEqual(leftoversOf(desiredOf(desired), observedOf(found)), left);
  });
}
