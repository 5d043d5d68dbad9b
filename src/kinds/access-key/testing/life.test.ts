import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NAMES } from './facts.ts';
import { type LifeOptions, type Moment, simulateLife } from './life.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
const options: LifeOptions = {
  intervalMs: 28 * DAY,
  retentionMs: 7 * DAY,
  acceptedAfterMs: 8 * SECOND,
  stepMs: SECOND,
  lastsMs: 65 * DAY,
};

function since(moments: readonly Moment[], keyId: string, phase: string): number {
  const first = moments.find(({ phases }) => phases.get(keyId) === phase);
  assert.ok(first, `key ${keyId} is never ${phase}`);
  return first.atMs;
}

test('a life: each key is made, tried, published, retained, deactivated and revoked, in this order', () => {
  const moments = simulateLife(options);
  const phases = ['made', 'tried', 'published', 'retained', 'deactivated'];
  const times = phases.map((phase) => since(moments, 'B', phase));
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  assert.equal(moments.at(-1)?.phases.has('B'), false, 'revoked');
  const steps = moments.map(({ step }) => step).filter((step, index, all) => step !== all[index - 1]);
  const once = ['Minting', 'Probing', 'Switching', 'Retaining', 'Deactivated', undefined];
  assert.deepEqual(steps, [...once, ...once]);
});

test('a life: two keys at most, and from the first switch on workloads always have one that works', () => {
  const moments = simulateLife(options);
  assert.equal(Math.max(...moments.map(({ phases }) => phases.size)), 2);
  const tried = new Set(moments.flatMap(({ trial }) => (trial?.works === true ? [trial.keyId] : [])));
  for (const { secrets, phases, step } of moments.filter((moment) => moment.step !== undefined)) {
    const keyId = secrets.get(NAMES.wanted) ?? '';
    assert.ok(tried.has(keyId) && phases.get(keyId) === 'published', `${step}: key ${keyId}`);
  }
});

for (const retentionDays of [0, 2, 7]) {
  test(`a life: with a retention of ${retentionDays} days the overlap is that, and then comes an hour`, () => {
    const moments = simulateLife({ ...options, retentionMs: retentionDays * DAY });
    const [retained, deactivated] = [since(moments, 'A', 'retained'), since(moments, 'A', 'deactivated')];
    const revoked = moments.find(({ atMs, phases }) => atMs > deactivated && !phases.has('A'))?.atMs ?? 0;
    const recordMs = 3 * SECOND; // the step that it counts from is recorded after the switch
    assert.ok(deactivated - retained >= retentionDays * DAY);
    assert.ok(deactivated - retained <= retentionDays * DAY + recordMs);
    assert.ok(revoked - deactivated >= HOUR && revoked - deactivated <= HOUR + recordMs);
  });
}

test('a life: the next key comes an interval after the last one, whatever its rotation took', () => {
  const moments = simulateLife(options);
  const madeAt = (keyId: string) => moments.find(({ phases }) => phases.has(keyId))?.atMs ?? 0;
  assert.equal(madeAt('B') - madeAt('A'), 28 * DAY + 2 * SECOND, 'announced, and made');
  assert.equal(madeAt('C') - madeAt('B'), 28 * DAY + 2 * SECOND);
});

test('a life: a key that the service never accepts is revoked, and tried again an hour later', () => {
  const first = simulateLife({ ...options, acceptedAfterMs: 1_000 * SECOND, lastsMs: 29 * DAY });
  const failed = first.find(({ step }) => step === 'Failed');
  assert.equal(failed?.phases.get('A'), 'published');
  const revoked = first.find(({ step, phases }) => step === 'Failed' && !phases.has('B'));
  assert.deepEqual([...(revoked?.phases ?? [])], [['A', 'published']]);
  const again = first.find(({ atMs, step }) => atMs > (failed?.atMs ?? 0) && step === 'Minting');
  assert.ok((again?.atMs ?? 0) - (failed?.atMs ?? 0) >= HOUR);
});
