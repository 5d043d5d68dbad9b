import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { EVENTS, LEASES, NAMESPACES } from '../../src/api/core-types.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import type { AccountKeys } from '../../src/emulator/accounts.ts';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import { RECONCILE_REQUESTED_AT } from '../../src/managed/annotations.ts';
import { findCondition } from '../../src/managed/conditions.ts';
import type { ManagedResource } from '../../src/managed/kind.ts';
import { endpointsAt, providerSecret } from './account.ts';
import { type Manifest, provider, typeOf } from './builders.ts';
import { createNamespace, startTestCluster, type TestCluster, until } from './cluster.ts';
import type { Ending } from './endings.ts';
import { lastingPort } from './lasting-port.ts';
import { kubeconfigFor, type OperatorProcess, probe, spawnOperator, writeKubeconfig } from './operator-process.ts';
import { folderFor, type PrometheusSample, type PrometheusServer, startPrometheus } from './prometheus.ts';
import { type ProxiedCall, type Proxy, startProxy, type Verdict, type WatchVerdict } from './proxy.ts';
import { scaledAlerts } from './scaled-alerts.ts';
import { startHttpReceiver, type TraceReceiver } from './trace-receiver.ts';

const run = promisify(execFile);

/** Objects are compared with the service so often: the least that the operator takes. */
const COMPARED_EVERY_SECONDS = 10;
/** An alert that waits for real time may take so long, on a busy machine. */
const PATIENCE_MS = 180_000;
const SCRAPED_EVERY_MS = 500;

/** A line of the operator's log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** An Event of the cluster, as far as it is told of here. */
export interface ToldEvent {
  readonly type: string;
  readonly reason: string;
  readonly note: string;
}

/**
 * The operator as a process, with a control plane and a Wasabi that are made to fail, a Prometheus that reads its metrics
 * and knows our alerts, and a receiver of its traces.
 */
export class AlertStage {
  readonly cluster: TestCluster;
  readonly namespace: string;
  /** Where the operator has no rights yet. */
  readonly strange: string;
  readonly emulator: Emulator;
  readonly traces: TraceReceiver;
  readonly prometheus: PrometheusServer;
  /** Between the operator and the API server. */
  readonly kube: Proxy;
  /** Decide on calls of the API server; the first that says other than `pass` does. */
  readonly callRules = new Set<(call: ProxiedCall) => Verdict>();
  /** The same for watches that begin, by their URL. */
  readonly watchRules = new Set<(url: string) => WatchVerdict>();
  readonly #start: () => OperatorProcess;
  /** What a command finds around it. */
  readonly #desk: NodeJS.ProcessEnv;
  #operator: OperatorProcess;
  #ended = '';

  constructor(parts: {
    cluster: TestCluster;
    namespace: string;
    strange: string;
    emulator: Emulator;
    traces: TraceReceiver;
    prometheus: PrometheusServer;
    kube: Proxy;
    start: () => OperatorProcess;
    desk: NodeJS.ProcessEnv;
  }) {
    this.cluster = parts.cluster;
    this.namespace = parts.namespace;
    this.strange = parts.strange;
    this.emulator = parts.emulator;
    this.traces = parts.traces;
    this.prometheus = parts.prometheus;
    this.kube = parts.kube;
    this.#start = parts.start;
    this.#desk = parts.desk;
    this.#operator = parts.start();
    this.kube.decide((call) => firstOf([...this.callRules].map((rule) => rule(call))));
    this.kube.decideWatches((url) => firstOf([...this.watchRules].map((rule) => rule(url))));
  }

  get operator(): OperatorProcess {
    return this.#operator;
  }

  /** Starts another process when the one before has ended. */
  async restart(): Promise<void> {
    await this.#operator.ended;
    this.#ended += this.#operator.output();
    this.#operator = this.#start();
  }

  /** Creates the object, or merges the manifest into it. */
  async apply(manifest: Manifest, namespace = this.namespace): Promise<KubeObject> {
    const type = typeOf(manifest.kind);
    const key = { namespace, name: manifest.metadata.name };
    const { admin } = this.cluster;
    return (await admin.get(type, key)) === undefined
      ? admin.create(type, namespace, manifest)
      : admin.patch(type, key, { type: 'merge', body: manifest });
  }

