import { keyText, type ObjectKey, parseKey } from '../api/meta.ts';
import type { BackoffOptions } from './backoff.ts';
import { type Clock, type Random, sleep } from './clock.ts';
import { setDeadline, withDeadline } from './deadline.ts';
import { ReconcileError } from './errors.ts';
import { toKubeReconcileError } from './kube-errors.ts';
import type { LoopShare } from './loop-share.ts';
import type { Priority } from './priority.ts';
import type { QueueObserver } from './queue-options.ts';
import { Standstill } from './standstill.ts';
import { type Pass, Turn } from './turn.ts';
import { type QueueDepth, WorkQueue } from './workqueue.ts';

/** What becomes of a key after its pass. Retries back off; `atLeastMs` is a lower bound given by the other side. */
export type Result =
  | { readonly type: 'done' }
  /** Not above zero: at once, and behind everything that waits. */
  | { readonly type: 'requeueAfter'; readonly ms: number }
  | { readonly type: 'retry'; readonly atLeastMs?: number };

/** One pass over one object. Reads all it needs by itself: the key carries no payload. */
export type Reconcile = (key: ObjectKey, pass: Pass) => Promise<Result>;

export interface ControllerOptions {
  readonly reconcile: Reconcile;
  /** Passes at a time, each over another key. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly random: Random;
  /** After this long, waiting for its turns left out, the signal of a pass aborts. Default 150,000. */
  readonly passTimeoutMs?: number;
  readonly backoff?: BackoffOptions;
  /**
   * What an object shares with others that may be slow all at once, such as the service that their passes call. A group
   * never has more than a quarter of the passes, an eighth of them for what users change, and the last free quarter is
   * for groups that have none. Default: no groups.
   */
  readonly groupOf?: (key: ObjectKey) => string;
  /** Divides the event loop among the passes of all kinds. Default: whoever may go on does. */
  readonly loop?: LoopShare;
  /** Runs each pass, with all that is told of it; default: just runs. */
  readonly around?: (key: ObjectKey, run: () => Promise<void>) => Promise<void>;
  readonly observer?: QueueObserver;
  /** A pass threw, or did not end when its time was up. Must not throw. */
  readonly onError: (key: ObjectKey, error: unknown) => void;
}

/** The queue's depth, and passes that ignore the end of their time: they are still running, outside the bound. */
export type ControllerDepth = QueueDepth & { readonly stuck: number };

const PASS_TIMEOUT_MS = 150_000;

/** An aborted pass has this long to end: its last status write has a deadline of its own, of 30 s. */
const END_MS = 35_000;

/** After the grace of `stop`, aborted passes have this long to end. */
const STOP_MS = 5000;

/**
 * Runs passes for the keys of one kind: at most `concurrency` at a time, and never two over one key. Whatever a pass
 * throws, the controller goes on. Queue and passes begin with `start`: a process that stands by owes nobody a pass.
 */
export class Controller {
  readonly #options: ControllerOptions;
  readonly #queue: WorkQueue;
  /** Of all passes; the reason says why. */
  readonly #abort = new AbortController();
  /** Of the passes that run, by key. */
  readonly #turns = new Map<string, Turn>();
  readonly #standstill = new Standstill();
  #isStarted = false;
  #begun = 0;
  #stuck = 0;
  #stopped: Promise<number> | undefined;

