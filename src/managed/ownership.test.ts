import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markerText, type Owner, releasedText } from './marker.ts';
import { type Evidence, type OwnershipClaim, ownershipOf } from './ownership.ts';

const owner: Owner = { clusterId: 'cluster-1', namespace: 'team-a', name: 'logs', uid: 'uid-1' };
const reborn: Owner = { ...owner, uid: 'uid-0' };
const stranger: Owner = { clusterId: 'cluster-2', namespace: 'team-b', name: 'logs', uid: 'uid-9' };
const ours = markerText(owner);
const T = Date.parse('2026-03-01T12:00:00Z');
const MINUTE = 60_000;

const both = { mayManage: true, mayDestroy: true, marker: ours };
const manageOnly = { mayManage: true, mayDestroy: false, marker: undefined };
const alreadyExists = { mayManage: false, reason: 'AlreadyExists' };

interface Row {
  readonly title: string;
  readonly claim?: Partial<OwnershipClaim>;
  readonly found: Evidence | undefined;
  readonly expected: object;
}

const intent = { fromMs: T, toMs: T + MINUTE };
const rows: readonly Row[] = [
  { title: 'nothing there: may be created', found: undefined, expected: both },
  {
    title: 'nothing there under AdoptOnly: nothing to adopt',
    claim: { adoptionPolicy: 'AdoptOnly' },
    found: undefined,
    expected: { mayManage: false, reason: 'NothingToAdopt' },
  },
  { title: 'our marker with our uid', found: { marker: ours }, expected: both },
  {
    title: 'our marker of an earlier incarnation: manage, never destroy',
    found: { marker: markerText(reborn) },
    expected: manageOnly,
  },
  {
    title: 'our marker of an earlier incarnation with adoption: rewritten',
    claim: { adoptionPolicy: 'AdoptOrCreate' },
    found: { marker: markerText(reborn) },
    expected: both,
  },
  {
    title: 'released by the same object: manage, never destroy',
    found: { marker: releasedText(reborn) },
    expected: manageOnly,
  },
  {
    title: 'released by this very incarnation: manage, never destroy',
    found: { marker: releasedText(owner) },
    expected: manageOnly,
  },
  {
    title: 'released by another object: not without adoption',
    found: { marker: releasedText(stranger) },
    expected: alreadyExists,
  },
  {
    title: 'released by another object: adoption takes it',
    claim: { adoptionPolicy: 'AdoptOnly' },
    found: { marker: releasedText(stranger) },
    expected: both,
  },
  {
    title: 'marker of another cluster: adoption alone is not enough',
    claim: { adoptionPolicy: 'AdoptOrCreate' },
    found: { marker: markerText(stranger) },
    expected: alreadyExists,
  },
  {
    title: 'marker of another cluster: the annotation alone is not enough',
    claim: { takeOverFrom: markerText(stranger) },
    found: { marker: markerText(stranger) },
    expected: alreadyExists,
  },
  {
    title: 'marker of another cluster: adoption with the annotation takes it',
    claim: { adoptionPolicy: 'AdoptOrCreate', takeOverFrom: markerText(stranger) },
    found: { marker: markerText(stranger) },
    expected: both,
  },
  {
    title: 'marker of another cluster beats the identity in status',
    claim: { recordedIdentity: 'id-1' },
    found: { marker: markerText(stranger), identity: 'id-1' },
    expected: alreadyExists,
  },
  {
    title: 'a marker of a shape that is not ours belongs to somebody',
    claim: { adoptionPolicy: 'AdoptOrCreate' },
    found: { marker: 'team-x' },
    expected: alreadyExists,
  },
  {
    title: 'recorded identity, no marker: ours, and marked again',
    claim: { recordedIdentity: 'id-1' },
    found: { identity: 'id-1' },
    expected: both,
  },
  {
    title: 'another identity than the recorded one: somebody made it anew, even inside our intent',
    claim: { recordedIdentity: 'id-1', createIntent: intent },
    found: { identity: 'id-2', createdAtMs: T + 1_000 },
    expected: alreadyExists,
  },
  {
    title: 'made inside our intent',
    claim: { createIntent: intent },
    found: { createdAtMs: T + 30_000 },
    expected: both,
  },
  {
    title: 'made inside our intent, 5 s of skew before',
    claim: { createIntent: intent },
    found: { createdAtMs: T - 5_000 },
    expected: both,
  },
  {
    title: 'made before our intent',
    claim: { createIntent: intent },
    found: { createdAtMs: T - 5_001 },
    expected: alreadyExists,
  },
  {
    title: 'made inside our intent, 5 s of skew after',
    claim: { createIntent: intent },
    found: { createdAtMs: T + MINUTE + 5_000 },
    expected: both,
  },
  {
    title: 'made after our intent had ended',
    claim: { createIntent: intent },
    found: { createdAtMs: T + MINUTE + 5_001 },
    expected: alreadyExists,
  },
  {
    title: 'an intent without a creation time proves nothing',
    claim: { createIntent: intent },
    found: {},
    expected: alreadyExists,
  },
  {
    title: "the predecessor's claim on something younger than the object: both",
    claim: { legacyClaimSinceMs: T },
    found: { createdAtMs: T - 5 * MINUTE },
    expected: both,
  },
  {
    title: "the predecessor's claim on something older: manage, never destroy",
    claim: { legacyClaimSinceMs: T },
    found: { createdAtMs: T - 5 * MINUTE - 1 },
    expected: manageOnly,
  },
  {
    title: "the predecessor's claim without a creation time: manage",
    claim: { legacyClaimSinceMs: T },
    found: {},
    expected: manageOnly,
  },
  { title: 'unmarked, adoption asked for', claim: { adoptionPolicy: 'AdoptOrCreate' }, found: {}, expected: both },
  {
    title: 'unmarked, adoption asked for and closed to the namespace: untouched, and told why',
    claim: { adoptionPolicy: 'AdoptOrCreate', mayAdopt: false },
    found: {},
    expected: { mayManage: false, reason: 'NotPermitted' },
  },
  {
    title: 'adoption is closed to the namespace, and what is there is proven ours: as ever',
    claim: { adoptionPolicy: 'AdoptOrCreate', mayAdopt: false },
    found: { marker: ours },
    expected: both,
  },
  {
    title: 'adoption is closed to the namespace: an earlier incarnation of ours is managed, never destroyed',
    claim: { adoptionPolicy: 'AdoptOrCreate', mayAdopt: false },
    found: { marker: markerText(reborn) },
    expected: manageOnly,
  },
  {
    title: 'adoption is closed to the namespace, and nothing is there: may be created',
    claim: { adoptionPolicy: 'AdoptOrCreate', mayAdopt: false },
    found: undefined,
    expected: both,
  },
  {
    title: "the predecessor's claim on another incarnation than the one it recorded: untouched",
    claim: { legacyClaimSinceMs: T, recordedIdentity: 'AIDA1' },
    found: { identity: 'AIDA2', createdAtMs: T },
    expected: alreadyExists,
  },
  {
    title: 'adoption is closed to the namespace, and nobody asked for it: what is there exists',
    claim: { mayAdopt: false },
    found: {},
    expected: alreadyExists,
  },
  {
    title: 'adoption is closed to the namespace, and nothing is there to adopt',
    claim: { adoptionPolicy: 'AdoptOnly', mayAdopt: false },
    found: undefined,
    expected: { mayManage: false, reason: 'NothingToAdopt' },
  },
  {
    title: "somebody else's marker, with the annotation of yet another one",
    claim: { adoptionPolicy: 'AdoptOrCreate', takeOverFrom: markerText(reborn) },
    found: { marker: markerText(stranger) },
    expected: alreadyExists,
  },
  { title: 'unmarked, nothing proves it: untouched', found: {}, expected: alreadyExists },
];

