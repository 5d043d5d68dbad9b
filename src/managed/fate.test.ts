import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fateOf } from './fate.ts';

const rows: readonly (readonly [
  title: string,
  ownership: Parameters<typeof fateOf>[0],
  underDelete: ReturnType<typeof fateOf>,
  underRetain: ReturnType<typeof fateOf>,
])[] = [
  ['it is not there', undefined, 'Deleted', 'Deleted'],
  ["it is somebody else's", { mayManage: false }, 'NeverOwned', 'NeverOwned'],
  ['it is proven ours', { mayManage: true, mayDestroy: true }, 'Undo', 'Undo'],
  ['nothing proves that it is ours', { mayManage: true, mayDestroy: false }, 'Unproven', 'Retained'],
];

for (const [title, ownership, underDelete, underRetain] of rows) {
  test(`fate: ${title}`, () => {
    assert.deepEqual([fateOf(ownership, 'Delete'), fateOf(ownership, 'Retain')], [underDelete, underRetain]);
  });
}
