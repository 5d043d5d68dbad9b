import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourcesOutside } from './bucket-resources.ts';
import type { Statement } from './document.ts';

function statement(Resource: readonly string[] | undefined): Statement {
  const where = Resource === undefined ? { NotResource: ['arn:aws:s3:::other/*'] } : { Resource };
  return { Sid: 'Read', Effect: 'Allow', Principal: '*', Action: ['s3:GetObject'], ...where };
}

const cases: readonly [title: string, resource: string, isOutside: boolean][] = [
  ['the bucket', 'arn:aws:s3:::logs', false],
  ['what lies in it', 'arn:aws:s3:::logs/a/*', false],
  ['another one', 'arn:aws:s3:::some-other/*', true],
  ['one whose name begins alike', 'arn:aws:s3:::logs-2/*', true],
  ['one whose name begins alike, with a wildcard', 'arn:aws:s3:::logs-*', true],
  ['one of a shorter name', 'arn:aws:s3:::log/*', true],
  ['no bucket', 'arn:aws:iam::100000000001:user/reader', true],
  ['everything: for the service to judge', '*', false],
  ['every bucket: for the service to judge', 'arn:aws:s3:::*', false],
  ['a wildcard in the name: for the service to judge', 'arn:aws:s3:::lo?s/*', false],
  ['a variable in the name: for the service to judge', `arn:aws:s3:::\${aws:username}/*`, false],
  ['a tenant of another server', 'arn:aws:s3::tenant:logs/*', false],
  ['a variable in the key', `arn:aws:s3:::logs/\${aws:username}/*`, false],
];
for (const [title, resource, isOutside] of cases) {
  test(`a resource of a bucket policy: ${title}`, () => {
    const found = resourcesOutside({ Version: '2012-10-17', Statement: [statement([resource])] }, 'logs');
    assert.equal(found.length, isOutside ? 1 : 0);
  });
}

test('resources of other buckets are told with statement, element, value and what to write, three at most', () => {
  const others = ['a', 'b', 'c'].map((name) => `arn:aws:s3:::${name}`);
  const Statement = [statement(undefined), statement(['arn:aws:s3:::logs', 'arn:aws:s3:::x/*', ...others])];
  const found = resourcesOutside({ Version: '2012-10-17', Statement }, 'logs');
  assert.equal(found.length, 3);
  assert.equal(
    found[0],
    'statement[1] "Read".resource holds "arn:aws:s3:::x/*", which is not of bucket "logs"; write arn:aws:s3:::logs or arn:aws:s3:::logs/*',
  );
});
