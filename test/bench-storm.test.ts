import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstWritesAfter, runStorm, stormReportOf } from '../bench/modes/storm.ts';
import { benchCall, cores, silent, smallRun } from './support/bench-run.ts';

test('storm: every edit is followed by the write that it asks for', async () => {
  const result = await runStorm(smallRun('storm', '--buckets', '10', '--seconds', '1'), cores, silent);
  assert.deepEqual([result.edits, result.followed, result.span.service.counts['PutBucketTagging']], [10, 10, 10]);
  assert.equal(result.callsPerEdit, 3, 'look, write, verify');
  assert.match(stormReportOf(result), /calls to the service +3\.00 an edit/);
});

test('storm: a write counts for the edit before it, and not for one that a later edit overtook', () => {
  const edits = [
    { bucket: 'a', askedMs: 100 },
    { bucket: 'b', askedMs: 110 },
    { bucket: 'a', askedMs: 200 },
  ];
  const calls = [
    benchCall('PutBucketTagging', 'b', 90),
    benchCall('PutBucketTagging', 'b', 115, { isRefused: true }),
    benchCall('PutBucketTagging', 'b', 120),
    benchCall('PutBucketTagging', 'a', 230),
  ];
  assert.deepEqual(firstWritesAfter(edits, calls), [10, 30]);
});
