import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isReason, type Reason } from '../src/api/reasons.ts';
import { startEmulator } from '../src/emulator/server.ts';
import type { StoredCondition } from '../src/managed/kind.ts';
import { type Fault, inject, isPatch } from './support/answers.ts';
import { operationOf } from './support/call-names.ts';
import { type CallPath, callPaths, type FailureName, MADE } from './support/call-paths.ts';
import { startTestCluster, type TestCluster, until } from './support/cluster.ts';
import { endState } from './support/end-state.ts';
import { keysOf } from './support/keys.ts';
import type { CannedAnswer, ProxiedCall, Verdict } from './support/proxy.ts';
import { inParallel, sample, seeded, seedFrom, shareOfAll, takesAll } from './support/seeded.ts';
import { SkippingClock } from './support/skipping-clock.ts';
import { openWorld, type World } from './support/world.ts';

/** Faults of each path that `npm test` tries; TEST_ALL tries every one. */
const SAMPLE = 2;
const WIDTH = 6;
/** The deadline of a call that no Provider sets otherwise. */
const TIMEOUT_MS = 10_000;
const seed = seedFrom('ERRORS_SEED');
const REQUEST_ID = 'REQ-7f3a.9';
/** No resync comes in between: what fails is tried again for its own sake. */
const flags = ['--drift-check-interval-seconds=0'];

interface CallFault {
  readonly name: FailureName;
  readonly title: string;
  readonly verdict: Verdict;
  readonly reason: Reason;
  /** Whether the answer names the call. */
  readonly hasRequestId?: true;
}

/** What S3 and IAM answer when they refuse: both shapes are read from both. */
function refusal(status: number, code: string): CannedAnswer {
  const body = `<ErrorResponse><Error><Code>${code}</Code><Message>no</Message></Error><RequestId>${REQUEST_ID}</RequestId></ErrorResponse>`;
  return { status, headers: { 'content-type': 'text/xml' }, body };
}

const HTML: CannedAnswer = { status: 404, headers: { 'content-type': 'text/html' }, body: '<html>not here</html>' };
const NO_XML: CannedAnswer = { status: 200, headers: { 'content-type': 'text/plain' }, body: 'welcome <' };
const NOTHING: CannedAnswer = { status: 200, headers: { 'content-type': 'text/xml' } };

const faults: readonly CallFault[] = [
  { name: 'Failed', title: '500', verdict: refusal(500, 'InternalError'), reason: 'ServiceFailed', hasRequestId: true },
  {
    name: 'SlowDown',
    title: '503 SlowDown',
    verdict: refusal(503, 'SlowDown'),
    reason: 'Throttled',
    hasRequestId: true,
  },
  {
    name: 'Denied',
    title: '403 AccessDenied',
    verdict: refusal(403, 'AccessDenied'),
    reason: 'AccessDenied',
    hasRequestId: true,
  },
  { name: 'Hang', title: 'no answer', verdict: 'hang', reason: 'Timeout' },
  { name: 'LostBefore', title: 'a reset before the effect', verdict: 'dropRequest', reason: 'ConnectionLost' },
  { name: 'LostAfter', title: 'a reset after the effect', verdict: 'dropResponse', reason: 'ConnectionLost' },
  { name: 'NoXml', title: 'a body that is no XML', verdict: NO_XML, reason: 'UnreadableAnswer' },
  { name: 'Nothing', title: 'an answer with nothing in it', verdict: NOTHING, reason: 'UnreadableAnswer' },
  { name: 'Page', title: 'a 404 page', verdict: HTML, reason: 'UnexpectedAnswer' },
];

let cluster: TestCluster;
before(async () => {
  cluster = await startTestCluster();
});
after(() => cluster.stop());

/** How a path went. */
interface Run {
  readonly operations: readonly string[];
  /** How often the service carried out what creates, and what takes away. */
  readonly effects: Readonly<Record<string, number>>;
  readonly end: unknown;
}

/** One call of a path, and what becomes of it. */
interface Plan {
  readonly operation: string;
  readonly fault: CallFault;
}

