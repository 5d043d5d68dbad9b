import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownershipOf } from '../src/managed/ownership.ts';
import { type BucketDecisions, bucketModel, newBucket, OWN_DECISIONS } from './model/bucket-model.ts';
import type { BucketState } from './model/bucket-state.ts';
import { type Exploration, explore } from './model/explore.ts';

/** Whose a bucket is, and what becomes of it in the end, in every state that faults, strangers and edits lead to. */

const everything = { crashes: 1, losses: 1, staleReads: 1, strangers: 1, edits: 1, deletions: 2, successors: 1 };
const strangers = {
  madeMs: Date.parse('2025-01-01T00:00:00Z'),
  marker: undefined,
  hasData: true,
  madeBy: 'a stranger',
};

const scenarios: readonly (readonly [title: string, initial: BucketState])[] = [
  ['a new object', newBucket(everything)],
  ['a new object under Retain', newBucket(everything, { policy: 'Retain' })],
  ["a new object beside a stranger's bucket of its name", newBucket(everything, {}, strangers)],
  ["a new object that takes over a stranger's bucket", newBucket(everything, { adopts: true }, strangers)],
  ['an object that deletes what is in its bucket', newBucket(everything, { isForced: true })],
];

const MOST_STATES = 2_000_000;

for (const [title, initial] of scenarios) {
  test(`model: Bucket: ${title}`, (t) => {
    const found = search(initial, OWN_DECISIONS);
    t.diagnostic(`${found.states} states, ${found.moves} moves`);
    assert.equal(found.found, undefined, toldOf(found));
    assert.ok(found.isComplete, `there are more than ${MOST_STATES} states`);
  });
}

/** Defects of the decisions, and where they show. */
const defects: readonly (readonly [title: string, decisions: Partial<BucketDecisions>, initial: BucketState])[] = [
  [
    'takes what has its name',
    { ownershipOf: (claim, found, what) => ownershipOf({ ...claim, adoptionPolicy: 'AdoptOrCreate' }, found, what) },
    newBucket({}, {}, strangers),
  ],
  [
    'believes an intent for ever',
    {
      ownershipOf: (claim, found, what) =>
        ownershipOf({ ...claim, createIntent: { fromMs: 0, toMs: Number.POSITIVE_INFINITY } }, found, what),
    },
    newBucket({}, {}, strangers),
  ],
  [
    'does not look at the identity',
    {
      ownershipOf: (claim, found, what) =>
        ownershipOf({ ...claim, recordedIdentity: claim.recordedIdentity && found?.identity }, found, what),
    },
    newBucket({ strangers: 2, deletions: 1, edits: 1 }),
  ],
  [
    'destroys what it may only manage',
    { fateOf: (ownership) => (ownership?.mayManage === true ? 'Undo' : 'NeverOwned') },
    newBucket({ deletions: 2, successors: 1 }, { policy: 'Retain' }),
  ],
  ['lets go of its own', { fateOf: () => 'NeverOwned' }, newBucket({ deletions: 1 })],
];

for (const [title, decisions, initial] of defects) {
  test(`model: Bucket: a decision that ${title} is found`, (t) => {
    const { found, states } = search(initial, { ...OWN_DECISIONS, ...decisions });
    assert.ok(found !== undefined, `${states} states, and nothing was found`);
    t.diagnostic(`${found.law}: ${found.way.length} moves`);
  });
}

function search(initial: BucketState, decisions: BucketDecisions): Exploration {
  return explore(bucketModel([{ title: 'the beginning', state: initial }], decisions), MOST_STATES);
}

function toldOf({ found }: Exploration): string {
  return found === undefined ? '' : `${found.law}\n  ${found.way.join('\n  ')}`;
}
