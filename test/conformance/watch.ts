import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Dispatcher, request } from 'undici';
import { at, parsed, textAt } from './json.ts';

const patienceMs = 20_000;

/** One line of a watch. `object` is a Status in an ERROR event. */
export interface WatchedEvent {
  readonly type: string;
  readonly object: unknown;
}

/** An open watch. Events wait in order until they are asked for. */
export interface Watch {
  /** Of the HTTP answer; other than 200: `refusal` holds the Status. */
  readonly status: number;
  readonly contentType: string;
  readonly refusal: unknown;
  /** The next event. @throws Error when the stream ends, or nothing comes for 20 s. */
  next(): Promise<WatchedEvent>;
  /** The events up to and with the first that the condition holds for. */
  until(isLast: (event: WatchedEvent) => boolean): Promise<readonly WatchedEvent[]>;
  /** The events up to the end of the stream. @throws Error when it breaks, or goes on for 20 s. */
  rest(): Promise<readonly WatchedEvent[]>;
  close(): void;
}

/** As `ADDED name`, which makes a sequence of events easy to compare. */
export function brief(event: WatchedEvent): string {
  return `${event.type} ${textAt(event.object, 'metadata.name')}`;
}

/** Opens a watch on a URL that already says `watch=true`. */
export async function openWatch(url: string, dispatcher: Dispatcher, headers: Record<string, string>): Promise<Watch> {
  const { statusCode, headers: answered, body } = await request(url, { dispatcher, headers });
  const contentType = String(answered['content-type']);
  const close = (): void => void body.on('error', () => undefined).destroy();
  if (statusCode !== 200) {
    const refusal = parsed(await body.text());
    const none = (): never => {
      throw new Error(`the watch was refused: ${JSON.stringify(refusal)}`);
    };
    return { status: statusCode, contentType, refusal, next: none, until: none, rest: none, close };
  }
  const lines = createInterface({ input: body })[Symbol.asyncIterator]();
  const nextOrEnd = async (): Promise<WatchedEvent | undefined> => {
    const patience = AbortSignal.timeout(patienceMs);
    const line = await Promise.race([lines.next(), once(patience, 'abort')]);
    if (Array.isArray(line)) throw new Error(`no event for ${patienceMs} ms`);
    if (line.done === true) return undefined;
    const event: unknown = JSON.parse(line.value);
    return { type: textAt(event, 'type'), object: at(event, 'object') };
  };
  const next = async (): Promise<WatchedEvent> => {
    const event = await nextOrEnd();
    if (event === undefined) throw new Error('the watch has ended');
    return event;
  };
  const until = async (isLast: (event: WatchedEvent) => boolean): Promise<readonly WatchedEvent[]> => {
    const events: WatchedEvent[] = [];
    for (;;) {
      const event = await next();
      events.push(event);
      if (isLast(event)) return events;
    }
  };
  const rest = async (): Promise<readonly WatchedEvent[]> => {
    const events: WatchedEvent[] = [];
    for (let event = await nextOrEnd(); event !== undefined; event = await nextOrEnd()) events.push(event);
    return events;
  };
  return { status: statusCode, contentType, refusal: undefined, next, until, rest, close };
}
