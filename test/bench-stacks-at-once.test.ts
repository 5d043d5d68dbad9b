import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atOnceDefects, atOnceReportOf, runStacksAtOnce } from '../bench/modes/stacks-at-once.ts';
import { cores, silent, smallRun } from './support/bench-run.ts';

test('stacks at once: all are Ready, every key works, and each call is counted', async () => {
  const result = await runStacksAtOnce(smallRun('stacks-at-once', '--buckets', '3'), cores, silent);
  assert.deepEqual([result.ready, result.workingKeys, result.keyLatency.count], [3, 3, 3]);
  const { counts } = result.fill.service;
  assert.deepEqual([counts['CreateBucket'], counts['CreateUser'], counts['CreateAccessKey']], [3, 3, 3]);
  assert.ok(result.limit.seconds > 0 && result.fewestLimit.seconds <= result.limit.seconds);
  assert.ok(result.loopLagMs !== undefined && result.loopLagMs.most >= result.loopLagMs.p99);
  assert.ok(result.events >= 3, `${result.events} Events`);
  assert.doesNotMatch(atOnceReportOf(result), /DEFECT/);
  assert.match(atOnceReportOf({ ...result, workingKeys: 2 }), /DEFECT: only 2 of 3 delivered keys work/);
  assert.deepEqual(atOnceDefects({ ...result, ready: 1 }), ['only 1 of 3 stacks became Ready']);
});
