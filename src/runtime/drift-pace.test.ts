import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import { Controller, type Result } from './controller.ts';
import { type CallLimit, DriftPace } from './drift-pace.ts';
import type { Priority } from './priority.ts';
import { Turn } from './turn.ts';

const keyed = (name: string) => ({ namespace: 'a', name });

interface PassOptions {
  readonly kind?: string;
  readonly priority?: Priority;
  readonly calls?: number;
  /** undefined: it throws. */
  readonly result?: Result | undefined;
}

/** The pass of an object begins, makes its calls and ends. */
async function passOver(pace: DriftPace, clock: FakeClock, name: string, options: PassOptions = {}): Promise<void> {
  const { kind = 'Bucket', priority = 'resync', calls = 3 } = options;
  const result: Result | undefined = 'result' in options ? options.result : { type: 'done' };
  const turn = new Turn(clock, priority);
  const reconcile = pace.watched(kind, () => {
    for (let call = 0; call < calls; call++) turn.granted();
    return result === undefined ? Promise.reject(new Error('failed')) : Promise.resolve(result);
  });
  const running = reconcile(keyed(name), { signal: new AbortController().signal, turn });
  await (result === undefined ? assert.rejects(running) : running);
}

/** A pace of one account whose released objects wait for their passes, which the test begins. */
function heldWorld(perSecond = 50) {
  const clock = new FakeClock();
  const state = { perSecond };
  const pace = new DriftPace({ clock, limitOf: () => ({ id: '1', account: '1', perSecond: () => state.perSecond }) });
  pace.start();
  const released: string[] = [];
  const due = (name: string) => pace.due('Bucket', keyed(name), () => released.push(name));
  /** Those that were released until now. */
  const begin = async (options?: PassOptions) => {
    for (const name of released.splice(0)) await passOver(pace, clock, name, options);
  };
  return { clock, state, pace, released, due, begin };
}

/** A pace whose objects make so many calls a check; the pass of a released object begins at once. */
function world(options: { readonly perSecond?: number; readonly callsOf?: (name: string) => number } = {}) {
  const clock = new FakeClock();
  const state = { perSecond: options.perSecond ?? 50, calls: 0 };
  const accounts = new Map<string, string | undefined>();
  const limitOf = (_kind: string, { name }: { readonly name: string }): CallLimit | undefined => {
    const account = accounts.has(name) ? accounts.get(name) : 'one';
    return account === undefined ? undefined : { id: account, account, perSecond: () => state.perSecond };
  };
  const pace = new DriftPace({ clock, limitOf });
  pace.start();
  const checks: string[] = [];
  const pass = async (kind: string, name: string, priority: Priority) => {
    const calls = options.callsOf?.(name) ?? 3;
    state.calls += calls;
    await passOver(pace, clock, name, { kind, priority, calls });
  };
  const due = (name: string, kind = 'Bucket') =>
    pace.due(kind, keyed(name), () => {
      checks.push(name);
      void pass(kind, name, 'resync');
    });
  return { clock, state, accounts, pace, checks, pass, due };
}

const named = (count: number, prefix = 'b') => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

test('drift pace: checks make a fifth of the calls that the account allows, and all of them come to pass', async () => {
  const { clock, state, checks, due } = world({ perSecond: 50 });
  const names = named(400);
  for (const name of names) due(name);
  assert.equal(checks.length, 6, 'two seconds of the share go at once: 20 calls');
  await clock.advanceAsync(60_000);
  assert.ok(Math.abs(state.calls - (20 + 600)) <= 6, `${state.calls} calls in a minute, of 10 a second`);
  await clock.advanceAsync(60_000);
  assert.deepEqual(checks, names, 'in the order in which they were due');
  assert.equal(clock.pendingTimers, 0, 'nobody waits');
});

test('drift pace: below the share nobody waits', async () => {
  const { clock, checks, due } = world({ perSecond: 50 });
  for (let second = 0; second < 300; second++) {
    // Six calls a second on average, in seconds of none and of four checks.
    for (const name of named(second % 2 === 0 ? 4 : 0, `s${second}`)) due(name);
    await clock.advanceAsync(500);
    assert.equal(checks.length, (Math.floor(second / 2) + 1) * 4, `second ${second}`);
    await clock.advanceAsync(500);
  }
});

