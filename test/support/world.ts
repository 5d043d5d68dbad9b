import assert from 'node:assert/strict';
import { Agent, type Server } from 'node:http';
import type { TestContext } from 'node:test';
import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { NAMESPACES } from '../../src/api/core-types.ts';
import type { KubeObject, ObjectKey } from '../../src/api/meta.ts';
import { type Config, parseConfig } from '../../src/config.ts';
import { loopbackLookup } from '../../src/emulator/loopback-lookup.ts';
import type { EmulatorOptions } from '../../src/emulator/options.ts';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import { findCondition } from '../../src/managed/conditions.ts';
import type { ManagedResource, StoredCondition } from '../../src/managed/kind.ts';
import { type RunningOperator, startOperator } from '../../src/start-operator.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { endpointsAt, type KeyPair, providerSecret } from './account.ts';
import { type Manifest, provider, TYPES, typeOf } from './builders.ts';
import { createNamespace, startTestCluster, staticAccess, type TestCluster, until } from './cluster.ts';
import { undeclaredCalls, undeclaredOperations, undocumentedEvents } from './declared-calls.ts';
import { expectValidStatus } from './expect-valid-status.ts';
import { keysOf, type Signer } from './operator-user.ts';
import { type ProxiedCall, type Proxy, startProxy } from './proxy.ts';
import { SkippingClock } from './skipping-clock.ts';

/** Nothing waits and nothing runs for this long: the operator has settled. */
const QUIET_MS = 60;
/** With hundreds of objects, on a busy machine. */
const SETTLED_MS = 120_000;
const RESYNC_MS = 300_000;
const STEP_MS = 1_000;
/** No operator takes longer to stop. */
const DRAIN_MS = 60_000;

/** An operator with its own proxies: cutting them kills it as SIGKILL would, as far as anybody outside can see. */
export interface WorldOperator {
  readonly running: RunningOperator;
  readonly kube: Proxy;
  readonly wasabi: Proxy;
  readonly clock: SkippingClock;
  /** Lines of its log. */
  readonly log: readonly string[];
}

export interface WorldOptions {
  readonly emulator?: EmulatorOptions;
  readonly flags?: readonly string[];
  /** Whether Secret and Provider `wasabi` are applied and settled; default true. */
  readonly hasProvider?: boolean;
  readonly providerSpec?: Parameters<typeof provider>[1];
  /** Further namespaces that the operator watches; the caller made them. */
  readonly neighbours?: readonly string[];
  /** Whose key the Provider `wasabi` has; default: a user's with the least policy for everything. */
  readonly signer?: Signer;
}

/** What several worlds of one suite may have in common: a start of its own for each costs more than the test. */
export interface SharedServers {
  readonly cluster: TestCluster;
  readonly emulator: Emulator;
}

/** A control plane, a Wasabi, and an operator between them, in a namespace of its own. */
export class World {
  readonly cluster: TestCluster;
  readonly emulator: Emulator;
  readonly namespace: string;
  operator: WorldOperator;
  /** Somebody else with the keys of the account, who goes past the operator and its proxy. */
  readonly console: S3Client;
  readonly #flags: readonly string[];
  /** Further namespaces that the operator watches. */
  readonly neighbours: readonly string[];
  readonly signer: Signer;
  /** By how much the clock of the operator that was killed was ahead; undefined: it lives. */
  #aheadMs: number | undefined;
  readonly #undeclared: string[] = [];

  constructor(parts: {
    cluster: TestCluster;
    emulator: Emulator;
    namespace: string;
    operator: WorldOperator;
    flags: readonly string[];
    neighbours: readonly string[];
    signer: Signer;
  }) {
    this.cluster = parts.cluster;
    this.emulator = parts.emulator;
    this.namespace = parts.namespace;
    this.operator = parts.operator;
    this.#flags = parts.flags;
    this.neighbours = parts.neighbours;
    this.signer = parts.signer;
    this.console = consoleOf(parts.emulator);
  }

  /** The key of the Provider `wasabi`. */
  get keys(): KeyPair {
    return keysOf(this.emulator, this.signer);
  }

  /** Creates the object, or merges the manifest into it. */
  async apply(manifest: Manifest, namespace = this.namespace): Promise<KubeObject> {
    const type = typeOf(manifest.kind);
    const key = { namespace, name: manifest.metadata.name };
    const exists = (await this.cluster.admin.get(type, key)) !== undefined;
    return exists
      ? this.cluster.admin.patch(type, key, { type: 'merge', body: manifest })
      : this.cluster.admin.create(type, namespace, manifest);
  }

