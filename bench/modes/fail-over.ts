import { BUCKETS } from '../../src/api/bucket.ts';
import { until } from '../../test/support/cluster.ts';
import type { BackendCall } from '../backend.ts';
import type { Cores } from '../cores.ts';
import { metricsOf, type Started, started } from '../existing.ts';
import { shapeOf } from '../header.ts';
import { workingKeys } from '../key-objects.ts';
import { applyBuckets, applyProviders } from '../objects.ts';
import type { BenchOptions } from '../options.ts';
import { ReadyWatch } from '../ready-watch.ts';
import { row } from '../report.ts';
import type { BenchResult } from '../result.ts';
import { allReady } from '../run.ts';
import { onGround, orFailure, providersReady, settled, stopOperator } from '../stage.ts';

/** How the leader ends. */
type End = 'SIGTERM' | 'SIGKILL';
/** From the last call of the old leader to the first one of the new. */
export const MOST_GAP_SECONDS: Readonly<Record<End, number>> = { SIGTERM: 2, SIGKILL: 16 };

/** One leader's end. */
export interface FailOver extends Creations {
  readonly end: End;
  readonly ready: number;
  /** From the last call of the old leader to the first one of the new; undefined: its program does not say who leads. */
  readonly gapSeconds: number | undefined;
  /** From the signal to that first call. */
  readonly sinceSignalSeconds: number | undefined;
  /** Calls of the old leader after the first one of the new. */
  readonly overlapping: number | undefined;
  /** Secrets whose key works in the end. */
  readonly workingKeys: number;
}

/** What was made more than once. */
export interface Creations {
  /** Buckets and users whose create succeeded more than once. */
  readonly duplicates: number;
  /** Keys beyond one of each user that were made, and of them those that nobody revoked. */
  readonly extraMints: number;
  readonly extraKeys: number;
}

/** A run of `--fail-over`. */
export interface FailOverResult extends Pick<BenchResult, 'shape'> {
  readonly options: BenchOptions;
  readonly failOvers: readonly FailOver[];
}

/** Ends the leader of two replicas while they make stacks: once by SIGTERM, once by SIGKILL, each in a world of its own. */
export async function runFailOver(
  options: BenchOptions,
  cores: Cores,
  say: (line: string) => void,
): Promise<FailOverResult> {
  const failOvers: FailOver[] = [];
  for (const end of ['SIGTERM', 'SIGKILL'] as const) failOvers.push(await runEnd(end, options, cores, say));
  return { options, shape: shapeOf(cores), failOvers };
}

function runEnd(end: End, options: BenchOptions, cores: Cores, say: (line: string) => void): Promise<FailOver> {
  return onGround(options, cores, say, async (ground) => {
    const { plane, backend, namespace } = ground;
    const both = [await started(ground), await started(ground)] as const;
    await applyProviders(plane.admin, namespace, backend.accounts, options);
    await orFailure(both[0], orFailure(both[1], providersReady(both[0], options.providers)));
    const [leader, standby] = await rolesOf(both);
    for (const each of both) await settled(each);
    await backend.take();
    const watch = new ReadyWatch(plane.admin, BUCKETS, namespace);
    await watch.start();
    const load = applyBuckets(plane.admin, namespace, options, () => false, { autoManage: {} });
    const startedMs = performance.now();
    const third = Math.ceil(options.buckets / 3);
    await orFailure(
      leader,
      until('a third is Ready', () => Promise.resolve(watch.readyMs.size >= third), options.limitMinutes * 60_000),
    );
    say(`${watch.readyMs.size} are Ready, the leader gets ${end}`);
    const signalMs = performance.now();
    if (end === 'SIGKILL') leader.operator.kill();
    else await leader.operator.stop();
    await orFailure(standby, Promise.all([load, allReady(standby, watch, startedMs)]));
    await settled(standby);
    const { calls } = await backend.take();
    const working = await workingKeys(standby, options.buckets, 'accesskey-credentials');
    await watch.stop();
    await stopOperator(standby);
    return {
      end,
      ready: watch.readyMs.size,
      workingKeys: working.size,
      ...successionOf(calls, signalMs),
      ...creationsOf(calls),
    };
  });
}

/** Who leads and who stands by, as soon as both say so. */
async function rolesOf([one, other]: readonly [Started, Started]): Promise<
  readonly [leader: Started, standby: Started]