async function run(path: CallPath, plan?: Plan): Promise<Run> {
  const clock = new SkippingClock();
  const emulator = await startEmulator({ clock });
  const rateLimit = { requestsPerSecond: 1_000 };
  const providerSpec = { retry: { maxAttempts: 1 }, rateLimit };
  const hasProvider = path.kind !== 'Provider';
  const world = await openWorld({ cluster, emulator }, { flags, hasProvider, providerSpec });
  try {
    for (const manifest of path.before) {
      await world.apply(manifest);
      await world.reaches(manifest.kind, manifest.metadata.name, 'Ready', 'True');
    }
    await world.settle();
    const mark = world.operatorCalls().length;
    const fault = plan && arm(world, path, plan);
    await path.act(world, providerSpec);
    if (plan !== undefined && fault !== undefined) await disturbed(world, path, plan, fault);
    await converged(world, path, clock);
    assertTold(world, path, plan);
    const made = world.operatorCalls().slice(mark);
    const isOwn = (call: (typeof made)[number]) =>
      isOfPath(path, { ...call, isProviders: call.accessKeyId === world.keys.accessKeyId });
    return {
      operations: [...new Set(made.filter(isOwn).map(({ operation }) => operation))],
      effects: countEffects(made),
      end: [await endState(world, [[path.kind, path.name]], MADE), keysOf(world, MADE).length],
    };
  } finally {
    await world.close();
    await emulator.stop();
  }
}

/** The Provider asks on its own account who it is. Elsewhere than on its path that is another matter. */
function isOfPath(
  { kind, calls }: CallPath,
  { operation, userName, isProviders }: { operation: string; userName: string | undefined; isProviders: boolean },
): boolean {
  if (kind === 'Provider') return true;
  if (operation === 'GetUser') return userName !== undefined;
  if (operation === 'GetCallerIdentity') return !isProviders;
  if (operation === 'ListBuckets') return calls.includes(operation);
  // Others whom the path wakes look, too.
  return !(
    (operation === 'GetPolicy' || operation === 'GetPolicyVersion' || operation === 'ListEntitiesForPolicy') &&
    kind === 'User'
  );
}

/** A write that was carried out, and whose answer is lost, is met once; all else goes on until it is told. */
function arm(world: World, path: CallPath, { operation, fault }: Plan): Fault {
  const matches = (call: ProxiedCall) =>
    operationOf(call) === operation &&
    isOfPath(path, {
      operation,
      userName: /(?:^|&)UserName=([^&]+)/.exec(call.body)?.[1],
      isProviders: call.authorization.includes(world.keys.accessKeyId),
    });
  const { verdict } = fault;
  return inject(world.operator.wasabi, matches, (hit) => (verdict === 'dropResponse' && hit > 1 ? 'pass' : verdict));
}

