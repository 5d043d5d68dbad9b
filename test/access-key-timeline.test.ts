import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { AccessKey } from '../src/api/access-key.ts';
import { accessKey } from './support/builders.ts';
import { startTestCluster, type TestCluster } from './support/cluster.ts';
import { inProcess, type Victim } from './support/crash-victim.ts';
import { broken, type Entry, recordTimeline, switchesOf } from './support/key-timeline.ts';
import { isWorking, type KeyWorld, keysOf, makeUser, openKeyWorld, USER } from './support/keys.ts';
import type { CannedAnswer, ProxiedCall, Verdict } from './support/proxy.ts';
import { seeded, seedFrom, shareOfAll, takesAll } from './support/seeded.ts';

/** 400 days of one AccessKey on fake clocks, with something going wrong at every step of every rotation. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const LIFE_MS = 400 * DAY;
const PUBLISHED = 'it-credentials';
/** A new key is unknown to the service for so long. */
const PROPAGATION_MS = MINUTE;
/** While something is under way, time goes on by so much. */
const STEP_MS = 30_000;
/** A step may be late by its failures, each of which costs a retry; an hour after a key that never worked. */
const LATE_MS = 3 * HOUR;
/** How often a key is replaced. */
interface Pace {
  readonly intervalDays: number;
  readonly previousKeysRetentionDays: number;
}

const monthly: Pace = { intervalDays: 30, previousKeysRetentionDays: 7 };
/** So often that every call of a rotation has its turn. */
const often: Pace = { intervalDays: 4, previousKeysRetentionDays: 1 };

function promisesOf({ intervalDays, previousKeysRetentionDays }: Pace) {
  const [intervalMs, retentionMs] = [intervalDays * DAY, previousKeysRetentionDays * DAY];
  return { intervalMs, retentionMs, lateMs: LATE_MS, inactiveMs: HOUR };
}

const seed = seedFrom('TIMELINE_SEED');

type Side = 'kube' | 'wasabi';

/** What goes wrong in a part of a rotation whose undisturbed run makes so many calls. */
type Disturbance = (life: Life, part: { readonly ordinal: number; readonly calls: number }) => void;

interface Life {
  readonly it: KeyWorld;
  readonly pace: Pace;
  readonly random: () => number;
  readonly victim: Victim;
  /** How often something went wrong. */
  hits: number;
  /** Nobody works. */
  isDead: boolean;
}

const throttled: Readonly<Record<Side, CannedAnswer>> = {
  wasabi: {
    status: 503,
    headers: { 'content-type': 'application/xml' },
    body: '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>',
  },
  kube: {
    status: 429,
    headers: { 'content-type': 'application/json', 'retry-after': '1' },
    body: JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'TooManyRequests', code: 429 }),
  },
};

/** Decides each call of the operator that works now. */
function decide({ victim }: Life, rule: ((side: Side, call: ProxiedCall) => Verdict) | undefined): void {
  const { kube, wasabi } = victim.proxies;
  kube.decide(rule && ((call) => rule('kube', call)));
  wasabi.decide(rule && ((call) => rule('wasabi', call)));
}

/** One call of the part, another one each time, and with each of the verdicts in turn. */
function oneCall(...verdicts: readonly [Verdict, ...Verdict[]]): Disturbance {
  return (life, { ordinal, calls }) => {
    const index = takesAll ? ordinal : Math.floor(life.random() * calls * verdicts.length);
    const verdict = verdicts[Math.floor(index / calls) % verdicts.length] ?? verdicts[0];
    let left = (index % calls) + 1;
    decide(life, () => {
      left -= 1;
      if (left !== 0) return 'pass';
      life.hits += 1;
      return verdict;
    });
  };
}

/** Three calls of ten to the service, and one of ten to the API server. */
const throttling: Disturbance = (life) =>
  decide(life, (side) => {
    if (life.random() > (side === 'wasabi' ? 0.3 : 0.1)) return 'pass';
    life.hits += 1;
    return throttled[side];
  });

/** Somebody sets the clock of the operator's machine: a day ahead, back, a day back, and right again. */
const clockSteps: Disturbance = (life, { ordinal }) => {
  life.it.world.operator.clock.step([DAY, -DAY, -DAY, DAY][ordinal % 4] ?? 0);
  life.hits += 1;
};

const crashes = oneCall('cutBefore', 'cutAfter');
const lostAnswers = oneCall('dropRequest', 'dropResponse');

const all: Readonly<Record<string, Disturbance>> = {
  'crashes at each call': crashes,
  'lost requests and answers': lostAnswers,
  throttling,
  'clock steps of a day': clockSteps,
};

const byTurns: Disturbance = (life, part) => {
  const kinds = Object.values(all);
  kinds[Math.floor(life.random() * kinds.length)]?.(life, part);
};

const lives: readonly (readonly [title: string, disturb: Disturbance | undefined, pace: Pace])[] = [
  ['nothing', undefined, monthly],
  ...(takesAll ? shareOfAll(Object.entries(all), seeded(seed)) : []).map(
    ([title, each]) => [title, each, paceOf(each)] as const,
  ),
  ['all of it by turns', byTurns, monthly],
];

function paceOf(disturb: Disturbance): Pace {
  return [crashes, lostAnswers].includes(disturb) ? often : monthly;
}

let cluster: TestCluster;
before(async () => {
  cluster = await startTestCluster();
});
after(() => cluster.stop());