  get<T extends ManagedResource>(kind: string, name: string): Promise<T | undefined> {
    return this.cluster.admin.get<T>(typeOf(kind), { namespace: this.namespace, name });
  }

  annotate(kind: string, name: string, annotations: Readonly<Record<string, string>>): Promise<KubeObject> {
    const body = { metadata: { annotations } };
    return this.cluster.admin.patch(typeOf(kind), { namespace: this.namespace, name }, { type: 'merge', body });
  }

  /** Asks for a pass over that object now. */
  look(kind: string, name: string): Promise<void> {
    return this.lookAt(kind, name, this.namespace);
  }

  /** The same in another namespace. */
  async lookAt(kind: string, name: string, namespace: string): Promise<void> {
    const body = { metadata: { annotations: { [RECONCILE_REQUESTED_AT]: crypto.randomUUID() } } };
    await this.cluster.admin.patch(typeOf(kind), { namespace, name }, { type: 'merge', body });
  }

  /** Gives the Lease to that holder, for hours; '': it is free. */
  takeLease(holderIdentity: string): Promise<KubeObject> {
    const now = `${new Date().toISOString().slice(0, -1)}000Z`; // with microseconds
    const spec = {
      holderIdentity,
      leaseDurationSeconds: holderIdentity === '' ? 1 : 10_000,
      acquireTime: now,
      renewTime: now,
    };
    const key = { namespace: this.namespace, name: 'wasabi-s3-operator' };
    return this.cluster.admin.patch(LEASES, key, { type: 'merge', body: { spec } });
  }

