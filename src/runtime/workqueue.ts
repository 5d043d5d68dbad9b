import { type BackoffOptions, backoffMs } from './backoff.ts';
import type { Clock, Random } from './clock.ts';
import { type Delayed, DelayHeap } from './delay-heap.ts';
import { GroupLanes } from './group-lanes.ts';
import { higher, type Priority, RANK } from './priority.ts';
import type { GroupOptions, QueueObserver, WorkQueueOptions } from './queue-options.ts';

/** Waiting keys by priority, those that wait for their time (some in a lane as well), and those that were taken and are not done. */
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

/** A key that shall be taken: now (in a lane or, while it is processed, kept until `done`), at its time (in the heap), or both. */
interface Pending extends Delayed {
  readonly key: string;
  /** As it may be taken now; undefined: its time has not come. */
  priority: Priority | undefined;
  /** As it may be taken when its time has come: more urgent than now. */
  priorityThen: Priority;
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
 * what is added while it is processed comes after `done`. Of what asks for a key, the most urgent whose time has come is
 * what it is taken as; whoever asks for a later time makes nothing urgent before it. Of two later times the earlier one
 * and the higher priority win. Within a priority groups have turns, and within a group it is first come, first served; a
 * lower one waits until the higher ones have nothing that may be given out.
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
    this.#admit(this.#pendingOf(key), priority);
    this.#serve();
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
    const pending = this.#pendingOf(key);
    if (isAsUrgent(pending.priority, priority)) return;
    if (pending.heapIndex < 0) {
      pending.dueMs = dueMs;
      pending.priorityThen = priority;
      this.#delayed.push(pending);
    } else {
      pending.priorityThen = higher(pending.priorityThen, priority);
      if (dueMs < pending.dueMs) this.#delayed.move(pending, dueMs);
    }
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
    if (pending !== undefined) this.#enter(pending);
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

  #pendingOf(key: string): Pending {
    const known = this.#pending.get(key);
    if (known !== undefined) return known;
    const order = this.#order++;
    const added: Pending = {
      key,
      priority: undefined,
      priorityThen: 'resync',
      group: '',
      dueMs: 0,
      heapIndex: -1,
      order,
    };
    this.#pending.set(key, added);
    return added;
  }

  /** It may be taken now, as urgent as that or as before. Its own time is of use as long as it makes the key more urgent. */
  #admit(pending: Pending, priority: Priority): void {
    const before = pending.priority;
    if (isAsUrgent(before, priority)) return;
    if (before !== undefined && !this.#processing.has(pending.key)) {
      this.#lanes.delete(pending.key, pending.group, before);
    }
    pending.priority = priority;
    if (pending.heapIndex >= 0 && isAsUrgent(priority, pending.priorityThen)) this.#delayed.remove(pending);
    this.#enter(pending);
  }

  /** Into its lane, unless its time has not come or it is being processed; then `done` brings it here again. */
  #enter(pending: Pending): void {
    if (pending.priority === undefined || this.#processing.has(pending.key)) return;
    pending.readyMs ??= this.#clock.monotonicMs();
    pending.group = this.#groups.groupOf(pending.key);
    this.#lanes.add(pending.key, pending.group, pending.priority);
  }

  #serve(): void {
    for (const taker of this.#takers) {
      const next = this.#lanes.take(this.#takers.size <= this.#groups.reservedTakers);
      if (next === undefined) break;
      const pending = this.#pending.get(next.key);
      this.#tellWait(pending);
      // The pass that begins says when the next one is due.
      if (pending !== undefined && pending.heapIndex >= 0) this.#delayed.remove(pending);
      this.#pending.delete(next.key);
      this.#processing.set(next.key, next);
      taker(next.key);
    }
    this.#arm();
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
      this.#admit(next, next.priorityThen);
    }
    this.#serve();
  }
}

function isAsUrgent(one: Priority | undefined, other: Priority): boolean {
  return one !== undefined && RANK[one] <= RANK[other];
}