  /** @throws RangeError when `concurrency` is not a positive integer */
  constructor(options: ControllerOptions) {
    const { clock, random, backoff, concurrency, groupOf, observer } = options;
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw new RangeError(`concurrency ${concurrency}: a controller needs at least 1 worker`);
    }
    this.#options = options;
    const maxRunning = Math.ceil(concurrency / 4);
    const groups = groupOf && {
      groupOf: (text: string) => groupOf(parseKey(text)),
      maxRunning,
      userPlaces: Math.floor(maxRunning / 8),
      reservedTakers: Math.floor(concurrency / 4),
    };
    this.#queue = new WorkQueue({ clock, random, ...(backoff && { backoff }), ...(groups && { groups }), observer });
  }

  /**
   * Asks for a pass over that object, now or as soon as its running pass is over.
   * @returns false: before `start` and after `stop` it does nothing
   */
  enqueue(key: ObjectKey, priority: Priority): boolean {
    if (!this.#isStarted || this.#stopped !== undefined) return false;
    const text = keyText(key);
    this.#turns.get(text)?.raise(priority); // what is asked for begins when the running pass has ended
    this.#queue.add(text, priority);
    return true;
  }

  /**
   * Begins with the passes. Called once, when this process leads; after `stop` it does nothing.
   * @param fill queues what is there, before the first pass begins, so that the most urgent is first
   */
  start(fill: () => void = () => {}): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    fill();
    for (let worker = 0; worker < this.#options.concurrency; worker++) void this.#work();
  }

  /**
   * Takes no new keys, waits `graceMs` for the running passes, then aborts them and waits at most 5 s more. Safe to
   * repeat.
   * @returns how many passes are still running: 0 unless they ignore their signal
   */
  stop(graceMs: number): Promise<number> {
    this.#stopped ??= this.#stop(graceMs);
    return this.#stopped;
  }

  /** Keys that wait for a pass and need not wait for a time. */
  depth(): number {
    const { user, retry, initial, resync } = this.#queue.depth();
    return user + retry + initial + resync;
  }

  depths(): ControllerDepth {
    return { ...this.#queue.depth(), stuck: this.#stuck };
  }

  /** Why only a new start of the process would help; undefined: it makes progress, or has nothing to do. Asked at each probe. */
  standstill(): string | undefined {
    if (this.#stuck > 0) return `passes that do not end: ${this.#stuck}`;
    if (this.#stopped !== undefined) return undefined;
    const { clock } = this.#options;
    const now = { due: this.depth(), running: this.#queue.depth().processing, begun: this.#begun };
    const lastedMs = this.#standstill.look(now, clock.monotonicMs());
    return lastedMs === undefined ? undefined : `${now.due} objects are due, and none is begun with`;
  }

  async #work(): Promise<void> {
    for (;;) {
      const text = await this.#queue.take(this.#abort.signal);
      if (text === undefined) return;
      this.#begun++;
      const run = () => this.#untilEndedOrStuck(text);
      await (this.#options.around?.(parseKey(text), run) ?? run());
    }
  }

  /** A pass that does not end keeps its key, so that no second one starts, but not its worker. */
  async #untilEndedOrStuck(text: string): Promise<void> {
    const { clock, loop, onError, passTimeoutMs = PASS_TIMEOUT_MS } = this.#options;
    const limitMs = passTimeoutMs + END_MS;
    const turn = new Turn(clock, this.#queue.takenAs(text), loop);
    const late = Promise.withResolvers<void>();
    const cancel = setDeadline({ clock, timeoutMs: limitMs, uncountedMs: () => turn.waitedMs() }, late.resolve);
    let hasEnded = false;
    let isStuck = false;
    const pass = this.#pass(text, turn).finally(() => {
      hasEnded = true;
      cancel();
      if (isStuck) this.#stuck--;
    });
    await Promise.race([pass, late.promise]);
    if (hasEnded) return;
    isStuck = true;
    this.#stuck++;
    this.#queue.giveBackPlace(text);
    onError(
      parseKey(text),
      new ReconcileError('Internal', `the pass ignores its deadline: it runs for over ${limitMs} ms`),
    );
  }

  async #pass(text: string, turn: Turn): Promise<void> {
    const { clock, reconcile, onError, passTimeoutMs: timeoutMs = PASS_TIMEOUT_MS } = this.#options;
    const key = parseKey(text);
    const timeoutError = () =>
      new ReconcileError('Transient', `the pass took longer than ${timeoutMs} ms`, { reason: 'Timeout' });
    let result: Result = { type: 'retry' };
    this.#turns.set(text, turn);
    try {
      const uncountedMs = () => turn.waitedMs();
      const deadline = { clock, timeoutMs, uncountedMs, signal: this.#abort.signal, timeoutError };
      await turn.enterLoop();
      const returned = await withDeadline(deadline, async (signal) => reconcile(key, { signal, turn }));
      this.#requeue(text, returned);
      result = returned;
    } catch (error) {
      onError(key, error);
      const { retryAfterMs } = toKubeReconcileError(error);
      if (retryAfterMs !== undefined && Number.isFinite(retryAfterMs))
        result = { type: 'retry', atLeastMs: retryAfterMs };
      this.#requeue(text, result);
    } finally {
      this.#turns.delete(text);
      this.#queue.done(text);
    }
  }

  #requeue(text: string, result: Result): void {
    switch (result.type) {
      case 'done':
        this.#queue.forget(text);
        return;
      case 'requeueAfter':
        // Work that goes on at once, such as emptying a bucket, goes on when nobody else waits.
        this.#queue.addAfter(text, result.ms, result.ms > 0 ? 'retry' : 'resync');
        this.#queue.forget(text);
        return;
      case 'retry':
        this.#queue.addRateLimited(text, 'retry', result.atLeastMs);
    }
  }

  async #stop(graceMs: number): Promise<number> {
    const { clock } = this.#options;
    const ended = new AbortController();
    const drained = this.#queue.close().then(() => ended.abort());
    await Promise.race([drained, sleep(clock, graceMs, ended.signal)]);
    this.#abort.abort(new ReconcileError('Transient', 'the process is stopping', { reason: 'Cancelled' }));
    await Promise.race([drained, sleep(clock, STOP_MS, ended.signal)]);
    return this.#queue.depth().processing;
  }
}
