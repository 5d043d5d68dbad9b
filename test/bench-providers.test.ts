import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  brokenProviderDefects,
  brokenProviderReportOf,
  goodNames,
  runBrokenProvider,
  slowdownOf,
} from '../bench/modes/broken-provider.ts';
import { runThrottled, throttledDefects, throttledReportOf } from '../bench/modes/throttled.ts';
import { benchProblem } from './support/bench-problem.ts';
import { cores, silent, smallRun } from './support/bench-run.ts';

test('broken Provider: those of the good ones become Ready beside it', async () => {
  const options = smallRun('broken-provider', '--buckets', '6', '--providers', '3');
  const result = await runBrokenProvider(options, cores, silent);
  assert.deepEqual([result.good, result.alone.ready, result.besideBroken.ready], [4, 4, 4]);
  assert.ok(result.besideBroken.brokenCalls > 0, 'the broken one was tried');
  assert.equal(result.besideBroken.span.service.counts['CreateBucket'], 4, 'it made none');
  assert.deepEqual(brokenProviderDefects(result), []);
  const half = { ...result.alone, readySeconds: 1, latency: { ...result.alone.latency, p99: 1 } };
  const twice = { ...half, ready: 3, readySeconds: 2, latency: { ...half.latency, p99: 3 } };
  assert.deepEqual(slowdownOf({ ...result, alone: half, besideBroken: twice }), { p99: 3, all: 2 });
  assert.match(brokenProviderReportOf({ ...result, besideBroken: twice }), /DEFECT: only 3 of 4 became Ready beside/);
  assert.deepEqual([...goodNames({ buckets: 4, providers: 2 })], ['bench-00000', 'bench-00002']);
  assert.match(benchProblem('--broken-provider', '--providers', '1'), /at least two --providers/);
});

test('throttled: all become Ready, at the price of more calls', async () => {
  const result = await runThrottled(smallRun('throttled', '--buckets', '4', '--share', '50'), cores, silent);
  assert.equal(result.ready, 4);
  assert.ok(result.throttled > 0, 'half of the calls are refused');
  assert.ok(result.amplification > 1, `${result.amplification} times`);
  assert.deepEqual(throttledDefects(result), []);
  assert.match(throttledReportOf({ ...result, ready: 3 }), /DEFECT: only 3 of 4/);
});
