import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from '../bench/options.ts';
import { mostWithin } from '../bench/peak.ts';
import { rotationReportOf } from '../bench/rotation-report.ts';
import {
  defectsOf,
  leastSecondsOf,
  type MeasuredRotations,
  type RotationResult,
  rotationResultOf,
} from '../bench/rotation-result.ts';
import { runRotations } from '../bench/rotation-run.ts';
import { benchProblem } from './support/bench-problem.ts';

const KEYS = 12;
/** Nothing is pinned: the test shares its process. */
const cores = { count: 1, operator: undefined, others: [] };

function resultWith(changes: Partial<MeasuredRotations> = {}): RotationResult {
  const service = { counts: { ListAccessKeys: 2_000, CreateAccessKey: 1_000 }, total: 5_000, writes: 1_000 };
  const span = { service, kube: { 'patch secrets': 1_000 }, kubeWrites: 11_000, cpuSeconds: 25, foreignShare: 0 };
  const measured = {
    dueMs: 1_000,
    switchedMs: new Map(Array.from({ length: 1_000 }, (_, index) => [`key-${index}`, 1_000 + (index + 1) * 100])),
    retaining: 1_000,
    span,
    callsAtMs: [0, 10, 20],
    mostKeys: 2,
    authenticated: 1_000,
  };
  return rotationResultOf(parseOptions(['--rotations']), cores, { ...measured, ...changes });
}

test('rotations: the most calls in any second, not in the seconds of a clock', () => {
  assert.equal(mostWithin([], 1_000), 0);
  assert.equal(mostWithin([900, 100, 1_050, 1_899, 1_900], 1_000), 3);
  assert.equal(mostWithin([0, 0, 0, 5_000], 1_000), 3);
});

test('rotations: the least time is that of the fewest calls, however many were made', () => {
  assert.equal(leastSecondsOf(5_000, 50), 99);
  assert.equal(leastSecondsOf(10, 50), 0);
  const { seconds, leastSeconds, ratio, wait } = resultWith();
  assert.deepEqual([seconds, leastSeconds, wait], [100, 99, { p50: 50, p99: 99 }]);
  assert.equal(ratio.toFixed(2), '1.01');
});

test('rotations: what must never be is said, and what is missing', () => {
  assert.deepEqual(defectsOf(resultWith()), []);
  const bad = { mostKeys: 3, authenticated: 999, retaining: 998, switchedMs: new Map([['key-1', 2_000]]) };
  assert.deepEqual(defectsOf(resultWith(bad)), [
    'only 1 of 1000 Secrets got their new key',
    'only 998 of 1000 AccessKeys are Retaining',
    'only 999 of 1000 published keys work',
    'a user had 3 keys at a time',
  ]);
  assert.match(rotationReportOf(resultWith(bad)), /DEFECT: a user had 3 keys at a time/);
  const report = rotationReportOf(resultWith());
  assert.doesNotMatch(report, /DEFECT/);
  assert.match(report, /all switched after +100\.0 s {2}\(5000 calls at that rate take 99\.0 s\)/);
  assert.match(report, /at 20 calls a second +252 s/);
  assert.match(report, /times the limit +1\.01 {2}\(target/);
  const slow = resultWith({ switchedMs: new Map([['key-1', 1_000 + 1.31 * 99_000]]) });
  assert.match(rotationReportOf(slow), /times the limit +1\.31 {2}\(OVER THE target at most 1\.3\)/);
});

test('rotations: options', () => {
  const plain = parseOptions(['--rotations']);
  assert.deepEqual([plain.keys, plain.rate, plain.controlPlane], [1_000, 50, 'dev']);
  const own = parseOptions(['--rotations', '--keys', '7', '--rate', '20', '--control-plane', 'real']);
  assert.deepEqual([own.keys, own.rate, own.controlPlane], [7, 20, 'real']);
  for (const [argv, problem] of [
    [['--rotations', '--write'], /--rotations with --write/],
    [['--rotations', '--stacks'], /--stacks with --rotations/],
    [['--rotations', '--providers', '2'], /--rotations with --providers: /],
    [['--rotations', '--keys', '5000'], /from 1 to 4999/],
  ] as const) {
    assert.match(benchProblem(...argv), problem);
  }
});

test(`rotations: ${KEYS} keys that are due at the same time, within the limit of calls`, async () => {
  const argv = ['--rotations', '--keys', String(KEYS), '--rate', '20', '--latency-ms', '5', '--limit-minutes', '1'];
  const options = parseOptions(argv);
  const result = await runRotations(options, cores, () => undefined);
  assert.deepEqual(defectsOf(result), []);
  assert.equal(result.mostKeys, 2);
  assert.equal(result.span.service.counts['CreateAccessKey'], KEYS);
  // The burst, and 20 a second; calls that are let go in more than a second may come in within one.
  assert.ok(result.peak.second <= 45, `${result.peak.second} calls in a second`);
  const calls = result.span.service.total;
  assert.ok(calls >= 5 * KEYS && calls < 6 * KEYS, `${calls} calls for ${KEYS} keys`);
  assert.ok(result.wait.p50 > 0 && result.wait.p50 <= result.seconds, JSON.stringify(result.wait));
  assert.equal(rotationReportOf(result).includes('DEFECT'), false);
});
