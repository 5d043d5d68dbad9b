import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { LearnedCall } from './boundary.ts';
import { startTestCluster, type TestCluster } from './cluster.ts';
import { assertSame, describePlan, type FaultPlan, faultsOf, type PathRun, type RunOptions, runPath } from './crash.ts';
import type { Fault } from './crash-effects.ts';
import type { CrashPath } from './crash-paths.ts';
import { inProcess } from './crash-victim.ts';
import { inParallel, sample, seeded, seedFrom, shareFrom, takesAll } from './seeded.ts';

/** How many of the faults of a path are tried. */
export interface Extent {
  /** The share of the faults that leave another state behind, and of all others, which change nothing more. */
  readonly telling: number;
  readonly others: number;
  /** Runs with two faults. */
  readonly pairs: number;
}

/** How many faults were tried, and how many of them came about. */
interface Faults {
  readonly tried: number;
  readonly reached: number;
}

/** What differs between suites. */
export interface SuiteOptions {
  /** Of the titles, such as the number of a lesson. */
  readonly prefix?: string;
  /** A run on a real control plane tries the faults after every write. Default false. */
  readonly everyWriteOnCluster?: boolean;
}

const share = shareFrom('TEST_SHARE');
const everything: Extent = { telling: share, others: share, pairs: Math.ceil(12 * share) };
const someOfAll: Extent = { telling: 0.05, others: 0.01, pairs: 0 };
/** One fault of each path, another one in each run. */
const one: Extent = { telling: 0.01, others: 0, pairs: 0 };
/** One run in so many is watched for a drift interval more. */
const STAY = 3;
const WIDTH = 6;
/** Decides what a sample takes. */
export const seed = seedFrom('CRASH_SEED');

/**
 * Tests each path: its end must be the same wherever the operator dies on it. `npm test` takes a sample of the crashes,
 * TEST_ALL every one, or the share TEST_SHARE; `npm run test:faults` tries them all, and what they leave behind at each call.
 */
export function testCrashes(paths: readonly CrashPath[], options: SuiteOptions = {}): void {
  const { prefix = '', everyWriteOnCluster = false } = options;
  const onCluster = everyWriteOnCluster ? { ...someOfAll, telling: 1 } : someOfAll;
  const sampled = process.env['TEST_CLUSTER'] === undefined ? one : onCluster;
  const extent = takesAll ? everything : sampled;
  let cluster: TestCluster;
  let counts: Faults = { tried: 0, reached: 0 };
  before(async () => {
    cluster = await startTestCluster();
  });
  after(async () => {
    await cluster.stop();
    assertReached(counts);
  });
  for (const path of paths) {
    test(`${prefix}a crash at any single call: ${path.title}`, async (t) => {
      const options = { cluster, victimIn: inProcess };
      const { tried, reached } = await testPath(path, options, extent, (line) => t.diagnostic(line));
      counts = { tried: counts.tried + tried, reached: counts.reached + reached };
    });
  }
}

/** Tries so many faults of the path, one at least, and tells of it. The undisturbed run is made in this process. */
export async function testPath(
  path: CrashPath,
  options: Pick<RunOptions, 'cluster' | 'victimIn'>,
  extent: Extent,
  tell: (line: string) => void,
): Promise<Faults> {
  const reference = await runPath(path, [], { ...options, victimIn: inProcess, staysLong: true });
  const plans = plansFor(path, reference, extent);
  const all = faultsOf(path, reference.calls).length;
  assert.ok(plans.length > 0, `${path.title}: there is a fault to try`);
  tell(`seed ${seed}: ${plans.length} runs of ${all} faults; CRASH_SEED=${seed} repeats them`);
  let reached = 0;
  const tasks = plans.map((plan, index) => async () => {
    const where = `${path.title}: ${describePlan(plan)}`;
    const staysLong = index % STAY === 0;
    const run = await runPath(path, plan, { ...options, staysLong, end: reference.end }).catch((cause: unknown) => {
      throw new Error(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`);
    });
    reached += Math.min(1, run.faults);
    assertSame(run, reference, where);
  });
  await inParallel(WIDTH, tasks);
  const faults = { tried: plans.length, reached };
  assertReached(faults);
  return faults;
}

/** Most came about. A crash late on a path may come after the end shows: of a small sample, that can be half, or the only one. */
function assertReached({ tried, reached }: Faults): void {
  const least = tried === 1 ? 0 : tried * (tried > 20 ? 0.8 : 0.5);
  assert.ok(reached >= least, `${reached} of ${tried} faults came about`);
}

/**
 * The faults of this run. After the writes, since each leaves another state behind; a share of all others (between two
 * writes nothing changes), spread over the path by the seed; and some after which the successor dies, too.
 */
function plansFor(path: CrashPath, reference: PathRun, extent: Extent): readonly FaultPlan[] {
  const random = seeded(seed);
  const all = faultsOf(path, reference.calls);
  const telling = all.filter((fault) => isTelling(reference, fault));
  const others = all.filter((fault) => !telling.includes(fault));
  const singles = [
    ...sample(telling, Math.ceil(telling.length * extent.telling), random),
    ...sample(others, Math.ceil(others.length * extent.others), random),
  ];
  const pairs = sample(all, Math.min(extent.pairs, all.length), random).map((first): FaultPlan => {
    const second = all[Math.floor(random() * all.length)] ?? first;
    return [first, second];
  });
  return [...singles.map((fault): FaultPlan => [fault]), ...pairs];
}

/** After a write, or with a write to the service that gets lost. */
function isTelling(reference: PathRun, fault: Fault): boolean {
  if (!isWriteOf(reference, fault)) return false;
  return fault.verdict === 'cutAfter' || (fault.side === 'wasabi' && fault.verdict.startsWith('drop'));
}

function isWriteOf({ calls }: PathRun, fault: Fault): boolean {
  const isIt = ({ side, call, time }: LearnedCall) => side === fault.side && call === fault.call && time === fault.time;
  return calls.find(isIt)?.isWrite === true;
}
