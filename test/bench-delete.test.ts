import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deletionReportOf, runDeletion } from '../bench/modes/delete.ts';
import { cores, silent, smallRun } from './support/bench-run.ts';

test('delete: a bucket costs as many calls, however many objects are in it', async () => {
  const result = await runDeletion(smallRun('delete', '--buckets', '3', '--bucket-objects', '2000'), cores, silent);
  assert.equal(result.gone, 3);
  assert.equal(result.callsPerBucket, 4, 'look, try, empty and delete in one, look again');
  assert.doesNotMatch(deletionReportOf(result), /DEFECT/);
  assert.match(deletionReportOf({ ...result, gone: 2 }), /DEFECT: only 2 of 3 are gone/);
});
