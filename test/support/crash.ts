import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { EmulatorOptions } from '../../src/emulator/options.ts';
import { type Boundary, boundaryText, callName, type LearnedCall, learned } from './boundary.ts';
import { leaks, type Saying } from './canaries.ts';
import { createNamespace, type TestCluster, until } from './cluster.ts';
import { arm } from './crash-arm.ts';
import {
  type Effects,
  effectsAfter,
  type Fault,
  type Hit,
  lastCallOf,
  losesKey,
  VERDICTS,
  withLostKeys,
} from './crash-effects.ts';
import { type CrashPath, unhurried } from './crash-paths.ts';
import type { Side, Victim, VictimIn } from './crash-victim.ts';
import { endState } from './end-state.ts';
import { type Broken, InvariantMonitor } from './invariants.ts';
import { openKeyWorld } from './keys.ts';
import type { ProxiedCall } from './proxy.ts';
import { installReferenceGrants } from './reference-grants.ts';
import { kubeWritesAmong, type World } from './world.ts';

/** A run of a path in which a fault comes about once, or once more while the successor works. */
export type FaultPlan = readonly [Fault] | readonly [Fault, Fault];

/** How a path went. */
export interface PathRun {
  readonly end: Readonly<Record<string, unknown>>;
  /** Calls of the operator that began the path, watches left out: first of Kubernetes, then of the service. */
  readonly calls: readonly LearnedCall[];
  /** But for the keys whose text was lost. */
  readonly effects: Effects;
  /** How many of the faults of the plan came about: a path may end before the call. */
  readonly faults: number;
  /** How many keys were made in vain, since their text was lost. */
  readonly lostKeys: number;
  /** Invariants that did not hold at some call. */
  readonly broken: readonly Broken[];
}

/** What a run is made on, and how. */
export interface RunOptions {
  readonly cluster: TestCluster;
  readonly victimIn: VictimIn;
  /** Another drift interval must cost reads only, where the path ends at rest; and whatever was said is searched for keys. */
  readonly staysLong: boolean;
  /** Where the path leads: what comes a little after the end shows is waited for. Absent: this run tells. */
  readonly end?: PathRun['end'];
  /** When all is over the operator dies, and its successor has time to do something. Default false. */
  readonly killsAtEnd?: boolean;
  /** Gets what happens, as it does. */
  readonly tell?: (line: TimelineEntry) => void;
}

/** A call of an operator on the way, or a fault that came about. */
export interface TimelineEntry {
  /** On the monotonic clock of this process; milliseconds. */
  readonly atMs: number;
  readonly what: string;
}

/** An announced create is over by then. */
const INTENT_OVER_MS = 36_000;
/** The last write of a process may come so long after it seemed to have settled: it cannot be asked for all that it does. */
const END_MS = 15_000;
const providerObjects = [
  ['Provider', 'wasabi'],
  ['Secret', 'wasabi-credentials'],
] as const;
/** How often `until` asks, and a little. */
const ASKED_MS = 150;
const LEAKED = 'I6: no text of a key comes out but into Secrets';
const account = { accountId: '100000000001' };
const services: { readonly [S in CrashPath['service']]: EmulatorOptions } = {
  wasabi: { account },
  other: {
    account,
    quirks: { cors: 'accepted', encryption: 'accepted', publicAccessBlock: 'accepted', forceDelete: 'ignored' },
  },
};

/** Every fault of a path that makes these calls. */
export function faultsOf({ losesCalls }: Pick<CrashPath, 'losesCalls'>, calls: readonly Boundary[]): readonly Fault[] {
  const verdicts = losesCalls === true ? VERDICTS : VERDICTS.filter((verdict) => verdict.startsWith('cut'));
  return calls.flatMap(({ side, call, time }) => verdicts.map((verdict) => ({ side, call, time, verdict })));
}

/** Such as `cutAfter wasabi PutBucketTagging, 2nd`. */
export function describePlan(plan: readonly Fault[]): string {
  return plan.map((fault) => `${fault.verdict} ${boundaryText(fault)}`).join(', then ');
}

