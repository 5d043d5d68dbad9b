import type { ServerResponse } from 'node:http';
import { type ApiObject, withMetadata } from '../object.ts';
import { predicateOf } from '../reads.ts';
import type { Predicate } from '../selectors.ts';
import { expiredError, unparsableVersionError } from '../status.ts';
import type { ChangeEvent, ChangeType } from '../watch-history.ts';
import { type Call, checkListOptions, integerParameter, isSet } from './call.ts';
import { type Shape, shapeOf } from './shape.ts';

const BOOKMARK_INTERVAL_MS = 60_000;
/** A bookmark is sent this long before the stream ends, so that the client resumes from what it saw. */
const LAST_BOOKMARK_MS = 2_000;
/** What a reader may leave unread before it is cut off, as the real server does with a slow one. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

interface WatchRequest {
  readonly shape: Shape;
  readonly predicate: Predicate | undefined;
  /** Revision to resume after; undefined: begin with the present state. */
  readonly after: number | undefined;
  readonly timeoutMs: number;
  readonly hasBookmarks: boolean;
  /** A bookmark with the annotation `k8s.io/initial-events-end` closes the initial state. */
  readonly marksInitialEnd: boolean;
}

function parse(call: Call): WatchRequest {
  const { query } = call;
  const shape = shapeOf(call);
  checkListOptions(query);
  const resourceVersion = query.get('resourceVersion') ?? '';
  if (!/^\d*$/.test(resourceVersion))
    throw unparsableVersionError(
      `resourceVersion: Invalid value: ${JSON.stringify(resourceVersion)}: `,
      resourceVersion,
    );
  const wantsInitial = query.has('sendInitialEvents') && isSet(query, 'sendInitialEvents');
  const refusesInitial = query.has('sendInitialEvents') && !wantsInitial;
  const isFromNow = resourceVersion === '' || resourceVersion === '0';
  const hasBookmarks = isSet(query, 'allowWatchBookmarks');
  const beginsWithState = wantsInitial || (isFromNow && !refusesInitial);
  const after = refusesInitial && isFromNow ? call.cluster.store.revision : Number(resourceVersion);
  return {
    shape,
    predicate: predicateOf(call.served.version, query.get('labelSelector') ?? '', query.get('fieldSelector') ?? ''),
    after: beginsWithState ? undefined : after,
    timeoutMs: (integerParameter(query, 'timeoutSeconds') ?? 0) * 1000 || 1_800_000 * (1 + Math.random()),
    hasBookmarks,
    marksInitialEnd: hasBookmarks && beginsWithState,
  };
}

/** What a filtered watcher is told of a change; undefined: nothing. */
function seenAs(event: ChangeEvent, matches: Predicate): ChangeType | undefined {
  const isIn = event.type !== 'DELETED' && matches(event.object);
  const wasIn = event.previous !== undefined && matches(event.previous);
  if (isIn) return wasIn ? 'MODIFIED' : 'ADDED';
  return wasIn ? 'DELETED' : undefined;
}

const lastSeenObjects = new WeakMap<ChangeEvent, ApiObject>();

/** What a watcher is shown of an object that leaves its view: the state it saw last, at the revision of the change. */
function lastSeen(event: ChangeEvent): ApiObject {
  const known = lastSeenObjects.get(event);
  if (known !== undefined) return known;
  const { previous, object } = event;
  const isSame = previous === undefined || event.type === 'DELETED';
  const last = isSame ? object : withMetadata(previous, { resourceVersion: object.metadata.resourceVersion });
  lastSeenObjects.set(event, last);
  return last;
}

/** One open watch: the events of one resource as lines of JSON, until its time is over or either side ends it. */
class WatchStream {
  readonly #call: Call;
  readonly #request: WatchRequest;
  readonly #response: ServerResponse;
  readonly #cancellations: (() => void)[] = [];
  #isOver = false;

  constructor(call: Call, request: WatchRequest) {
    this.#call = call;
    this.#request = request;
    this.#response = call.response;
  }

  open(): void {
    this.#response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
    this.#response.flushHeaders();
    if (!this.#begin()) return;
    const { table } = this.#call.served.resource;
    const listener = (event: ChangeEvent) => this.#send(event);
    table.listeners.add(listener);
    this.#cancellations.push(() => table.listeners.delete(listener));
    this.#cancellations.push(this.#call.cluster.watches.add(table.id, () => this.end()));
    this.#response.on('close', () => this.end());
    if (!this.#isOver) this.#schedule();
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const cancel of this.#cancellations) cancel();
    this.#response.end();
  }

  /** The state or the history that comes first; false when the stream had to end at once. */
  #begin(): boolean {
    const { resource } = this.#call.served;
    const { after } = this.#request;
    if (after === undefined) {
      for (const key of resource.table.sortedKeys()) {
        const object = resource.table.get(key);
        if (object !== undefined && this.#covers(object) && (this.#request.predicate?.(object) ?? true))
          this.#line('ADDED', object);
      }
      if (this.#request.marksInitialEnd) this.#bookmark({ 'k8s.io/initial-events-end': 'true' });
      return true;
    }
    const missed = resource.table.history.since(after);
    if (missed === undefined) {
      const message = `too old resource version: ${after} (${resource.table.history.floor})`;
      this.#write(`{"type":"ERROR","object":${JSON.stringify(expiredError(message).status)}}\n`);
      this.end();
      return false;
    }
    for (const event of missed) this.#send(event);
    return true;
  }

  #covers(object: ApiObject): boolean {
    const { namespace } = this.#call;
    return namespace === undefined || object.metadata.namespace === namespace;
  }

  #send(event: ChangeEvent): void {
    if (!this.#covers(event.object) || event.revision <= (this.#request.after ?? 0)) return;
    const { predicate } = this.#request;
    const type = predicate === undefined ? event.type : seenAs(event, predicate);
    if (type === undefined) return;
    this.#line(type, type === 'DELETED' ? lastSeen(event) : event.object);
  }

  #line(type: ChangeType, object: ApiObject): void {
    this.#write(`{"type":"${type}","object":${this.#request.shape.eventText(object)}}\n`);
  }

  #bookmark(annotations?: Readonly<Record<string, string>>): void {
    const resourceVersion = String(this.#call.cluster.store.revision);
    const metadata = annotations === undefined ? { resourceVersion } : { resourceVersion, annotations };
    this.#write(`{"type":"BOOKMARK","object":${this.#request.shape.bookmarkText(metadata)}}\n`);
  }

  #write(line: string): void {
    if (this.#isOver) return;
    this.#response.write(line);
    if (this.#response.writableLength > MAX_UNREAD_BYTES) this.#response.destroy();
  }

  #schedule(): void {
    const { clock } = this.#call.cluster;
    const { timeoutMs, hasBookmarks } = this.#request;
    this.#cancellations.push(clock.setTimer(timeoutMs, () => this.end()));
    if (!hasBookmarks) return;
    this.#cancellations.push(clock.setTimer(Math.max(0, timeoutMs - LAST_BOOKMARK_MS), () => this.#bookmark()));
    let cancelNext = () => {};
    const repeat = () => {
      cancelNext = clock.setTimer(BOOKMARK_INTERVAL_MS * (0.9 + 0.2 * Math.random()), () => {
        this.#bookmark();
        repeat();
      });
    };
    repeat();
    this.#cancellations.push(() => cancelNext());
  }
}

/** GET of a collection with `watch`: takes over the response. @throws ApiError 400, 406, 422 before the first byte */
export function watch(call: Call): void {
  new WatchStream(call, parse(call)).open();
}