test('drift pace: kinds and Providers of one account share its line, and other accounts have their own', async () => {
  const { clock, accounts, checks, pace, due } = world({ perSecond: 50 });
  for (const name of named(100, 'first')) due(name, 'Bucket');
  for (const name of named(10, 'second')) due(name, 'User');
  const before = checks.length;
  accounts.set('other', 'two');
  due('other');
  assert.deepEqual(checks.slice(before), ['other']);
  assert.deepEqual(pace.waiting(), [
    ['one', 104],
    ['two', 0],
  ]);
  await clock.advanceAsync(60_000);
  assert.deepEqual(checks.slice(before + 1), [...named(100, 'first').slice(before), ...named(10, 'second')]);
});

test('drift pace: more objects than the share can check take turns, evenly and for ever', async () => {
  const { clock, checks, due } = world({ perSecond: 50 });
  const names = named(500); // 1,500 calls: 150 s of the share, and due every 100 s
  const times = new Map<string, number[]>(names.map((name) => [name, []]));
  let told = 0;
  for (let second = 0; second < 3_000; second++) {
    for (const name of names.slice((second % 100) * 5, (second % 100) * 5 + 5)) due(name);
    await clock.advanceAsync(1_000);
    for (; told < checks.length; told++) times.get(checks[told] ?? '')?.push(second);
  }
  for (const [name, own] of times) {
    const late = own.filter((second) => second > 1_000);
    const periods = late.slice(1).map((second, index) => second - (late[index] ?? 0));
    assert.ok(periods.length >= 11, `${name} was checked ${periods.length + 1} times in 2,000 s`);
    for (const period of periods) assert.ok(Math.abs(period - 150) <= 2, `${name}: ${periods.join()}`);
  }
});

test('drift pace: what a check costs is learned, from checks alone', async () => {
  const { clock, state, due, pass } = world({ perSecond: 50, callsOf: (name) => (name.startsWith('b') ? 12 : 1) });
  for (const name of named(1_000)) due(name);
  await clock.advanceAsync(120_000);
  const learned = state.calls;
  await clock.advanceAsync(60_000);
  assert.ok(Math.abs(state.calls - learned - 600) <= 24, `${state.calls - learned} calls in a minute, of 10 a second`);

  for (const priority of ['user', 'retry', 'initial', 'resync'] as const) {
    for (let index = 0; index < 50; index++) await pass('Bucket', `other-${priority}-${index}`, priority);
  }
  const before = state.calls;
  await clock.advanceAsync(60_000);
  assert.ok(Math.abs(state.calls - before - 600) <= 24, `${state.calls - before} calls after other passes`);
});

test('drift pace: a pass that an edit overtook, or one with thousands of calls, says little of what a check costs', async () => {
  const { clock, pace, released, due, begin } = heldWorld();
  for (const name of named(6)) due(name);
  await begin({ priority: 'user', calls: 50 });
  clock.advance(10_000);
  for (const name of named(100)) due(name);
  assert.equal(released.length, 6, 'three calls each, as was guessed');
  await passOver(pace, clock, released.shift() ?? '', { calls: 5_000 });
  await begin();
  let count = 0;
  for (let second = 0; second < 10; second++) {
    clock.advance(1_000);
    count += released.length;
    await begin();
  }
  assert.ok(count >= 9, `${count} in ten seconds: less than twelve calls each`);
});

test('drift pace: while passes do not begin, no more are released than may go at once; then it goes on', async () => {
  const { clock, pace, released, due, begin } = heldWorld();
  for (const name of named(400)) due(name);
  clock.advance(3_600_000);
  assert.equal(released.length, 6, 'after an hour');
  assert.equal(clock.pendingTimers, 0, 'nothing to look at before a pass begins');
  due('b-0');
  pace.gone('Bucket', keyed('b-1'));
  pace.gone('Bucket', keyed('b-399'));
  assert.deepEqual(released.splice(0, 2), ['b-0', 'b-1']);
  assert.equal(released.length, 5, 'one more for the one that is gone, and b-0 has not begun');
  await passOver(pace, clock, 'b-0', { priority: 'user' });
  assert.equal(released.length, 6);
  await begin();
  assert.ok(released.length <= 6, 'not in a crowd');
  for (let second = 0; second < 120; second++) {
    await begin();
    clock.advance(1_000);
  }
  assert.deepEqual(pace.waiting(), [['1', 0]], 'all of them had a turn');
});

