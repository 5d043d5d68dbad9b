import type { TestContext } from 'node:test';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { BUCKETS } from '../../api/bucket.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Result } from '../../runtime/controller.ts';
import { Turn } from '../../runtime/turn.ts';
import { EventRecorder } from '../../telemetry/events.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { Metrics } from '../../telemetry/metrics.ts';
import { type ActiveSpan, noTracer, type SpanAttributes } from '../../telemetry/tracer.ts';
import { Definitions } from '../definitions.ts';
import type { Change, Deletion, KindStatus, ManagedKind, ManagedResource, Target } from '../kind.ts';
import { Lookup, type Referrer } from '../lookup.ts';
import { NewsWakes } from '../news-wakes.ts';
import { managedReconciler, type ReconcilerEnv } from '../reconciler.ts';
import { Reporter } from '../reporter.ts';
import { ObjectWrites } from '../writes.ts';
import { ToyKube } from './toy-kube.ts';

/** What the service keeps: a thing of one setting. */
export interface Thing {
  readonly size: number;
  readonly marker?: string | undefined;
  readonly identity?: string | undefined;
  readonly createdAtMs?: number | undefined;
}

export interface ToySpec {
  readonly size?: number;
  readonly name?: string;
  readonly provider?: string;
}
export type Toy = ManagedResource & { readonly spec: ManagedResource['spec'] & ToySpec };
export type ToyChange = Change & { readonly to?: number; readonly marker?: string };
export type ToyKind = ManagedKind<Toy, number, Thing, ToyChange, 'client'>;

export const PROVIDER = { namespace: 'a', name: 'p' };
const KEY = { namespace: 'a', name: 'it' };
/** The fake clock begins here. */
export const STARTED = '2026-01-01T00:00:00Z';
/** The thing that a toy means, as its status records it. */
export const TARGET = { provider: 'a/p', accountId: '1', region: 'eu', name: 'thing' } as const;

/** A toy that was made a day ago, of generation 1. */
export function toy(changes: { spec?: Toy['spec']; status?: object; metadata?: object } = {}): Toy {
  return {
    apiVersion: BUCKETS.group,
    kind: 'Bucket',
    metadata: {
      ...KEY,
      uid: 'u',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2025-12-31T00:00:00Z',
      ...changes.metadata,
    },
    spec: { size: 1, ...changes.spec },
    ...(changes.status === undefined ? {} : { status: changes.status }),
  };
}

/** An object of any kind that nobody manages. */
export function other(kind: string, name: string, more: object = {}): KubeObject {
  const metadata = { name, namespace: 'a', uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: STARTED };
  return { apiVersion: '', kind, metadata, ...more };
}

/**
 * One object and one thing outside, between which the loop of all kinds runs: the real one, with a kind whose every part a
 * test may replace, and a service and a cluster in memory.
 */
export class Stage {
  readonly clock = new FakeClock();
  readonly kube: ToyKube;
  /** The service. */
  thing: Thing | undefined;
  /** Calls of the service, in order. */
  readonly calls: string[] = [];
  /** Thrown by the next call of that name. */
  readonly failures = new Map<string, unknown>();
  /** Lines of the log. */
  readonly lines: Readonly<Record<string, unknown>>[] = [];
  readonly log: ReturnType<typeof createLogger>;
  readonly metrics = new Metrics({ version: 'test' });
  readonly newsWakes = new NewsWakes();
  readonly stopping = new AbortController();
  /** What the spans were told. */
  readonly told: unknown[] = [];
  /** Other objects, by kind. */
  readonly others: KubeObject[] = [];
  readonly namesakes: Toy[] = [];
  readonly referrers: Referrer[] = [];
  readonly kind: ToyKind;
  specProblem: (resource: unknown) => string | undefined = () => undefined;
  brokenRule: (resource: unknown) => string | undefined = () => undefined;
  /** As the store has it, where it is behind. */
  stored: Toy | undefined;
  readonly #reconcile: ReturnType<typeof managedReconciler>;

