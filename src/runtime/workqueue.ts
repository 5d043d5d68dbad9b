import { type BackoffOptions, backoffMs } from './backoff.ts';
import type { Clock, Random } from './clock.ts';
import { type Delayed, DelayHeap } from './delay-heap.ts';
import { GroupLanes } from './group-lanes.ts';
import { higher, type Priority, RANK } from './priority.ts';
import type { GroupOptions, QueueObserver, WorkQueueOptions } from './queue-options.ts';

/** Waiting keys by priority, those that wait for their time, and those that were taken and are not done. */
export type QueueDepth = { readonly [P in Priority]: number } & {
  readonly delayed: number;
  readonly processing: number;
};

const ONE_GROUP: GroupOptions = {
  groupOf: () => '',
  maxRunning: Number.POSITIVE_INFINITY,
  userPlaces: 0,
  reservedTakers: 0,
};

const DEFAULT_BACKOFF: BackoffOptions = { baseMs: 250, capMs: 5 * 60_000 };

/** setTimeout takes no more than 31 bits; the timer looks again after this long. */
const MAX_TIMER_MS = 24 * 60 * 60_000;

/** A key that shall be taken: in a lane, in the heap, or (while it is processed) kept until `done`. */
interface Pending extends Delayed {
  readonly key: string;
  priority: Priority;
  /** Of the lane that it is in. */
  group: string;
  /** When it came into its lane. */
  readyMs?: number;
}

/** A key that was taken and is not done. */
interface Taken {
  readonly priority: Priority;
  /** Whose place it has; undefined once that was given back. */
  readonly group: string | undefined;
}

