import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Election, KEY, startElection, startLeader, startStandby } from '../../test/support/election.ts';
import { waitFor } from '../../test/support/fake-clock.ts';
import { LEASES } from '../api/core-types.ts';
import { ReconcileError } from './errors.ts';
import { KubeError } from './kube.ts';
import { alwaysLeader } from './leader-election.ts';

test('the first creates the Lease, leads at once, and renews it every 5 s to the millisecond', async (t) => {
  const world = await startElection(t);
  const a = await startLeader(world);
  assert.deepEqual((await world.lease()).spec, {
    holderIdentity: 'a',
    leaseDurationSeconds: 15,
    acquireTime: '2026-01-01T00:00:00.000000Z',
    renewTime: '2026-01-01T00:00:00.000000Z',
    leaseTransitions: 1,
  });
  a.elector.assertHeld();
  assert.equal(a.elector.remainingMs(), 10_000);
  assert.equal(a.elector.epoch, 1);
  await world.pass(20_000);
  const renewals = a.line.calls.filter(({ verb }) => verb === 'patch').map(({ atMs }) => atMs);
  assert.deepEqual(renewals, [5000, 10_000, 15_000, 20_000]);
  assert.equal((await world.lease()).spec?.renewTime, '2026-01-01T00:00:20.000000Z');
  assert.equal((await world.lease()).spec?.acquireTime, '2026-01-01T00:00:00.000000Z');
  assert.deepEqual([a.line.count('list'), a.line.count('get')], [1, 0]);
});

test('a standby waits for ever while the leader renews, and costs nothing but its watch', async (t) => {
  const world = await startElection(t);
  const a = await startLeader(world);
  const b = await startStandby(world);
  await world.pass(120_000);
  assert.deepEqual([a.elected, a.lost, b.elected], [1, 0, 0]);
  assert.throws(
    () => b.elector.assertHeld(),
    (error) => error instanceof ReconcileError && error.type === 'Transient' && error.reason === 'NotLeader',
  );
  assert.deepEqual(
    b.line.calls.map(({ verb }) => verb),
    ['list'],
  );
});

test('given back on shutdown, leadership goes over at once; the fence falls before the Lease is free', async (t) => {
  const world = await startElection(t);
  const a = await startLeader(world);
  const b = await startStandby(world);
  await world.pass(7000);
  const heldAtSend: boolean[] = [];
  a.line.onSend = () => heldAtSend.push(a.elector.remainingMs() > 0);
  const nowMs = world.clock.monotonicMs();
  a.stopping.abort();
  await a.ended;
  await waitFor('b leads', () => b.elected === 1);
  assert.equal(world.clock.monotonicMs(), nowMs);
  assert.deepEqual(heldAtSend, [false]);
  assert.throws(() => a.elector.assertHeld(), /does not lead/);
  b.elector.assertHeld();
  assert.equal(b.elector.epoch, 2);
  assert.deepEqual([a.lost, b.lost], [0, 0]);
});

test('what a released Lease looks like, also when somebody has just changed it', async (t) => {
  const world = await startElection(t);
  const a = await startLeader(world);
  a.line.isDeaf = true;
  await world.edit({ leaseDurationSeconds: 20 });
  a.stopping.abort();
  await a.ended;
  const { holderIdentity, leaseDurationSeconds, leaseTransitions } = (await world.lease()).spec ?? {};
  assert.deepEqual([holderIdentity, leaseDurationSeconds, leaseTransitions], ['', 1, 1]);
});

test('after a crash a standby takes over when the Lease has run out on its own clock, not before', async (t) => {
  const world = await startElection(t);
  const a = await startLeader(world);
  const b = await startStandby(world);
  await world.pass(5000); // renewed once
  a.line.fate = () => 'loseRequest';
  world.clock.stepWallClock(3_600_000); // times in the Lease mean nothing
  await world.pass(14_999);
  assert.equal(b.elected, 0);
  assert.equal(a.lost, 1);
  await world.pass(1);
  await waitFor('b leads', () => b.elected === 1);
  assert.equal(b.elector.epoch, 2);
});

test('a process that was stopped is refused by the clock alone, before any timer has run', async (t) => {
  const world = await startElection(t);
  const a = await startLeader(world);
  await world.pass(5000);
  world.clock.stopProcessFor(9999);
  a.elector.assertHeld();
  assert.equal(a.elector.remainingMs(), 1);
  world.clock.stopProcessFor(1);
  assert.throws(() => a.elector.assertHeld(), /does not lead/);
  assert.equal(a.elector.remainingMs(), 0);
  assert.equal(a.lost, 0);
  await world.pass(60_000);
  assert.equal(a.lost, 1);
  await a.ended;
  assert.equal(a.reason, 'not renewed within 10000 ms');
});

