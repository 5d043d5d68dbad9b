import { EVENTS } from '../api/core-types.ts';
import type { Clock, Random } from '../runtime/clock.ts';
import { type Kube, KubeError } from '../runtime/kube.ts';
import { TokenBucket } from '../runtime/token-bucket.ts';
import { type EventInput, eventName, eventObject, identityOf, noteText, seriesPatch } from './event-object.ts';
import { EventQueue } from './event-queue.ts';
import { EventSeries, type Series } from './event-series.ts';

/** Why an event was not sent. */
export type DropReason = 'overflow' | 'refused' | 'failed' | 'stopped';

export interface EventRecorderOptions {
  readonly kube: Pick<Kube, 'create' | 'patch'>;
  readonly clock: Clock;
  readonly random: Random;
  /** Which of the replicas reports: the name of the pod. */
  readonly instance: string;
  readonly onDropped?: (why: DropReason) => void;
}

interface Job {
  readonly type: 'create' | 'patch';
  readonly series: Series;
  readonly body: object;
  readonly attempt: number;
  /** The attempt before was sent and not answered: it may have taken effect. */
  readonly isUnanswered: boolean;
}

/** Calls at a time. */
const CONCURRENCY = 8;
const RATE_PER_SECOND = 50;
/** Room for a few events of each of a thousand objects that come at once; a job is about 1 KB. */
const LIMITS = { total: 10_000, perNamespace: 5_000, busyPerNamespace: 3 };
const MAX_ATTEMPTS = 2;
const RETRY_MS = 1_000;
const CALL_MS = 5_000;
const SWEEP_MS = 60_000;

/**
 * Sends events about objects, and never holds anything up: `record` returns at once, what cannot be sent is dropped
 * and counted, repeats within ten minutes are one event with a count. Works for the leader and for standbys alike:
 * events decide nothing.
 */
