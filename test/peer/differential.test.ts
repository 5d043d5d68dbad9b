import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import { serviceOf } from '../support/live-service.ts';
import { PEER_CALLS } from './calls.ts';
import { Desk } from './desk.ts';
import { KNOWN_DIFFERENCES } from './known-differences.ts';
import { peerKeys, peerOptions, peerUrl } from './peer.ts';

// The same calls to the emulator and to a server that we did not write. Where the answers differ, a row of docs/wasabi.md
// says so, and the difference is listed: one that fails here after an update of the peer is history, or new.

let emulator: Emulator;
let own: Desk;
let peer: Desk;

before(async () => {
  emulator = await startEmulator();
  const service = serviceOf(emulator, 'us-west-2');
  own = new Desk(service);
  peer = new Desk({ ...service, keys: peerKeys, s3: () => peerUrl, iam: peerUrl, sts: peerUrl });
});
after(() => emulator.stop());

for (const { row, title, ask } of PEER_CALLS) {
  const known = KNOWN_DIFFERENCES.find((each) => each.title === title);
  const what = known === undefined ? 'the same answers' : 'the difference that is known';
  test(`peer: ${row} ${title}: ${what}`, peerOptions, async () => {
    const [wasabi, moto] = [await ask(own), await ask(peer)];
    if (known === undefined) assert.equal(moto, wasabi);
    else assert.deepEqual({ title, wasabi, moto }, known);
  });
}
