import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUCKETS } from '../api/bucket.ts';
import { SECRETS } from '../api/core-types.ts';
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

const KEY = 'd0phbHJYVXRuRkVNSQ==';
const texts: readonly [code: number, message: string, told: string][] = [
  [422, `Secret "a" is invalid: data: Invalid value: ${KEY}`, 'SomeReason'],
  [
    403,
    `admission webhook "keys.example.com" denied the request: ${KEY}`,
    'admission webhook "keys.example.com" denied the request',
  ],
  [500, `the request was ${KEY}`, 'SomeReason'],
  [
    403,
    `secrets "a" is forbidden: ValidatingAdmissionPolicy 'no-keys' with binding 'all' denied request: ${KEY}`,
    `secrets "a" is forbidden: ValidatingAdmissionPolicy 'no-keys' with binding 'all' denied request`,
  ],
  [
    403,
    'secrets is forbidden: User "system:serviceaccount:a:b" cannot create resource "secrets" in API group "" in the namespace "team"',
    'secrets is forbidden: User "system:serviceaccount:a:b" cannot create resource "secrets" in API group "" in the namespace "team"',
  ],
  [
    403,
    'secrets "a" is forbidden: exceeded quota: small, requested: secrets=1',
    'secrets "a" is forbidden: exceeded quota: small',
  ],
  [409, 'secrets "a" already exists', 'secrets "a" already exists'],
];
for (const [code, message, told] of texts) {
  test(`of a Secret nothing is told that may quote it: ${code} ${message.slice(0, 60)}`, () => {
    const body = Buffer.from(JSON.stringify({ kind: 'Status', reason: 'SomeReason', message, code }));
    const error = kubeErrorOf('patch secrets a/b', SECRETS, { status: code, headers: {}, body });
    assert.equal(error.message, `patch secrets a/b: ${code} ${told}`);
    const other = kubeErrorOf('patch buckets a/b', BUCKETS, { status: code, headers: {}, body });
    assert.equal(other.message, `patch buckets a/b: ${code} ${message}`);
  });
}

test('of a Secret the plain text of a proxy is not told either', () => {
  const headers = { 'content-type': 'text/plain' };
  const answer = { status: 502, headers, body: Buffer.from(`no route for ${KEY}`) };
  assert.equal(kubeErrorOf('patch secrets a/b', SECRETS, answer).message, 'patch secrets a/b: 502');
});