async function disturbed(world: World, path: CallPath, { operation, fault }: Plan, armed: Fault): Promise<void> {
  const mark = world.operatorCalls().length;
  await until(`${operation} is called`, () => Promise.resolve(armed.hits.length > 0));
  const reason = reasonOf(path, { operation, fault });
  if (reason !== undefined) {
    await until(`${reason} is told`, async () => {
      if (fault.verdict === 'hang') await world.operator.clock.skip(1_000);
      return isTold(world, path, { operation, fault });
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(synced(world, path))}`);
    });
  }
  if (operation === path.calls[0]) {
    const writes = world
      .operatorCalls()
      .slice(mark)
      .filter(({ mutating }) => mutating);
    assert.deepEqual(
      writes.map((call) => call.operation),
      [],
      'nothing is written after a look that failed',
    );
  }
  armed.end();
  if (fault.verdict === 'hang') await world.operator.clock.skip(TIMEOUT_MS);
}

async function converged(world: World, { kind, name, isDeletion }: CallPath, clock: SkippingClock): Promise<void> {
  const isEnded = async () => {
    const object = await world.get(kind, name);
    if (isDeletion || object === undefined) return object === undefined;
    const { generation } = object.metadata;
    const conditions = object.status?.conditions ?? [];
    return ['Ready', 'Synced'].every((type) =>
      conditions.some(
        (found) => found.type === type && found.status === 'True' && found.observedGeneration === generation,
      ),
    );
  };
  await world.settle();
  for (let minutes = 0; minutes < 10 && !(await isEnded()); minutes += 1) {
    await clock.skip(60_000); // whether a create may still land is told by the clock of the service
    await world.elapse(60_000, 400);
  }
  assert.ok(await isEnded(), `the end: ${JSON.stringify((await world.get(kind, name))?.status)}`);
  await world.settle();
}

/** Under which reason a failure is told; `undefined`: under none. */
function reasonOf({ otherwise = {} }: CallPath, { operation, fault }: Plan): Reason | undefined {
  const others = otherwise[operation] ?? {};
  return fault.name in others ? others[fault.name] : fault.reason;
}

/** Whether a `Synced` that was written tells of the failure, and, where it is its own, of the call. */
function isTold(world: World, path: CallPath, plan: Plan): boolean {
  const expected = reasonOf(path, plan);
  return synced(world, path).some(({ reason, message = '' }) => {
    return reason === expected && (expected !== plan.fault.reason || message.includes(plan.operation));
  });
}

/** Each `Synced` that was written for the object of the path. */
function synced(world: World, { name }: CallPath): readonly StoredCondition[] {
  return statusWrites(world, name).flatMap((conditions) => conditions.filter(({ type }) => type === 'Synced'));
}

function statusWrites(world: World, name: string): readonly (readonly StoredCondition[])[] {
  return world.operator.kube.calls
    .filter((call) => isPatch(call, name, 'status'))
    .map(({ body }) => (JSON.parse(body) as { status?: { conditions?: StoredCondition[] } }).status?.conditions ?? []);
}

function assertTold(world: World, path: CallPath, plan: Plan | undefined): void {
  for (const { reason = '' } of statusWrites(world, path.name).flat()) assert.ok(isReason(reason), `reason ${reason}`);
  const secrets = [...world.emulator.state.keys.values()].map(({ secretAccessKey }) => secretAccessKey);
  const texts = world.operator.kube.calls.filter(({ url }) => !url.includes('/secrets')).map(({ body }) => body);
  const everything = [...texts, ...world.operator.log].join('\n');
  for (const secret of secrets) assert.ok(!everything.includes(secret), 'the text of a key is nowhere but in Secrets');
  const messages = statusWrites(world, path.name).flat();
  assert.ok(!JSON.stringify(messages).includes(REQUEST_ID), 'the same failure gives the same text');
  if (plan?.fault.hasRequestId !== true || reasonOf(path, plan) !== plan.fault.reason) return;
  const isLogged = world.operator.log.some((line) => line.includes(REQUEST_ID) && line.includes(plan.operation));
  assert.ok(isLogged, 'the log tells the id of the call');
}

/** How often the service carried out each call that makes or takes away something. */
function countEffects(made: ReturnType<World['operatorCalls']>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { operation, status } of made) {
    if (status < 300 && /^(?:Create|Delete|Detach|Remove)/.test(operation))
      counts[operation] = (counts[operation] ?? 0) + 1;
  }
  return counts;
}

/** An answer without content is right for many a write; whether it had its effect is read in any case. */
function faultsOf(operation: string): readonly CallFault[] {
  return /^(?:Get|List)/.test(operation) ? faults : faults.filter(({ name }) => name !== 'Nothing');
}

for (const path of callPaths) {
  const { kind, title, calls } = path;
  test(`${kind}, ${title}: every call may fail in every way`, async (t) => {
    const reference = await run(path);
    assert.deepEqual(reference.operations.toSorted(), calls.toSorted(), 'the calls of the path');
    const all = calls.flatMap((operation) => faultsOf(operation).map((fault) => ({ operation, fault })));
    const random = seeded(seed + callPaths.indexOf(path));
    const plans = takesAll ? shareOfAll(all, random) : sample(all, SAMPLE, random);
    t.diagnostic(`seed ${seed}: ${plans.length} of ${all.length} faults; ERRORS_SEED=${seed} repeats them`);
    await inParallel(
      WIDTH,
      plans.map((plan) => async () => {
        const where = `${kind}, ${title}, ${plan.operation}: ${plan.fault.title}`;
        const done = await run(path, plan).catch((cause: unknown) => {
          throw new Error(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`);
        });
        // The text of a key is told once: the one whose answer was lost is revoked, and there is another.
        const isLostKey = plan.operation === 'CreateAccessKey' && plan.fault.verdict === 'dropResponse';
        const expected = isLostKey ? { CreateAccessKey: 2, DeleteAccessKey: 1 } : reference.effects;
        assert.deepEqual(done.effects, expected, where);
        assert.deepEqual(done.end, reference.end, where);
      }),
    );
  });
}
