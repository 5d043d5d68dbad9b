import { SECRETS } from '../../src/api/core-types.ts';
import type { KubeObject, ObjectKey } from '../../src/api/meta.ts';
import { findCondition } from '../../src/managed/conditions.ts';
import type { ManagedResource } from '../../src/managed/kind.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { startOperator } from '../../src/start-operator.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import type { KeyPair } from '../support/account.ts';
import { type Manifest, typeOf } from '../support/builders.ts';
import { createNamespace, startTestCluster, staticAccess, type TestCluster } from '../support/cluster.ts';
import { configOf } from '../support/world.ts';
import type { Scratch } from './scratch.ts';
import type { Service } from './service.ts';
import { within } from './step.ts';

/** Lines of the log that are kept for an error message. */
const LOG_LINES = 200;

/** The operator at work for a live account, with a control plane of its own, and somebody who looks on. */
export class LiveOperator {
  readonly service: Service;
  readonly scratch: Scratch;
  /** Of the bucket, the user and the policy alike. */
  readonly name: string;
  readonly #cluster: TestCluster;
  readonly #namespace: string;
  readonly #log: readonly string[];
  readonly #stop: () => Promise<void>;

  constructor(parts: {
    service: Service;
    scratch: Scratch;
    cluster: TestCluster;
    namespace: string;
    log: readonly string[];
    stop: () => Promise<void>;
  }) {
    this.service = parts.service;
    this.scratch = parts.scratch;
    this.name = parts.scratch.expectAll();
    this.#cluster = parts.cluster;
    this.#namespace = parts.namespace;
    this.#log = parts.log;
    this.#stop = parts.stop;
  }

  async apply(manifest: Manifest): Promise<void> {
    await this.#cluster.admin.create(typeOf(manifest.kind), this.#namespace, manifest);
  }

  async patch(kind: string, name: string, body: object): Promise<void> {
    await this.#cluster.admin.patch(typeOf(kind), this.#key(name), { type: 'merge', body });
  }

  async annotate(kind: string, name: string, annotations: Readonly<Record<string, string>>): Promise<void> {
    await this.patch(kind, name, { metadata: { annotations } });
  }

  async delete(kind: string, name: string): Promise<void> {
    const found = await this.#get(kind, name);
    if (found !== undefined) await this.#cluster.admin.delete(typeOf(kind), this.#key(name));
  }

  /** Waits until the object is Ready as it stands. @throws Error with its status and the operator's last words */
  async ready<R extends ManagedResource>(kind: string, name: string): Promise<R> {
    let last: KubeObject | undefined;
    return within(
      `${kind} ${name} is Ready`,
      async () => {
        const found = await this.#get<R>(kind, name);
        last = found;
        const condition = findCondition(found?.status?.conditions, 'Ready');
        const isOfNow = condition?.observedGeneration === found?.metadata.generation;
        return isOfNow && condition?.status === 'True' ? found : undefined;
      },
      () => this.#told(last),
    );
  }

  /** Waits until the API server has the object no more. */
  async gone(kind: string, name: string): Promise<void> {
    let last: KubeObject | undefined;
    await within(
      `${kind} ${name} is gone`,
      async () => {
        last = await this.#get(kind, name);
        return last === undefined ? true : undefined;
      },
      () => this.#told(last),
    );
  }

  /** The key pair in a Secret; undefined: there is none. */
  async pairIn(secretName: string): Promise<KeyPair | undefined> {
    type Secret = KubeObject & { readonly data?: Readonly<Record<string, string>> };
    const found = await this.#cluster.admin.get<Secret>(SECRETS, this.#key(secretName));
    const { 'access-key-id': id, 'secret-access-key': text } = found?.data ?? {};
    if (id === undefined || text === undefined) return undefined;
    return { accessKeyId: decoded(id), secretAccessKey: decoded(text) };
  }

  /** Ends the operator and its control plane; what is in the account stays as it is. */
  stop(): Promise<void> {
    return this.#stop();
  }

  #get<T extends KubeObject = KubeObject>(kind: string, name: string): Promise<T | undefined> {
    return this.#cluster.admin.get<T>(typeOf(kind), this.#key(name));
  }

  #key(name: string): ObjectKey {
    return { namespace: this.#namespace, name };
  }

  #told(object: KubeObject | undefined): string {
    const status = JSON.stringify((object as ManagedResource | undefined)?.status ?? 'no status');
    return `status: ${status}; log: ${this.#log.slice(-3).join('').trim()}`;
  }
}

/** Starts a control plane, and an operator that works in one namespace of it and calls the service. */
export async function startLiveOperator(service: Service, scratch: Scratch): Promise<LiveOperator> {
  const cluster = await startTestCluster();
  const log: string[] = [];
  const write = (line: string) => {
    log.push(line);
    if (log.length > LOG_LINES) log.shift();
  };
  try {
    const namespace = await createNamespace(cluster.admin, 'live');
    const fixed = ['--metrics-port=0', '--leader-elect=false', `--watch-namespaces=${namespace}`];
    const config = configOf([...fixed, ...service.operator.flags]);
    const logger = createLogger({ level: 'info', format: 'json', destination: { write }, clock: systemClock });
    const access = staticAccess(cluster.url, cluster.token, cluster.ca);
    const effects = { access, clock: systemClock, random: Math.random, log: logger };
    const running = await startOperator(config, effects, new AbortController().signal);
    const stop = async () => {
      await running.stop(0);
      await cluster.stop();
    };
    return new LiveOperator({ service, scratch, cluster, namespace, log, stop });
  } catch (thrown) {
    await cluster.stop();
    throw thrown;
  }
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}
