import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Standstill } from './standstill.ts';

const IDLE = { due: 3, running: 0, begun: 7 };

test('what is due and is not begun with for a minute stands still, and no sooner', () => {
  const standstill = new Standstill();
  assert.deepEqual([standstill.look(IDLE, 1_000), standstill.look(IDLE, 60_999)], [undefined, undefined]);
  assert.equal(standstill.look(IDLE, 61_000), 60_000);
});

const moves: readonly (readonly [title: string, now: typeof IDLE])[] = [
  ['nothing is due', { ...IDLE, due: 0 }],
  ['passes run', { ...IDLE, running: 1 }],
  ['a pass has begun in between', { ...IDLE, begun: 8 }],
];
for (const [title, now] of moves) {
  test(`nothing stands still where ${title}`, () => {
    const standstill = new Standstill();
    standstill.look(IDLE, 0);
    assert.equal(standstill.look(now, 70_000), undefined);
    assert.equal(standstill.look({ ...IDLE, begun: now.begun }, 80_000), undefined, 'it is looked at anew');
  });
}
