import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoopShare } from './loop-share.ts';
import { PRIORITIES, type Priority } from './priority.ts';

/** More than a turn of the loop has for it. */
const LONG_MS = 6;

/** Keeps the event loop busy. */
function burn(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

/** What was begun with, each with the number of the turn of the loop. */
function recorder(share: LoopShare) {
  const begun: { readonly name: string; readonly turn: number }[] = [];
  let turn = 0;
  let isOver = false;
  const count = () => {
    turn += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const work = async (name: string, priority: Priority) => {
    await share.enter(priority);
    begun.push({ name, turn });
    burn(LONG_MS);
  };
  const end = () => {
    isOver = true;
  };
  return { begun, work, end };
}

test('while the loop has time nobody waits', async () => {
  const share = new LoopShare();
  for (let turn = 0; turn < 3; turn += 1) {
    assert.equal(share.enter('resync'), undefined);
    assert.equal(share.enter('user'), undefined);
    await new Promise((resolve) => setImmediate(resolve));
  }
});

test('what keeps the loop busy comes a few a turn, so that whatever else there is comes in between', async () => {
  const share = new LoopShare();
  const { begun, work, end } = recorder(share);
  const names = Array.from({ length: 20 }, (_, index) => `${index}`);
  await Promise.all(names.map((name) => work(name, 'user')));
  end();
  assert.deepEqual(
    begun.map(({ name }) => name),
    names,
    'first come, first served',
  );
  const turns = Map.groupBy(begun, ({ turn }) => turn);
  assert.ok(
    [...turns.values()].every(({ length }) => length <= 4),
    JSON.stringify(begun),
  );
});

test('the most urgent goes first, and one of eight is of the least urgent', async () => {
  const share = new LoopShare();
  const { begun, work, end } = recorder(share);
  const first = Promise.all(['1', '2', '3', '4'].map((name) => work(name, 'resync')));
  const waiting = PRIORITIES.toReversed().flatMap((priority) =>
    Array.from({ length: 6 }, () => work(priority, priority)),
  );
  await Promise.all([first, ...waiting]);
  end();
  const order = begun.map(({ name }) => name);
  assert.deepEqual(order.slice(0, 9), ['1', '2', '3', '4', ...Array<string>(5).fill('user')]);
  assert.ok(order.indexOf('resync') < order.lastIndexOf('retry'), order.join());
  assert.equal(order.length, 28);
});