  get<T extends ManagedResource = ManagedResource>(
    kind: string,
    name: string,
    namespace?: string,
  ): Promise<T | undefined> {
    return this.cluster.admin.get<T>(typeOf(kind), this.key(name, namespace));
  }

  patch(kind: string, name: string, body: object, namespace?: string): Promise<KubeObject> {
    return this.cluster.admin.patch(typeOf(kind), this.key(name, namespace), { type: 'merge', body });
  }

  /** Writes status as only an operator, or a restore, does. */
  patchStatus(kind: string, name: string, status: object, namespace?: string): Promise<KubeObject> {
    const patch = { type: 'merge', body: { status } } as const;
    return this.cluster.admin.patch(typeOf(kind), this.key(name, namespace), patch, { subresource: 'status' });
  }

  delete(kind: string, name: string, namespace?: string): Promise<void> {
    return this.cluster.admin.delete(typeOf(kind), this.key(name, namespace));
  }

  key(name: string, namespace = this.namespace): ObjectKey {
    return { namespace, name };
  }

  async condition(kind: string, name: string, type: string, namespace?: string): Promise<StoredCondition | undefined> {
    return findCondition((await this.get(kind, name, namespace))?.status?.conditions, type);
  }

  /** A bucket as the service keeps it, without what differs from run to run; undefined: there is none. */
  snapshot(bucket: string): Readonly<Record<string, unknown>> | undefined {
    const found = this.emulator.state.buckets.get(bucket);
    if (found === undefined) return undefined;
    const { createdMs: _createdMs, lifecycleSinceMs: _lifecycleSinceMs, ...rest } = structuredClone(found);
    return { ...rest };
  }

