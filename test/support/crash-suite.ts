import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startEmulator } from '../../src/emulator/server.ts';
import { isIamWrite, isS3Write } from './answers.ts';
import { startTestCluster } from './cluster.ts';
import { type Crash, type CrashPlan, crashesOf, describePlan, type PathRun, runPath } from './crash.ts';
import type { CrashPath } from './crash-paths.ts';
import { inParallel, sample, seeded, seedFrom, takesAll } from './seeded.ts';
import type { SharedServers } from './world.ts';

/** The share of the crashes after a write, and of all others, which change nothing more. */
const WRITES_SHARE = takesAll || process.env['TEST_CLUSTER'] !== undefined ? 1 : 0.05;
const SHARE = takesAll ? 1 : 0.01;
/** Runs with two crashes, for each path: in the sample there are none. */
const PAIRS = takesAll ? 12 : 0;
/** One run in so many is watched for a drift interval more. */
const STAY = 3;
const WIDTH = 6;
const seed = seedFrom('CRASH_SEED');

/**
 * Tests each path: its end must be the same wherever the operator dies on it. `npm test` takes a sample of the crashes,
 * `npm run test:exhaustive` every one.
 */
export function testCrashes(paths: readonly CrashPath[]): void {
  const shared = new Map<CrashPath['service'], SharedServers>();
  before(async () => {
    const cluster = await startTestCluster();
    const quirks = { cors: 'accepted', encryption: 'accepted', publicAccessBlock: 'accepted', forceDelete: 'ignored' };
    shared.set('wasabi', { cluster, emulator: await startEmulator({}) });
    shared.set('other', { cluster, emulator: await startEmulator({ quirks: quirks as object }) });
  });
  after(async () => {
    for (const { emulator } of shared.values()) await emulator.stop();
    await shared.get('wasabi')?.cluster.stop();
  });
  for (const path of paths) {
    test(`a crash at any single call: ${path.title}`, (t) => {
      const servers = shared.get(path.service);
      assert.ok(servers);
      return testPath(path, servers, (line) => t.diagnostic(line));
    });
  }
}

async function testPath(path: CrashPath, servers: SharedServers, tell: (line: string) => void): Promise<void> {
  const reference = await runPath(path, servers, [], { staysLong: true });
  const plans = plansFor(reference);
  const all = crashesOf(reference).length;
  tell(`seed ${seed}: ${plans.length} runs of ${all} crashes; CRASH_SEED=${seed} repeats them`);
  let reached = 0;
  const tasks = plans.map((plan, index) => async () => {
    const where = `${path.title}: ${describePlan(plan, reference)}`;
    const run = await runPath(path, servers, plan, { staysLong: index % STAY === 0 }).catch((cause: unknown) => {
      throw new Error(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`);
    });
    reached += Math.min(1, run.crashes);
    assert.deepEqual(run.end, reference.end, where);
    assert.deepEqual(run.effects, reference.effects, where);
  });
  await inParallel(WIDTH, tasks);
  // A crash late on a path may come after the end shows: of a sample of three, that can be one.
  assert.ok(reached >= plans.length * (takesAll ? 0.8 : 0.6), `${reached} of ${plans.length} crashes came about`);
}

/**
 * The crashes of this run. After the writes, since each leaves another state behind; a share of all others (between two
 * writes nothing changes), spread over the path by the seed; and some after which the successor dies, too.
 */
function plansFor(reference: PathRun): readonly CrashPlan[] {
  const random = seeded(seed);
  const all = crashesOf(reference);
  const certain = all.filter((crash) => crash.verdict === 'cutAfter' && isWriteOf(reference, crash));
  const others = all.filter((crash) => !certain.includes(crash));
  const singles = [
    ...sample(certain, Math.ceil(certain.length * WRITES_SHARE), random),
    ...sample(others, Math.ceil(others.length * SHARE), random),
  ];
  const pairs = sample(all, Math.min(PAIRS, all.length), random).map((first): CrashPlan => {
    const second = all[Math.floor(random() * all.length)] ?? first;
    return [first, second];
  });
  return [...singles.map((crash): CrashPlan => [crash]), ...pairs];
}

/** Whether the call changes an object or something in the service. Events do not. */
function isWriteOf({ calls }: PathRun, { side, ordinal }: Crash): boolean {
  const call = calls[side][ordinal - 1];
  if (call === undefined) return false;
  if (side === 'wasabi') return isS3Write(call) || isIamWrite(call);
  return call.method !== 'GET' && !call.url.includes('/events');
}
