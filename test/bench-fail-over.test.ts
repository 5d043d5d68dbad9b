import assert from 'node:assert/strict';
import { test } from 'node:test';
import { creationsOf, failOverDefects, failOverReportOf, runFailOver, successionOf } from '../bench/modes/fail-over.ts';
import { benchCall, cores, silent, smallRun } from './support/bench-run.ts';

test('fail-over: the other replica goes on, and nothing is made twice', async () => {
  const result = await runFailOver(smallRun('fail-over', '--buckets', '6', '--rate', '20'), cores, silent);
  assert.deepEqual(failOverDefects(result), []);
  assert.deepEqual(
    result.failOvers.map(({ end, ready, workingKeys, overlapping }) => [end, ready, workingKeys, overlapping]),
    [
      ['SIGTERM', 6, 6, 0],
      ['SIGKILL', 6, 6, 0],
    ],
  );
  // The other one waits until it has seen no change of the Lease for all of its 15 s, of which some had passed.
  const killed = result.failOvers[1]?.sinceSignalSeconds;
  assert.ok(killed !== undefined && killed > 5, `${killed} s`);
  assert.match(failOverReportOf(result), /by SIGKILL:/);
});

function of(epoch: number): { readonly userAgent: string } {
  return { userAgent: `wasabi-s3-operator/1 lease-epoch/${epoch}` };
}

test('fail-over: who called when is read from the epoch that each call tells', () => {
  const calls = [
    benchCall('CreateBucket', 'a', 1_000, of(3)),
    benchCall('CreateBucket', 'b', 5_000, of(4)),
    benchCall('PutBucketTagging', 'a', 2_000, of(3)),
    benchCall('GetBucketTagging', 'a', 500),
  ];
  assert.deepEqual(successionOf(calls, 2_500), { gapSeconds: 3, sinceSignalSeconds: 2.5, overlapping: 0 });
  assert.equal(successionOf([...calls, benchCall('PutBucketTagging', 'a', 5_100, of(3))], 2_500).overlapping, 1);
  assert.equal(successionOf(calls.slice(3), 2_500).gapSeconds, undefined, 'a program that tells nothing');
});

test('fail-over: what was made twice, and keys that nobody revoked', () => {
  const key = (operation: string, userName: string) => benchCall(operation, '', 1, { userName, bucket: undefined });
  const calls = [
    benchCall('CreateBucket', 'a', 1),
    benchCall('CreateBucket', 'a', 2, { isRefused: true }),
    benchCall('CreateBucket', 'b', 3),
    key('CreateAccessKey', 'a'),
    key('CreateAccessKey', 'a'),
    key('CreateAccessKey', 'b'),
  ];
  assert.deepEqual(creationsOf(calls), { duplicates: 0, extraMints: 1, extraKeys: 1 });
  assert.equal(creationsOf([...calls, key('DeleteAccessKey', 'a')]).extraKeys, 0);
  assert.equal(creationsOf([...calls, benchCall('CreateBucket', 'b', 4)]).duplicates, 1);
});
