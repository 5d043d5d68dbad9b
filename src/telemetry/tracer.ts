/** What a span tells, by the names of the semantic conventions of OpenTelemetry where there are some. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** How logs name a span, in hexadecimal: W3C Trace Context. */
export interface SpanIds {
  readonly trace_id: string;
  readonly span_id: string;
}

/** The span under way. */
export interface ActiveSpan {
  /** `undefined`: it is not kept, so that nobody would find it. */
  readonly ids: SpanIds | undefined;
  set(attributes: SpanAttributes): void;
  /** It did not end well. @param type one of a few words, for `error.type` */
  fail(type: string, message: string): void;
}

/** Tells what happens as traces. None of its methods fails because of whoever takes the traces. */
export interface Tracer {
  /**
   * Runs as the root of a trace.
   * @param key spans of one key are about the same object: each links to the last one before it
   */
  trace<T>(name: string, key: string, attributes: SpanAttributes, run: (span: ActiveSpan) => Promise<T>): Promise<T>;
  /** A call that has just ended is told below the span under way. Outside of one it is nobody's. @param error its type */
  called(name: string, durationMs: number, attributes: SpanAttributes, error: string | undefined): void;
  /** Sends what is left. */
  stop(): Promise<void>;
}

const NO_SPAN: ActiveSpan = { ids: undefined, set: () => undefined, fail: () => undefined };

/** Tells nobody anything. */
export const noTracer: Tracer = {
  trace: (_name, _key, _attributes, run) => run(NO_SPAN),
  called: () => undefined,
  stop: () => Promise.resolve(),
};
