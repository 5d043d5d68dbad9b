import { type EventInput, eventNamespace } from './event-object.ts';

/** One thing that happened, once or again and again: one event object. Times are monotonic unless their name says not. */
export interface Series {
  readonly input: EventInput;
  readonly namespace: string;
  /** The name of the event object. */
  name: string;
  /** How often it happened. */
  count: number;
  /** How often the event object says that it happened. */
  sentCount: number;
  seenMs: number;
  /** Wall clock. */
  seenAtMs: number;
  sentMs: number;
  /** The event object is there: its count can be written. */
  isCreated: boolean;
  /** The API server does not take it: asking again would change nothing. */
  isRefused: boolean;
}

/** The same within this time is one series. */
const WINDOW_MS = 600_000;
/** The first repeat is written at once, so that people see it; later counts at most this often. */
const PATCH_EVERY_MS = 300_000;
const MAX_SERIES = 4_096;

/** What has happened lately, so that repeats are counted in one event object instead of making new ones. */
export class EventSeries {
  readonly #series = new Map<string, Series>();

  /** How many are remembered. */
  get size(): number {
    return this.#series.size;
  }

  /** The series that goes on with this input, now counted in it; `undefined`: there is none. */
  repeated(input: EventInput, nowMs: number, wallMs: number): Series | undefined {
    const series = this.#series.get(keyOf(input));
    if (series === undefined || nowMs - series.seenMs >= WINDOW_MS) return undefined;
    series.count += 1;
    series.seenMs = nowMs;
    series.seenAtMs = wallMs;
    return series;
  }

  /** A series that begins with this input. Of too many the oldest is forgotten. */
  begin(input: EventInput, name: string, nowMs: number, wallMs: number): Series {
    const [oldest] = this.#series.keys();
    if (this.#series.size >= MAX_SERIES && oldest !== undefined) this.#series.delete(oldest);
    const series: Series = {
      input,
      namespace: eventNamespace(input.regarding),
      name,
      count: 1,
      sentCount: 1,
      seenMs: nowMs,
      seenAtMs: wallMs,
      sentMs: nowMs,
      isCreated: false,
      isRefused: false,
    };
    this.#series.delete(keyOf(input)); // what ended stood in an older place
    this.#series.set(keyOf(input), series);
    return series;
  }

  /** The event object could not be written or is gone: the next time is a first time. */
  forget(series: Series): void {
    if (this.#series.get(keyOf(series.input)) === series) this.#series.delete(keyOf(series.input));
  }

  /** The series whose count is to be written now. Those that have ended are forgotten, their last count included. */
  due(nowMs: number): readonly Series[] {
    const due: Series[] = [];
    for (const [key, series] of this.#series) {
      const hasEnded = nowMs - series.seenMs >= WINDOW_MS;
      const isNews = series.count > series.sentCount && series.isCreated;
      if (isNews && (hasEnded || nowMs - series.sentMs >= PATCH_EVERY_MS)) due.push(series);
      if (hasEnded) this.#series.delete(key);
    }
    return due;
  }
}

function keyOf({ regarding, type, reason, action, note }: EventInput): string {
  return JSON.stringify([regarding.metadata.uid, type, reason, action, note]);
}
