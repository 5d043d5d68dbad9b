import { hostname } from 'node:os';
import { readClusterId } from './cluster-id.ts';
import { type Config, VERSION } from './config.ts';
import { createOperator, type Operator } from './operator.ts';
import type { Clock, Random } from './runtime/clock.ts';
import type { ClusterAccess } from './runtime/cluster-access.ts';
import { asError } from './runtime/errors.ts';
import type { Kube } from './runtime/kube.ts';
import { KubeClient } from './runtime/kube-client.ts';
import { alwaysLeader, LeaderElector, type LeaderElectorOptions } from './runtime/leader-election.ts';
import type { Leadership } from './runtime/manager.ts';
import { EventRecorder } from './telemetry/events.ts';
import type { Listening } from './telemetry/listening.ts';
import type { Logger } from './telemetry/logger.ts';
import { Metrics } from './telemetry/metrics.ts';
import { watchProcess } from './telemetry/process-metrics.ts';
import { startTelemetryServer } from './telemetry/server.ts';
import { createTracer, kubeObserver } from './tracing.ts';
import { NOT_INSTALLED } from './watches.ts';

/** How long running passes may go on after SIGTERM; Kubernetes gives a pod 30 s in all. */
const DRAIN_MS = 20_000;
const EVENTS_DRAIN_MS = 2_000;
const LEASE_NAME = 'wasabi-s3-operator';

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
  /** Resolves with the reason when leadership was lost: nothing is written any more, and the process should end. */
  readonly lost: Promise<string>;
  /** Drains within `graceMs`, gives leadership back and closes every connection. */
  stop(graceMs?: number): Promise<void>;
}

/** What health and readiness tell of, as it comes to be. */
interface Progress {
  /** Why the cluster's name is not known yet. */
  clusterProblem: string | undefined;
  operator: Operator | undefined;
}

/**
 * Starts an operator in this process: health first, then watches, then, as leader, passes. Resolves once the cluster
 * is known; until then readiness says what is waited for.
 * @throws Error when it cannot start, or `signal` aborts first; what was opened is closed by then
 */
export async function startOperator(config: Config, effects: Effects, signal: AbortSignal): Promise<RunningOperator> {
  const opened = new AsyncDisposableStack();
  try {
    return await start(config, effects, opened, signal);
  } catch (thrown) {
    await opened.disposeAsync();
    throw thrown;
  }
}

/** @param opened takes how to close what was opened; the last is closed first */
async function start(
  config: Config,
  effects: Effects,
  opened: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<RunningOperator> {
  const { access, clock, random, log } = effects;
  const metrics = new Metrics({ version: VERSION });
  opened.defer(watchProcess(metrics));
  const identity = `${hostname()}_${crypto.randomUUID().slice(0, 8)}`;
  const tracer = await createTracer(config, { clock, log, metrics });
  opened.defer(() => tracer.stop());
  const onCall = kubeObserver({ metrics, tracer });
  const connect = (rateLimitPerSecond?: number) => {
    const userAgent = `wasabi-s3-operator/${VERSION}`;
    const client = new KubeClient({ access, clock, random, userAgent, rateLimitPerSecond, onCall });
    opened.defer(() => client.close());
    return client;
  };
  const kube = connect(config.k8sRateLimit);
  // A connection of its own: renewing must not wait behind a long list.
  const elector = config.leaderElect ? createElector(config, connect(), effects, identity) : undefined;
  const fence = elector ?? alwaysLeader(identity);
  kube.fenceWith(fence);
  const progress: Progress = { clusterProblem: 'not read yet', operator: undefined };
  const server = await serveTelemetry(config, progress, metrics);
  opened.defer(() => server.stop());
  const { namespaces, observeOnly: isObserveOnly, allowedEndpoints: endpoints } = config;
  const scope = { namespaces: namespaces ?? ['*'], isObserveOnly, endpoints };
  log.info({ version: VERSION, server: access.server, identity, port: server.port, ...scope }, 'starting');
  const onDropped = () => metrics.eventDropped();
  const events = new EventRecorder({ kube, clock, random, instance: identity, onDropped });
  opened.defer(() => events.stop(EVENTS_DRAIN_MS));
  const onProblem = (problem: string) => {
    progress.clusterProblem = problem;
  };
  const clusterId = config.clusterId ?? (await readClusterId({ kube, clock, random, log, onProblem }, signal));
  progress.clusterProblem = undefined;
  const lost = Promise.withResolvers<string>();
  const leadership = elector && tellingLoss(elector, lost.resolve);
  const telemetry = { log, metrics, tracer, events };
  const operator = createOperator({ config, clusterId, kube, clock, random, ...telemetry, fence, leadership });
  progress.operator = operator;
  events.start();
  opened.defer(() => operator.secrets.stop());
  log.info({ clusterId }, 'started');
  const stop = run(operator, opened, log);
  return { ...operator, port: server.port, metrics, lost: lost.promise, stop };
}

/** Lets the manager run. @returns how to stop everything, safe to repeat */
function run({ manager }: Operator, opened: AsyncDisposableStack, log: Logger): RunningOperator['stop'] {
  const started = manager.start();
  let drainMs = 0;
  opened.defer(async () => {
    await manager.stop(drainMs);
    await started;
  });
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    await opened.disposeAsync();
    log.info({}, 'stopped');
    await log.flush();
  };
  return (graceMs = DRAIN_MS) => {
    drainMs = graceMs;
    return (stopped ??= stop());
  };
}