  /** Waits until the condition has that status, or reason, for the object's generation. */
  async reaches(kind: string, name: string, type: string, wanted: string, namespace?: string): Promise<void> {
    let last = 'no such object';
    await until(`${kind} ${name} ${type}=${wanted}`, async () => {
      const object = await this.get(kind, name, namespace);
      const found = findCondition(object?.status?.conditions, type);
      last = JSON.stringify(object?.status);
      const isOfNow = found?.observedGeneration === object?.metadata.generation;
      return isOfNow && (found?.status === wanted || found?.reason === wanted);
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}; status: ${last}; log: ${this.operator.log.slice(-5).join('')}`);
    });
  }

  async gone(kind: string, name: string, namespace?: string): Promise<void> {
    let last = '';
    await until(`${kind} ${name} gone`, async () => {
      const object = await this.get(kind, name, namespace);
      last = JSON.stringify(object?.status);
      return object === undefined;
    }).catch((error: unknown) => {
      throw new Error(`${String(error)}; status: ${last}; log: ${this.operator.log.slice(-5).join('')}`);
    });
  }

  /** Waits until everything is listed, no call is under way, and no pass runs or waits for a worker. */
  async settle(): Promise<void> {
    let quietSince: number | undefined;
    await until(
      'the operator settles',
      async () => {
        quietSince = this.isBusy() ? undefined : (quietSince ?? performance.now());
        return quietSince !== undefined && performance.now() - quietSince > QUIET_MS;
      },
      SETTLED_MS,
    );
  }

  /** Whether something is not listed yet, a call waits for its answer, or a pass runs or waits for a worker. */
  isBusy(): boolean {
    const { running, kube, wasabi } = this.operator;
    return kube.pending + wasabi.pending > 0 || isAtWork(running);
  }

  /** Lets a drift interval pass: every object is compared with the service once. */
  async resync(): Promise<void> {
    await this.elapse(RESYNC_MS);
  }

  /**
   * Lets that much time pass. It goes on in steps, and never under a running pass, whose deadlines it would use up.
   * @param stepMs shorter than any deadline of a call
   */
  async elapse(ms: number, stepMs = STEP_MS): Promise<void> {
    await this.settle();
    await skipBySteps(this.operator.clock, ms, stepMs, () => this.isBusy());
    await this.settle();
  }

  /** Writes of the operator to the Kubernetes API so far, Leases and Events left out of account. */
  kubeWrites(): readonly string[] {
    return kubeWritesAmong(this.operator.kube.calls);
  }

  /** Events that the operator sent. */
  eventWrites(): number {
    return this.operator.kube.calls.filter(({ method, url }) => method !== 'GET' && url.includes('/events')).length;
  }

  /** Calls of operators to the service so far. */
  operatorCalls() {
    return this.emulator.calls.filter((call) => call.userAgent.startsWith('wasabi-s3-operator'));
  }

  /** Names of the calls that changed something in the service. */
  serviceWrites(): readonly string[] {
    return this.operatorCalls()
      .filter((call) => call.mutating && call.status < 300)
      .map((call) => call.operation);
  }

  /** Kills the operator where it stands and starts another one, with these flags beside its own. */
  async restart(flags: readonly string[] = []): Promise<void> {
    await this.kill();
    const server = this.operator.wasabi.retire();
    const left = { server, aheadMs: this.#aheadMs ?? 0 };
    this.operator = await startWorldOperator(this.cluster, this.emulator, [...this.#flags, ...flags], left);
    this.#aheadMs = undefined;
  }

  /** Ends the operator without a drain; nothing of it reaches a server any more. */
  async kill(): Promise<void> {
    if (this.#aheadMs !== undefined) return;
    const { kube, wasabi, running, clock } = this.operator;
    wasabi.retire(); // the port stays: Providers name it
    this.#aheadMs = clock.aheadMs; // its successor works on the same machine
    await kube.stop();
    const stopped = running.stop(0);
    // It is dead: what it would still wait for (events that it cannot send) is over at once.
    await clock.skip(DRAIN_MS);
    await stopped;
    this.#undeclared.push(...undeclaredCalls(kube.calls), ...undocumentedEvents(kube.calls));
  }

  /**
   * Kills the operator and, where others use the cluster too, takes away what is left. The servers go on.
   * @throws AssertionError when the operator made calls that it does not declare
   */
  async close(): Promise<void> {
    await this.kill();
    await this.operator.wasabi.stop();
    this.console.destroy();
    if (this.cluster.isReal) {
      for (const namespace of [this.namespace, ...this.neighbours]) await removeAll(this.cluster, namespace);
    }
    assert.deepEqual(
      this.#undeclared,
      [],
      'calls that no line of src/kube-rights.ts declares, or events that docs/reference/events.md does not tell of',
    );
    // What no service took for its own has no name.
    const operations = this.operatorCalls().flatMap(({ operation }) => (operation === '' ? [] : [operation]));
    assert.deepEqual(
      undeclaredOperations(operations),
      [],
      'calls that no line of src/wasabi/service-rights.ts declares',
    );
  }

  /** What every reconcile test ends with. */
  async expectValid(kind: string, name: string): Promise<void> {
    const object = await this.get(kind, name);
    assert.ok(object, `${kind} ${name} exists`);
    expectValidStatus(object);
  }
}

/** The writes among calls of the Kubernetes API; Leases, Events and dry runs, which write nothing, left out of account. */
export function kubeWritesAmong(calls: readonly ProxiedCall[]): readonly string[] {
  return calls
    .filter(({ method, url }) => method !== 'GET' && !/\/leases|\/events|[?&]dryRun=/.test(url))
    .map(({ method, url }) => `${method} ${url.split('?')[0]}`);
}

/** Starts a world; the test's end stops it and removes what is left. */
export async function startWorld(t: TestContext, options: WorldOptions = {}): Promise<World> {
  const cluster = await startTestCluster();
  const emulator = await startEmulator(options.emulator ?? {});
  const opening = openWorld({ cluster, emulator }, options);
  t.after(async () => {
    try {
      await (await opening.catch(() => undefined))?.close();
    } finally {
      await emulator.stop();
      await cluster.stop();
    }
  });
  return opening;
}

/** A world on servers that run already; the caller closes it. */
export async function openWorld(
  { cluster, emulator }: SharedServers,
  options: Omit<WorldOptions, 'emulator'> = {},
): Promise<World> {
  const namespace = await createNamespace(cluster.admin, 'world');
  const { neighbours = [], signer = 'full' } = options;
  const watched = `--watch-namespaces=${[namespace, ...neighbours].join(',')}`;
  const flags = [watched, ...(options.flags ?? [])];
  const operator = await startWorldOperator(cluster, emulator, flags);
  const world = new World({ cluster, emulator, namespace, operator, flags, neighbours, signer });
  if (options.hasProvider === false) return world;
  try {
    await applyProvider(world, options.providerSpec);
    await world.reaches('Provider', 'wasabi', 'Ready', 'True');
    await world.settle();
  } catch (error) {
    await world.close(); // nobody else knows of it
    throw error;
  }
  return world;
}

/** The Secret and the Provider `wasabi`, whose endpoints are the operator's proxy of the emulator. */
export async function applyProvider(world: World, spec: Parameters<typeof provider>[1] = {}): Promise<void> {
  await world.apply(providerSecret('wasabi-credentials', world.keys));
  // No test waits for the limit of calls, but those that are about it.
  await world.apply(provider('wasabi', { ...endpointsOf(world), rateLimit: { requestsPerSecond: 1_000 }, ...spec }));
}

/** Endpoints by way of the operator's proxy of the emulator. */
export function endpointsOf(world: World, region = 'eu-central-2') {
  return endpointsAt(world.operator.wasabi.port, { region });
}

/** Another operator on the same cluster and namespace. */
export interface Rival {
  readonly clock: SkippingClock;
  /** Lets that much time pass for it, as `World.elapse` does. */
  elapse(ms: number): Promise<void>;
  stop(): Promise<void>;
}

/** A second operator on the same cluster and namespace, without election: both believe that they lead. */
export async function startRival(world: World): Promise<Rival> {
  const { cluster, operator, namespace } = world;
  const clock = new SkippingClock();
  const config = configOf([
    '--metrics-port=0',
    '--leader-elect=false',
    `--allowed-endpoints=http://*.localhost:${operator.wasabi.port}`,
    `--watch-namespaces=${namespace}`,
  ]);
  const log = createLogger({ level: 'error', format: 'json', destination: { write: () => undefined }, clock });
  const effects = { access: staticAccess(cluster.url, cluster.token, cluster.ca), clock, random: Math.random, log };
  const running = await startOperator(config, effects, new AbortController().signal);
  return {
    clock,
    elapse: (ms) => skipBySteps(clock, ms, STEP_MS, () => isAtWork(running)),
    stop: () => running.stop(0),
  };
}

