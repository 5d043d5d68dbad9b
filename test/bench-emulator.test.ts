import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EmulatorResult, runEmulatorBench } from '../bench/emulator-bench.ts';
import { emulatorReportOf } from '../bench/emulator-report.ts';
import { parseOptions } from '../bench/options.ts';
import { benchProblem } from './support/bench-problem.ts';

const result: EmulatorResult = {
  buckets: 10_000,
  seconds: 10,
  starts: 3,
  startMs: [900, 250, 310],
  requestsPerSecond: 4321.4,
  cpuMicrosPerRequest: 125,
  rssMb: { idle: 90, filled: 118, after: 119.6 },
  foreignShare: 0.25,
  isPinned: true,
};

test('emulator: each figure stands beside its target', () => {
  const report = emulatorReportOf(result);
  assert.match(report, /requests a second +4321 {2}\(target at least 3000\)/);
  assert.match(report, /CPU a request +125 µs {2}\(a core of its own has time for 8000 a second\)/);
  assert.match(
    report,
    /memory +118 MB, 90 MB before the buckets, 120 MB after the requests {2}\(target at most 120 MB\)/,
  );
  assert.match(report, /start +p50 310 ms, fastest 250 ms of 3 {2}\(target at most 300 ms\)/);
  assert.match(report, /others on its core: 25 % of the time/);
});

test('emulator: what was not measured is not made up', () => {
  const bare = {
    ...result,
    cpuMicrosPerRequest: undefined,
    rssMb: undefined,
    foreignShare: undefined,
    isPinned: false,
  };
  const report = emulatorReportOf(bare);
  assert.match(report, /CPU a request +not measured\n/);
  assert.match(report, /memory +not measured/);
  assert.match(report, /nothing was pinned/);
});

test('emulator: options', () => {
  assert.equal(parseOptions(['--emulator']).mode, 'emulator');
  assert.match(benchProblem('--emulator', '--stacks'), /--stacks with --emulator/);
  assert.match(benchProblem('--emulator', '--write'), /--emulator with --write: .* are --quick/);
});

test('emulator: a small run measures a process that serves', async () => {
  const cores = { count: 1, operator: undefined, others: [] }; // nothing is pinned: the test shares its core
  const measured = await runEmulatorBench(
    { buckets: 20, seconds: 0.2, starts: 2, warmUpSeconds: 0 },
    cores,
    () => undefined,
  );
  assert.equal(measured.startMs.length, 2);
  assert.ok(measured.requestsPerSecond > 0);
  assert.ok(measured.rssMb === undefined || measured.rssMb.filled > 10);
});
