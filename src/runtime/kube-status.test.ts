import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUCKETS } from '../api/bucket.ts';
import { kubeErrorOf } from './kube-status.ts';

const date = 'Sun, 01 Mar 2026 12:00:00 GMT';
const rows: readonly [headers: Readonly<Record<string, string>>, expected: number | undefined][] = [
  [{}, undefined],
  [{ 'retry-after': '2' }, 2_000],
  [{ 'retry-after': '999999' }, 3_600_000],
  [{ 'retry-after': 'Sun, 01 Mar 2026 12:00:10 GMT', date }, 10_000],
  [{ 'retry-after': 'Tue, 01 Mar 2036 12:00:00 GMT', date }, 3_600_000],
  [{ 'retry-after': 'Sun, 01 Mar 2026 12:00:10 GMT' }, undefined],
];
for (const [headers, expected] of rows) {
  test(`an answer of the API server with ${JSON.stringify(headers)}`, () => {
    const error = kubeErrorOf('get buckets a/b', BUCKETS, { status: 503, headers, body: Buffer.from('{}') });
    assert.equal(error.retryAfterMs, expected);
  });
}
