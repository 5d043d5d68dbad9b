import { setImmediate as yieldToLoop } from 'node:timers/promises';
import type { KubeObject, ObjectKey, ResourceType } from '../api/meta.ts';
import { backoffMs } from './backoff.ts';
import type { Clock, Random } from './clock.ts';
import { IdleWatchdog } from './idle-watchdog.ts';
import { type Kube, KubeError, type ListOptions, type WatchEvent } from './kube.ts';
import { Latch } from './latch.ts';
import { Pause } from './pause.ts';
import { readPastWatch } from './read-past-watch.ts';
import type { ObjectStore } from './store.ts';
import type { Feed } from './store-feed.ts';

/** Why everything was listed again. */
export type RelistReason = 'Start' | 'Expired' | 'WatchFailing' | 'Requested' | 'NotServed';

export interface ReflectorOptions<T extends KubeObject> {
  readonly kube: Kube;
  readonly type: ResourceType;
  readonly store: ObjectStore<T>;
  readonly clock: Clock;
  readonly random: Random;
  /** All namespaces when absent. */
  readonly namespace?: string | undefined;
  /** That one object only, by a field selector: rights by resourceNames suffice. */
  readonly name?: string;
  readonly labelSelector?: string;
  readonly metadataOnly?: boolean;
  /** The kind may not be installed, or not be ours to read: 404 and 403 then mean that there is nothing, and it is asked again every 60 s. */
  readonly isOptional?: boolean;
  /** The longest wait between attempts; default 30,000. */
  readonly maxBackoffMs?: number;
  readonly onRelist?: (reason: RelistReason) => void;
  /** An attempt failed; the next one follows in any case. */
  readonly onFailure?: (error: unknown) => void;
}

const ABSENT_KIND_MS = 60_000;
/** A quiet watch ends by itself after ten minutes. */
const STILL_MS = 15 * 60_000;
/** A watch that lived this long, or brought an event, was a good one. */
const GOOD_WATCH_MS = 1000;
/** After so many refused watches in a row a fresh list is tried: a restored etcd may know less than our version. */
const REFUSALS_BEFORE_RELIST = 3;
/** Refused for who we are or for how much we ask: a list would be refused as well. */
const WAITING_HELPS: ReadonlySet<number> = new Set([401, 403, 429]);
/** The server ends a watch by itself; this much later we do. */
const GRACE_MS = 5000;
/** Ingesting gives way to timers and sockets after this long. */
const SLICE_MS = 10;
/** No Retry-After keeps us longer. */
const MAX_ASKED_MS = 60_000;

/**
 * Keeps a store as the server has it: list, watch, and again, in one loop that only `stop` ends. Whatever fails is
 * waited out with growing, jittered pauses and resumed from the last version, so that every later event arrives.
 */