for (const { title, claim, found, expected } of rows) {
  test(`ownership: ${title}`, () => {
    const result = ownershipOf(
      { owner, adoptionPolicy: 'CreateOnly', mayAdopt: true, ...claim },
      found,
      'bucket "logs"',
    );
    if (!result.mayManage) {
      assert.match(result.message, /^bucket "logs" /);
      assert.deepEqual({ mayManage: false, reason: result.reason }, expected);
    } else {
      assert.deepEqual(result, expected);
    }
  });
}

test('ownership: the message of a foreign marker prints the text that the annotation must repeat', () => {
  const marker = markerText(stranger);
  const result = ownershipOf({ owner, adoptionPolicy: 'CreateOnly', mayAdopt: true }, { marker }, 'bucket "logs"');
  assert.ok(!result.mayManage && result.message.includes(marker) && result.message.includes('take-over-from'));
});

test('ownership: of what was released the message says how to take it over, and asks for no annotation', () => {
  const marker = releasedText(stranger);
  const result = ownershipOf({ owner, adoptionPolicy: 'CreateOnly', mayAdopt: true }, { marker }, 'bucket "logs"');
  const told = `bucket "logs" was released by ${marker}: set spec.adoptionPolicy to AdoptOrCreate to take it over`;
  assert.equal(result.mayManage ? undefined : result.message, told);
});

test('marker: the longest names fit into a tag value and stay distinct', () => {
  const long = { ...owner, clusterId: 'c'.repeat(36), namespace: 'n'.repeat(63), uid: 'u'.repeat(36) };
  const first = releasedText({ ...long, name: `${'x'.repeat(252)}1` });
  const second = releasedText({ ...long, name: `${'x'.repeat(252)}2` });
  assert.ok(first.length <= 256, `${first.length} characters`);
  assert.notEqual(first, second);
});