export class EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #queue = new EventQueue<Job>(LIMITS);
  readonly #series = new EventSeries();
  readonly #bucket: TokenBucket;
  readonly #ending = new AbortController();
  readonly #retries = new Map<Job, () => void>();
  #state: 'new' | 'started' | 'stopping' = 'new';
  #active = 0;
  #names = 0;
  #cancelSweep: (() => void) | undefined;
  #onIdle: (() => void) | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#bucket = new TokenBucket({ ratePerSecond: RATE_PER_SECOND, burst: RATE_PER_SECOND, clock: options.clock });
  }

  /** Begins to send, with what was recorded before. */
  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    this.#pump();
  }

  /** Notes that something happened. Never throws and never waits. */
  record(input: EventInput): void {
    if (this.#state === 'stopping') return this.#drop('stopped');
    const { clock, instance } = this.#options;
    const event = { ...input, regarding: identityOf(input.regarding), note: noteText(input.note) };
    const again = this.#series.repeated(event, clock.monotonicMs(), clock.now());
    if (again !== undefined) {
      if (again.isRefused) this.#drop('refused');
      // A second time may be another change of state: it must not stay hidden in the first event.
      else if (again.count === 2 && again.isCreated) this.#patch(again);
      return;
    }
    const series = this.#series.begin(event, this.#nameOf(event), clock.monotonicMs(), clock.now());
    const body = eventObject(event, series.name, instance, clock.now());
    this.#enqueue({ type: 'create', series, body, attempt: 1, isUnanswered: false });
    this.#cancelSweep ??= clock.setTimer(SWEEP_MS, () => this.#sweep());
  }

  /** Takes nothing more, sends what waits for at most `deadlineMs`, and drops the rest. Safe to repeat. */
  stop(deadlineMs: number): Promise<void> {
    this.#stopped ??= this.#stop(deadlineMs);
    return this.#stopped;
  }

  async #stop(deadlineMs: number): Promise<void> {
    if (this.#state === 'new') this.start();
    this.#state = 'stopping';
    this.#cancelSweep?.();
    for (const [job, cancel] of this.#retries) {
      cancel();
      this.#enqueue(job);
    }
    this.#retries.clear();
    if (this.#queue.isIdle) return;
    const { clock } = this.#options;
    await new Promise<void>((resolve) => {
      const cancel = clock.setTimer(deadlineMs, () => {
        for (let left = this.#queue.clear(); left > 0; left--) this.#drop('stopped');
        this.#ending.abort();
        resolve();
      });
      this.#onIdle = () => {
        cancel();
        resolve();
      };
    });
  }

  #enqueue(job: Job): void {
    if (this.#queue.push(job.series.namespace, job)) return this.#pump();
    if (job.type === 'create') this.#series.forget(job.series);
    this.#drop('overflow');
  }

  #pump(): void {
    while (this.#state !== 'new' && this.#active < CONCURRENCY) {
      const job = this.#queue.take();
      if (job === undefined) return;
      this.#active += 1;
      void this.#work(job).then(() => {
        this.#active -= 1;
        this.#queue.done(job.series.namespace);
        this.#pump();
        if (this.#queue.isIdle) this.#onIdle?.();
      });
    }
  }

  /** Never rejects. */
  async #work(job: Job): Promise<void> {
    try {
      await this.#bucket.take(this.#ending.signal);
      await this.#send(job);
    } catch (error) {
      this.#failed(job, error instanceof KubeError ? error.code : 0);
    }
  }

  async #send({ type, series, body }: Job): Promise<void> {
    const { kube, clock } = this.#options;
    const { namespace, name } = series;
    const options = { signal: this.#ending.signal, timeoutMs: CALL_MS };
    if (type === 'create') {
      await kube.create(EVENTS, namespace, body, options);
      series.isCreated = true;
      if (series.count > 1) this.#patch(series);
      return;
    }
    const { count, seenAtMs } = series;
    await kube.patch(EVENTS, { namespace, name }, { type: 'merge', body: seriesPatch(count, seenAtMs) }, options);
    series.sentCount = count;
    series.sentMs = clock.monotonicMs();
  }

  #failed(job: Job, code: number): void {
    const { type, series, attempt } = job;
    if (this.#ending.signal.aborted) return this.#drop('stopped');
    const isTaken = type === 'create' && code === 409;
    if (isTaken && job.isUnanswered) {
      series.isCreated = true; // it is ours: the attempt before had arrived
      return;
    }
    const mayPass = code === 0 || code === 429 || code >= 500 || isTaken;
    if (mayPass && attempt < MAX_ATTEMPTS) return this.#retry(isTaken ? this.#renamed(job) : job, code);
    // A refusal (no rights, a namespace that is going, an invalid name) is the same the next time.
    if (type === 'create' && !mayPass) series.isRefused = true;
    else this.#series.forget(series);
    this.#drop(mayPass ? 'failed' : 'refused');
  }

  #retry(job: Job, code: number): void {
    const next = { ...job, attempt: job.attempt + 1, isUnanswered: code === 0 };
    if (this.#state === 'stopping') return this.#enqueue(next);
    const cancel = this.#options.clock.setTimer(RETRY_MS, () => {
      this.#retries.delete(next);
      this.#enqueue(next);
    });
    this.#retries.set(next, cancel);
  }

  /** Somebody else has an event of that name. */
  #renamed(job: Job): Job {
    const { clock, instance } = this.#options;
    const { series } = job;
    series.name = this.#nameOf(series.input);
    return { ...job, body: eventObject(series.input, series.name, instance, clock.now()) };
  }

  #patch(series: Series): void {
    series.sentMs = this.#options.clock.monotonicMs(); // not due again while this one waits
    this.#enqueue({ type: 'patch', series, body: {}, attempt: 1, isUnanswered: false });
  }

  #sweep(): void {
    const { clock } = this.#options;
    for (const series of this.#series.due(clock.monotonicMs())) this.#patch(series);
    this.#cancelSweep = this.#series.size === 0 ? undefined : clock.setTimer(SWEEP_MS, () => this.#sweep());
  }

  #nameOf(input: EventInput): string {
    const { clock, random } = this.#options;
    this.#names += 1;
    const nanoseconds = BigInt(clock.now()) * 1_000_000n + BigInt(Math.floor(random() * 1_000_000));
    return eventName(input.regarding, nanoseconds + BigInt(this.#names));
  }

  #drop(why: DropReason): void {
    this.#options.onDropped?.(why);
  }
}
