import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { PRIORITIES, type Priority } from '../runtime/priority.ts';
import { Turn } from '../runtime/turn.ts';
import { FairQueue, type Place } from './fair-queue.ts';

interface Call extends Place {
  readonly name: string;
}

const clock = new FakeClock();

/** A pass, whose calls are named after it. */
function pass(name: string, priority: Priority, namespace = 'team-a') {
  const turn = new Turn(clock, priority);
  let count = 0;
  return { turn, call: (): Call => ({ name: `${name}${++count}`, turn, namespace }) };
}

function queueOf(...calls: readonly Call[]) {
  const queue = new FairQueue<Call>();
  for (const call of calls) queue.add(call);
  const take = (count: number) => Array.from({ length: count }, () => queue.take()?.name ?? '-').join(' ');
  return { queue, take };
}

test('the most urgent call goes first, whenever it came', () => {
  const { take } = queueOf(
    pass('drift', 'resync').call(),
    pass('start', 'initial').call(),
    pass('due', 'retry').call(),
    pass('freeze', 'user').call(),
  );
  assert.equal(take(5), 'freeze1 due1 start1 drift1 -');
});

test('one of eight calls is of the less urgent, however many urgent ones wait', () => {
  const calls = (name: string, priority: Priority, count: number) =>
    Array.from({ length: count }, () => pass(name, priority).call());
  const { take } = queueOf(...calls('d', 'resync', 3), ...calls('u', 'user', 20));
  assert.equal(take(16), 'u1 u1 u1 u1 u1 u1 u1 d1 u1 u1 u1 u1 u1 u1 u1 d1');
});

test('what nobody less urgent waited for counts for no turn of theirs', () => {
  const { queue, take } = queueOf(...Array.from({ length: 20 }, () => pass('u', 'user').call()));
  take(7);
  queue.add(pass('d', 'resync').call());
  assert.equal(take(8), 'u1 u1 u1 u1 u1 u1 u1 d1');
});

test('a pass that has begun goes on before another one begins, so that passes end one after another', () => {
  const [one, other] = [pass('one', 'retry'), pass('other', 'retry')];
  const { queue, take } = queueOf(one.call(), other.call());
  const order: string[] = [];
  for (let calls = 0; calls < 3; calls++) {
    order.push(take(1));
    queue.add(one.call());
  }
  assert.deepEqual(order, ['one1', 'one2', 'one3']);
  assert.equal(take(2), 'one4 other1');
});

test('of those that began, the first one goes on, whosever namespace has the turn', () => {
  const [first, second] = [pass('first', 'user', 'team-a'), pass('second', 'user', 'team-b')];
  const { queue, take } = queueOf(first.call(), second.call());
  assert.equal(take(2), 'first1 second1');
  for (const call of [second.call(), first.call(), second.call(), first.call()]) queue.add(call);
  assert.equal(take(4), 'first2 first3 second2 second3');
});

test('who begins next goes round the namespaces', () => {
  const crowd = Array.from({ length: 4 }, () => pass('a', 'resync', 'team-a').call());
  const { take } = queueOf(...crowd, pass('b', 'resync', 'team-b').call(), pass('c', 'resync', 'team-c').call());
  assert.equal(take(6), 'a1 b1 c1 a1 a1 a1');
});

test('a pass of thousands of calls stands back now and then', () => {
  const [endless, other] = [pass('endless', 'resync'), pass('other', 'resync', 'team-b')];
  const { queue, take } = queueOf(endless.call(), other.call());
  let calls = 0;
  while (take(1).startsWith('endless')) {
    calls += 1;
    assert.ok(calls < 100, 'the other one never comes');
    queue.add(endless.call());
  }
  assert.equal(calls, 32);
});

test('a pass that becomes urgent while its call waits goes ahead', () => {
  const drift = pass('drift', 'resync');
  const { take } = queueOf(pass('due', 'retry').call(), drift.call());
  drift.turn.raise('user');
  assert.equal(take(2), 'drift1 due1');
});

test('a call that gave up is not served and counts no more', () => {
  const [gone, stays] = [pass('gone', 'user').call(), pass('stays', 'resync').call()];
  const { queue, take } = queueOf(gone, stays);
  queue.remove(gone);
  queue.remove(gone);
  assert.equal(queue.size, 1);
  assert.equal(take(2), 'stays1 -');
});

test('whatever comes: a pass of three calls ends though urgent ones come without end', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...PRIORITIES), { minLength: 1, maxLength: 30 }),
      fc.nat(3),
      (priorities, namespaces) => {
        const passes = priorities.map((priority, index) =>
          pass(`${index}.`, priority, `team-${index % (namespaces + 1)}`),
        );
        const left = new Map(passes.map(({ turn }) => [turn, 3]));
        const { queue } = queueOf(...passes.map(({ call }) => call()));
        // At all times some urgent call waits that is none of theirs.
        for (let urgent = 0; urgent < 2; urgent++) queue.add(pass('urgent', 'user', `new-${urgent}`).call());
        for (let served = 0; served < 8 * 3 * passes.length + 8 && left.size > 0; served++) {
          const taken = queue.take();
          assert.ok(taken);
          const own = passes.find(({ turn }) => turn === taken.turn);
          if (own === undefined) {
            queue.add(pass('urgent', 'user', 'new').call());
            continue;
          }
          const rest = (left.get(own.turn) ?? 0) - 1;
          if (rest > 0) queue.add(own.call());
          if (rest > 0) left.set(own.turn, rest);
          else left.delete(own.turn);
        }
        const starved = passes.filter(({ turn }) => left.has(turn)).map(({ turn }) => turn.priority);
        assert.deepEqual(
          starved.filter((priority) => priority !== 'user'),
          [],
        );
      },
    ),
  );
});