test('drift pace: checks that fail before their first call do not say that checks are cheap', async () => {
  for (const result of [undefined, { type: 'retry' }, { type: 'requeueAfter', ms: 60_000 }] as const) {
    const { clock, released, due, begin } = heldWorld();
    for (let round = 0; round < 100; round++) {
      due(`b-${round}`);
      clock.advance(10_000);
      await begin({ calls: 0, result });
    }
    for (const name of named(100, 'later')) due(name);
    assert.equal(released.length, 6, `three calls each: ${JSON.stringify(result)}`);
  }
});

test('drift pace: a limit of nothing is none that is known: one check begins after another', async () => {
  const { clock, state, released, due, begin } = heldWorld(0);
  for (const name of named(20)) due(name);
  for (let index = 0; index < 10; index++) {
    assert.deepEqual(released, [`b-${index}`]);
    assert.equal(clock.pendingTimers, 0);
    await begin();
  }
  state.perSecond = 50;
  await begin();
  clock.advance(1_000);
  assert.ok(released.length > 1, 'it became known');
});

test('drift pace: an object with a wake of its own is checked as all others: behind them, counted, and again if overdue', async (t) => {
  const clock = new FakeClock();
  const pace = new DriftPace({ clock, limitOf: () => ({ id: '1', account: '1', perSecond: () => 50 }) });
  const begun: string[] = [];
  const controller = new Controller({
    clock,
    random: () => 1,
    concurrency: 1,
    onError: (_key, error) => assert.fail(String(error)),
    reconcile: pace.watched('AccessKey', (key, { turn }) => {
      begun.push(`${key.name} ${turn.priority}`);
      for (let call = 0; call < 60; call++) turn.granted();
      return Promise.resolve({ type: 'requeueAfter', ms: 3_600_000 });
    }),
  });
  t.after(() => controller.stop(0));
  pace.start();
  const names = named(30, 'key');
  controller.start(() => names.map((name) => controller.enqueue(keyed(name), 'initial')));
  await settle();
  begun.length = 0;
  const due = (name: string) => pace.due('AccessKey', keyed(name), () => controller.enqueue(keyed(name), 'resync'));
  controller.enqueue(keyed('edited'), 'user');
  for (const name of [...names, ...names]) due(name);
  controller.enqueue(keyed('found at start'), 'initial');
  await settle();
  assert.deepEqual(begun.splice(0, 3), ['edited user', 'found at start initial', 'key-0 resync']);
  await clock.advanceAsync(60_000);
  assert.ok(begun.length < 24, `${begun.length + 1} checks of sixty calls in a minute, of ten calls a second`);
  await clock.advanceAsync(600_000);
  const again = names.slice(6); // the first six went at once
  assert.deepEqual(
    begun,
    [...names.slice(1), ...again].map((name) => `${name} resync`),
  );
});

test('drift pace: checks that call nothing go on, and the first that do are not a crowd', async () => {
  const costs = { each: 0 };
  const { clock, state, checks, due } = world({ perSecond: 50, callsOf: () => costs.each });
  for (const name of named(2_000, 'idle')) due(name);
  await clock.advanceAsync(120_000);
  assert.ok(checks.length > 800 && checks.length <= 1_220, `${checks.length} checks, of ten a second at most`);
  costs.each = 3;
  await clock.advanceAsync(10_000);
  assert.ok(state.calls <= 250, `${state.calls} calls in ten seconds`);
});

test('drift pace: an object that was looked at for another reason leaves the line; its own check costs no more', async () => {
  const { clock, checks, pace, due, pass } = world({ perSecond: 50 });
  for (const name of named(20)) due(name);
  await pass('Bucket', 'b-19', 'user');
  assert.deepEqual(pace.waiting(), [['one', 13]]);
  due('b-18'); // due again: it is in line once
  assert.deepEqual(pace.waiting(), [['one', 13]]);
  await pass('Bucket', 'b-18', 'retry');
  await clock.advanceAsync(60_000);
  assert.deepEqual(checks, named(18));
  due('b-19');
  assert.equal(checks.at(-1), 'b-19');
});

