import { type KubeObject, keyOf, type ResourceType } from '../api/meta.ts';
import type { Clock, Random } from './clock.ts';
import type { Controller } from './controller.ts';
import { type Kube, KubeError } from './kube.ts';
import type { Priority } from './priority.ts';
import { Reflector, type RelistReason } from './reflector.ts';
import { Resync, type ResyncOptions } from './resync.ts';
import { metadataOnly } from './slim.ts';
import { ObjectStore } from './store.ts';
import type { IndexFunction } from './store-index.ts';
import { isWorthAPass } from './worth-a-pass.ts';

/** Who may write; run by the manager while it lives. */
export interface Leadership {
  /** Returns once `signal` aborted and leadership is given back. */
  run(options: {
    readonly signal: AbortSignal;
    readonly onElected: () => void;
    /** Against our will; why, for the log. */
    readonly onLost: (reason: string) => void;
  }): Promise<void>;
}

export interface ManagerOptions {
  /** For lists and watches. */
  readonly kube: Kube;
  readonly clock: Clock;
  readonly random: Random;
  /** Absent: this process leads from the start. */
  readonly leadership?: Leadership | undefined;
  /** Namespaces to watch; absent: all. */
  readonly namespaces?: readonly string[] | undefined;
  readonly onRelist?: (kind: string, reason: RelistReason) => void;
  readonly onFailure?: (kind: string, error: unknown) => void;
  /** A listener or an index function threw: a defect of ours. */
  readonly onDefect?: (error: unknown) => void;
  readonly onLeadership?: (isLeader: boolean) => void;
}

export interface WatchOptions<T> {
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /** Type and metadata are all that is read and kept; `transform` does not count then. */
  readonly metadataOnly?: boolean;
  /** The kind may not be installed, or not be ours to read. */
  readonly isOptional?: boolean;
  /** Only objects with these labels. */
  readonly labelSelector?: string;
  /** Other namespaces than those of the manager; none: those of the manager. */
  readonly namespaces?: readonly string[];
  readonly transform?: (object: T) => T;
}

/** What is done while this process leads, beside passes. */
export interface LeaderTask {
  /** Called at most once. */
  start(): void;
  /** Resolves when nothing of it runs any more. Called also where it was never started, and maybe twice. */
  stop(): Promise<void>;
}

interface Watched {
  readonly type: ResourceType;
  readonly store: ObjectStore;
  readonly reflectors: readonly Reflector[];
}

/** How the keys of a store come to their controller. */
export interface ControlOptions<T extends KubeObject> {
  /** What each object is due for once an interval; undefined: it comes only in the beginning and when it changes. */
  readonly resync: Omit<ResyncOptions, 'clock'> | undefined;
  /** How urgent its first pass is when this process begins to lead. */
  readonly initialPriority: (object: T) => Priority;
}

interface Controlled {
  readonly controller: Controller;
  /** Queues every object that there is. */
  readonly fill: () => void;
  readonly resync: Resync | undefined;
}

/**
 * Starts and stops the parts of a controller process in the right order: watches, then, once everything was listed and
 * leadership is held, workers; and back: no new keys, running passes to their end, leadership given back last. On
 * standby stores are kept, so that taking over is filling the queues and starting to work.
 */
export class Manager {
  readonly #options: ManagerOptions;
  readonly #watched: Watched[] = [];
  readonly #controllers: Controlled[] = [];
  readonly #tasks: LeaderTask[] = [];
  readonly #stopping = new AbortController();
  /** Kinds whose last attempt was answered with NotServed. */
  readonly #notServed = new Set<string>();
  #leading: Promise<void> | undefined;
  #isLeader = false;
  #isStopping = false;

  constructor(options: ManagerOptions) {
    this.#options = options;
  }

