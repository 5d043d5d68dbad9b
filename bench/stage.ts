import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundle } from '../scripts/build/bundle.ts';
import { PROVIDERS } from '../src/api/provider.ts';
import { createNamespace } from '../test/support/cluster.ts';
import { type Backend, type BackendCall, startBackend } from './backend.ts';
import { type BenchControlPlane, startBenchControlPlane } from './control-plane.ts';
import type { Cores } from './cores.ts';
import { imageFlags } from './image-flags.ts';
import { countsOf, writesOf } from './kube-calls.ts';
import { type OperatorProcess, startOperatorProcess } from './operator-process.ts';
import type { BenchOptions } from './options.ts';
import { ReadyWatch } from './ready-watch.ts';
import type { Span } from './result.ts';
import { busySecondsOf } from './usage.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const PROVIDER_MS = 60_000;
const LOOK_MS = 50;
const PROGRESS_MS = 10_000;
/** Nothing is written for this long: the operator has settled. Events come a little after what they tell of. */
const QUIET_MS = 5_000;
const QUICK_QUIET_MS = 2_000;
const SETTLE_MS = 60_000;
/** What does not stop in this time ends with this process. */
const STOP_MS = 10_000;

/** What runs during a measurement, before the operator does. */
export interface Ground {
  readonly options: BenchOptions;
  readonly cores: Cores;
  readonly plane: BenchControlPlane;
  readonly backend: Backend;
  readonly namespace: string;
  readonly say: (line: string) => void;
  /** Starts the operator; it ends with the ground. @param env what it is told beside where everything is */
  readonly startOperator: (env?: Readonly<Record<string, string>>) => OperatorProcess;
}

/** Everything that runs during a measurement. */
export interface Stage extends Ground {
  readonly operator: OperatorProcess;
  /** A second one, which stands by. */
  readonly standby?: OperatorProcess;
}

/**
 * Starts a control plane and a service, and stops them when the task is over.
 * @param say gets progress, one line at a time
 * @throws Error when a part does not start
 */
export async function onGround<T>(
  options: BenchOptions,
  cores: Cores,
  say: (line: string) => void,
  task: (ground: Ground) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'wasabi-s3-bench-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true })); // also when it is interrupted
  const ends: (() => unknown)[] = [];
  try {
    say(`control plane: ${options.controlPlane}`);
    const plane = await startBenchControlPlane(options.controlPlane, directory, say);
    ends.push(() => plane.stop());
    const backend = await startBackend({ ...options, accounts: options.providers });
    ends.push(() => backend.stop());
    const namespace = await createNamespace(plane.admin, 'bench');
    const command = await commandOf(options, plane, directory);
    const startOperator = (env: Readonly<Record<string, string>> = {}) => {
      const operator = startOperatorProcess({
        command,
        env: { ...environmentOf(plane, backend), ...env },
        core: cores.operator,
        directory: root,
        logPath: join(directory, 'operator.log'),
      });
      ends.push(() => operator.kill());
      return operator;
    };
    return await task({ options, cores, plane, backend, namespace, say, startOperator });
  } finally {
    await Promise.race([stopAll(ends), delay(STOP_MS, undefined, { ref: false })]);
  }
}

/** Runs a part of a measurement. @throws Error when the operator ends meanwhile */
export function orFailure<T>({ operator }: Stage, promise: Promise<T>): Promise<T> {
  return Promise.race([promise, operator.failure]);
}

/** Stops the operator as a cluster would. */
export async function stopOperator({ operator, say }: Stage): Promise<void> {
  const code = await operator.stop();
  if (code !== 0) say(`the operator ended with code ${String(code)} after SIGTERM`);
}

/** What was counted in a span. */
export interface Counted {
  readonly span: Span;
  /** Writes of everybody to the Kubernetes API. */
  readonly allWrites: number;
  /** The operator's calls to the Kubernetes API about its Lease. */
  readonly leaseCalls: number;
  readonly calls: readonly BackendCall[];
  /** When each call to the service came, on one monotonic clock, ms. */
  readonly callsAtMs: readonly number[];
  /** The most keys that any user had at any instant since the service started. */
  readonly mostKeys: number;
}

/** Begins to count. The returned function ends it. */
export async function openSpan(stage: Stage): Promise<() => Promise<Counted>> {
  await emptyLogs(stage);
  return beginSpan(stage);
}

/** What was called before is not counted. With many calls this takes seconds. */
export async function emptyLogs({ plane, backend }: Ground): Promise<void> {
  await plane.take();
  await backend.take();
}