test('the wall clock may jump by days', async (t) => {
  const world = await startElection(t);
  const a = await startLeader(world);
  const b = await startStandby(world);
  for (const days of [100, -200, 100]) {
    world.clock.stepWallClock(days * 86_400_000);
    await world.pass(30_000);
  }
  assert.deepEqual([a.elected, a.lost, b.elected], [1, 0, 0]);
});

test('the API is slow: the leader counts from when it sent, steps down in time, and a late answer changes nothing', async (t) => {
  const world = await startElection(t);
  const a = await startLeader(world);
  await world.pass(4000);
  a.line.fate = () => 'loseAnswer';
  await world.pass(5999);
  a.elector.assertHeld();
  assert.equal(a.lost, 0);
  await world.pass(1);
  assert.throws(() => a.elector.assertHeld(), /does not lead/);
  assert.equal(a.lost, 1);
  assert.match(a.failures.join(), /lease operator: no answer in time/);
  await a.ended;
  await world.pass(60_000);
  assert.equal(a.lost, 1);
});

test('an answer takes its time: leadership is counted from when the renewal was sent', async (t) => {
  const world = await startElection(t);
  const a = await startLeader(world);
  a.line.fate = () => 2000;
  await world.pass(6999);
  assert.equal(a.elector.remainingMs(), 3001);
  await world.pass(1);
  assert.equal(a.elector.remainingMs(), 8000);
});

test('an acquisition whose answer came late is renewed before anything is done with it', async (t) => {
  const world = await startElection(t);
  const a = world.start('a', { renewIntervalMs: 2000 }, (line) => {
    line.fate = (verb) => (verb === 'create' ? 3000 : 'pass');
  });
  await waitFor('it was answered', () => a.line.count('create') === 1 && a.line.underWay === 0);
  await world.pass(4499);
  assert.equal(a.elected, 0);
  await world.pass(1);
  await waitFor('a leads', () => a.elected === 1);
  assert.equal(a.elector.remainingMs(), 10_000);
});

test('a renewal whose answer was lost costs nothing, and neither do errors for a few seconds', async (t) => {
  const world = await startElection(t);
  const a = await startLeader(world);
  let patches = 0;
  a.line.fate = (verb) => (verb === 'patch' && patches++ === 0 ? 'loseAnswer' : 'pass');
  await world.pass(20_000);
  for (const error of [
    new KubeError('patch leases: 500', { code: 500 }),
    new KubeError('patch leases: 403', { code: 403, reason: 'Forbidden' }),
    new KubeError('patch leases: 429', { code: 429, retryAfterMs: 1000 }),
  ]) {
    a.line.fate = () => error;
    await world.pass(3500);
    a.line.fate = () => 'pass';
    await world.pass(6000);
  }
  assert.deepEqual([a.elected, a.lost], [1, 0]);
  a.elector.assertHeld();
});

test('Retry-After is obeyed', async (t) => {
  const world = await startElection(t);
  const a = await startLeader(world);
  a.line.calls.length = 0;
  a.line.fate = () => new KubeError('patch leases: 429', { code: 429, retryAfterMs: 3000 });
  await world.pass(9000);
  assert.deepEqual(
    a.line.calls.filter(({ verb }) => verb === 'patch').map(({ atMs }) => atMs),
    [5000, 8000],
  );
});

test('stolen by somebody else: lost at once, exactly once, and nobody of ours takes it before its time', async (t) => {
  const world = await startElection(t);
  const a = await startLeader(world);
  const b = await startStandby(world);
  await world.edit({ holderIdentity: 'thief', leaseTransitions: 9 });
  await waitFor('a has lost', () => a.lost === 1);
  assert.throws(() => a.elector.assertHeld(), /does not lead/);
  await a.ended;
  assert.equal(a.reason, 'the Lease is held by "thief"');
  assert.equal((await world.lease()).spec?.holderIdentity, 'thief');
  await world.pass(14_999);
  assert.equal(b.elected, 0);
  await world.pass(1);
  await waitFor('b leads', () => b.elected === 1);
  assert.equal(b.elector.epoch, 10);
  assert.equal(a.lost, 1);
});

for (const [title, spoil] of [
  ['deleted', (world: Election) => world.admin.delete(LEASES, KEY)],
  ['emptied', (world: Election) => world.edit({ holderIdentity: '' })],
  [
    'labelled',
    (world: Election) => world.admin.patch(LEASES, KEY, { type: 'merge', body: { metadata: { labels: { a: 'b' } } } }),
  ],
] as const) {
  test(`${title} by hand: the leader has it again at once, in the same epoch`, async (t) => {
    const world = await startElection(t);
    const a = await startLeader(world);
    const b = await startStandby(world);
    await spoil(world);
    await waitFor(
      'the leader noticed',
      () => a.line.count('patch') + a.line.count('create') > 1 || title === 'labelled',
    );
    await world.pass(60_000);
    assert.deepEqual([a.elected, a.lost, b.elected], [1, 0, 0]);
    assert.equal(a.elector.epoch, 1);
    const { holderIdentity, leaseTransitions } = (await world.lease()).spec ?? {};
    assert.deepEqual([holderIdentity, leaseTransitions], ['a', 1]);
  });
}

