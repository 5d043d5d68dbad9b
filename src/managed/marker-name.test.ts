import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markerName, markerText, markerTextOfName } from './marker.ts';

const owner = { clusterId: 'c1', namespace: 'team-a', name: 'reports', uid: '11111111-1111-4111-8111-111111111111' };
const again = { ...owner, uid: '22222222-2222-4222-8222-222222222222' };
const strangers = [
  { ...owner, clusterId: 'c2' },
  { ...owner, namespace: 'team-b' },
  { ...owner, name: 'other' },
  { ...owner, namespace: 'team', name: 'a/reports' },
];

test('a marker in a name is a name of IAM, however long its parts are', () => {
  const long = { clusterId: 'c'.repeat(36), namespace: 'n'.repeat(63), name: 'o'.repeat(253), uid: owner.uid };
  for (const each of [owner, long]) assert.match(markerName(each), /^[\w+=,.@-]{1,128}$/);
});

test('a name tells whose it is: this very object, an earlier incarnation of it, a stranger, nobody', () => {
  assert.equal(markerTextOfName(markerName(owner), owner), markerText(owner));
  assert.equal(markerTextOfName(markerName(again), owner), markerText(again));
  for (const stranger of strangers) assert.equal(markerTextOfName(markerName(stranger), owner), markerName(stranger));
  assert.equal(markerTextOfName('team-a-policy', owner), undefined);
});