/**
 * Runs a path in a world of its own, with the faults of the plan. No user ever has more than two keys.
 * @throws AssertionError when one has
 */
export async function runPath(path: CrashPath, plan: readonly Fault[], options: RunOptions): Promise<PathRun> {
  const name = path.name ?? `crash-${crypto.randomUUID().slice(0, 12)}`;
  const neighbours = path.hasNeighbour === true ? [await makeNeighbour(options.cluster)] : [];
  const keyWorld = await openKeyWorld(options.cluster, {
    neighbours,
    emulator: services[path.service],
    hasProvider: path.hasProvider ?? true,
    providerSpec: unhurried,
  });
  const { world } = keyWorld;
  try {
    await path.begin(world, name);
    await world.settle();
    const victim = await options.victimIn(keyWorld);
    try {
      const { proxies } = victim;
      const marks = marksOf(victim);
      const seq = lastCallOf(world);
      const monitor = new InvariantMonitor(world, (side, call) => {
        options.tell?.({ atMs: call.atMs, what: `${side} ${callName(side, call, name)}` });
      });
      const said: Saying[] = [];
      const listen = async () => {
        if (options.staysLong) said.push(...(await victim.said()));
      };
      const scene = { path, world, name, monitor, listen, tell: options.tell };
      const { faults, lostKeys } = await disturbed(scene, victim, plan);
      const calls = callsSince(proxies, marks, name);
      if (options.killsAtEnd === true) await killedAtEnd(victim, monitor, options);
      const end = await endOf({ path, world, name }, options.end);
      const effects = effectsAfter(world, seq);
      if (options.staysLong && path.isAtRest !== false) await assertSettled(path, world, victim);
      assert.ok(keyWorld.mostKeys() <= 2, `${keyWorld.mostKeys()} keys at once`);
      await listen();
      const texts = [...keyWorld.made, world.keys].map(({ secretAccessKey }) => secretAccessKey);
      const leaked = leaks(texts, said).map((what) => ({ invariant: LEAKED, what, atMs: performance.now() }));
      return { end, calls, effects, faults, lostKeys, broken: [...monitor.broken, ...leaked] };
    } finally {
      await victim.close();
    }
  } finally {
    await keyWorld.close();
  }
}

/** Both runs came to the same end, and made and took away the same, but for keys whose text was lost. */
export function assertSame(run: PathRun, reference: PathRun, what: string): void {
  assert.deepEqual(run.broken, [], `${what}: invariants`);
  assert.deepEqual(run.end, reference.end, what);
  assert.deepEqual(run.effects, withLostKeys(reference.effects, run.lostKeys), `${what}: made and taken away`);
}

async function makeNeighbour(cluster: TestCluster): Promise<string> {
  await installReferenceGrants(cluster);
  return createNamespace(cluster.admin, 'neighbour');
}

interface Scene {
  readonly path: CrashPath;
  readonly world: World;
  readonly name: string;
}

/** The same on the way. */
interface Course extends Scene {
  readonly monitor: InvariantMonitor;
  /** Takes down what was said so far. */
  readonly listen: () => Promise<void>;
  readonly tell: RunOptions['tell'];
}

/** The end of a run as it stands, once it is the expected one, or has had its time to become so. */
async function endOf({ path, world, name }: Scene, expected: PathRun['end'] | undefined): Promise<PathRun['end']> {
  // The Provider, too, on every path: it comes to rest last.
  const objects = [...path.objects, ...providerObjects];
  const read = async () => ({ ...(await endState(world, objects, name)), also: (await path.also?.(world)) ?? null });
  let end = await read();
  const isReached = async () => {
    end = await read();
    return isDeepStrictEqual(end, expected);
  };
  // Who waits in vain compares, and says what differs.
  if (expected !== undefined) await until('the end', isReached, END_MS).catch(() => undefined);
  return end;
}