test('deleted by hand while the leader cannot be reached: a standby waits its time out, and the epoch goes on', async (t) => {
  const world = await startElection(t);
  const a = await startLeader(world);
  const b = await startStandby(world);
  a.line.fate = () => 'loseRequest';
  await world.admin.delete(LEASES, KEY);
  await waitFor('b announces itself', () => b.line.count('create') === 1);
  await world.pass(14_999);
  assert.deepEqual([a.lost, b.elected], [1, 0]);
  await world.pass(2001);
  await waitFor('b leads', () => b.elected === 1);
  assert.equal(b.elector.epoch, 2);
});

test('an acquisition whose answer was lost is found again, without waiting out our own Lease', async (t) => {
  const world = await startElection(t);
  let creates = 0;
  const a = world.start('a', {}, (line) => {
    line.fate = (verb) => (verb === 'create' && creates++ === 0 ? 'loseAnswer' : 'pass');
  });
  await waitFor('it was sent', () => creates === 1);
  await world.pass(7000);
  await waitFor('a leads', () => a.elected === 1);
  assert.equal(a.elector.epoch, 1);
  assert.equal(creates, 1);
});

test('a Lease that bears our name but not our acquisition is waited out: it may be another process', async (t) => {
  const world = await startElection(t);
  const a = await startLeader(world, 'same');
  a.line.fate = () => 'loseRequest';
  const b = await startStandby(world, 'same');
  await world.pass(14_999);
  assert.equal(b.elected, 0);
  await world.pass(1);
  await waitFor('b leads', () => b.elected === 1);
});

test('a dead watch does not hide a release: after silence the Lease is read', async (t) => {
  const world = await startElection(t);
  const a = await startLeader(world);
  const b = await startStandby(world);
  b.line.isDeaf = true;
  await world.pass(20_000);
  assert.equal(b.elected, 0);
  a.stopping.abort();
  await a.ended;
  await world.pass(7500);
  await waitFor('b leads', () => b.elected === 1);
});

test('L33: of two standbys one wins', async (t) => {
  const world = await startElection(t);
  const a = await startLeader(world);
  const b = await startStandby(world, 'b');
  const c = await startStandby(world, 'c');
  a.stopping.abort();
  await waitFor('one leads', () => b.elected + c.elected > 0);
  await world.pass(60_000);
  assert.equal(b.elected + c.elected, 1);
  assert.equal(b.lost + c.lost, 0);
});

test('a standby that is stopped writes nothing; one that was just elected gives back what it has', async (t) => {
  const world = await startElection(t);
  const a = world.start('a', {}, (line) => {
    line.onSend = (verb) => {
      if (verb === 'create') process.nextTick(() => world.processes[0]?.stopping.abort());
    };
  });
  await a.ended;
  assert.deepEqual([a.elected, a.lost], [0, 0]);
  assert.equal((await world.lease()).spec?.holderIdentity, '');
  const b = await startLeader(world, 'b');
  const c = await startStandby(world, 'c');
  c.stopping.abort();
  await c.ended;
  assert.deepEqual(
    c.line.calls.map(({ verb }) => verb),
    ['list'],
  );
  b.elector.assertHeld();
});

test('the server restarts, and leadership stays', async (t) => {
  const world = await startElection(t);
  const a = await startLeader(world);
  const b = await startStandby(world);
  for (let i = 0; i < 3; i++) {
    await world.cluster.restart();
    await world.pass(12_000);
  }
  assert.deepEqual([a.elected, a.lost, b.elected], [1, 0, 0]);
});

test('misuse is named', async (t) => {
  const world = await startElection(t);
  const a = await startLeader(world);
  const again = a.elector.run({ signal: a.stopping.signal, onElected: () => undefined, onLost: () => undefined });
  await assert.rejects(again, /run was called before/);
  assert.throws(
    () => world.start('x', { renewDeadlineMs: 15_000 }),
    /renewed every 5000 ms, given up after 15000 ms, taken by others after 15000 ms/,
  );
});

test('without election leadership is held for ever', () => {
  const fence = alwaysLeader('alone');
  fence.assertHeld();
  assert.deepEqual([fence.identity, fence.epoch, fence.remainingMs()], ['alone', 0, Number.POSITIVE_INFINITY]);
});
