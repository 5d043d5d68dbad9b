import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BucketSpecInput } from '../../../api/bucket.ts';
import type { ChildKind } from './child-kinds.ts';
import { foundChild } from './found.ts';
import { isNewsForBucket } from './news.ts';
import { all, bucketOf, child, failing, found, type Sketch, type Sketches } from './testing/sketches.ts';

interface NewsRow {
  readonly title: string;
  readonly autoManage?: BucketSpecInput['autoManage'];
  readonly kind: ChildKind;
  readonly others: Sketches;
  readonly before: Sketch | undefined;
  readonly after: Sketch | undefined;
  readonly isNews: boolean;
}

const waiting: Sketch = { conditions: [failing('UserNotReady')] };
const newsRows: readonly NewsRow[] = [
  {
    title: 'the user that it has just made',
    kind: 'User',
    others: {},
    before: undefined,
    after: { conditions: [] },
    isNews: false,
  },
  {
    title: 'the user is ready: key and policy are due',
    kind: 'User',
    others: {},
    before: { conditions: [] },
    after: {},
    isNews: true,
  },
  {
    title: 'the policy is ready and the key is not',
    kind: 'BucketPolicy',
    others: { User: {}, AccessKey: waiting },
    before: waiting,
    after: {},
    isNews: false,
  },
  { title: 'the last one is ready', kind: 'AccessKey', others: all, before: waiting, after: {}, isNews: true },
  {
    title: 'one fails, and says why',
    kind: 'AccessKey',
    others: all,
    before: { conditions: [] },
    after: { conditions: [failing('AccessDenied')] },
    isNews: true,
  },
  { title: 'a status that changes nothing', kind: 'User', others: all, before: {}, after: {}, isNews: false },
  {
    title: 'somebody edited one',
    kind: 'User',
    others: all,
    before: {},
    after: { spec: { policy: {} } },
    isNews: true,
  },
  { title: 'somebody deleted one', kind: 'AccessKey', others: all, before: {}, after: undefined, isNews: true },
  {
    title: 'a stranger took a name',
    kind: 'User',
    others: {},
    before: undefined,
    after: { owner: 'nobody' },
    isNews: true,
  },
  {
    title: 'without the block, strangers are no concern',
    autoManage: undefined,
    kind: 'User',
    others: {},
    before: undefined,
    after: { owner: 'nobody' },
    isNews: false,
  },
  {
    title: 'switched off, one is gone',
    autoManage: { enabled: false },
    kind: 'AccessKey',
    others: { User: {} },
    before: { isGoing: true },
    after: undefined,
    isNews: true,
  },
];

for (const row of newsRows) {
  test(`news for the Bucket: ${row.title}: ${row.isNews ? 'yes' : 'no'}`, () => {
    const bucket = bucketOf('autoManage' in row ? row.autoManage : {});
    const { kind, before, after } = row;
    const of = (sketch: Sketch | undefined) => sketch && foundChild(bucket, child(bucket, kind, sketch));
    assert.equal(isNewsForBucket(bucket, kind, of(before), of(after), found(bucket, row.others)), row.isNews);
  });
}
