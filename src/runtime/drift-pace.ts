import { keyText, type ObjectKey } from '../api/meta.ts';
import type { Clock } from './clock.ts';
import type { Reconcile, Result } from './controller.ts';
import { FifoSet } from './fifo-set.ts';
import type { Turn } from './turn.ts';

/** Of the calls that an account allows, the share that drift checks have; the rest stays free for what somebody waits for. */
export const DRIFT_SHARE = 0.2;
/** After a quiet time checks may go ahead of that share by what it holds in so many seconds: seconds of the wheel differ. */
const BURST_S = 2;
/** Calls of a check, until checks of the account were counted: a Bucket with two settings. */
const GUESSED_COST = 3;
/** How much of the mean the latest check is: some dozen of them make it. */
const WEIGHT = 0.05;
/** A check that calls nothing has a part in the share, too: the next one may call again. */
const MIN_COST = 1;
/** A single check counts for no more than this: what took so many calls compared nothing alone. */
const MAX_COST = 100;
/** What was learned of an account whose objects were not due for two days is forgotten; an interval is a day at most. */
const IDLE_LIFE_MS = 2 * 86_400_000;

/** The limit that calls of one account share. */
export interface CallLimit {
  /** The same text: the same limit. */
  readonly id: string;
  /** As metrics name the account. */
  readonly account: string;
  /** Calls a second that it allows now; not above zero: it is not known, and one check begins after another. */
  readonly perSecond: () => number;
}

export interface DriftPaceOptions {
  readonly clock: Clock;
  /** The limit that the calls of the object's next check come from; undefined: it is not known, or there is nothing to compare. */
  readonly limitOf: (kind: string, key: ObjectKey) => CallLimit | undefined;
}

/** The checks of one account. */
interface Queue {
  limit: CallLimit;
  readonly waiting: FifoSet;
  /** Checks that were released and whose passes have not begun. */
  released: number;
  /** Calls that checks may make now, as far as they cost what is expected. */
  calls: number;
  filledAtMs: number;
  lastDueMs: number;
  /** Calls that a check makes: a mean, the latest weigh most. */
  cost: number;
  cancelTimer: (() => void) | undefined;
}

/** A check that waits, or was released and its pass has not begun. */
interface Check {
  readonly queue: Queue;
  readonly release: () => void;
  isReleased: boolean;
  /** The next one was due before this one was released. */
  isOverdue: boolean;
}

/**
 * Keeps drift checks within a share of what their account allows, before they come to a workqueue: there what is due
 * counts as late. Checks of one account wait in one line, whatever their kind and Provider, and leave it at the rate at
 * which their calls make the share. While passes do not begin, no more leave it than may go at once. Whoever is due again
 * while it waits goes to the end of the line when its check begins; so, with more objects than the share can check in an
 * interval, all of them take turns. A pass that something else asked for is a check as well: its object leaves the line.
 * All operations take constant time.
 */
export class DriftPace {
  readonly #options: DriftPaceOptions;
  readonly #queues = new Map<string, Queue>();
  readonly #checks = new Map<string, Check>();
  #isRunning = false;

  constructor(options: DriftPaceOptions) {
    this.#options = options;
  }

  /** Called when this process leads. */
  start(): void {
    this.#isRunning = true;
  }