  /** Waits until the condition has that status. */
  async reaches(kind: string, name: string, type: string, status: string, namespace = this.namespace): Promise<void> {
    let last = '';
    await until(
      `${kind} ${name} ${type}=${status}`,
      async () => {
        const found = await this.cluster.admin.get<ManagedResource>(typeOf(kind), { namespace, name });
        last = JSON.stringify(found?.status);
        return findCondition(found?.status?.conditions, type)?.status === status;
      },
      PATIENCE_MS,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; status: ${last}`);
    });
  }

  /** Another account of the service, with a Provider of that name, which is Ready. */
  async account(name: string): Promise<AccountKeys> {
    const keys = this.emulator.createAccount();
    await this.#provide(name, keys);
    return keys;
  }

  /** The Provider `wasabi`, with the first account. */
  provide(): Promise<void> {
    return this.#provide('wasabi', this.emulator.account);
  }

  async #provide(name: string, keys: AccountKeys): Promise<void> {
    for (const manifest of this.providerOf(name, keys)) await this.apply(manifest);
    await this.reaches('Provider', name, 'Ready', 'True');
  }

  /** A Provider of that name and its Secret, not applied yet. */
  providerOf(name: string, keys: AccountKeys): readonly Manifest[] {
    const secretName = `${name}-credentials`;
    const auth = { accessKeySecretRef: { name: secretName }, secretKeySecretRef: { name: secretName } };
    // No scene waits for our own limit of calls.
    const rateLimit = { requestsPerSecond: 1_000 };
    return [providerSecret(secretName, keys), provider(name, { ...endpointsAt(this.emulator.port), auth, rateLimit })];
  }

  /** Every line of the log so far, those of processes that ended too. */
  log(): readonly LogLine[] {
    const lines = (this.#ended + this.#operator.output()).split('\n');
    return lines.flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line) as LogLine] : [])); // our own log
  }

  /** The Events about that object. */
  async events(kind: string, name: string): Promise<readonly ToldEvent[]> {
    type Told = ToldEvent & KubeObject & { readonly regarding?: { readonly kind?: string; readonly name?: string } };
    const { items } = await this.cluster.admin.list<Told>(EVENTS, this.namespace);
    return items.filter(({ regarding }) => regarding?.kind === kind && regarding.name === name);
  }

  /** The series with which that alert fires now. */
  firing(alert: string, labels: Readonly<Record<string, string>> = {}): Promise<readonly PrometheusSample[]> {
    const all = { alertname: alert, alertstate: 'firing', ...labels };
    const matchers = Object.entries(all).map(([label, value]) => `${label}="${value}"`);
    return this.prometheus.query(`ALERTS{${matchers.join(',')}}`);
  }

  /** Types a command of a runbook as an administrator. @throws Error with what it printed when it fails */
  async type(command: string): Promise<string> {
    const { stdout } = await run('bash', ['-e', '-o', 'pipefail', '-c', command], { env: this.#desk });
    return stdout;
  }

  /** Waits until that alert fires, or no longer does. @param meanwhile what happens once a second */
  async reachesAlert(alert: string, { labels, isFiring, meanwhile }: AlertWait): Promise<void> {
    let nextMs = 0;
    await until(
      `${alert} ${JSON.stringify(labels ?? {})} ${isFiring ? 'fires' : 'is over'}`,
      async () => {
        if (meanwhile !== undefined && performance.now() >= nextMs) {
          nextMs = performance.now() + 1_000;
          await meanwhile();
        }
        return (await this.firing(alert, labels)).length > 0 === isFiring;
      },
      PATIENCE_MS,
    );
  }
}

/** What is waited for. */
export interface AlertWait {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly isFiring: boolean;
  readonly meanwhile?: (() => Promise<void>) | undefined;
}

function firstOf<V extends Verdict | WatchVerdict>(verdicts: readonly V[]): V | 'pass' {
  return verdicts.find((verdict) => verdict !== 'pass') ?? 'pass';
}

/** What differs from suite to suite. */
export interface StageOptions {
  /** Alerts whose rules have a factor of their own. */
  readonly slower: Readonly<Record<string, number>>;
  /** Where kubectl is; undefined: on the PATH, if anywhere. */
  readonly kubectl: string | undefined;
}

/** Sets the stage up, with the Provider `wasabi`, and waits until nothing is wrong. */
export async function startAlertStage(t: Ending, { slower, kubectl }: StageOptions): Promise<AlertStage> {
  const cluster = await startTestCluster();
  t.after(() => cluster.stop());
  const emulator = await startEmulator();
  t.after(() => emulator.stop());
  const kube = await startProxy({ url: cluster.url, ...(cluster.ca === undefined ? {} : { ca: cluster.ca }) });
  t.after(() => kube.stop());
  const traces = await startHttpReceiver(t);
  const namespace = await createNamespace(cluster.admin, 'alerts');
  const strange = await ungrantedNamespace(cluster);
  const metricsPort = await lastingPort();
  const kubeconfig = kubeconfigFor(t, { url: kube.url, token: cluster.token, ca: undefined });
  const start = () =>
    spawnOperator([
      `--kubeconfig=${kubeconfig}`,
      `--metrics-port=${metricsPort}`,
      `--watch-namespaces=${namespace},${strange}`,
      `--leader-election-namespace=${namespace}`,
      `--allowed-endpoints=http://*.localhost:${emulator.port}`,
      `--drift-check-interval-seconds=${COMPARED_EVERY_SECONDS}`,
      '--log-level=debug',
      '--otel-traces-enabled',
      `--otel-exporter-otlp-endpoint=${traces.url}`,
    ]);
  const home = folderFor(t);
  const desk = {
    HOME: home,
    KUBECONFIG: writeKubeconfig(home, { url: cluster.url, token: cluster.adminToken, ca: cluster.ca }),
    PATH: [...(kubectl === undefined ? [] : [dirname(kubectl)]), process.env['PATH']].join(delimiter),
  };
  const rules = join(folderFor(t), 'rules.yaml');
  writeFileSync(rules, scaledAlerts(slower));
  const prometheus = await startPrometheus(t, { metricsPort, rules, intervalMs: SCRAPED_EVERY_MS });
  const stage = new AlertStage({ cluster, namespace, strange, emulator, traces, prometheus, kube, start, desk });
  t.after(async () => {
    stage.operator.child.kill('SIGKILL');
    await stage.operator.ended;
  });
  await until('the operator is ready', () =>
    probe(metricsPort, '/readyz').then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
  await stage.provide();
  return stage;
}

/** A namespace that nobody has given the operator rights in. */
async function ungrantedNamespace({ admin }: TestCluster): Promise<string> {
  const name = `strange-${crypto.randomUUID().slice(0, 8)}`;
  await admin.create(NAMESPACES, '', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return name;
}
