import { hostname } from 'node:os';
import { NAMESPACES } from './api/core-types.ts';
import type { KubeObject } from './api/meta.ts';
import { type Config, parseConfig, VERSION } from './config.ts';
import { createOperator, type Operator } from './operator.ts';
import { type Clock, type Random, sleep, systemClock } from './runtime/clock.ts';
import type { ClusterAccess } from './runtime/cluster-access.ts';
import { asError } from './runtime/errors.ts';
import type { Kube } from './runtime/kube.ts';
import { KubeClient } from './runtime/kube-client.ts';
import { loadClusterAccess } from './runtime/kubeconfig.ts';
import { alwaysLeader, LeaderElector } from './runtime/leader-election.ts';
import type { Leadership } from './runtime/manager.ts';
import { EventRecorder } from './telemetry/events.ts';
import { createLogger, type Logger } from './telemetry/logger.ts';
import { Metrics } from './telemetry/metrics.ts';
import { startTelemetryServer, type TelemetryServer } from './telemetry/server.ts';

/** How long running passes may go on after SIGTERM; Kubernetes gives a pod 30 s in all. */
const DRAIN_MS = 20_000;
const EVENTS_DRAIN_MS = 2_000;
const LEASE_NAME = 'wasabi-s3-operator';
const RETRY_MS = 2_000;

/** The effects of a running operator. */
export interface Effects {
  readonly access: ClusterAccess;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** An operator at work. */
export interface RunningOperator extends Operator {
  /** The port of health and metrics. */
  readonly port: number;
  readonly metrics: Metrics;
  /** Resolves when leadership was lost: nothing is written any more, and the process should end. */
  readonly lost: Promise<void>;
  /** Drains within `graceMs`, gives leadership back and closes every connection. */
  stop(graceMs?: number): Promise<void>;
}

/** Starts an operator in this process: health first, then watches, then, as leader, passes. */
export async function startOperator(config: Config, effects: Effects, signal: AbortSignal): Promise<RunningOperator> {
  const { access, clock, random, log } = effects;
  const metrics = new Metrics({ version: VERSION });
  const identity = `${hostname()}_${crypto.randomUUID().slice(0, 8)}`;
  const connect = (rateLimitPerSecond?: number) =>
    new KubeClient({
      access,
      clock,
      random,
      userAgent: `wasabi-s3-operator/${VERSION}`,
      rateLimitPerSecond,
      onCall: (call) => metrics.kubeCalled(call),
    });
  const kube = connect(config.k8sRateLimit);
  // A connection of its own: renewing must not wait behind a long list.
  const leaseKube = connect();
  const lost = Promise.withResolvers<void>();
  const elector = createElector(config, leaseKube, effects, identity);
  const fence = elector ?? alwaysLeader(identity);
  kube.fenceWith(fence);
  const events = new EventRecorder({
    kube,
    clock,
    random,
    instance: identity,
    onDropped: () => metrics.eventDropped(),
  });
  const clusterId = config.clusterId ?? (await readClusterId(kube, effects, signal));
  const leadership = elector && tellingLoss(elector, lost.resolve);
  const operator = createOperator({ config, clusterId, kube, clock, random, log, metrics, events, fence, leadership });
  const server = await serveTelemetry(config, operator, metrics);
  events.start();
  log.info({ version: VERSION, server: access.server, clusterId, identity, port: server.port }, 'started');
  const started = operator.manager.start();
  let stopped: Promise<void> | undefined;
  const stop = async (graceMs: number) => {
    await operator.manager.stop(graceMs);
    await started;
    await operator.secrets.stop();
    await events.stop(EVENTS_DRAIN_MS);
    await server.stop();
    await Promise.all([kube.close(), leaseKube.close()]);
    log.info({}, 'stopped');
    await log.flush();
  };
  return {
    ...operator,
    port: server.port,
    metrics,
    lost: lost.promise,
    stop: (graceMs = DRAIN_MS) => (stopped ??= stop(graceMs)),
  };
}

/** The elector, with one more who hears of the end of its leadership. */
function tellingLoss(elector: LeaderElector, onLost: () => void): Leadership {
  return {
    run: (options) =>
      elector.run({
        ...options,
        onLost: () => {
          options.onLost();
          onLost();
        },
      }),
  };
}

function serveTelemetry(config: Config, { manager }: Operator, metrics: Metrics): Promise<TelemetryServer> {
  return startTelemetryServer({
    port: config.metricsPort,
    metrics,
    checks: {
      health: [{ name: 'watches', problem: () => listed(manager.silent(), 'no progress for too long') }],
      ready: [{ name: 'caches', problem: () => listed(manager.unsynced(), 'not listed yet') }],
    },
  });
}

/** The process: settings from arguments and environment, until SIGTERM or SIGINT. @returns the exit code */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const parsed = parseConfig(argv, env);
  if (parsed.type === 'Print') {
    process.stdout.write(parsed.text);
    return 0;
  }
  if (parsed.type === 'Problems') {
    process.stderr.write(parsed.problems.map((problem) => `${problem}\n`).join(''));
    return 2;
  }
  const { config } = parsed;
  const log = createLogger({ level: config.logLevel, format: config.logFormat });
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info({ signal }, 'stopping');
      stopping.abort();
    });
  }
  if (config.ignored.length > 0) log.info({ settings: config.ignored }, 'settings without effect');
  try {
    const access = await loadClusterAccess({
      env,
      clock: systemClock,
      ...(config.kubeconfig === undefined ? {} : { kubeconfig: config.kubeconfig }),
    });
    const effects = { access, clock: systemClock, random: Math.random, log };
    const operator = await startOperator(config, effects, stopping.signal);
    const ended = await Promise.race([aborted(stopping.signal), operator.lost.then(() => 'lost' as const)]);
    await operator.stop(ended === 'lost' ? 0 : DRAIN_MS);
    return ended === 'lost' ? 1 : 0;
  } catch (thrown) {
    if (stopping.signal.aborted) return 0;
    log.error(
      { error: thrown instanceof Error ? thrown : new Error('start failed', { cause: thrown }) },
      'could not start',
    );
    await log.flush();
    return 1;
  }
}