test('drift pace: an object that is gone leaves the line, and one that moved goes with what it waited for', async () => {
  const { clock, accounts, checks, pace, due } = world({ perSecond: 50 });
  for (const name of named(10)) due(name);
  pace.gone('Bucket', keyed('b-7'));
  pace.gone('Bucket', keyed('never-seen'));
  accounts.set('b-8', 'two');
  due('b-8');
  assert.deepEqual(pace.waiting(), [['one', 3]]);
  await clock.advanceAsync(60_000);
  assert.deepEqual(checks, [...named(7), 'b-8', 'b-9', 'b-8'], 'due again while it waited: at the end of a line');
});

test('drift pace: an object whose account is not known does not wait', () => {
  const { accounts, checks, due, pace } = world();
  for (const name of named(100)) {
    accounts.set(name, undefined);
    due(name);
  }
  assert.equal(checks.length, 100);
  assert.deepEqual(pace.waiting(), []);
});

test('drift pace: one that was released is not released again before its pass begins', () => {
  const clock = new FakeClock();
  const pace = new DriftPace({ clock, limitOf: () => ({ id: '1', account: '1', perSecond: () => 50 }) });
  let released = 0;
  const due = () => pace.due('Bucket', keyed('it'), () => released++);
  due();
  assert.equal(released, 0, 'nobody checks before the start');
  pace.start();
  due();
  due();
  clock.advance(60_000);
  due();
  assert.equal(released, 1);
});

test('drift pace: who was due twice while it waited has another turn, due once more before its pass or not', async () => {
  const { clock, pace, released, due } = heldWorld();
  for (const name of named(7)) due(name);
  due('b-6');
  clock.advance(3_000);
  await passOver(pace, clock, 'b-0');
  assert.equal(released.pop(), 'b-6');
  due('b-6');
  await passOver(pace, clock, 'b-6');
  clock.advance(3_000);
  assert.equal(released.at(-1), 'b-6', 'again');
});

test('drift pace: the lowest limit still lets one check after another through', async () => {
  const { clock, checks, due } = world({ perSecond: 0.5 });
  for (const name of named(5)) due(name);
  assert.equal(checks.length, 1);
  await clock.advanceAsync(60_000);
  assert.equal(checks.length, 3, 'a tenth of a call a second, three calls each');
});

test('drift pace: it follows the limit, down and up', async () => {
  const { clock, state, due } = world({ perSecond: 50 });
  for (const name of named(3_000)) due(name);
  const inTenSeconds = async () => {
    const before = state.calls;
    await clock.advanceAsync(10_000);
    return state.calls - before;
  };
  assert.ok(Math.abs((await inTenSeconds()) - 100) <= 6);
  state.perSecond = 5;
  await clock.advanceAsync(1_000);
  assert.ok(Math.abs((await inTenSeconds()) - 10) <= 3);
  state.perSecond = 500;
  await clock.advanceAsync(3_000);
  assert.ok(Math.abs((await inTenSeconds()) - 1_000) <= 6);
});

test('drift pace: of one account the limit that was told last holds, and one without objects is forgotten', () => {
  const clock = new FakeClock();
  let limit = { id: '1', account: '1', perSecond: () => 1 };
  const pace = new DriftPace({ clock, limitOf: () => limit });
  pace.start();
  let released = 0;
  const due = (name: string) =>
    pace.due('Bucket', keyed(name), () => {
      released++;
      void passOver(pace, clock, name);
    });
  due('first');
  limit = { ...limit, perSecond: () => 100 };
  for (const name of named(100)) due(name);
  clock.advance(10_000);
  assert.ok(released >= 50, `${released} checks in ten seconds, of twenty calls a second`);
  clock.advance(3 * 86_400_000);
  limit = { ...limit, id: '2', account: '2' };
  due('of another account');
  assert.deepEqual(pace.waiting(), [['2', 0]]);
});

test('drift pace: whoever stops keeps no timer and releases nothing', async () => {
  const { clock, checks, pace, due } = world({ perSecond: 50 });
  for (const name of named(100)) due(name);
  const before = checks.length;
  assert.ok(clock.pendingTimers > 0);
  await pace.stop();
  assert.equal(clock.pendingTimers, 0);
  due('late');
  await clock.advanceAsync(60_000);
  assert.equal(checks.length, before);
});
