import { ListBucketsCommand, type ListBucketsCommandOutput } from '@aws-sdk/client-s3';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../runtime/clock.ts';
import type { WasabiClient } from './clients.ts';
import { cancelled } from './errors.ts';
import { unlessAborted } from './shared-call.ts';

const MAX_AGE_MS = 60_000;
const MAX_ACCOUNTS = 1_000;
/** Wasabi allows 1,000 buckets an account; a server that pages without end is not followed for ever. */
const MAX_PAGES = 100;
const PAGE_SIZE = 1_000;
const LISTING = 'listing the buckets';

/** What ListBuckets says of one bucket. */
export interface ListedBucket {
  /** Milliseconds since the epoch on the service's clock; `undefined`: it did not say. */
  readonly createdAtMs: number | undefined;
}

export interface ListingOptions {
  readonly signal: AbortSignal;
  /** The listing must have begun at or after this time; default: it may be a minute old. */
  readonly freshSinceMonotonicMs?: number;
}

interface Listing {
  readonly startedMs: number;
  /** `undefined`: the credentials may not list. */
  readonly buckets: ReadonlyMap<string, ListedBucket> | undefined;
}

/** What all Providers of one account share of its listing. */
interface SharedListing {
  latest: Listing | undefined;
  running: { readonly startedMs: number; readonly done: Promise<Listing> } | undefined;
}

/**
 * The listings of buckets, one for each account: however many objects ask, one call in a minute answers them all, and
 * those that need it fresh share the next one.
 */
export class BucketIndexes {
  readonly #clock: Clock;
  readonly #listings = new LRUCache<string, SharedListing>({ max: MAX_ACCOUNTS });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param account names the account and the identity that lists: another identity may see other buckets */
  indexFor(account: string, client: WasabiClient): BucketIndex {
    const listing = this.#listings.get(account) ?? { latest: undefined, running: undefined };
    this.#listings.set(account, listing);
    return new BucketIndex(client, listing, this.#clock);
  }
}

/** The buckets of one account, as one client sees them. */
export class BucketIndex {
  readonly #client: WasabiClient;
  readonly #shared: SharedListing;
  readonly #clock: Clock;

  constructor(client: WasabiClient, shared: SharedListing, clock: Clock) {
    this.#client = client;
    this.#shared = shared;
    this.#clock = clock;
  }

  /**
   * When the bucket was created. `undefined`: it is not listed, the service does not say, or the credentials may not
   * list; so it is no proof of absence.
   * @throws DependencyNotReady, Throttled, Transient
   */
  async creationTimeOf(bucket: string, options: ListingOptions): Promise<number | undefined> {
    return (await this.list(options))?.get(bucket)?.createdAtMs;
  }

  /**
   * All buckets of the account by name. `undefined`: the credentials may not list them (Wasabi asks for
   * `s3:ListAllMyBuckets`).
   * @throws DependencyNotReady, Throttled, Transient
   */
  async list(options: ListingOptions): Promise<ReadonlyMap<string, ListedBucket> | undefined> {
    const nowMs = this.#clock.monotonicMs();
    const neededSinceMs = Math.min(options.freshSinceMonotonicMs ?? nowMs - MAX_AGE_MS, nowMs);
    for (;;) {
      const { latest, running } = this.#shared;
      if (latest !== undefined && latest.startedMs >= neededSinceMs) return latest.buckets;
      if (options.signal.aborted) throw cancelled(LISTING); // before a listing that nobody would wait for
      const isEarly = running !== undefined && running.startedMs < neededSinceMs;
      const { done } = running ?? this.#start();
      // A failure of a listing that began too early is not ours.
      const listing = await unlessAborted(isEarly ? done.catch(() => undefined) : done, options.signal, LISTING);
      if (listing !== undefined && listing.startedMs >= neededSinceMs) return listing.buckets;
    }
  }

  /** Not bound to the signal of any one caller: the others wait for it, too. */
  #start(): { readonly startedMs: number; readonly done: Promise<Listing> } {
    const startedMs = this.#clock.monotonicMs();
    const done = this.#readAll(startedMs).finally(() => {
      this.#shared.running = undefined;
    });
    this.#shared.running = { startedMs, done };
    return this.#shared.running;
  }

  async #readAll(startedMs: number): Promise<Listing> {
    const buckets = new Map<string, ListedBucket>();
    let token: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const answer = await this.#readPage(token);
      if (answer === undefined) return this.#keep({ startedMs, buckets: undefined });
      for (const { Name, CreationDate } of answer.Buckets ?? []) {
        if (Name !== undefined) buckets.set(Name, { createdAtMs: CreationDate?.getTime() });
      }
      token = answer.ContinuationToken;
      if (token === undefined || token === '') break;
    }
    return this.#keep({ startedMs, buckets });
  }

  #keep(listing: Listing): Listing {
    this.#shared.latest = listing;
    return listing;
  }

  #readPage(token: string | undefined): Promise<ListBucketsCommandOutput | undefined> {
    const input = { MaxBuckets: PAGE_SIZE, ...(token === undefined ? {} : { ContinuationToken: token }) };
    const signal = new AbortController().signal; // each attempt has its deadline, and the attempts are counted
    return this.#client.s3(new ListBucketsCommand(input), { signal, absent: ['AccessDenied', 'AccessForbidden'] });
  }
}
