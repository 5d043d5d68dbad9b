import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import { startControlPlane } from '../support/control-plane.ts';
import { sharedControlPlane } from '../support/control-plane-environment.ts';
import { deskFor, guidePrograms } from '../support/guide-desk.ts';
import { GuideReader } from '../support/guide-reader.ts';

/** The commands of README.md, typed as they stand into an empty cluster. */

const skip = sharedControlPlane() === undefined ? 'npm run test:cluster has the binaries' : false;

/** What the page asks for, and the endpoints of the emulator, which are Wasabi's for everybody else. */
function fillIn(path: string, { account, ...emulator }: Emulator): void {
  const edits = [
    ['YOUR-ACCESS-KEY-ID', account.accessKeyId],
    ['YOUR-SECRET-ACCESS-KEY', account.secretAccessKey],
    ['name: example-team-app-logs', 'name: a-name-of-my-own'],
    [
      '  region: eu-central-2\n',
      `  region: eu-central-2\n  endpoint: ${emulator.url('eu-central-2')}\n` +
        `  iamEndpoint: ${emulator.iamUrl}\n  stsEndpoint: ${emulator.stsUrl}\n`,
    ],
  ] as const;
  let text = readFileSync(path, 'utf8');
  for (const [from, to] of edits) {
    assert.ok(text.includes(from), `${path}: ${from}`);
    text = text.replace(from, to);
  }
  writeFileSync(path, text);
}

test('README.md: as typed, the first bucket comes, and stays when its object goes', { skip }, async (t) => {
  const programs = await guidePrograms();
  if (programs === undefined) return t.skip('kubectl and helm are not there, and no Go to build them');
  const plane = await startControlPlane();
  t.after(() => plane.stop());
  const emulator = await startEmulator();
  t.after(() => emulator.stop());
  const desk = deskFor(t, programs, plane.kubeconfigPath, emulator.port);
  fillIn(join(desk.folder, 'examples/quickstart.yaml'), emulator);
  const reader = new GuideReader(t, 'README.md', desk);
  await reader.section('Try it in one command');
  await reader.section('Install with Helm');
  const printed = await reader.section('First bucket in five minutes');
  assert.match(printed, /^bucket\.s3\.cloud37\.dev\/app-logs condition met$/m);
  assert.match(printed, /^storage-demo +provider\S+\/wasabi +True/m);
  assert.match(printed, /^bucket\S+ "app-logs" deleted/m);
  const { state } = emulator;
  assert.deepEqual([...state.buckets.keys()], ['a-name-of-my-own']);
  assert.deepEqual(
    [...state.keys.values()].filter(({ userName }) => userName !== undefined),
    [],
  );
  await reader.interrupt('operator');
  reader.end();
});
