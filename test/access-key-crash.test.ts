import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AccessKey } from '../src/api/access-key.ts';
import { accessKey } from './support/builders.ts';
import { startTestCluster, type TestCluster, until } from './support/cluster.ts';
import {
  addKey,
  isWorking,
  type KeyWorld,
  keyCalls,
  keysOf,
  pairIn,
  revokeOutside,
  secretOf,
  startKeyWorld,
  USER,
} from './support/keys.ts';
import type { ProxiedCall, Verdict } from './support/proxy.ts';
import { inParallel, sample, seeded, seedFrom, takesAll } from './support/seeded.ts';
import type { World } from './support/world.ts';

/** The share of the faults at a write, and of all others. */
const WRITES_SHARE = takesAll ? 1 : 0.15;
const SHARE = takesAll ? 1 : 0.03;
const WIDTH = 6;
const IAM = 'crash-user';
/** An announced create is over by then. */
const INTENT_OVER_MS = 36_000;
const seed = seedFrom('CRASH_SEED');

let cluster: TestCluster;
before(async () => {
  cluster = await startTestCluster();
});
after(() => cluster.stop());

type Side = 'kube' | 'wasabi';

interface Fault {
  readonly side: Side;
  /** Counts from 1 at the beginning of the path. */
  readonly ordinal: number;
  readonly verdict: Extract<Verdict, 'cutBefore' | 'cutAfter' | 'dropRequest' | 'dropResponse'>;
}

interface Path {
  readonly title: string;
  begin(world: World): Promise<unknown>;
  act(world: World): Promise<unknown>;
  ended(world: World): Promise<boolean>;
  /** Keys of the user at the end. */
  readonly keys: number;
}

async function statusOf(world: World): Promise<AccessKey['status']> {
  return (await world.get<AccessKey>('AccessKey', 'it'))?.status;
}

/** The Secret works, and the object says so of that very key. */
async function isSettled(world: World, secretName = 'it-credentials'): Promise<boolean> {
  const status = await statusOf(world);
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const synced = status?.conditions?.find(({ type }) => type === 'Synced');
  if (ready?.status !== 'True' || synced?.status !== 'True' || status?.mint !== undefined) return false;
  const { accessKeyId } = await pairIn(world, secretName);
  return status?.accessKeyId === accessKeyId && (await isWorking(world, secretName));
}

async function makeKey(world: World): Promise<void> {
  await world.apply(accessKey('it', USER));
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
}

const paths: readonly Path[] = [
  {
    title: 'create',
    begin: () => Promise.resolve(),
    act: (world) => world.apply(accessKey('it', USER)),
    ended: isSettled,
    keys: 1,
  },
  {
    title: 'replace after the Secret was deleted',
    begin: makeKey,
    act: (world) => world.delete('Secret', 'it-credentials'),
    ended: async (world) => (await isSettled(world)) && keysOf(world, IAM).length === 1 && keyCalls(world).creates > 1,
    keys: 1,
  },
  {
    title: 'replace a key that was revoked outside, beside a foreign one',
    begin: async (world) => {
      await makeKey(world);
      addKey(world, IAM, 86_400_000);
    },
    act: async (world) => {
      const { accessKeyId } = await pairIn(world, 'it-credentials');
      await world.patch('Secret', 'it-credentials', { data: { 'secret-access-key': null } });
      revokeOutside(world, accessKeyId);
    },
    ended: async (world) => (await isSettled(world)) && keyCalls(world).creates > 1,
    keys: 2,
  },
  {
    title: 'deliver under another name',
    begin: makeKey,
    act: (world) => world.patch('AccessKey', 'it', { spec: { secret: { name: 'renamed' } } }),
    ended: async (world) =>
      (await statusOf(world))?.secretName === 'renamed' &&
      (await isSettled(world, 'renamed')) &&
      (await secretOf(world, 'it-credentials')) === undefined,
    keys: 1,
  },
  {
    title: 'delete',
    begin: makeKey,
    act: (world) => world.delete('AccessKey', 'it'),
    ended: async (world) => (await world.get('AccessKey', 'it')) === undefined,
    keys: 0,
  },
];

/** What a run came to. */
interface Run {
  readonly calls: Readonly<Record<Side, readonly ProxiedCall[]>>;
  readonly creates: number;
  readonly wasHit: boolean;
}

