import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BUCKETS } from '../src/api/bucket.ts';
import { SECRETS } from '../src/api/core-types.ts';
import { PROVIDERS } from '../src/api/provider.ts';
import { createNamespace } from '../test/support/cluster.ts';
import { type Backend, startBackend } from './backend.ts';
import { type BenchControlPlane, startBenchControlPlane } from './control-plane.ts';
import { type Cores, divideCores } from './cores.ts';
import { countsOf, writesOf } from './kube-calls.ts';
import { applyBuckets, applyProviders, measureWriteRate } from './objects.ts';
import { type OperatorProcess, startOperatorProcess } from './operator-process.ts';
import type { BenchOptions } from './options.ts';
import { deliveredFor, ReadyWatch } from './ready-watch.ts';
import type { BenchResult, Span } from './result.ts';
import { type Measured, resultOf } from './result-of.ts';
import { busySecondsOf } from './usage.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const PROVIDER_MS = 60_000;
const PROGRESS_MS = 10_000;
const LOOK_MS = 50;
/** Nothing is written for this long: the operator has settled. Events come a little after what they tell of. */
const QUIET_MS = 5_000;
const SETTLE_MS = 60_000;
/** What does not stop in this time ends with this process. */
const STOP_MS = 10_000;

/** Everything that runs during a measurement. */
interface Stage {
  readonly options: BenchOptions;
  readonly cores: Cores;
  readonly plane: BenchControlPlane;
  readonly backend: Backend;
  readonly operator: OperatorProcess;
  readonly namespace: string;
  readonly say: (line: string) => void;
}

/** Measures once. @param say gets progress, one line at a time @throws Error when a part does not start or the operator ends */
export async function runBench(options: BenchOptions, say: (line: string) => void): Promise<BenchResult> {
  const directory = await mkdtemp(join(tmpdir(), 'wasabi-s3-bench-'));
  const cores = divideCores();
  process.once('exit', () => rmSync(directory, { recursive: true, force: true })); // also when it is interrupted
  const ends: (() => unknown)[] = [];
  try {
    say(`control plane: ${options.controlPlane}`);
    const plane = await startBenchControlPlane(options.controlPlane, directory, say);
    ends.push(() => plane.stop());
    const backend = await startBackend({ ...options, accounts: options.providers });
    ends.push(() => backend.stop());
    const writeRate = await measureWriteRate(plane.admin);
    say(`the API server takes ${Math.round(writeRate)} writes a second of custom resources`);
    const namespace = await createNamespace(plane.admin, 'bench');
    const startedMs = performance.now();
    const operator = startOperatorProcess({
      command: commandOf(options, plane),
      env: environmentOf(plane, backend),
      core: cores.operator,
      directory: root,
      logPath: join(directory, 'operator.log'),
    });
    ends.push(() => operator.kill());
    const stage: Stage = { options, cores, plane, backend, operator, namespace, say };
    await applyProviders(plane.admin, namespace, backend.accounts, options);
    await orFailure(stage, providersReady(stage));
    const startSeconds = (performance.now() - startedMs) / 1_000;
    const measured = await orFailure(stage, measure(stage));
    const code = await operator.stop();
    if (code !== 0) say(`the operator ended with code ${String(code)} after SIGTERM`);
    return resultOf(options, cores, { ...measured, writeRate, startSeconds });
  } finally {
    await Promise.race([stopAll(ends), delay(STOP_MS)]);
  }
}

async function stopAll(ends: readonly (() => unknown)[]): Promise<void> {
  for (const end of ends.toReversed()) await end();
}

async function measure(stage: Stage): Promise<Omit<Measured, 'writeRate' | 'startSeconds'>> {
  const { options, plane, operator, namespace, say } = stage;
  await settled(stage);
  const before = await operator.usage();
  operator.takePeakRssMb();
  const watch = new ReadyWatch(plane.admin, BUCKETS, namespace);
  const deliveries = new ReadyWatch(plane.admin, SECRETS, namespace, deliveredFor);
  await Promise.all([watch.start(), deliveries.start()]);
  const fillSpan = await openSpan(stage);
  const askedMs = await applyBuckets(plane.admin, namespace, options, (name) => watch.readyMs.has(name));
  say(`${options.buckets} Buckets were created in ${seconds(performance.now() - Math.min(...askedMs.values()))}`);
  await allReady(stage, watch, Math.min(...askedMs.values()));
  const cpuUntilReady = await operator.usage();
  await settled(stage);
  const fill = await fillSpan();
  const allWrites = fill.allWrites;
  say(`idle for ${options.idleSeconds} s`);
  const idleSpan = await openSpan(stage);
  await idleFor(stage);
  const after = await operator.usage();
  const idle = { ...(await idleSpan()).span, seconds: options.idleSeconds };
  const peak = operator.takePeakRssMb();
  await Promise.all([watch.stop(), deliveries.stop()]);
  const fillCpu =
    before === undefined || cpuUntilReady === undefined ? undefined : cpuUntilReady.cpuSeconds - before.cpuSeconds;
  return {
    askedMs,
    readyMs: watch.readyMs,
    deliveredMs: deliveries.readyMs,
    fill: { ...fill.span, cpuSeconds: fillCpu },
    allWrites,
    idle,
    rssMb:
      before === undefined || after === undefined || peak === undefined
        ? undefined
        : { before: before.rssMb, peak: Math.max(peak, after.rssMb), after: after.rssMb },
  };
}