/** Whether something is not listed yet, or a pass runs or waits for a worker. */
function isAtWork(running: RunningOperator): boolean {
  if (running.manager.unsynced().length > 0 || running.existence.isBusy) return true;
  return [...running.controllers.values()].some((controller) => {
    const { user, retry, initial, resync, processing } = controller.depths();
    return user + retry + initial + resync + processing > 0;
  });
}

/**
 * Never under a running pass: it would use up the deadlines of its calls. Time in which no timer falls due passes in one
 * step.
 */
async function skipBySteps(clock: SkippingClock, ms: number, stepMs: number, isBusy: () => boolean): Promise<void> {
  const isIdle = () => until('the pass ends', () => Promise.resolve(!isBusy()));
  await isIdle();
  for (let leftMs = ms; leftMs > 0; ) {
    const skippedMs = Math.min(leftMs, Math.max(stepMs, clock.untilNextMs() ?? leftMs));
    await clock.skip(skippedMs);
    await isIdle();
    leftMs -= skippedMs;
  }
}

async function startWorldOperator(
  cluster: TestCluster,
  emulator: Emulator,
  flags: readonly string[],
  { server, aheadMs }: { readonly server?: Server; readonly aheadMs?: number } = {},
): Promise<WorldOperator> {
  const kube = await startProxy({ url: cluster.url, ...(cluster.ca === undefined ? {} : { ca: cluster.ca }) });
  const wasabi = await startProxy({ url: `http://127.0.0.1:${emulator.port}`, ...(server && { server }) });
  const clock = new SkippingClock(aheadMs);
  const log: string[] = [];
  const config = configOf([
    '--metrics-port=0',
    '--leader-elect=false',
    `--allowed-endpoints=*.wasabisys.com,http://*.localhost:${wasabi.port}`,
    ...flags,
  ]);
  const logger = createLogger({
    level: 'debug',
    format: 'json',
    destination: { write: (line) => log.push(line) },
    clock,
  });
  const effects = { access: staticAccess(kube.url, cluster.token), clock, random: Math.random, log: logger };
  const running = await startOperator(config, effects, new AbortController().signal);
  return { running, kube, wasabi, clock, log };
}

/** Somebody with keys of an account, past the operator. Default: those of the emulator's own account. */
export function consoleOf(emulator: Emulator, keys: KeyPair = emulator.account, region = 'eu-central-2'): S3Client {
  const { accessKeyId, secretAccessKey } = keys;
  return new S3Client({
    region,
    endpoint: emulator.url(region),
    requestHandler: new NodeHttpHandler({ httpAgent: new Agent({ lookup: loopbackLookup }) }),
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    followRegionRedirects: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

/** The settings of an operator that is started with these flags. @throws Error with what is wrong with them */
export function configOf(argv: readonly string[]): Config {
  const parsed = parseConfig(argv, {});
  if (parsed.type === 'Config') return parsed.config;
  throw new Error(parsed.type === 'Problems' ? parsed.problems.join('; ') : parsed.text);
}

/** On a cluster that others use, too: no finalizer of a killed operator keeps the namespace. */
async function removeAll({ admin }: TestCluster, namespace: string): Promise<void> {
  for (const type of Object.values(TYPES)) {
    const { items } = await admin.list(type, namespace);
    for (const { metadata } of items) {
      const body = { metadata: { finalizers: null } };
      await admin.patch(type, { namespace, name: metadata.name }, { type: 'merge', body }).catch(() => undefined);
    }
  }
  await admin.delete(NAMESPACES, { namespace: '', name: namespace });
}