export class Reflector<T extends KubeObject = KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #scope: { readonly namespace: string | undefined; readonly key: ObjectKey | undefined };
  readonly #stopped = new AbortController();
  readonly #pause: Pause;
  readonly #watchdog: IdleWatchdog;
  #feed: Feed<T> | undefined;
  #running: Promise<void> | undefined;
  /** Where the next watch goes on; undefined: list first. */
  #version: string | undefined;
  #relistReason: RelistReason = 'Start';
  #relistsAsked = 0;
  #watching: AbortController | undefined;
  #failures = 0;
  #refusals = 0;
  readonly #synced = new Latch();
  #lastContactMs: number;
  #lastProgressMs: number;
  #sliceStartMs = 0;

  constructor(options: ReflectorOptions<T>) {
    const { clock, namespace, name } = options;
    this.#options = options;
    this.#scope = { namespace, key: name === undefined ? undefined : { namespace: namespace ?? '', name } };
    this.#pause = new Pause(clock);
    this.#watchdog = new IdleWatchdog(clock);
    this.#lastContactMs = clock.monotonicMs();
    this.#lastProgressMs = this.#lastContactMs;
  }

  /** Starts the loop. Calling it again does nothing. */
  start(): void {
    if (this.#running !== undefined) return;
    this.#feed = this.#options.store.addFeed({
      ...this.#scope,
      relist: () => this.relist('Requested'),
      refresh: (key) => void readPastWatch(this.#options, key, this.#stopped.signal),
    });
    this.#running = this.#loop(this.#feed);
  }

  /** Ends the loop; what was delivered stays in the store. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  /** Ends the loop and takes what it delivered out of the store. */
  async discard(): Promise<void> {
    this.#feed?.close(); // at once: another reflector may deliver the same object from now on
    await this.stop();
  }

  /** Everything was listed once (of an optional kind also: it is not there). */
  get hasSynced(): boolean {
    return this.#synced.isOpen;
  }

  /** Resolves when `hasSynced` holds, or when `signal` aborts. */
  whenSynced(signal: AbortSignal): Promise<void> {
    return this.#synced.wait(signal);
  }

  /** When a page, an event, a bookmark, or the beginning or end of a watch last came, on the monotonic clock. */
  get lastContactMs(): number {
    return this.#lastContactMs;
  }

  /** For long no attempt has come to an end or brought something, good or bad. */
  get standsStill(): boolean {
    return this.#options.clock.monotonicMs() - this.#lastProgressMs > STILL_MS;
  }

  /** Lists everything again, beginning after this call; an optional kind that was absent is looked for now. */
  relist(reason: RelistReason): void {
    this.#relistsAsked++;
    this.#version = undefined;
    this.#relistReason = reason;
    this.#watching?.abort();
    this.#pause.end();
  }

  async #loop(feed: Feed<T>): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        const isServed = this.#version === undefined ? await this.#list(feed) : true;
        if (!isServed) await this.#pause.wait(ABSENT_KIND_MS, signal);
        else if (this.#version !== undefined) await this.#watch(feed, this.#version);
      } catch (error) {
        if (!signal.aborted) await this.#afterFailure(error);
      }
      this.#lastProgressMs = this.#options.clock.monotonicMs();
    }
  }

  async #afterFailure(error: unknown): Promise<void> {
    const { random, maxBackoffMs = 30_000, onFailure } = this.#options;
    this.#lastProgressMs = this.#options.clock.monotonicMs();
    quietly(() => onFailure?.(error));
    const waitMs = backoffMs(this.#failures++, random, { baseMs: 250, capMs: maxBackoffMs });
    const askedMs = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
    await this.#pause.wait(Math.max(waitMs, Math.min(askedMs, MAX_ASKED_MS)), this.#stopped.signal);
  }

  /** All pages. False: the kind is optional and not served. */
  async #list(feed: Feed<T>): Promise<boolean> {
    const asked = this.#relistsAsked;
    quietly(() => this.#options.onRelist?.(this.#relistReason));
    const session = feed.beginList();
    try {
      const version = await this.#pages((items) => session.put(items));
      session.end();
      this.#synced.open();
      if (asked === this.#relistsAsked) this.#version = version; // else one was asked for that must begin later
      return true;
    } catch (error) {
      session.abandon();
      if (this.#options.isOptional !== true || !isAbsence(error)) throw error;
      feed.beginList().end();
      this.#synced.open();
      this.#lastContactMs = this.#options.clock.monotonicMs();
      this.#relistReason = 'NotServed';
      return false;
    }
  }

  async #pages(put: (items: readonly T[]) => void): Promise<string> {
    const { kube, type, namespace } = this.#options;
    let continueToken: string | undefined;
    for (;;) {
      const options = { ...this.#selection(), signal: this.#stopped.signal, timeoutMs: 60_000 };
      const page = await kube.list<T>(type, namespace, { ...options, ...(continueToken && { continueToken }) });
      this.#contact();
      put(page.items);
      await yieldToLoop();
      if (page.continueToken === undefined) return page.resourceVersion;
      continueToken = page.continueToken;
    }
  }

  async #watch(feed: Feed<T>, from: string): Promise<void> {
    const { kube, type, namespace, clock, random } = this.#options;
    const timeoutSeconds = Math.round(300 + 300 * random());
    const watching = new AbortController();
    const end = () => watching.abort();
    this.#stopped.signal.addEventListener('abort', end, { once: true });
    this.#watching = watching;
    const startedMs = clock.monotonicMs();
    const idle = this.#watchdog.start(end);
    const cancelTimeout = clock.setTimer(timeoutSeconds * 1000 + GRACE_MS, end);
    try {
      const own = { resourceVersion: from, timeoutSeconds, signal: watching.signal, onOpen: () => this.#contact() };
      for await (const event of kube.watch<T>(type, namespace, { ...this.#selection(), ...own })) {
        this.#ingest(feed, event);
        idle.heard(event.type === 'BOOKMARK');
        if (clock.monotonicMs() - this.#sliceStartMs >= SLICE_MS) await this.#giveWay();
        if (watching.signal.aborted) return;
      }
    } catch (error) {
      if (!watching.signal.aborted) this.#classify(error);
    } finally {
      cancelTimeout();
      idle.stop();
      this.#watching = undefined;
      this.#stopped.signal.removeEventListener('abort', end);
    }
    if (clock.monotonicMs() - startedMs >= GOOD_WATCH_MS) {
      this.#wentWell();
      if (!watching.signal.aborted) this.#contact(); // the server ended it in good order
    } else if (!watching.signal.aborted) throw new KubeError(`watch ${type.plural}: it ended at once`, { code: 0 });
  }

  #ingest(feed: Feed<T>, event: WatchEvent<T>): void {
    if (event.type === 'ERROR') throw new KubeError(`watch: ${event.code} ${event.message}`, event);
    this.#contact();
    if (event.type === 'BOOKMARK') {
      this.#advance(event.resourceVersion);
      return;
    }
    this.#wentWell();
    if (event.type === 'DELETED') feed.remove(event.object);
    else feed.put(event.object);
    this.#advance(event.object.metadata.resourceVersion);
  }

  /** Unless a list was asked for meanwhile: then there is nothing to go on from. */
  #advance(version: string): void {
    if (this.#version !== undefined) this.#version = version;
  }

  /** What a failed watch means for the next one. @throws the error itself */
  #classify(error: unknown): never {
    if (error instanceof KubeError && error.code !== 0) {
      const isExpired = error.code === 410;
      if (!WAITING_HELPS.has(error.code)) this.#refusals++;
      if (isExpired || error.code === 404 || this.#refusals >= REFUSALS_BEFORE_RELIST) {
        this.#version = undefined;
        this.#relistReason = isExpired ? 'Expired' : 'WatchFailing';
        this.#refusals = 0;
      }
    }
    throw error;
  }

  #contact(): void {
    this.#lastContactMs = this.#options.clock.monotonicMs();
    this.#lastProgressMs = this.#lastContactMs;
  }

  #wentWell(): void {
    this.#failures = 0;
    this.#refusals = 0;
  }

  async #giveWay(): Promise<void> {
    await yieldToLoop();
    this.#sliceStartMs = this.#options.clock.monotonicMs();
  }

  #selection(): Pick<ListOptions, 'labelSelector' | 'fieldSelector' | 'metadataOnly'> {
    const { labelSelector, metadataOnly, name } = this.#options;
    return {
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(metadataOnly === undefined ? {} : { metadataOnly }),
      ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
    };
  }
}

/** What a hook throws is its own affair: it must not end the loop. */
function quietly(hook: () => void): void {
  try {
    hook();
  } catch {
    return;
  }
}

/** The kind is not served, or we may not read it: for an optional one both mean that nothing is known. */
function isAbsence(error: unknown): boolean {
  return error instanceof KubeError && (error.code === 404 || error.code === 403);
}
