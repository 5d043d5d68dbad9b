import assert from 'node:assert/strict';
import { type CrashPath, unhurried } from './crash-paths.ts';
import { endState } from './end-state.ts';
import type { ProxiedCall, Verdict } from './proxy.ts';
import { openWorld, type SharedServers, type World, type WorldOperator } from './world.ts';

/** The two sides on which an operator makes calls. */
export type Side = 'kube' | 'wasabi';

/** The operator dies at that call: before it has its effect, or after it and before the answer arrives. */
export interface Crash {
  readonly side: Side;
  /** Counts from 1 at the beginning of the path. */
  readonly ordinal: number;
  readonly verdict: Extract<Verdict, 'cutBefore' | 'cutAfter'>;
}

/** A run of a path in which the operator dies once, or once more while its successor works. */
export type CrashPlan = readonly [Crash] | readonly [Crash, Crash];

/** How a path went. */
export interface PathRun {
  readonly end: Readonly<Record<string, unknown>>;
  /** Calls of the path, watches left out. */
  readonly calls: Readonly<Record<Side, readonly ProxiedCall[]>>;
  /** Creations and deletions of the bucket, the user and the managed policy that the service carried out. */
  readonly effects: { readonly creates: number; readonly deletes: number };
  /** How many of the crashes of the plan came about: a path may end before the call. */
  readonly crashes: number;
}

/** Every crash of a path whose undisturbed run is known. */
export function crashesOf({ calls }: PathRun): readonly Crash[] {
  return (['kube', 'wasabi'] as const).flatMap((side) =>
    calls[side].flatMap((_call, index): Crash[] =>
      (['cutBefore', 'cutAfter'] as const).map((verdict) => ({ side, ordinal: index + 1, verdict })),
    ),
  );
}

/** Such as `service call 7 (PUT /bucket/?tagging=) lost its answer`. */
export function describePlan(plan: CrashPlan, { calls }: PathRun): string {
  return plan
    .map(({ side, ordinal, verdict }, index) => {
      const call = index === 0 ? calls[side][ordinal - 1] : undefined;
      const what = call === undefined ? '' : ` (${call.method} ${call.url})`;
      return `crash ${verdict === 'cutBefore' ? 'before' : 'after'} ${side} call ${ordinal}${what}`;
    })
    .join(', then ');
}

/**
 * Runs a path in a world of its own, with the crashes of the plan.
 * @param options staysLong: another drift interval must cost reads only, where the path ends at rest
 */
export async function runPath(
  path: CrashPath,
  servers: SharedServers,
  plan: readonly Crash[],
  options: { readonly staysLong: boolean },
): Promise<PathRun> {
  const name = `crash-${crypto.randomUUID().slice(0, 12)}`;
  const world = await openWorld(servers, { hasProvider: path.hasProvider ?? true, providerSpec: unhurried });
  try {
    await path.begin(world, name);
    await world.settle();
    const { operator } = world;
    const marks = { kube: operator.kube.calls.length, wasabi: operator.wasabi.calls.length };
    const before = effectsOn(world, name);
    const crashes = await disturbed(path, world, name, plan);
    const calls = { kube: operator.kube.calls.slice(marks.kube), wasabi: operator.wasabi.calls.slice(marks.wasabi) };
    const end = await endState(world, path.objects, name);
    const after = effectsOn(world, name);
    const effects = { creates: after.creates - before.creates, deletes: after.deletes - before.deletes };
    if (options.staysLong && path.isAtRest !== false) await assertSettled(path, world, name);
    return { end, calls, effects, crashes };
  } finally {
    await world.close();
  }
}

/** @returns how many crashes came about */
async function disturbed(path: CrashPath, world: World, name: string, plan: readonly Crash[]): Promise<number> {
  const [first, second] = plan;
  let cut = first === undefined ? undefined : arm(world.operator, first);
  await path.act(world, name);
  let ended = path.ended(world, name);
  let crashes = 0;
  for (const next of [second, undefined]) {
    if (cut === undefined) break;
    await Promise.race([cut, ended.catch(() => undefined)]);
    // The last calls of a path, such as that of its event, come after its end shows.
    await Promise.race([cut, world.settle()]);
    if (!isCut(world.operator)) break;
    ended.catch(() => undefined); // asked anew: the time while nobody works is not its own
    crashes += 1;
    await world.restart();
    cut = next === undefined ? undefined : arm(world.operator, next);
    ended = path.ended(world, name);
  }
  await ended;
  await world.settle();
  return crashes;
}

const cutOperators = new WeakSet<WorldOperator>();

function isCut(operator: WorldOperator): boolean {
  return cutOperators.has(operator);
}

/** The operator dies at that call, counted from now. Resolves when it has. */
function arm(operator: WorldOperator, { side, ordinal, verdict }: Crash): Promise<void> {
  const proxy = operator[side];
  const last = proxy.calls.length + ordinal;
  proxy.decide((call) => (call.ordinal === last ? verdict : 'pass'));
  return proxy.cut.then(() => {
    cutOperators.add(operator);
    // Dead on one side is dead on the other.
    operator[side === 'kube' ? 'wasabi' : 'kube'].sever();
  });
}

/** A call of an operator about the bucket, the user or the managed policy of that name. */
function callsAbout(world: World, name: string) {
  return world.operatorCalls().filter(({ bucket, userName, policy }) => {
    return bucket === name || userName === name || policy === name || policy?.endsWith(`/${name}`) === true;
  });
}

/** What the operators made and destroyed under that name. */
function effectsOn(world: World, name: string): { creates: number; deletes: number } {
  const done = callsAbout(world, name).filter(({ status }) => status < 300);
  const count = (verb: string) =>
    done
      .filter(({ operation }) => ['Bucket', 'User', 'Policy'].includes(operation.slice(verb.length)))
      .filter(({ operation }) => operation.startsWith(verb)).length;
  return { creates: count('Create'), deletes: count('Delete') };
}

/** Whatever happened: another drift interval costs reads only. */
async function assertSettled(path: CrashPath, world: World, name: string): Promise<void> {
  const writes = () => [...world.kubeWrites(), ...callsAbout(world, name).filter(({ mutating }) => mutating)];
  const before = writes();
  await world.resync();
  assert.deepEqual(writes(), before, `${path.title}: settled`);
  for (const [kind, object] of path.objects) {
    if (kind !== 'Secret' && (await world.get(kind, object)) !== undefined) await world.expectValid(kind, object);
  }
}
