import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeyFacts, KeyStep, Recovery } from '../src/kinds/access-key/facts.ts';
import { mintOpenUntil, recover } from '../src/kinds/access-key/recovery.ts';
import { accessKeyModel, grown, newborn } from './model/access-key-model.ts';
import { type Budget, NO_FAULTS, type State } from './model/access-key-state.ts';
import { type Exploration, explore } from './model/explore.ts';
import { takesAll } from './support/seeded.ts';

/**
 * The decisions about an AccessKey, looked at in every state that faults, strangers and requests lead to:
 * docs/reliability.md. A state that breaks a law is told with the way to it.
 */

interface Scenario {
  readonly title: string;
  readonly from: (left: Budget) => State;
  readonly left: Partial<Budget>;
}

const scenarios: readonly Scenario[] = [
  {
    title: 'a new object, with faults of every kind',
    from: newborn,
    left: { crashes: 2, losses: 2, delays: 1, staleReads: 1 },
  },
  { title: 'a new object, beside strangers', from: newborn, left: { crashes: 2, losses: 1, strangers: 1 } },
  {
    title: 'a new object that is deleted, beside strangers',
    from: newborn,
    left: { crashes: 1, losses: 1, strangers: 1, deletions: 1 },
  },
  { title: 'a rotation, with two of each fault', from: grown, left: { crashes: 2, losses: 2, delays: 1, requests: 1 } },
  { title: 'a rotation, on an old copy', from: grown, left: { crashes: 1, losses: 1, staleReads: 1, requests: 2 } },
  { title: 'a rotation, beside strangers', from: grown, left: { strangers: 2, requests: 1 } },
  {
    title: 'a rotation that a freeze stops, beside strangers',
    from: grown,
    left: { strangers: 1, freezes: 1, requests: 1, crashes: 1 },
  },
  {
    title: 'a rotation whose key the service does not accept, beside strangers',
    from: grown,
    left: { refusals: 1, strangers: 1, crashes: 1, requests: 1 },
  },
  {
    title: 'a rotation of an object that is deleted, beside strangers',
    from: grown,
    left: { strangers: 1, deletions: 1, requests: 1, losses: 1 },
  },
];

/** `npm test` looks at a million states or more; with every case these come to it. */
const moreScenarios: readonly Scenario[] = [
  {
    title: 'all kinds of faults, a freeze and a rotation',
    from: newborn,
    left: { crashes: 1, losses: 1, staleReads: 1, freezes: 1, requests: 1 },
  },
  { title: 'two rotations, beside strangers', from: grown, left: { strangers: 1, crashes: 1, requests: 2 } },
  {
    title: 'two freezes, a rotation and strangers',
    from: grown,
    left: { strangers: 1, freezes: 2, requests: 1 },
  },
];

const MOST_STATES = 2_000_000;
let looked = 0;

for (const { title, from, left } of takesAll ? [...scenarios, ...moreScenarios] : scenarios) {
  test(`model: AccessKey: ${title}`, (t) => {
    const found = search(from({ ...NO_FAULTS, ...left }), recover, MOST_STATES);
    t.diagnostic(`${found.states} states, ${found.moves} moves`);
    looked += found.states;
    assert.equal(found.found, undefined, toldOf(found));
    assert.ok(found.isComplete, `there are more than ${MOST_STATES} states`);
  });
}

test('model: AccessKey: a million states were looked at', () => assert.ok(looked >= 1_000_000, `${looked} states`));

/** Defects of the decision, and the law that each breaks. */
const defects: readonly (readonly [title: string, decide: typeof recover, from: Scenario])[] = [
  [
    'waits for no answer',
    (facts) => recover({ ...facts, isAnswerOpen: false }),
    { title: '', from: newborn, left: { losses: 1 } },
  ],
  [
    'takes the attempt of a dead process for its own',
    (facts) => recover(mintOpenUntil(facts) === undefined ? facts : { ...facts, book: ownMint(facts) }),
    { title: '', from: newborn, left: { crashes: 1 } },
  ],
  [
    'records no key',
    (facts) => without(recover(facts), (step) => step.type === 'Record'),
    { title: '', from: newborn, left: {} },
  ],
  [
    'takes every key of the user for its own',
    (facts) => recover({ ...facts, book: { ...facts.book, ownKeys: facts.keys.map(({ id }) => id) } }),
    { title: '', from: grown, left: { strangers: 1 } },
  ],
  [
    'publishes a key that was not tried',
    (facts) => without(recover(facts), (step) => step.type === 'Prove'),
    { title: '', from: grown, left: { requests: 1 } },
  ],
  [
    'keeps what was replaced',
    (facts) => without(recover(facts), (step) => step.type === 'Revoke' && step.why === 'Superseded'),
    { title: '', from: grown, left: { strangers: 1 } },
  ],
  [
    'forgets a key whose text is lost',
    (facts) => forgetful(recover(facts), facts),
    { title: '', from: newborn, left: { crashes: 1 } },
  ],
  [
    'revokes the previous key before the switch',
    (facts) => ({ ...recover(facts), rotation: early(recover(facts).rotation, facts) }),
    { title: '', from: grown, left: { requests: 1 } },
  ],
];

for (const [title, decide, { from, left }] of defects) {
  test(`model: AccessKey: a decision that ${title} is found`, (t) => {
    const { found, states } = search(from({ ...NO_FAULTS, ...left }), decide, MOST_STATES);
    assert.ok(found !== undefined, `${states} states, and nothing was found`);
    t.diagnostic(`${found.law}: ${found.way.length} moves`);
  });
}

function search(initial: State, decide: typeof recover, mostStates: number): Exploration {
  return explore(accessKeyModel([{ title: 'the beginning', state: initial }], { recover: decide }), mostStates);
}

function toldOf({ found }: Exploration): string {
  return found === undefined ? '' : `${found.law}\n  ${found.way.join('\n  ')}`;
}

function without(recovery: Recovery, isLeftOut: (step: KeyStep) => boolean): Recovery {
  const kept = (steps: readonly KeyStep[]) => steps.filter((step) => !isLeftOut(step));
  return { ...recovery, steps: kept(recovery.steps), rotation: kept(recovery.rotation) };
}

/** What an attempt left behind is neither recorded nor revoked. */
function forgetful(recovery: Recovery, { book }: KeyFacts): Recovery {
  const listed = (step: KeyStep): KeyStep =>
    'lists' in step
      ? { ...step, lists: { ...step.lists, own: step.lists.own.filter((id) => book.ownKeys.includes(id)) } }
      : step;
  const kept = without(recovery, (step) => step.type === 'Revoke' && step.why === 'Lost');
  return { ...kept, steps: kept.steps.map(listed), rotation: kept.rotation.map(listed) };
}

function ownMint({ book, holder }: KeyFacts): KeyFacts['book'] {
  return { ...book, mint: book.mint && { ...book.mint, holder: holder.identity, epoch: holder.epoch } };
}

/** Where a key is about to be published, the one that it replaces goes first. */
function early(steps: readonly KeyStep[], { book }: KeyFacts): readonly KeyStep[] {
  const isSwitch = steps.some((step) => step.type === 'CopySecret' && step.as === 'Switch');
  if (!isSwitch || book.currentKey === undefined) return steps;
  return [{ type: 'Revoke', keyId: book.currentKey, why: 'Retired' }, ...steps];
}
