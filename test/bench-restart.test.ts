import assert from 'node:assert/strict';
import { test } from 'node:test';
import { restartDefects, restartReportOf, runRestart } from '../bench/modes/restart.ts';
import { cores, silent, smallRun } from './support/bench-run.ts';

test('restart: the first call, a new Bucket, and passes that write nothing', async () => {
  const result = await runRestart(smallRun('restart', '--buckets', '3'), cores, silent);
  const { counts, writes } = result.span.service;
  assert.equal(counts['GetBucketTagging again'], 3, 'each Bucket was looked at once');
  assert.deepEqual([writes, result.span.kubeWrites], [0, 0]);
  assert.ok(result.firstCallMs > 0 && result.newObjectMs > 0);
  assert.deepEqual(restartDefects(result), []);
  const report = restartReportOf({ ...result, span: { ...result.span, kubeWrites: 2 } });
  assert.match(report, /DEFECT: 2 writes to Kubernetes with nothing to do/);
});