  /** Watches a kind from `start` on, in the namespaces of the manager. */
  watch<T extends KubeObject>(type: ResourceType, options: WatchOptions<T> = {}): ObjectStore<T> {
    const { onDefect } = this.#options;
    // Metadata alone is asked for, and kept also of the answers to our own writes, which are whole objects.
    const transform = options.metadataOnly === true ? (metadataOnly as unknown as (object: T) => T) : options.transform;
    const store = new ObjectStore<T>({
      ...(options.indexes === undefined ? {} : { indexes: options.indexes }),
      ...(transform === undefined ? {} : { transform }),
      ...(onDefect === undefined ? {} : { onDefect }),
    });
    const chosen = (options.namespaces?.length ?? 0) > 0 ? options.namespaces : this.#options.namespaces;
    const namespaces = type.namespaced ? (chosen ?? [undefined]) : [undefined];
    const reflectors = namespaces.map((namespace) => this.#reflector(type, store, namespace, options));
    // The manager only starts, stops and asks; what is in the store is the caller's matter.
    this.#watched.push({ type, store, reflectors } as unknown as Watched);
    return store;
  }

  /**
   * While this process leads, the controller gets the keys of that store: all of them in the beginning, and changed ones at
   * once.
   */
  control<T extends KubeObject>(
    store: ObjectStore<T>,
    controller: Controller,
    { initialPriority, resync }: ControlOptions<T>,
  ): void {
    store.onChange(({ before, after }) => {
      if (after !== undefined && isWorthAPass(before, after)) controller.enqueue(keyOf(after), 'user');
    });
    this.#controllers.push({
      controller,
      fill: () => {
        for (const object of store.list()) controller.enqueue(keyOf(object), initialPriority(object));
      },
      resync: resync && new Resync(store, { ...resync, clock: this.#options.clock }),
    });
  }

  /** That task runs from the time when this process leads. */
  whileLeading(task: LeaderTask): void {
    this.#tasks.push(task);
  }

  /** Starts everything. Resolves when all kinds were listed once; passes begin then, or when leadership is won. */
  async start(): Promise<void> {
    for (const { reflectors } of this.#watched) for (const reflector of reflectors) reflector.start();
    await this.#synced();
    if (this.#stopping.signal.aborted) return;
    const { leadership } = this.#options;
    if (leadership === undefined) {
      this.#lead();
      return;
    }
    this.#leading = leadership.run({
      signal: this.#stopping.signal,
      onElected: () => this.#lead(),
      onLost: () => this.#lose(),
    });
  }

  /**
   * Stops in good order; safe to repeat.
   * @param graceMs how long running passes may go on before they are aborted
   */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    for (const { resync } of this.#controllers) resync?.stop();
    const tasks = this.#tasks.map((task) => task.stop());
    await Promise.all([...tasks, ...this.#controllers.map(({ controller }) => controller.stop(graceMs))]);
    this.#standDown(); // before another process can lead, so that never two say that they do
    this.#stopping.abort();
    await this.#leading;
    await Promise.all(this.#watched.flatMap(({ reflectors }) => reflectors.map((reflector) => reflector.stop())));
  }

  get isLeader(): boolean {
    return this.#isLeader;
  }

  /** Kinds that were not listed yet. */
  unsynced(): readonly string[] {
    return this.#watched.flatMap(({ type, reflectors }) =>
      reflectors.every((reflector) => reflector.hasSynced) ? [] : [type.kind],
    );
  }

  /** Those of them that the API server does not serve: not installed, as far as it says. */
  notServed(): readonly string[] {
    return this.unsynced().filter((kind) => this.#notServed.has(kind));
  }

  /** Kinds whose watch has stood still for too long. */
  silent(): readonly string[] {
    return this.#watched.flatMap(({ type, reflectors }) =>
      reflectors.some((reflector) => reflector.standsStill) ? [type.kind] : [],
    );
  }

  /** When the API server last answered a list or a watch of each kind, on the monotonic clock; of several the earliest. */
  contacts(): readonly (readonly [kind: string, lastContactMs: number])[] {
    return this.#watched.map((watched) => [watched.type.kind, contactOf(watched)]);
  }

  /** The same of one kind; undefined: it is not watched. */
  lastContactMs(kind: string): number | undefined {
    const watched = this.#watched.find(({ type }) => type.kind === kind);
    return watched && contactOf(watched);
  }

  #lead(): void {
    if (this.#isStopping) return; // won on the way out: it is given back at once
    this.#isLeader = true;
    this.#options.onLeadership?.(true);
    for (const { controller, fill, resync } of this.#controllers) {
      controller.start(fill);
      resync?.start();
    }
    for (const task of this.#tasks) task.start();
  }

  /** Passes end now: another process may begin at any moment. The fence has refused their writes already. */
  #lose(): void {
    this.#standDown();
    for (const { controller, resync } of this.#controllers) {
      resync?.stop();
      void controller.stop(0);
    }
    for (const task of this.#tasks) void task.stop();
  }

  #standDown(): void {
    if (!this.#isLeader) return;
    this.#isLeader = false;
    this.#options.onLeadership?.(false);
  }

  #reflector<T extends KubeObject>(
    type: ResourceType,
    store: ObjectStore<T>,
    namespace: string | undefined,
    options: WatchOptions<T>,
  ): Reflector<T> {
    const { kube, clock, random, onRelist, onFailure } = this.#options;
    return new Reflector<T>({
      kube,
      type,
      store,
      clock,
      random,
      namespace,
      ...(options.metadataOnly === undefined ? {} : { metadataOnly: options.metadataOnly }),
      ...(options.isOptional === undefined ? {} : { isOptional: options.isOptional }),
      ...(options.labelSelector === undefined ? {} : { labelSelector: options.labelSelector }),
      onRelist: (reason) => onRelist?.(type.kind, reason),
      onFailure: (error) => {
        if (error instanceof KubeError && error.reason === 'NotServed') this.#notServed.add(type.kind);
        else this.#notServed.delete(type.kind);
        onFailure?.(type.kind, error);
      },
    });
  }

  async #synced(): Promise<void> {
    const all = this.#watched.flatMap(({ reflectors }) => reflectors);
    await Promise.all(all.map((reflector) => reflector.whenSynced(this.#stopping.signal)));
  }
}

function contactOf({ reflectors }: Watched): number {
  return Math.min(...reflectors.map(({ lastContactMs }) => lastContactMs));
}