  constructor(
    t: TestContext,
    object: Toy,
    options: { kind?: Partial<ToyKind>; env?: Partial<ReconcilerEnv>; allowLegacyCrossNamespace?: boolean } = {},
  ) {
    this.kube = new ToyKube(object);
    this.kind = { ...this.#toyKind(), ...options.kind };
    const recorder = new EventRecorder({ kube: this.kube, clock: this.clock, random: () => 0, instance: 'test' });
    recorder.start();
    t.after(() => recorder.stop(0));
    const destination = { write: (line: string) => this.lines.push(JSON.parse(line)) };
    const log = createLogger({ level: 'debug', format: 'json', destination, clock: this.clock });
    this.log = log;
    const fence = { assertHeld: () => undefined, remainingMs: () => 60_000, identity: 'me', epoch: 3 };
    const span: ActiveSpan = {
      ids: undefined,
      set: (attributes) => this.told.push(attributes),
      fail: (type, message) => this.told.push(`${type}: ${message}`),
    };
    const env: ReconcilerEnv = {
      lookup: this.#lookup(options.allowLegacyCrossNamespace === true),
      writes: new ObjectWrites({ kube: this.kube, fence, clock: this.clock }),
      definitions: new Definitions({ kube: this.kube, clock: this.clock }),
      clock: this.clock,
      clusterId: 'c',
      observeOnly: false,
      reporter: new Reporter({
        log,
        metrics: this.metrics,
        events: recorder,
        clock: this.clock,
        eventsOf: () => this.kind.events,
      }),
      log,
      tracer: {
        ...noTracer,
        trace: (name: string, key: string, attributes: SpanAttributes, run) => {
          this.told.push([name, key, attributes]);
          return run(span);
        },
      },
      newsWakes: this.newsWakes,
      isSameService: () => true,
      ...options.env,
    };
    const served = {
      type: BUCKETS,
      specProblem: (resource: unknown) => this.specProblem(resource),
      brokenRule: (resource: unknown) => this.brokenRule(resource),
    };
    this.#reconcile = managedReconciler(this.kind, served, env);
  }

  /** One pass. @throws what the pass throws */
  async pass(): Promise<Result> {
    this.calls.length = 0;
    const running = { signal: this.stopping.signal, turn: new Turn(this.clock, 'user') };
    const result = await this.#reconcile(KEY, running);
    await new Promise(setImmediate); // the events are sent
    return result;
  }

  /** The object as the server has it. @throws Error when it is gone */
  get object(): Toy {
    if (this.kube.object === undefined) throw new Error('the object is gone');
    return this.kube.object;
  }

  /** Edits the object as a person does. */
  edit(changes: { spec?: Toy['spec']; metadata?: object; status?: object }): void {
    const { object } = this;
    const metadata = {
      ...object.metadata,
      resourceVersion: `${object.metadata.resourceVersion}e`,
      ...changes.metadata,
    };
    const spec = { ...object.spec, ...changes.spec };
    this.kube.object = { ...object, metadata, spec, status: { ...object.status, ...changes.status } };
  }

  /** `Ready: True Available` and its like, sorted. */
  get conditions(): readonly string[] {
    const { conditions = [] } = this.object.status ?? {};
    return conditions.map(({ type, status, reason }) => `${type}: ${status} ${reason}`).toSorted();
  }

  message(type: string): string | undefined {
    return this.object.status?.conditions?.find((condition) => condition.type === type)?.message;
  }

  /** Of the last line of the log, how the pass ended. */
  get outcome(): unknown {
    return this.lines.at(-1)?.['outcome'];
  }

  #called<T>(name: string, answer: () => T): Promise<T> {
    this.calls.push(name);
    const failure = this.failures.get(name);
    this.failures.delete(name);
    return failure === undefined ? Promise.resolve(answer()) : Promise.reject(failure);
  }

  #toyKind(): ToyKind {
    return {
      kind: 'Bucket',
      isExternal: true,
      defaultDeletionPolicy: 'Delete',
      events: {
        created: 'BucketCreated',
        updated: 'BucketUpdated',
        deleted: 'BucketDeleted',
        failed: 'ReconcileFailed',
        repaired: 'DriftRepaired',
      },
      references: () => [],
      hasLegacyClaim: () => false,
      resolve: ({ spec }): Target => ({
        provider: PROVIDER,
        accountId: '1',
        region: 'eu',
        name: spec.name ?? 'thing',
      }),
      desired: ({ spec }) => spec.size ?? 1,
      connect: () => this.#called('connect', () => 'client' as const),
      clockOffsetMs: () => 0,
      observe: () => this.#called('observe', () => this.thing),
      evidence: ({ marker, identity, createdAtMs }) => ({ marker, identity, createdAtMs }),
      diff: (to, found, marker) => [
        ...(found === undefined ? [{ type: 'Create', summary: 'create it', isPrerequisite: true }] : []),
        ...(marker !== undefined && found?.marker !== marker ? [{ type: 'Mark', summary: 'mark it', marker }] : []),
        ...(found?.size === to ? [] : [{ type: 'Set:size', summary: `size: ${found?.size ?? 0} -> ${to}`, to }]),
      ],
      apply: (_client, _target, change) => this.#called(change.type, () => this.#apply(change)),
      delete: (_client, _resource, _target, policy): Promise<Deletion> =>
        this.#called(`delete ${policy}`, () => {
          if (policy === 'Delete') this.thing = undefined;
          return { type: 'Done' };
        }),
      status: (_resource, _target, _desired, found): KindStatus => ({ fields: { size: found?.size } }),
    };
  }

  #apply({ type, to, marker }: ToyChange): void {
    const { thing } = this;
    if (type === 'Create') this.thing = { size: 0, identity: 'id-1', createdAtMs: this.clock.now() };
    if (thing === undefined) return;
    if (marker !== undefined) this.thing = { ...thing, marker };
    if (to !== undefined) this.thing = { ...thing, size: to };
  }

  #lookup(allowLegacyCrossNamespace: boolean): Lookup {
    const get = <T extends KubeObject>(kind: string, { namespace, name }: { namespace: string; name: string }) => {
      if (kind === 'Bucket' && name === KEY.name) return (this.stored ?? this.kube.object) as unknown as T | undefined;
      const found = this.others.find(
        ({ kind: its, metadata }) => its === kind && metadata.name === name && metadata.namespace === namespace,
      );
      return found as T | undefined;
    };
    return new Lookup(
      {
        get,
        referrers: () => this.referrers,
        namesakes: <R extends ManagedResource>() => [this.kube.object, ...this.namesakes] as unknown as readonly R[],
        namespaceLabels: () => ({}),
        isTerminating: () => false,
        referenceGrants: () => [],
      },
      { allowLegacyCrossNamespace },
    );
  }
}
