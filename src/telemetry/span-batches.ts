import { TraceFlags } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { Clock } from '../runtime/clock.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { asError } from '../runtime/errors.ts';
import type { TraceSender } from './trace-sender.ts';

/** Room for so many spans that wait; of more, none is kept. */
const MAX_QUEUED = 2_048;
const BATCH = 512;
/** A span waits no longer for others. */
const DELAY_MS = 5_000;

/**
 * Spans that have ended, on their way to the collector: in batches, one after the other. Each is sent or told of as dropped,
 * and none twice, which is what the processor of the SDK does not tell.
 */
export class SpanBatches implements SpanProcessor {
  readonly #sender: TraceSender;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onDropped: (count: number, error: Error) => void;
  readonly #end = new AbortController();
  #queue: ReadableSpan[] = [];
  #cancelTimer: (() => void) | undefined;
  #sending: Promise<void> | undefined;
  #isStopped = false;

  /** @param parts timeoutMs: how long one call of the collector may take */
  constructor(parts: {
    readonly sender: TraceSender;
    readonly clock: Clock;
    readonly timeoutMs: number;
    readonly onDropped: (count: number, error: Error) => void;
  }) {
    this.#sender = parts.sender;
    this.#clock = parts.clock;
    this.#timeoutMs = parts.timeoutMs;
    this.#onDropped = parts.onDropped;
  }

  onStart(): void {
    // What has not ended is nobody's yet.
  }

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
    if (this.#isStopped) return this.#onDropped(1, new Error('it ended after the last batch'));
    if (this.#queue.length >= MAX_QUEUED) return this.#onDropped(1, new Error(`${MAX_QUEUED} spans wait already`));
    this.#queue.push(span);
    const start = () => void this.#start();
    if (this.#queue.length >= BATCH) start();
    else this.#cancelTimer ??= this.#clock.setTimer(DELAY_MS, start);
    return undefined;
  }

  /** Resolves once nothing waits. */
  async forceFlush(): Promise<void> {
    while (this.#queue.length > 0 || this.#sending !== undefined) await this.#start();
  }

  shutdown(): Promise<void> {
    return this.#sender.close();
  }

  /** Sends what is left, and gives up what is not taken by then. */
  async stop(timeoutMs: number): Promise<void> {
    const late = () => this.#end.abort(new Error(`not taken within ${timeoutMs} ms of the end`));
    const cancel = this.#clock.setTimer(timeoutMs, late);
    await this.forceFlush();
    this.#isStopped = true;
    cancel();
    await this.shutdown();
  }

  #start(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, BATCH);
      await this.#send(batch).catch((thrown: unknown) => this.#onDropped(batch.length, asError(thrown)));
    }
  }

  async #send(batch: ReadableSpan[]): Promise<void> {
    this.#end.signal.throwIfAborted();
    const body = ProtobufTraceSerializer.serializeRequest(batch) ?? new Uint8Array();
    const timeoutError = () => new Error(`no answer within ${this.#timeoutMs} ms`);
    const deadline = { clock: this.#clock, timeoutMs: this.#timeoutMs, signal: this.#end.signal, timeoutError };
    await withDeadline(deadline, (signal) => this.#sender.send(body, signal));
  }
}
