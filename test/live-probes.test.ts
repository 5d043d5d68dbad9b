import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DEFAULT_QUIRKS, QUIRK_VALUES, type QuirkName, type Quirks } from '../src/emulator/quirks.ts';
import { type Emulator, startEmulator } from '../src/emulator/server.ts';
import { find } from './live/probe.ts';
import { PROBES } from './live/probes.ts';
import { type Finding, reportMarkdown, verdictOf } from './live/report.ts';
import { Scratch } from './live/scratch.ts';
import { serviceOf } from './support/live-service.ts';

/** The questions to a live account, put to the emulator: each tells every reading of its switch from the others. */

async function start(t: TestContext, quirks: Partial<Quirks>, keysMs = 0): Promise<Emulator> {
  const emulator = await startEmulator({ quirks, propagation: { keysMs } });
  t.after(() => emulator.stop());
  return emulator;
}

test('live: every switch has a question', () => {
  const asked = PROBES.flatMap(({ quirk }) => quirk ?? []);
  assert.deepEqual([...asked].sort(), (Object.keys(DEFAULT_QUIRKS) as QuirkName[]).sort());
});

for (const probe of PROBES) {
  const values = probe.quirk === undefined ? [undefined] : QUIRK_VALUES[probe.quirk];
  for (const value of values) {
    const chosen = value === undefined ? '' : ` (${probe.quirk}: ${value})`;
    test(`live: ${probe.row}: ${probe.question}${chosen}`, async (t) => {
      const isOfKeys = probe.quirk === 'newKeyError';
      const quirks = probe.quirk === undefined ? {} : { [probe.quirk]: value };
      const emulator = await start(t, quirks, isOfKeys ? 400 : 0);
      const service = serviceOf(emulator);
      const scratch = new Scratch(service);
      const before = emulator.snapshot();
      const finding = await find(probe, { service, scratch });
      assert.doesNotMatch(finding.seen, /^not asked/);
      assert.equal(finding.reading, value, finding.seen);
      const confirms = value === undefined ? 'compare with the row' : value === DEFAULT_QUIRKS[probe.quirk ?? 'cors'];
      if (typeof confirms === 'boolean') assert.equal(verdictOf(finding).startsWith('confirms'), confirms);
      assert.deepEqual(await scratch.clear(), []);
      const { buckets, accounts } = emulator.snapshot();
      assert.deepEqual(
        { buckets, accounts },
        { buckets: before['buckets'], accounts: before['accounts'] },
        'all is gone',
      );
    });
  }
}

test('live: what is left behind, what was not asked and what is to change stand in the report', () => {
  const findings: readonly Finding[] = [
    { row: 'W7', question: 'Encryption', seen: '200', quirk: 'encryption', reading: 'accepted' },
    { row: 'W6', question: 'Region', seen: '418 Teapot', quirk: 'wrongRegion' },
    { row: 'W31', question: 'Third', seen: 'not asked: expected 200, the service answered 503' },
  ];
  const steps = [{ title: 'A step', seen: 'a|b', outcome: 'failed' }] as const;
  const report = reportMarkdown(findings, steps, { at: '2026-11-22T00:00:00Z', left: ['bucket b: 403 AccessDenied'] });
  assert.match(report, /3 questions, 1 switches of the emulator to change/);
  assert.match(report, /\*\*change\*\* `encryption` from refused to accepted/);
  assert.match(report, /418 Teapot \| open: tells nothing of `wrongRegion`/);
  assert.match(report, /503 \| open \|/);
  assert.match(report, /- bucket b: 403 AccessDenied/);
  assert.match(report, /The operator did 0 of 1 things/);
  assert.match(report, /A step \| a\\\|b \| failed/);
});