describe('L58: 400 days of a key', { concurrency: true }, () => {
  for (const [title, disturb, pace] of lives) {
    test(`disturbed by: ${title}`, { timeout: 1_800_000 }, async (t) => {
      t.diagnostic(`seed ${seed}: TIMELINE_SEED=${seed} repeats it`);
      const it = await openKeyWorld(cluster, {
        emulator: { propagation: { keysMs: PROPAGATION_MS } },
        flags: ['--drift-check-interval-seconds=0'],
      });
      try {
        const { entries, hits } = await live(it, pace, disturb);
        const promised = promisesOf(pace);
        const endMs = it.clock.now();
        assert.deepEqual(broken(entries, { ...promised, endMs }), []);
        const expected = Math.floor(LIFE_MS / promised.intervalMs);
        // Each key is younger than the one before by what its rotation took.
        const slack = Math.ceil((expected * LATE_MS) / promised.intervalMs);
        const switches = switchesOf(entries).length - 1;
        assert.ok(switches <= expected && switches >= expected - slack, `${switches} rotations of ${expected}`);
        assert.ok(await isWorking(it.world, PUBLISHED));
        assert.ok(it.mostKeys() <= 2, `${it.mostKeys()} keys`);
        await it.world.expectValid('AccessKey', 'it');
        if (disturb !== undefined) assert.ok(hits >= expected, `${hits} disturbances came about`);
      } finally {
        await it.close();
      }
    });
  }
});

/** The parts of a rotation, by the step that ends each. */
const PARTS = ['Retaining', 'Deactivated', undefined] as const;

async function live(
  it: KeyWorld,
  pace: Pace,
  disturb: Disturbance | undefined,
): Promise<{ entries: readonly Entry[]; hits: number }> {
  const { world, clock } = it;
  const iamName = 'team-iam';
  await makeUser(world, iamName);
  const timeline = recordTimeline(it, iamName, PUBLISHED);
  try {
    const life: Life = { it, pace, random: seeded(seed), victim: await inProcess(it), hits: 0, isDead: false };
    watchDeath(life);
    await world.apply(accessKey('it', USER, { rotate: { enabled: true, ...pace } }));
    await comes(life, 'the first key works', (status) => status?.conditions?.[0]?.status === 'True');
    const startMs = clock.now();
    const { intervalMs, retentionMs } = promisesOf(pace);
    let calls: readonly number[] | undefined;
    for (let ordinal = 0; ; ordinal += 1) {
      const dueMs = (keysOf(world, iamName).at(-1)?.createdMs ?? 0) + intervalMs;
      if (dueMs + retentionMs + LATE_MS > startMs + LIFE_MS) break;
      const plan = calls === undefined || disturb === undefined ? undefined : { disturb, calls, ordinal };
      const made = await rotation(life, dueMs, plan);
      calls ??= made; // the first one is undisturbed
    }
    await leapTo(it, startMs + LIFE_MS);
    return { entries: timeline.entries, hits: life.hits };
  } finally {
    await timeline.stop();
  }
}

/** One rotation, from a minute before it is due until the previous key is gone. @returns the calls that each part made */
async function rotation(
  life: Life,
  dueMs: number,
  plan?: { readonly disturb: Disturbance; readonly calls: readonly number[]; readonly ordinal: number },
): Promise<readonly number[]> {
  const { it } = life;
  const { retentionMs, inactiveMs } = promisesOf(life.pace);
  const delays = [0, retentionMs, inactiveMs];
  const counts: number[] = [];
  let atMs = dueMs;
  for (const [index, step] of PARTS.entries()) {
    await leapTo(it, atMs - MINUTE);
    const before = callsOf(life);
    plan?.disturb(life, { ordinal: plan.ordinal, calls: plan.calls[index] ?? 1 });
    await leapTo(it, atMs + 1);
    await comes(
      life,
      `rotation ${plan?.ordinal ?? 'undisturbed'} is ${step}`,
      (status) => status?.rotation?.step === step,
    );
    decide(life, undefined);
    counts.push(callsOf(life) - before);
    atMs = it.clock.now() + (delays[index + 1] ?? 0);
  }
  return counts;
}

async function leapTo({ clock, leap }: KeyWorld, atMs: number): Promise<void> {
  await leap(Math.max(0, atMs - clock.now()));
}

function callsOf({ victim: { proxies } }: Life): number {
  return proxies.kube.calls.length + proxies.wasabi.calls.length;
}

/** Waits, in steps of half a minute, and has another operator come where one has died. */
async function comes(life: Life, what: string, isSo: (status: AccessKey['status']) => boolean): Promise<void> {
  const { it, victim } = life;
  const endMs = it.clock.now() + LATE_MS;
  for (;;) {
    await victim.settle();
    if (life.isDead) await replace(life);
    const status = (await it.world.get<AccessKey>('AccessKey', 'it'))?.status;
    if (isSo(status)) return;
    if (it.clock.now() > endMs)
      assert.fail(`${what}: not within ${LATE_MS / HOUR} hours; status ${JSON.stringify(status)}`);
    await it.leap(STEP_MS);
  }
}

async function replace(life: Life): Promise<void> {
  await life.victim.replace();
  await life.victim.settle();
  watchDeath(life);
}

function watchDeath(life: Life): void {
  life.isDead = false;
  void life.victim.died.then(() => {
    life.isDead = true;
  });
}
