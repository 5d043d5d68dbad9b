import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AccessLevel, accessLevelPolicy } from './access-levels.ts';
import { isSamePolicy } from './canonical.ts';
import { accessBeyond } from './own-buckets.ts';
import { parseSpecPolicy } from './parse.ts';

const read = { bucket: 'ListBucket GetBucketLocation', objects: 'GetObject GetObjectVersion' };
const levels: readonly [level: AccessLevel, bucket: string, objects: string][] = [
  ['readonly', read.bucket, read.objects],
  [
    'readwrite',
    `${read.bucket} ListBucketMultipartUploads`,
    `${read.objects} PutObject DeleteObject AbortMultipartUpload ListMultipartUploadParts`,
  ],
  ['full', '*', '*'],
];
for (const [level, onBucket, onObjects] of levels) {
  const actions = (names: string) => names.split(' ').map((name) => `s3:${name}`);
  const statement = [
    { Effect: 'Allow', Action: actions(onBucket), Resource: ['arn:aws:s3:::b'] },
    { Effect: 'Allow', Action: actions(onObjects), Resource: ['arn:aws:s3:::b/*'] },
  ];

  test(`${level}: for the user, exactly these actions and this bucket`, () => {
    const document = accessLevelPolicy(level, 'b');
    assert.ok(isSamePolicy(document, parseSpecPolicy({ statement }, { place: 'Inline' })));
    assert.deepEqual(parseSpecPolicy(document, { place: 'Inline' }), document);
    assert.deepEqual(accessBeyond(document, new Set(['b'])), []);
  });
}
