import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DesiredUser } from './desired.ts';
import { diffUser, type UserChange } from './diff.ts';
import { desiredOf, documentOf, EARLIER, LEGACY, MARKED, observedOf, type Sketch } from './testing/users.ts';

const [READ, WRITE] = ['arn:aws:iam::aws:policy/Read', 'arn:aws:iam::aws:policy/Write'];
const OWNER = 'cluster/ns/reader/own';
const legacy = `inline/${LEGACY}`;
const inline = documentOf('s3:GetObject');

/** A change in short, such as `PutPolicy NAME` and `AttachPolicy ARN`. */
function inShort(change: UserChange): string {
  if (change.type === 'Create') return change.type;
  if ('name' in change) return `${change.type} ${change.name}`;
  if ('arn' in change) return `${change.type} ${change.arn}`;
  return `${change.type} ${'group' in change ? change.group : change.keyId}`;
}

interface Row {
  readonly title: string;
  readonly desired?: Partial<DesiredUser>;
  /** null: there is no such user. */
  readonly found: Sketch | null;
  /** false: ownership is not proven, and no marker is to be written. Default true. */
  readonly isProven?: boolean;
  readonly changes: readonly string[];
}

const rows: readonly Row[] = [
  { title: 'none is there', found: null, changes: ['Create'] },
  {
    title: 'none is there, with everything',
    desired: { inline, attached: [READ, 'group/staff'] },
    found: null,
    changes: ['Create', `PutPolicy ${MARKED}`, `AttachPolicy ${READ}`, 'JoinGroup staff'],
  },
  {
    title: 'it is as wanted',
    desired: { inline, attached: [READ] },
    found: { inline: { [MARKED]: 's3:GetObject' }, attached: [READ] },
    changes: [],
  },
  {
    title: 'its policy was changed outside',
    desired: { inline },
    found: { inline: { [MARKED]: '*' } },
    changes: [`PutPolicy ${MARKED}`],
  },
  {
    title: 'somebody else gave it more',
    found: { inline: { theirs: '*' }, attached: [READ, 'group/staff'] },
    changes: [],
  },
  {
    title: 'ours are not wanted any more',
    desired: { recorded: [READ, 'group/staff'] },
    found: { attached: [READ, WRITE, 'group/staff', 'group/theirs'] },
    changes: [`DetachPolicy ${READ}`, 'LeaveGroup staff'],
  },
  {
    title: 'one is swapped for another: what is added comes first',
    desired: { attached: [WRITE], recorded: [READ] },
    found: { attached: [READ] },
    changes: [`AttachPolicy ${WRITE}`, `DetachPolicy ${READ}`],
  },
  { title: 'what is to go is gone', desired: { recorded: [READ] }, found: {}, changes: [] },
  {
    title: 'our inline policy is not wanted any more',
    found: { inline: { [MARKED]: '*' } },
    changes: [`DeletePolicy ${MARKED}`],
  },
  {
    title: 'a former owner’s policy is replaced by ours before it goes',
    desired: { inline },
    found: { inline: { [EARLIER]: '*' } },
    changes: [`PutPolicy ${MARKED}`, `DeletePolicy ${EARLIER}`],
  },
  {
    title: 'a former owner’s policy, not proven ours: it is kept up under its name',
    desired: { inline },
    found: { inline: { [EARLIER]: '*' } },
    isProven: false,
    changes: [`PutPolicy ${EARLIER}`],
  },
  {
    title: 'not proven ours, and in sync',
    desired: { inline },
    found: { inline: { [EARLIER]: 's3:GetObject' } },
    isProven: false,
    changes: [],
  },
  {
    title: 'the predecessor’s policy becomes that of the spec under its name',
    desired: { inline, isTakenOver: true },
    found: { inline: { [LEGACY]: '*' } },
    changes: [`PutPolicy ${LEGACY}`],
  },
  {
    title: 'the predecessor’s policy, once ours is there, too',
    desired: { inline, recorded: [legacy] },
    found: { inline: { [LEGACY]: '*', [MARKED]: 's3:GetObject' } },
    changes: [`DeletePolicy ${LEGACY}`],
  },
  {
    title: 'what the predecessor gave unasked stays',
    desired: { isTakenOver: true },
    found: { inline: { [LEGACY]: '*' } },
    changes: [],
  },
  {
    title: 'a policy of the predecessor’s name that it never gave',
    desired: { inline },
    found: { inline: { [LEGACY]: '*' } },
    changes: [`PutPolicy ${MARKED}`],
  },
];
for (const { title, desired, found, isProven = true, changes } of rows) {
  test(`what is to be done about a user: ${title}`, () => {
    const observed = found === null ? undefined : observedOf(found);
    const all = diffUser(desiredOf(desired), observed, isProven ? OWNER : undefined);
    assert.deepEqual(all.map(inShort), changes);
  });
}