/** Begins to count at once, all that was called since `emptyLogs`. The returned function ends it. */
export async function beginSpan({ plane, backend, operator, standby, cores }: Stage): Promise<() => Promise<Counted>> {
  const startedMs = performance.now();
  const running = [operator, ...(standby === undefined ? [] : [standby])];
  const cpu = async () => {
    const all = await Promise.all(running.map((each) => each.usage()));
    return all.includes(undefined) ? undefined : all.reduce((sum, each) => sum + (each?.cpuSeconds ?? 0), 0);
  };
  const [cpuBefore, busy] = [await cpu(), await busySecondsOf(cores.operator)];
  return async () => {
    const [cpuNow, busyNow] = [await cpu(), await busySecondsOf(cores.operator)];
    const cpuSeconds = cpuBefore === undefined || cpuNow === undefined ? undefined : cpuNow - cpuBefore;
    const elapsed = (performance.now() - startedMs) / 1_000;
    const foreign =
      busy === undefined || busyNow === undefined || cpuSeconds === undefined
        ? undefined
        : Math.max(0, busyNow - busy - cpuSeconds) / elapsed;
    const calls = await plane.take();
    const { calls: asked, mostKeys, ...service } = await backend.take();
    return {
      allWrites: writesOf(calls),
      leaseCalls: calls.filter(({ user, resource }) => user === plane.operatorUser && resource === 'leases').length,
      calls: asked,
      callsAtMs: asked.map(({ atMs }) => atMs),
      mostKeys,
      span: {
        service,
        kube: countsOf(calls, plane.operatorUser),
        kubeWrites: writesOf(calls, plane.operatorUser),
        cpuSeconds,
        foreignShare: foreign,
      },
    };
  };
}

/** Waits until there are so many, as long as the options let it; says how it goes. @returns whether there are */
export async function waited(
  { options, say }: Pick<Ground, 'options' | 'say'>,
  what: string,
  countNow: () => number,
  wanted: number,
): Promise<boolean> {
  const startedMs = performance.now();
  let toldMs = startedMs;
  while (countNow() < wanted) {
    const now = performance.now();
    if (now > startedMs + options.limitMinutes * 60_000) {
      say(`not finished, ${countNow()} of ${wanted} ${what}`);
      return false;
    }
    if (now - toldMs > PROGRESS_MS) {
      toldMs = now;
      say(`${countNow()} of ${wanted} ${what} after ${((now - startedMs) / 1_000).toFixed(0)} s`);
    }
    await delay(LOOK_MS);
  }
  return true;
}

/** Waits until so many Providers are Ready. */
export async function providersReady({ plane, namespace }: Stage, count: number): Promise<void> {
  const watch = new ReadyWatch(plane.admin, PROVIDERS, namespace);
  await watch.start();
  const end = performance.now() + PROVIDER_MS;
  while (watch.readyMs.size < count) {
    if (performance.now() > end) throw new Error(`the Providers are not Ready: ${watch.anyReason() ?? ''}`);
    await delay(LOOK_MS);
  }
  await watch.stop();
}

/** Waits until the operator uses next to nothing, so that what it does late is counted with what it did. */
export async function settled(
  { operator, options }: Pick<Stage, 'operator' | 'options'>,
  withinMs = SETTLE_MS,
): Promise<void> {
  const end = performance.now() + withinMs;
  const quietMs = options.quick ? QUICK_QUIET_MS : QUIET_MS;
  let last = (await operator.usage())?.cpuSeconds;
  while (performance.now() < end) {
    await delay(quietMs);
    const now = (await operator.usage())?.cpuSeconds;
    if (now === undefined || last === undefined || now - last < quietMs / 1_000 / 10) return;
    last = now;
  }
}

async function stopAll(ends: readonly (() => unknown)[]): Promise<void> {
  for (const end of ends.toReversed()) await end();
}

/** The operator that was asked for; else ours, bundled as it is in the image. */
async function commandOf(
  { operator }: BenchOptions,
  { kubeconfig }: BenchControlPlane,
  directory: string,
): Promise<readonly string[]> {
  if (operator.length > 0) return operator.map((word) => word.replaceAll('{kubeconfig}', kubeconfig));
  const folder = join(directory, 'operator');
  await bundle(root, folder);
  return [process.execPath, ...imageFlags(), join(folder, 'main.mjs'), '--leader-elect', 'true'];
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
