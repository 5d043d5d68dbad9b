import assert from 'node:assert/strict';
import { test } from 'node:test';
import { driftDefects, driftReportOf, repairsOf, runDrift, sweepSeconds, victimsOf } from '../bench/modes/drift.ts';
import { benchProblem } from './support/bench-problem.ts';
import { benchCall, cores, silent, smallRun } from './support/bench-run.ts';

test('drift: what is changed and what is deleted outside is as it was again', async () => {
  const result = await runDrift(smallRun('drift', '--buckets', '3', '--drift-seconds', '10'), cores, silent);
  assert.deepEqual([result.changed, result.changedSeconds.count], [1, 1]);
  assert.deepEqual([result.deleted, result.deletedSeconds.count], [1, 1]);
  assert.ok(result.checks >= 2 && result.seconds >= 10 && result.sweepCallsPerMinute > 0);
  assert.doesNotMatch(driftReportOf(result), /DEFECT/);
  const missed = { ...result, deletedSeconds: { ...result.deletedSeconds, count: 0 } };
  assert.deepEqual(driftDefects(missed), ['only 0 of 1 buckets were made again']);
  assert.match(benchProblem('--drift', '--settings', '0'), /--drift with --settings 0/);
});

test('drift: a sweep takes the interval, or as long as its calls take at a fifth of the rate of each account', () => {
  const options = { driftSeconds: 300, buckets: 1_000, providers: 1, settings: 2, autoManage: false, rate: 100 };
  assert.equal(sweepSeconds(options), 300);
  assert.equal(sweepSeconds({ ...options, buckets: 10_000 }), 1_500);
  assert.equal(sweepSeconds({ ...options, buckets: 10_000, providers: 10 }), 300);
  assert.equal(sweepSeconds({ ...options, buckets: 10_000, settings: 0, autoManage: true }), 2_500);
});

test('drift: one of a hundred is changed, another deleted; repaired is what has all its writes', () => {
  const names = Array.from({ length: 200 }, (_, index) => `b-${index}`);
  assert.deepEqual(victimsOf(names), { changed: ['b-0', 'b-100'], deleted: ['b-1', 'b-101'] });
  const calls = [
    benchCall('PutBucketVersioning', 'b-0', 5),
    benchCall('GetBucketTagging', 'b-0', 9),
    benchCall('CreateBucket', 'b-1', 6),
    benchCall('CreateBucket', 'b-101', 6),
    benchCall('PutBucketVersioning', 'b-101', 7),
    benchCall('PutBucketLifecycleConfiguration', 'b-101', 8),
  ];
  assert.deepEqual(
    [...repairsOf(['b-0', 'b-100'], ['b-1', 'b-101'], calls)],
    [
      ['b-0', 5],
      ['b-101', 8],
    ],
  );
});