> {
  let roles: readonly [Started, Started] | undefined;
  await until('one leads, and the other one stands by', async () => {
    const [first, second] = await Promise.all([one, other].map(leads));
    if (first === true && second === false) roles = [one, other];
    if (first === false && second === true) roles = [other, one];
    return roles !== undefined;
  });
  return roles ?? [one, other];
}

/** `undefined`: it does not answer yet. */
function leads(stage: Started): Promise<boolean | undefined> {
  return metricsOf(stage).then(
    (scrape) => scrape.sum('leader') === 1,
    () => undefined,
  );
}

/** Who called when: the epoch of the Lease is in the name of the program. Pure. */
export function successionOf(
  calls: readonly BackendCall[],
  signalMs: number,
): Pick<FailOver, 'gapSeconds' | 'sinceSignalSeconds' | 'overlapping'> {
  const epochOf = ({ userAgent }: BackendCall) => Number(/ lease-epoch\/(\d+)/.exec(userAgent)?.[1] ?? Number.NaN);
  const told = calls.filter((call) => Number.isInteger(epochOf(call)));
  const old = Math.min(...told.map(epochOf));
  const [before, after] = [told.filter((call) => epochOf(call) === old), told.filter((call) => epochOf(call) > old)];
  if (before.length === 0 || after.length === 0) {
    return { gapSeconds: undefined, sinceSignalSeconds: undefined, overlapping: undefined };
  }
  const firstMs = Math.min(...after.map(({ atMs }) => atMs));
  const lastMs = Math.max(...before.map(({ atMs }) => atMs));
  return {
    gapSeconds: (firstMs - lastMs) / 1_000,
    sinceSignalSeconds: (firstMs - signalMs) / 1_000,
    overlapping: before.filter(({ atMs }) => atMs > firstMs).length,
  };
}

/** What was made more than once. Pure. */
export function creationsOf(calls: readonly BackendCall[]): Creations {
  const done = calls.filter(({ isRefused }) => !isRefused);
  const extra = (operation: string, nameOf: (call: BackendCall) => string | undefined) => {
    const made = Map.groupBy(
      done.filter((call) => call.operation === operation),
      nameOf,
    );
    return [...made.values()].reduce((sum, each) => sum + each.length - 1, 0);
  };
  const extraMints = extra('CreateAccessKey', ({ userName }) => userName);
  const revoked = done.filter(({ operation }) => operation === 'DeleteAccessKey').length;
  return {
    duplicates: extra('CreateBucket', ({ bucket }) => bucket) + extra('CreateUser', ({ userName }) => userName),
    extraMints,
    extraKeys: Math.max(0, extraMints - revoked),
  };
}

/** What must never be. Pure. */
export function failOverDefects({ options: { buckets }, failOvers }: FailOverResult): readonly string[] {
  return failOvers.flatMap(({ end, ready, workingKeys: working, duplicates, extraKeys, overlapping = 0 }) => [
    ...(ready < buckets ? [`${end}: only ${ready} of ${buckets} stacks became Ready`] : []),
    ...(working < buckets ? [`${end}: only ${working} of ${buckets} delivered keys work`] : []),
    ...(duplicates > 0 ? [`${end}: ${duplicates} buckets or users were made twice`] : []),
    ...(extraKeys > 0 ? [`${end}: ${extraKeys} keys too many are live`] : []),
    ...(overlapping > 0 ? [`${end}: ${overlapping} calls of the old leader after the first of the new`] : []),
  ]);
}

/** What a person reads. Pure. */
export function failOverReportOf(result: FailOverResult): string {
  const { options, failOvers } = result;
  const seconds = (value: number | undefined) => (value === undefined ? 'not told' : `${value.toFixed(2)} s`);
  return [
    '',
    `the leader of two replicas ends while ${options.buckets} stacks are made; ${options.latencyMs} ms a call, ${options.rate} calls a second`,
    ...failOverDefects(result).map((defect) => `  DEFECT: ${defect}`),
    ...failOvers.flatMap((each) => [
      `by ${each.end}:`,
      row('last call to first call', seconds(each.gapSeconds), `target at most ${MOST_GAP_SECONDS[each.end]} s`),
      row('signal to first call', seconds(each.sinceSignalSeconds), ''),
      row('made twice', `${each.duplicates} buckets and users`, 'target 0'),
      row('keys made beyond one', String(each.extraMints), `${each.extraKeys} of them live, target 0`),
      row('keys that work', `${each.workingKeys} of ${options.buckets}`, ''),
    ]),
    '',
  ].join('\n');
}