/** @returns how many faults came about, and what they cost */
async function disturbed(
  { path, world, name, monitor, listen, tell }: Course,
  victim: Victim,
  plan: readonly Fault[],
): Promise<Pick<PathRun, 'faults' | 'lostKeys'>> {
  let faults = 0;
  let lostKeys = 0;
  let isAlive = false;
  // Of the operator that works now: what it minted before one fault can be lost by the next.
  let bornMs = 0;
  let hits: readonly Hit[] = [];
  monitor.watch(victim.proxies);
  // Asked anew after each fault: the time while nobody works is not its own.
  const goOn = async () => {
    if (faults === 0) await path.act(world, name);
    await path.ended(world, name);
  };
  const finish = async (ended: Promise<unknown>) => {
    if (faults > 0) await letTimePass(ended, victim, isAlive);
    await ended;
    await victim.settle();
    return { faults, lostKeys };
  };
  for (const fault of plan) {
    const armed = arm(victim, fault, name);
    const ended = goOn();
    await Promise.race([armed.done, ended.catch(() => undefined)]);
    // The last calls of a path, such as that of its event, come after its end shows.
    await Promise.race([armed.done, victim.settle()]);
    armed.disarm();
    const hit = armed.hit();
    if (hit === undefined) return finish(ended);
    ended.catch(() => undefined);
    await armed.done;
    tell?.({ atMs: hit.atMs, what: `${fault.verdict} ${boundaryText(fault)}` });
    faults += 1;
    hits = [...hits, { call: hit, verdict: fault.verdict }];
    if (losesKey(callsFrom(victim.proxies, bornMs), hits)) lostKeys += 1;
    isAlive = !fault.verdict.startsWith('cut');
    if (isAlive) continue;
    bornMs = performance.now();
    hits = [];
    await listen();
    await victim.replace();
    monitor.watch(victim.proxies);
  }
  return finish(goOn());
}

/** Who finds everything as it should be changes nothing: the end that is read then must be the same. */
async function killedAtEnd(victim: Victim, monitor: InvariantMonitor, { tell }: RunOptions): Promise<void> {
  tell?.({ atMs: performance.now(), what: 'killed at the end' });
  victim.kill();
  await victim.died;
  await victim.replace();
  monitor.watch(victim.proxies);
  await victim.settle();
}

/**
 * A create of a key that was announced and not answered is waited for, and so is the next try of an operator whose call
 * got lost.
 */
async function letTimePass(ended: Promise<unknown>, victim: Victim, isAlive: boolean): Promise<void> {
  await victim.settle();
  const later = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), ASKED_MS));
  const isOver = await Promise.race([ended.then(() => true), later]);
  if (!isOver || isAlive) await victim.pass(INTENT_OVER_MS);
}

function marksOf({ proxies: { kube, wasabi } }: Victim): Readonly<Record<Side, number>> {
  return { kube: kube.calls.length, wasabi: wasabi.calls.length };
}

function callsSince(
  { kube, wasabi }: Victim['proxies'],
  marks: Readonly<Record<Side, number>>,
  bucket: string,
): readonly LearnedCall[] {
  return [
    ...learned('kube', kube.calls.slice(marks.kube), bucket),
    ...learned('wasabi', wasabi.calls.slice(marks.wasabi), bucket),
  ];
}

/** @param fromMs on the monotonic clock of this process */
function callsFrom(
  { kube, wasabi }: Victim['proxies'],
  fromMs: number,
): Readonly<Record<Side, readonly ProxiedCall[]>> {
  const isLater = ({ atMs }: ProxiedCall) => atMs >= fromMs;
  return { kube: kube.calls.filter(isLater), wasabi: wasabi.calls.filter(isLater) };
}

/** Whatever happened: to look at everything once more costs reads only. */
async function assertSettled(path: CrashPath, world: World, victim: Victim): Promise<void> {
  const writes = () => [
    ...kubeWritesAmong(victim.proxies.kube.calls),
    ...world
      .operatorCalls()
      .filter(({ mutating }) => mutating)
      .map(({ operation }) => operation),
  ];
  const before = writes();
  await victim.lookAgain();
  assert.deepEqual(writes(), before, `${path.title}: settled`);
  for (const [kind, object] of path.objects) {
    if (kind !== 'Secret' && (await world.get(kind, object)) !== undefined) await world.expectValid(kind, object);
  }
}
