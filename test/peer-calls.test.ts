import assert from 'node:assert/strict';
import { test } from 'node:test';
import { behaviourRows } from '../scripts/emulator-rows.ts';
import { startEmulator } from '../src/emulator/server.ts';
import { PEER_CALLS } from './peer/calls.ts';
import { Desk } from './peer/desk.ts';
import { KNOWN_DIFFERENCES } from './peer/known-differences.ts';
import { serviceOf } from './support/live-service.ts';

// What can be said of the calls of `npm run test:peer` without the peer: our side of them.

/** Rows of which a call of a stranger tells nothing: transport, time, switches, other accounts, what is not emulated. */
const NOT_ASKED = ['W2', 'W12', 'W34', 'W35', 'W38', 'W39', 'W43'];

test('each call of the peer suite has a title of its own, and each known difference is one of them', () => {
  const titles = PEER_CALLS.map(({ title }) => title);
  assert.deepEqual(titles, [...new Set(titles)]);
  const known = KNOWN_DIFFERENCES.map(({ title }) => title);
  const inOrder = titles.filter((title) => known.includes(title));
  assert.deepEqual(known, inOrder);
});

test('each row about the service is asked of the peer, and no other', () => {
  const rows = behaviourRows().filter(({ cells }) => cells.length > 1);
  const wanted = rows.map(({ number }) => number).filter((number) => !NOT_ASKED.includes(number));
  const asked = new Set(PEER_CALLS.map(({ row }) => row));
  assert.deepEqual([...asked].toSorted(), wanted.toSorted());
});

test('where the peer differs the emulator answers as the list says', async (t) => {
  const emulator = await startEmulator();
  t.after(() => emulator.stop());
  const desk = new Desk(serviceOf(emulator, 'us-west-2'));
  for (const { title, ask } of PEER_CALLS) {
    const known = KNOWN_DIFFERENCES.find((each) => each.title === title);
    const found = await ask(desk);
    if (known !== undefined) assert.equal(found, known.wasabi, title);
  }
});
