import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './cluster.ts';
import type { VictimIn } from './crash-victim.ts';
import {
  exitOf,
  metricsPortOf,
  type OperatorProcess,
  probe,
  spawnOperator,
  writeKubeconfig,
} from './operator-process.ts';
import { type Proxy, startProxy } from './proxy.ts';

/** Nothing waits and nothing runs for this long: the operator has settled. */
const QUIET_MS = 100;
/** By the service's clock so much later another process comes, as one that waits for a Lease does: announced creates are over. */
const ABSENCE_MS = 36_000;

/** Operators that are processes of their own, as users start them. */
export interface Processes {
  /**
   * Both its routes lead through this process, which kills it with SIGKILL while a call is under way, whose answer
   * never comes. The operator in this process has brought the world to where the path begins, and is gone by then.
   */
  readonly victimIn: VictimIn;
  /** Removes what they had in common. No process runs by then. */
  remove(): void;
}

/** Compiles the operator once for all processes: one that is killed leaves nothing behind, not even that. */
export async function prepareProcesses(): Promise<Processes> {
  const folder = mkdtempSync(join(tmpdir(), 'operator-processes-'));
  const env = { NODE_COMPILE_CACHE: join(folder, 'compiled') };
  const first = spawnOperator(['--help'], env);
  assert.equal(await exitOf(first), 0, first.output());
  return {
    victimIn: victimsIn(folder, env),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function victimsIn(folder: string, env: Readonly<Record<string, string>>): VictimIn {
  return async ({ world, clock }) => {
    const { cluster, emulator, operator, namespace, neighbours } = world;
    await world.kill();
    let running: OperatorProcess | undefined;
    const kill = () => {
      running?.child.kill('SIGKILL');
    };
    const kube = await startProxy({ url: cluster.url, ...(cluster.ca === undefined ? {} : { ca: cluster.ca }), kill });
    const server = operator.wasabi.retire();
    const wasabi = await startProxy({ url: `http://127.0.0.1:${emulator.port}`, server, kill });
    const { token } = cluster;
    const own = mkdtempSync(join(folder, 'kubeconfig-'));
    const flags = [
      `--kubeconfig=${writeKubeconfig(own, { url: kube.url, token, ca: undefined })}`,
      '--metrics-port=0',
      '--leader-elect=false',
      `--watch-namespaces=${[namespace, ...neighbours].join(',')}`,
      `--allowed-endpoints=http://*.localhost:${wasabi.port}`,
    ];
    const start = () => {
      running = spawnOperator(flags, env);
    };
    const end = async () => {
      kill();
      if (running !== undefined) await exitOf(running);
    };
    const replace = async () => {
      await end();
      await clock.skip(ABSENCE_MS);
      start();
    };
    const settle = () => settled(() => running, [kube, wasabi]);
    start();
    await settle();
    return {
      proxies: { kube, wasabi },
      get died() {
        return running?.ended ?? Promise.resolve();
      },
      kill,
      settle,
      replace,
      pass: () => Promise.resolve(), // its clock is the machine's, and the service's has gone on already
      lookAgain: async () => {
        await replace(); // whoever starts looks at everything
        await settle();
      },
      said: () => Promise.resolve([{ where: 'output', text: running?.output() ?? '' }]),
      close: async () => {
        await end();
        await Promise.all([kube.stop(), wasabi.stop()]);
      },
    };
  };
}

async function settled(current: () => OperatorProcess | undefined, proxies: readonly Proxy[]): Promise<void> {
  let quietSince: number | undefined;
  let seen = 0;
  await until('the process settles', async () => {
    const operator = current();
    if (operator === undefined || isOver(operator)) return true;
    const isBusy = proxies.some(({ pending }) => pending > 0) || (await hasWork(operator));
    // Between two calls of a pass nothing is pending either.
    const before = seen;
    seen = proxies.reduce((sum, { calls }) => sum + calls.length, 0);
    quietSince = isBusy || seen !== before ? undefined : (quietSince ?? performance.now());
    return quietSince !== undefined && performance.now() - quietSince > QUIET_MS;
  });
}

function isOver({ child: { exitCode, signalCode } }: OperatorProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Whether something is not listed yet, or an object waits for a pass. */
async function hasWork(operator: OperatorProcess): Promise<boolean> {
  const port = metricsPortOf(operator);
  if (Number.isNaN(port)) return true;
  const isDead = { status: 0, body: '' };
  const { status } = await probe(port, '/readyz').catch(() => isDead);
  const { body } = await probe(port, '/metrics').catch(() => isDead);
  return status !== 200 || /_workqueue_depth\{[^}]*\} [1-9]/.test(body);
}
