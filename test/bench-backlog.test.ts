import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backlogDefects, backlogReportOf, firstCallsAfter, runBacklog } from '../bench/modes/backlog.ts';
import { benchCall, cores, silent, smallRun } from './support/bench-run.ts';

test('backlog: new Buckets and edits are acted on while others wait', async () => {
  const options = smallRun('backlog', '--objects', '60', '--samples', '3', '--providers', '1', '--rate', '5');
  const result = await runBacklog(options, cores, silent);
  assert.deepEqual([result.newMs.count, result.editMs.count], [3, 3]);
  assert.ok(result.left > 0, 'the backlog lasted');
  assert.deepEqual(backlogDefects(result), []);
  assert.match(backlogReportOf({ ...result, left: 0 }), /DEFECT: the backlog was gone/);
  assert.equal(result.answerMs.count, 6);
});

test('backlog: the first call after the request counts, and one before it does not', () => {
  const calls = [benchCall('CreateBucket', 'a', 90), benchCall('GetBucketTagging', 'a', 130), benchCall('X', 'a', 120)];
  assert.deepEqual(
    firstCallsAfter(
      [
        { name: 'a', askedMs: 100 },
        { name: 'b', askedMs: 100 },
      ],
      calls,
    ),
    [20],
  );
});