/** The elector, with one more who hears of the end of its leadership. */
function tellingLoss(elector: LeaderElector, tell: (reason: string) => void): Leadership {
  return {
    run: ({ onLost, ...options }) =>
      elector.run({
        ...options,
        onLost: (reason) => {
          onLost(reason);
          tell(reason);
        },
      }),
  };
}

function serveTelemetry(config: Config, progress: Progress, metrics: Metrics): Promise<Listening> {
  const unsynced = () => progress.operator?.manager.unsynced();
  const notServed = () => progress.operator?.manager.notServed() ?? [];
  const silent = () => silentWatches(progress.operator);
  return startTelemetryServer({
    port: config.metricsPort,
    metrics,
    checks: {
      health: [
        { name: 'watches', problem: () => listed(silent(), 'no progress for too long') },
        { name: 'passes', problem: () => standstillOf(progress.operator) },
      ],
      ready: [
        { name: 'cluster', problem: () => progress.clusterProblem },
        {
          name: 'caches',
          problem: () => listed(notServed(), NOT_INSTALLED) ?? listed(unsynced() ?? ['everything'], 'not listed yet'),
        },
      ],
    },
  });
}

function createElector(
  config: Config,
  kube: Kube,
  { clock, random, access, log }: Effects,
  identity: string,
): LeaderElector {
  const namespace = config.leaderElectionNamespace ?? config.ownNamespace ?? access.namespace ?? 'default';
  const onFailure = (error: unknown) => log.warn({ error: asError(error) }, 'the Lease cannot be reached');
  let told: string | null | undefined;
  const onHolder: LeaderElectorOptions['onHolder'] = (holder) => {
    if (holder !== told && holder && holder !== identity)
      log.info({ holder, namespace, name: LEASE_NAME }, 'another process holds the Lease: standing by to take over');
    told = holder;
  };
  return new LeaderElector({ kube, clock, random, namespace, name: LEASE_NAME, identity, onFailure, onHolder });
}

/** The kinds whose watches stand still, Secrets that are watched by name included. */
function silentWatches(operator: Operator | undefined): readonly string[] {
  const ofSecrets = operator?.secrets.standsStill === true ? ['Secret'] : [];
  return [...new Set([...(operator?.manager.silent() ?? []), ...ofSecrets])];
}

/** The kinds whose passes stand still, and why. */
function standstillOf(operator: Operator | undefined): string | undefined {
  const problems = [...(operator?.controllers ?? [])].flatMap(([kind, controller]) => {
    const problem = controller.standstill();
    return problem === undefined ? [] : [`${kind}: ${problem}`];
  });
  return problems.length === 0 ? undefined : problems.join(', ');
}

function listed(names: readonly string[], what: string): string | undefined {
  return names.length === 0 ? undefined : `${what}: ${names.join(', ')}`;
}