  /** It is time for a check of that object. @param release asks for its pass, now or when the share allows it */
  due(kind: string, key: ObjectKey, release: () => void): void {
    if (!this.#isRunning) return;
    const id = idOf(kind, key);
    const known = this.#checks.get(id);
    if (known !== undefined) {
      if (!known.isReleased) known.isOverdue = true;
      return;
    }
    const limit = this.#options.limitOf(kind, key);
    if (limit === undefined) {
      release();
      return;
    }
    const queue = this.#queueOf(limit);
    this.#wait(id, queue, release);
    this.#serve(queue);
  }

  /** The object is gone: nothing is left to check. */
  gone(kind: string, key: ObjectKey): void {
    const check = this.#leave(idOf(kind, key));
    if (check !== undefined) this.#serve(check.queue);
  }

  /** The passes of that kind; each of them begins and ends the check of its object, whatever asked for it. */
  watched(kind: string, reconcile: Reconcile): Reconcile {
    return async (key, pass) => {
      const ended = this.#begin(idOf(kind, key), pass.turn);
      let result: Result | undefined;
      try {
        result = await reconcile(key, pass);
        return result;
      } finally {
        ended(result);
      }
    };
  }

  /** How many objects wait for their turn, by account as metrics name it; an account at several services comes more than once. */
  waiting(): readonly (readonly [account: string, count: number])[] {
    return [...this.#queues.values()].map(({ limit, waiting }) => [limit.account, waiting.size]);
  }

  /** Whoever waits, waits in vain. Safe to repeat. */
  stop(): Promise<void> {
    this.#isRunning = false;
    for (const { cancelTimer } of this.#queues.values()) cancelTimer?.();
    this.#queues.clear();
    this.#checks.clear();
    return Promise.resolve();
  }

  #begin(id: string, turn: Turn): (result: Result | undefined) => void {
    const check = this.#leave(id);
    if (check === undefined) return () => undefined;
    const { queue, release } = check;
    const isCheck = check.isReleased && turn.priority === 'resync';
    if (isCheck && check.isOverdue) this.#wait(id, queue, release);
    this.#serve(queue);
    return (result) => {
      // Without a call and not settled: it could not compare, and says nothing of those that can.
      if (!isCheck || (turn.calls === 0 && result?.type !== 'done')) return;
      const cost = Math.min(Math.max(turn.calls, MIN_COST), MAX_COST);
      queue.cost += (cost - queue.cost) * WEIGHT;
    };
  }

  #wait(id: string, queue: Queue, release: () => void): void {
    this.#checks.set(id, { queue, release, isReleased: false, isOverdue: false });
    queue.waiting.add(id);
  }

  #leave(id: string): Check | undefined {
    const check = this.#checks.get(id);
    check?.queue.waiting.delete(id);
    if (check?.isReleased === true) check.queue.released -= 1;
    this.#checks.delete(id);
    return check;
  }

  #serve(queue: Queue): void {
    const perSecond = DRIFT_SHARE * queue.limit.perSecond();
    this.#fill(queue, perSecond);
    const places = mostAtOnce(queue.cost, perSecond) / queue.cost;
    while (queue.calls >= queue.cost && queue.released + 1 <= places) {
      const check = this.#checks.get(queue.waiting.take() ?? '');
      if (check === undefined) break;
      queue.calls -= queue.cost;
      queue.released += 1;
      check.isReleased = true;
      check.release();
    }
    queue.cancelTimer?.();
    queue.cancelTimer = undefined;
    // Without a place the next pass that begins comes here.
    if (queue.waiting.size === 0 || queue.released + 1 > places) return;
    const delayMs = Math.max(1, Math.ceil(((queue.cost - queue.calls) / perSecond) * 1_000));
    queue.cancelTimer = this.#options.clock.setTimer(delayMs, () => this.#serve(queue));
  }

  #fill(queue: Queue, perSecond: number): void {
    const nowMs = this.#options.clock.monotonicMs();
    const gained = perSecond > 0 ? (perSecond * (nowMs - queue.filledAtMs)) / 1_000 : Number.POSITIVE_INFINITY;
    queue.calls = Math.min(mostAtOnce(queue.cost, perSecond), queue.calls + gained);
    queue.filledAtMs = nowMs;
  }

  #queueOf(limit: CallLimit): Queue {
    const nowMs = this.#options.clock.monotonicMs();
    const known = this.#queues.get(limit.id);
    if (known !== undefined) {
      known.limit = limit;
      known.lastDueMs = nowMs;
      return known;
    }
    for (const [id, { waiting, released, lastDueMs }] of this.#queues) {
      if (waiting.size + released === 0 && nowMs - lastDueMs > IDLE_LIFE_MS) this.#queues.delete(id);
    }
    const queue: Queue = {
      limit,
      waiting: new FifoSet(),
      released: 0,
      calls: mostAtOnce(GUESSED_COST, DRIFT_SHARE * limit.perSecond()),
      filledAtMs: nowMs,
      lastDueMs: nowMs,
      cost: GUESSED_COST,
      cancelTimer: undefined,
    };
    this.#queues.set(limit.id, queue);
    return queue;
  }
}

/** At least one check, however low the limit. */
function mostAtOnce(cost: number, perSecond: number): number {
  return Math.max(cost, perSecond * BURST_S);
}

function idOf(kind: string, key: ObjectKey): string {
  return `${kind} ${keyText(key)}`;
}