async function run(path: Path, fault: Fault | undefined): Promise<Run> {
  const keyWorld = await startKeyWorld(cluster, IAM);
  try {
    return await disturbed(keyWorld, path, fault);
  } finally {
    await keyWorld.close();
  }
}

async function disturbed(keyWorld: KeyWorld, path: Path, fault: Fault | undefined): Promise<Run> {
  const { world } = keyWorld;
  await path.begin(world);
  await world.settle();
  const first = world.operator;
  const marks = { kube: first.kube.calls.length, wasabi: first.wasabi.calls.length };
  const mints = keyCalls(world).creates;
  let wasHit = false;
  if (fault !== undefined) {
    const proxy = first[fault.side];
    const last = proxy.calls.length + fault.ordinal;
    proxy.decide((call) => {
      if (call.ordinal !== last) return 'pass';
      wasHit = true;
      return fault.verdict;
    });
    // Dead on one side is dead on the other.
    void proxy.cut.then(() => first[fault.side === 'kube' ? 'wasabi' : 'kube'].sever());
  }
  await path.act(world);
  const isCrash = fault?.verdict.startsWith('cut') === true;
  await until('the fault or the end', async () => wasHit || (await path.ended(world)));
  if (!wasHit) await world.settle(); // the last calls of a path come after its end shows
  if (isCrash && wasHit) await world.restart();
  if (fault !== undefined && !(await path.ended(world))) {
    await world.settle();
    if (!(await path.ended(world))) await keyWorld.pass(INTENT_OVER_MS);
    if (!(await path.ended(world))) await keyWorld.pass(300_000);
  }
  await until(`the end: ${JSON.stringify(await statusOf(world))}`, () => path.ended(world));
  await world.settle();
  assert.ok(keyWorld.mostKeys() <= 2, `${keyWorld.mostKeys()} keys at once`);
  assert.equal(keysOf(world, IAM).length, path.keys, 'no orphan');
  const { creates } = keyCalls(world);
  const calls = { kube: first.kube.calls.slice(marks.kube), wasabi: first.wasabi.calls.slice(marks.wasabi) };
  return { calls, creates: creates - mints, wasHit };
}

function isWrite(side: Side, { method, url, body }: ProxiedCall): boolean {
  if (side === 'kube') return method !== 'GET' && !url.includes('/events') && !url.includes('dryRun');
  return /Action=(Create|Delete)AccessKey/.test(body);
}

for (const path of paths) {
  test(`L50: AccessKey: a crash, or a lost call, anywhere: ${path.title}`, async (t) => {
    const reference = await run(path, undefined);
    const all = (['kube', 'wasabi'] as const).flatMap((side) =>
      reference.calls[side].flatMap((call, index) =>
        (['cutBefore', 'cutAfter', 'dropRequest', 'dropResponse'] as const).map((verdict) => ({
          fault: { side, ordinal: index + 1, verdict },
          isCertain:
            isWrite(side, call) && (verdict === 'cutAfter' || (side === 'wasabi' && verdict.startsWith('drop'))),
          what: `${verdict} ${side} ${index + 1}: ${call.method} ${call.url.slice(0, 120)} ${/Action=\w+/.exec(call.body)?.[0] ?? ''}`,
        })),
      ),
    );
    const random = seeded(seed);
    const some = (of: typeof all, share: number) => sample(of, Math.ceil(of.length * share), random);
    const plans = [
      ...some(
        all.filter(({ isCertain }) => isCertain),
        WRITES_SHARE,
      ),
      ...some(
        all.filter(({ isCertain }) => !isCertain),
        SHARE,
      ),
    ];
    t.diagnostic(`seed ${seed}: ${plans.length} of ${all.length} faults; CRASH_SEED=${seed} repeats them`);
    await inParallel(
      WIDTH,
      plans.map(({ fault, what }) => async () => {
        const done = await run(path, fault).catch((cause: unknown) => {
          throw new Error(`${path.title}, ${what}: ${cause instanceof Error ? cause.message : String(cause)}`);
        });
        // A key more than undisturbed was created only where one was lost, and that one is gone (asserted in the run).
        assert.ok(
          done.creates >= reference.creates && done.creates <= reference.creates + 1,
          `${what}: ${done.creates} creates`,
        );
      }),
    );
  });
}