/**
 * Keys that wait for a pass. A key is in here once, however often it is added, and is never given out twice at a time:
 * what is added while it is processed comes after `done`. When a key is added again, the earlier time and the higher
 * priority win. Within a priority groups have turns, and within a group it is first come, first served; a lower one
 * waits until the higher ones have nothing that may be given out.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #backoff: BackoffOptions;
  readonly #pending = new Map<string, Pending>();
  readonly #groups: GroupOptions;
  #lanes: GroupLanes;
  #delayed = new DelayHeap<Pending>();
  readonly #processing = new Map<string, Taken>();
  readonly #failures = new Map<string, number>();
  readonly #takers = new Set<(key: string | undefined) => void>();
  readonly #observer: QueueObserver | undefined;
  #order = 0;
  #timer: { readonly dueMs: number; readonly cancel: () => void } | undefined;
  #closed: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(options: WorkQueueOptions) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#backoff = options.backoff ?? DEFAULT_BACKOFF;
    this.#groups = options.groups ?? ONE_GROUP;
    this.#lanes = new GroupLanes(this.#groups);
    this.#observer = options.observer;
  }

  /** Queues a key now. After `close` nothing is queued any more. */
  add(key: string, priority: Priority): void {
    if (this.#closed !== undefined) return;
    const pending = this.#pending.get(key);
    if (pending === undefined) {
      const added: Pending = { key, priority, group: '', dueMs: 0, heapIndex: -1, order: this.#order++ };
      this.#pending.set(key, added);
      this.#admit(added);
    } else if (pending.heapIndex >= 0) {
      this.#delayed.remove(pending);
      pending.priority = higher(pending.priority, priority);
      this.#admit(pending);
    } else this.#raise(pending, priority);
    this.#arm();
  }

  /**
   * Queues a key in `delayMs`; not above zero means now.
   * @throws RangeError when `delayMs` is not finite
   */
  addAfter(key: string, delayMs: number, priority: Priority): void {
    if (!Number.isFinite(delayMs)) throw new RangeError(`queueing ${JSON.stringify(key)}: the delay is ${delayMs}`);
    if (delayMs <= 0) return this.add(key, priority);
    if (this.#closed !== undefined) return;
    const dueMs = this.#clock.monotonicMs() + delayMs;
    const pending = this.#pending.get(key);
    if (pending === undefined) {
      const added: Pending = { key, priority, group: '', dueMs, heapIndex: -1, order: this.#order++ };
      this.#pending.set(key, added);
      this.#delayed.push(added);
    } else if (pending.heapIndex >= 0) {
      pending.priority = higher(pending.priority, priority);
      if (dueMs < pending.dueMs) this.#delayed.move(pending, dueMs);
    } else this.#raise(pending, priority);
    this.#arm();
  }

  /** Queues a key that failed, later with each failure since `forget`, and not before `atLeastMs`. */
  addRateLimited(key: string, priority: Priority = 'retry', atLeastMs = 0): void {
    const failures = this.#failures.get(key) ?? 0;
    const delayMs = Math.max(backoffMs(failures, this.#random, this.#backoff), atLeastMs);
    this.addAfter(key, delayMs, priority);
    this.#failures.set(key, failures + 1);
    this.#observer?.onRetry();
  }

  /** The key has not failed: its next failure waits as the first. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How often the key has failed since `forget`. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /**
   * The next key, as soon as there is one; whoever gets it calls `done`. `undefined`: the signal aborted or the queue
   * is closed.
   */
  take(signal: AbortSignal): Promise<string | undefined> {
    if (signal.aborted || this.#closed !== undefined) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const finish = (key: string | undefined) => {
        this.#takers.delete(finish);
        signal.removeEventListener('abort', end);
        resolve(key);
      };
      const end = () => finish(undefined);
      signal.addEventListener('abort', end, { once: true });
      this.#takers.add(finish);
      this.#serve();
    });
  }

  /**
   * The priority with which a key was taken.
   * @throws Error when the key is not being processed
   */
  takenAs(key: string): Priority {
    return this.#taken(key).priority;
  }

  /**
   * The pass over a key that was taken is over; if the key was added meanwhile, it is queued now.
   * @throws Error when the key is not being processed
   */
  done(key: string): void {
    this.#leave(key);
    this.#processing.delete(key);
    const pending = this.#pending.get(key);
    if (pending !== undefined && pending.heapIndex < 0) this.#enter(pending);
    this.#serve();
    if (this.#processing.size === 0) this.#closed?.resolve();
  }

  /**
   * The pass over a key that was taken goes on without a taker: its group may have another one. Safe to repeat.
   * @throws Error when the key is not being processed
   */
  giveBackPlace(key: string): void {
    this.#leave(key);
    this.#serve();
  }

  #leave(key: string): void {
    const { group, priority } = this.#taken(key);
    if (group === undefined) return;
    this.#processing.set(key, { group: undefined, priority });
    this.#lanes.ended(group);
  }

  #taken(key: string): Taken {
    const taken = this.#processing.get(key);
    if (taken === undefined) throw new Error(`done with ${JSON.stringify(key)}, which nobody has taken`);
    return taken;
  }

  /** Drops what waits, gives out nothing more, and resolves when every key that was taken is done. */
  close(): Promise<void> {
    if (this.#closed !== undefined) return this.#closed.promise;
    this.#closed = Promise.withResolvers<void>();
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#pending.clear();
    this.#failures.clear();
    this.#lanes = new GroupLanes(this.#groups);
    this.#delayed = new DelayHeap();
    for (const taker of this.#takers) taker(undefined);
    if (this.#processing.size === 0) this.#closed.resolve();
    return this.#closed.promise;
  }

  depth(): QueueDepth {
    return {
      user: this.#lanes.size('user'),
      retry: this.#lanes.size('retry'),
      initial: this.#lanes.size('initial'),
      resync: this.#lanes.size('resync'),
      delayed: this.#delayed.size,
      processing: this.#processing.size,
    };
  }

  /** Its time has come: into its lane, unless it is being processed; then `done` brings it here again. */
  #admit(pending: Pending): void {
    this.#enter(pending);
    this.#serve();
  }

  #enter(pending: Pending): void {
    if (this.#processing.has(pending.key)) return;
    pending.readyMs ??= this.#clock.monotonicMs();
    pending.group = this.#groups.groupOf(pending.key);
    this.#lanes.add(pending.key, pending.group, pending.priority);
  }

  #raise(pending: Pending, priority: Priority): void {
    if (RANK[priority] >= RANK[pending.priority]) return;
    const isProcessing = this.#processing.has(pending.key);
    if (!isProcessing) this.#lanes.delete(pending.key, pending.group, pending.priority);
    pending.priority = priority;
    this.#admit(pending);
  }

  #serve(): void {
    for (const taker of this.#takers) {
      const next = this.#lanes.take(this.#takers.size <= this.#groups.reservedTakers);
      if (next === undefined) return;
      this.#tellWait(this.#pending.get(next.key));
      this.#pending.delete(next.key);
      this.#processing.set(next.key, next);
      taker(next.key);
    }
  }

  #tellWait(taken: Pending | undefined): void {
    const nowMs = this.#clock.monotonicMs();
    this.#observer?.onTaken(nowMs - (taken?.readyMs ?? nowMs));
  }

  /** One timer, for the earliest of the delayed. */
  #arm(): void {
    const dueMs = this.#delayed.peek()?.dueMs;
    if (dueMs === this.#timer?.dueMs) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (dueMs === undefined) return;
    const waitMs = Math.min(Math.max(0, dueMs - this.#clock.monotonicMs()), MAX_TIMER_MS);
    this.#timer = { dueMs, cancel: this.#clock.setTimer(waitMs, () => this.#release()) };
  }

  /** Admits all that is due, and serves the most urgent of it first. A timer may come a little early: then nothing is, and it is set again. */
  #release(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.monotonicMs();
    for (let next = this.#delayed.peek(); next !== undefined && next.dueMs <= nowMs; next = this.#delayed.peek()) {
      this.#delayed.remove(next);
      this.#enter(next);
    }
    this.#serve();
    this.#arm();
  }
}
