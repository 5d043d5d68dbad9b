import {
  type Context,
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../runtime/clock.ts';
import { GrpcTraceSender } from './grpc-trace-sender.ts';
import { HttpTraceSender } from './http-trace-sender.ts';
import { SpanBatches } from './span-batches.ts';
import type { Collector } from './trace-sender.ts';
import type { ActiveSpan, SpanAttributes, Tracer } from './tracer.ts';

/** Where traces go, and which. */
export interface OtlpSettings extends Collector {
  /** As whose spans are told of; undefined: as the attributes say. */
  readonly serviceName: string | undefined;
  readonly resourceAttributes: Readonly<Record<string, string>>;
  readonly protocol: 'grpc' | 'http/protobuf';
  readonly timeoutMs: number;
  readonly sampler: string;
  readonly samplerRatio: number;
  readonly version: string;
  readonly clock: Clock;
  /** Spans that could not be sent, and why. */
  readonly onDropped: (count: number, error: Error) => void;
}

const OUR_NAME = 'wasabi-s3-operator';
/** Links to the last pass are kept for as many objects. */
const MAX_LINKS = 10_000;
/** What is left at the end is sent within that time or not at all. */
const STOP_MS = 2_000;

/** A tracer that sends by OTLP. Loaded only where traces are on. */
export function createOtlpTracer(settings: OtlpSettings): Tracer {
  const sender = settings.protocol === 'grpc' ? new GrpcTraceSender(settings) : new HttpTraceSender(settings);
  const { clock, timeoutMs, onDropped, version, serviceName, resourceAttributes } = settings;
  const batches = new SpanBatches({ sender, clock, timeoutMs, onDropped });
  const named = serviceName === undefined ? {} : { 'service.name': serviceName };
  const own = { 'service.name': OUR_NAME, 'service.version': version, ...resourceAttributes, ...named };
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes(own)),
    sampler: samplerOf(settings.sampler, settings.samplerRatio),
    spanProcessors: [batches],
  });
  return new OtlpTracer({ tracer: provider.getTracer(OUR_NAME, version), batches, clock });
}

class OtlpTracer implements Tracer {
  readonly #tracer: OtelTracer;
  readonly #batches: SpanBatches;
  readonly #clock: Clock;
  readonly #contexts = new AsyncLocalStorageContextManager().enable();
  readonly #last = new LRUCache<string, SpanContext>({ max: MAX_LINKS });

  constructor(parts: { readonly tracer: OtelTracer; readonly batches: SpanBatches; readonly clock: Clock }) {
    this.#tracer = parts.tracer;
    this.#batches = parts.batches;
    this.#clock = parts.clock;
  }

  async trace<T>(
    name: string,
    key: string,
    attributes: SpanAttributes,
    run: (span: ActiveSpan) => Promise<T>,
  ): Promise<T> {
    const before = this.#last.get(key);
    const links = before === undefined ? [] : [{ context: before }];
    const options = { attributes: { ...attributes }, links, root: true, startTime: this.#clock.now() };
    const span = this.#tracer.startSpan(name, options, ROOT_CONTEXT);
    // One that is not kept would be a link to nowhere.
    if (span.isRecording()) this.#last.set(key, span.spanContext());
    const { traceId: trace_id, spanId: span_id } = span.spanContext();
    const running: ActiveSpan = {
      ids: span.isRecording() ? { trace_id, span_id } : undefined,
      set: (more) => span.setAttributes({ ...more }),
      fail: (type, message) => fail(span, type, message),
    };
    try {
      return await this.#contexts.with(trace.setSpan(ROOT_CONTEXT, span), () => run(running));
    } catch (thrown) {
      fail(span, thrown instanceof Error ? thrown.name : 'unknown', String(thrown));
      throw thrown;
    } finally {
      span.end(this.#clock.now());
    }
  }

  called(name: string, durationMs: number, attributes: SpanAttributes, error: string | undefined): void {
    const active: Context = this.#contexts.active();
    // What a pass set going goes on after it, such as a watch, and is in no trace.
    if (trace.getSpan(active)?.isRecording() !== true) return;
    const now = this.#clock.now();
    const options = { kind: SpanKind.CLIENT, startTime: now - durationMs, attributes: { ...attributes } };
    const span = this.#tracer.startSpan(name, options, active);
    if (error !== undefined) fail(span, error, '');
    span.end(now);
  }

  async stop(): Promise<void> {
    await this.#batches.stop(STOP_MS);
    this.#contexts.disable();
  }
}

function fail(span: Span, type: string, message: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message === '' ? {} : { message }) });
}

function samplerOf(name: string, ratio: number): Sampler {
  const root = rootSamplerOf(name.replace(/^parentbased_/, ''), ratio);
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

function rootSamplerOf(name: string, ratio: number): Sampler {
  switch (name) {
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio);
    default:
      return new AlwaysOnSampler();
  }
}