function createElector(
  config: Config,
  kube: Kube,
  { clock, random, access, log }: Effects,
  identity: string,
): LeaderElector | undefined {
  if (!config.leaderElect) return undefined;
  const namespace = config.leaderElectionNamespace ?? config.ownNamespace ?? access.namespace ?? 'default';
  return new LeaderElector({
    kube,
    clock,
    random,
    namespace,
    name: LEASE_NAME,
    identity,
    onFailure: (error) => log.warn({ error: asError(error) }, 'the Lease cannot be reached'),
  });
}

/** The cluster's own name: the uid of kube-system. Waits for an API server that is not there yet. */
async function readClusterId(kube: Kube, { clock, log }: Effects, signal: AbortSignal): Promise<string> {
  for (;;) {
    signal.throwIfAborted();
    try {
      const found = await kube.get<KubeObject>(NAMESPACES, { namespace: '', name: 'kube-system' }, { signal });
      if (found !== undefined) return found.metadata.uid;
      throw new Error('there is no namespace kube-system: name the cluster with --cluster-id');
    } catch (thrown) {
      signal.throwIfAborted();
      log.warn({ error: thrown instanceof Error ? thrown : new Error('unknown') }, 'the cluster cannot be read yet');
      await sleep(clock, RETRY_MS, signal);
    }
  }
}

function listed(names: readonly string[], what: string): string | undefined {
  return names.length === 0 ? undefined : `${what}: ${names.join(', ')}`;
}

function aborted(signal: AbortSignal): Promise<'stopped'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('stopped');
    signal.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2), process.env);