/** Begins to count. The returned function ends it. */
async function openSpan({
  plane,
  backend,
  operator,
  cores,
}: Stage): Promise<() => Promise<{ span: Span; allWrites: number }>> {
  await plane.take();
  await backend.take();
  const startedMs = performance.now();
  const [usage, busy] = [await operator.usage(), await busySecondsOf(cores.operator)];
  return async () => {
    const [usageNow, busyNow] = [await operator.usage(), await busySecondsOf(cores.operator)];
    const cpuSeconds = usage && usageNow && usageNow.cpuSeconds - usage.cpuSeconds;
    const elapsed = (performance.now() - startedMs) / 1_000;
    const foreign =
      busy === undefined || busyNow === undefined || cpuSeconds === undefined
        ? undefined
        : Math.max(0, busyNow - busy - cpuSeconds) / elapsed;
    const calls = await plane.take();
    return {
      allWrites: writesOf(calls),
      span: {
        service: await backend.take(),
        kube: countsOf(calls, plane.operatorUser),
        kubeWrites: writesOf(calls, plane.operatorUser),
        cpuSeconds,
        foreignShare: foreign,
      },
    };
  };
}

async function providersReady({ plane, namespace, options }: Stage): Promise<void> {
  const watch = new ReadyWatch(plane.admin, PROVIDERS, namespace);
  await watch.start();
  const end = performance.now() + PROVIDER_MS;
  while (watch.readyMs.size < options.providers) {
    if (performance.now() > end) throw new Error(`the Providers are not Ready: ${watch.anyReason() ?? ''}`);
    await delay(LOOK_MS);
  }
  await watch.stop();
}

async function allReady({ options, say }: Stage, watch: ReadyWatch, startedMs: number): Promise<void> {
  const endMs = startedMs + options.limitMinutes * 60_000;
  let toldMs = performance.now();
  while (watch.readyMs.size < options.buckets) {
    const now = performance.now();
    if (now > endMs) {
      say(`not finished, ${watch.readyMs.size} Ready; ${watch.anyReason() ?? ''}`);
      return;
    }
    if (now - toldMs > PROGRESS_MS) {
      toldMs = now;
      say(`${watch.readyMs.size} of ${options.buckets} Ready after ${seconds(now - startedMs)}`);
    }
    await delay(LOOK_MS);
  }
  say(`all Ready after ${seconds(Math.max(...watch.readyMs.values()) - startedMs)}`);
}

/** Waits until the operator uses next to nothing, so that what it does late is counted with what it did. */
async function settled({ operator }: Stage): Promise<void> {
  const end = performance.now() + SETTLE_MS;
  let last = (await operator.usage())?.cpuSeconds;
  while (performance.now() < end) {
    await delay(QUIET_MS);
    const now = (await operator.usage())?.cpuSeconds;
    if (now === undefined || last === undefined || now - last < QUIET_MS / 1_000 / 10) return;
    last = now;
  }
}

async function idleFor({ options, say }: Stage): Promise<void> {
  for (let left = options.idleSeconds; left > 0; left -= 60) {
    await delay(Math.min(60, left) * 1_000);
    if (left > 60) say(`${left - 60} idle seconds left`);
  }
}

function orFailure<T>({ operator }: Stage, promise: Promise<T>): Promise<T> {
  return Promise.race([promise, operator.failure]);
}

function commandOf({ operator }: BenchOptions, { kubeconfig }: BenchControlPlane): readonly string[] {
  const own = [process.execPath, join(root, 'src/main.ts'), '--leader-elect', 'true'];
  return (operator.length === 0 ? own : operator).map((word) => word.replaceAll('{kubeconfig}', kubeconfig));
}

/** Nothing of this process's own environment but where programs and the home directory are. */
function environmentOf(plane: BenchControlPlane, backend: Backend): Readonly<Record<string, string>> {
  const { PATH = '', HOME = '' } = process.env;
  return {
    PATH,
    HOME,
    KUBECONFIG: plane.kubeconfig,
    ALLOWED_ENDPOINTS: backend.accounts.map(({ port }) => `http://*.localhost:${port}`).join(','),
    METRICS_PORT: '0',
    LEADER_ELECTION_NAMESPACE: plane.namespace,
  };
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
