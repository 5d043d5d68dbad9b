import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReconcileError } from '../runtime/errors.ts';
import { allPages, plainArn, plainId, present } from './iam.ts';

interface Names {
  readonly names: readonly string[];
  readonly IsTruncated?: boolean;
  readonly Marker?: string;
}

test('a list is read to its end, sorted, each item once', async () => {
  const pages: Readonly<Record<string, Names>> = {
    first: { names: ['c', 'a'], IsTruncated: true, Marker: 'second' },
    second: { names: ['b', 'c'], IsTruncated: false },
  };
  const asked: (string | undefined)[] = [];
  const items = await allPages(
    (marker) => {
      asked.push(marker);
      return Promise.resolve(pages[marker ?? 'first']);
    },
    ({ names }) => names,
  );
  assert.deepEqual(items, ['a', 'b', 'c']);
  assert.deepEqual(asked, [undefined, 'second']);
});

test('what is listed for and gone between two pages has none', async () => {
  const pages: (Names | undefined)[] = [{ names: ['a'], IsTruncated: true, Marker: 'm' }, undefined];
  const items = await allPages(
    () => Promise.resolve(pages.shift()),
    ({ names }) => names,
  );
  assert.deepEqual(items, []);
});

test('a list that never ends is an error', async () => {
  let pages = 0;
  const endless = allPages<Names>(
    () => Promise.resolve({ names: [], IsTruncated: true, Marker: String((pages += 1)) }),
    ({ names }) => names,
  );
  await assert.rejects(endless, { type: 'Transient', reason: 'UnexpectedAnswer' });
});

test('only what has the shape of the thing itself comes into status', () => {
  assert.equal(plainArn('arn:aws:iam::100000000001:user/team/a'), 'arn:aws:iam::100000000001:user/team/a');
  assert.equal(plainArn('arn:aws:iam::aws:policy/X'), 'arn:aws:iam::aws:policy/X');
  assert.equal(plainArn('<script>'), undefined);
  assert.equal(plainId('AIDA123'), 'AIDA123');
  assert.throws(() => plainId('a b'), ReconcileError);
  assert.throws(() => present(undefined, 'GetUser'), /GetUser/);
});
