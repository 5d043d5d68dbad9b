import type { ObjectKey } from '../api/meta.ts';
import type { Clock, Random } from './clock.ts';
import { ReconcileError } from './errors.ts';
import type { Fence } from './fence.ts';
import { type Kube, KubeError } from './kube.ts';
import { isConflict, isObjectGone } from './kube-errors.ts';
import {
  type Claim,
  freeAtMs,
  holderOf,
  isNewInstallation,
  isNews,
  isOurs,
  isUnheldSince,
  type Lease,
  microTime,
  type Sighting,
  sighting,
} from './lease.ts';
import { LeaseClient } from './lease-client.ts';
import { LeaseWatch } from './lease-watch.ts';
import { Pause } from './pause.ts';

export interface LeaderElectorOptions {
  /** A client of its own, without rate limit: a renewal must not wait behind other calls. */
  readonly kube: Kube;
  readonly clock: Clock;
  readonly random: Random;
  /** Where the Lease is. */
  readonly namespace: string;
  readonly name: string;
  /** The holderIdentity: another one for each process, so with a random part. */
  readonly identity: string;
  /** Others take the Lease when they have seen no change for this long. Default 15,000. */
  readonly leaseDurationMs?: number;
  /** We lead for this long after the last renewal that succeeded was sent. Default 10,000. */
  readonly renewDeadlineMs?: number;
  /** From one renewal to the next. Default 5,000. */
  readonly renewIntervalMs?: number;
  /** A call failed and is tried again: for the log. Must not throw. */
  readonly onFailure?: (error: unknown) => void;
  /** Who is seen to hold the Lease, at each news of it. */
  readonly onHolder?: (identity: string | null | undefined) => void;
}

export interface LeaderRun {
  /** Ends leadership in good order. Abort it when nothing is written any more: others may begin at once. */
  readonly signal: AbortSignal;
  readonly onElected: () => void;
  /** Leadership was lost against our will, and why: called once, after which nothing is tried again. */
  readonly onLost: (reason: string) => void;
}

const RENEW_RETRY_MS = 500;
const ACQUIRE_RETRY_MS = 2000;
/** The longest wait without looking again. */
const MAX_WAIT_MS = 60_000;

/** Leadership without election, for a single replica: held from the start and for ever. */
export function alwaysLeader(identity: string): Fence {
  return { identity, epoch: 0, assertHeld: () => undefined, remainingMs: () => Number.POSITIVE_INFINITY };
}

/**
 * One of several processes leads: the holder of a Lease. No remote time is believed: others wait until they have seen no
 * change for the whole duration on their own monotonic clock; the holder counts from the moment it sent its last
 * successful renewal, stops earlier than others can start, and asks the clock, not a timer, right before each write.
 * Every write of the Lease is guarded by its resourceVersion.
 */
export class LeaderElector implements Fence {
  readonly identity: string;
  readonly #options: LeaderElectorOptions;
  readonly #key: ObjectKey;
  readonly #client: LeaseClient;
  readonly #durationMs: number;
  readonly #deadlineMs: number;
  readonly #intervalMs: number;
  readonly #pause: Pause;
  #isWoken = false;
  #hasRun = false;
  #sighting: Sighting | undefined;
  /** What we tried to acquire last, whether or not we know that it succeeded. */
  #claim: Claim | undefined;
  /** The Lease as our last write left it. */
  #own: Lease | undefined;
  #highestEpoch = 0;
  #epoch = 0;
  #heldUntilMs = Number.NEGATIVE_INFINITY;
  #renewAtMs = 0;

  /** @throws RangeError unless renewIntervalMs < renewDeadlineMs < leaseDurationMs */
  constructor(options: LeaderElectorOptions) {
    this.#options = options;
    this.identity = options.identity;
    this.#key = { namespace: options.namespace, name: options.name };
    this.#durationMs = options.leaseDurationMs ?? 15_000;
    this.#deadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#intervalMs = options.renewIntervalMs ?? 5000;
    if (!(0 < this.#intervalMs && this.#intervalMs < this.#deadlineMs && this.#deadlineMs < this.#durationMs)) {
      throw new RangeError(
        `leader election: renewed every ${this.#intervalMs} ms, given up after ${this.#deadlineMs} ms, taken by others ` +
          `after ${this.#durationMs} ms: each must be longer than the one before`,
      );
    }
    const { kube, clock, identity } = options;
    this.#client = new LeaseClient({ kube, clock, key: this.#key, identity, durationMs: this.#durationMs });
    this.#pause = new Pause(clock);
  }

  get epoch(): number {
    return this.#epoch;
  }

  assertHeld(): void {
    if (this.remainingMs() > 0) return;
    throw new ReconcileError('Transient', 'this process does not lead (any more): nothing is written', {
      reason: 'NotLeader',
    });
  }

  remainingMs(): number {
    return Math.max(0, this.#heldUntilMs - this.#options.clock.monotonicMs());
  }

  /**
   * Waits for leadership and keeps it. Resolves when `signal` has aborted and the Lease is given back, or after `onLost`.
   * @throws Error when it is called a second time
   */
  async run({ signal, onElected, onLost }: LeaderRun): Promise<void> {
    if (this.#hasRun) throw new Error('leader election: run was called before; a lost process does not come back');
    this.#hasRun = true;
    const { kube, clock, random, onFailure } = this.#options;
    const watch = new LeaseWatch({
      kube,
      clock,
      random,
      key: this.#key,
      silenceMs: 1.5 * this.#intervalMs,
      onSeen: (lease) => this.#see(lease),
      onFailure,
    });
    watch.start();
    try {
      const isElected = await this.#campaign(signal);
      if (isElected) onElected();
      const loss = isElected ? await this.#lead(signal) : undefined;
      if (loss === undefined) await this.#release();
      else onLost(loss);
    } finally {
      this.#heldUntilMs = Number.NEGATIVE_INFINITY;
      await watch.stop();
    }
  }

  #see(lease: Lease | undefined): void {
    if (!isNews(this.#sighting, lease)) return;
    this.#options.onHolder?.(lease?.spec?.holderIdentity);
    this.#sighting = sighting(this.#sighting, lease, this.#options.clock.monotonicMs(), this.#durationMs);
    this.#highestEpoch = Math.max(this.#highestEpoch, lease?.spec?.leaseTransitions ?? 0);
    // Echoes of our own renewals are no news. Others may be old, so the holder asks the server, by renewing now.
    if (this.remainingMs() > 0 && isOurs(lease, this.identity, this.#claim)) return;
    this.#isWoken = true;
    this.#pause.end();
  }

  /** True: elected. False: `signal` aborted first. */
  async #campaign(signal: AbortSignal): Promise<boolean> {
    const { clock, random } = this.#options;
    while (!signal.aborted) {
      const seen = this.#sighting;
      const waitMs = this.#takeableAtMs() - clock.monotonicMs();
      if (waitMs > 0 || seen === undefined) await this.#wait(waitMs, signal);
      else {
        const pauseMs = await this.#acquire(seen);
        // An answer that came late leaves too little of its time: it is renewed first.
        if (!signal.aborted && this.remainingMs() >= this.#deadlineMs - this.#intervalMs) return true;
        this.#isWoken = false;
        await this.#wait(Math.max(pauseMs, (ACQUIRE_RETRY_MS / 2) * (1 + random())), signal);
      }
    }
    return false;
  }

  #takeableAtMs(): number {
    const seen = this.#sighting;
    if (seen === undefined) return Number.POSITIVE_INFINITY;
    return seen.lease === undefined || isOurs(seen.lease, this.identity, this.#claim) ? seen.atMs : freeAtMs(seen);
  }

  /** One attempt. Failures are reported. @returns the least time until the next one, milliseconds */
  async #acquire(seen: Sighting): Promise<number> {
    const timeoutMs = this.#deadlineMs / 2;
    try {
      const isVanished = seen.lease === undefined && !(isNewInstallation(seen) && this.#claim === undefined);
      if (isVanished) this.#see(await this.#client.announce(this.#highestEpoch, timeoutMs));
      else {
        await this.#hold(seen.lease, this.#nextClaim(seen.lease), timeoutMs);
        this.#see(this.#own);
      }
      return 0;
    } catch (error) {
      if (!isConflict(error) && !isObjectGone(error)) return this.#failed(error);
    }
    try {
      this.#see(await this.#client.read(timeoutMs));
      return 0;
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** A claim whose answer was lost may stand: it is made again, until somebody else has got that far. */
  #nextClaim(over: Lease | undefined): Claim {
    const last = this.#claim;
    const isStillNext = last !== undefined && (last.epoch > this.#highestEpoch || isOurs(over, this.identity, last));
    const acquireTime = microTime(this.#options.clock.now());
    this.#claim = isStillNext ? last : { acquireTime, epoch: this.#highestEpoch + 1 };
    return this.#claim;
  }

  /** Renews until `signal` aborts, or leadership is lost. @returns why it is lost */
  async #lead(signal: AbortSignal): Promise<string | undefined> {
    const { clock } = this.#options;
    for (;;) {
      await this.#wait(Math.min(this.#renewAtMs, this.#heldUntilMs) - clock.monotonicMs(), signal);
      if (signal.aborted) return undefined;
      const loss = this.remainingMs() === 0 ? `not renewed within ${this.#deadlineMs} ms` : await this.#renew();
      if (loss === undefined) continue;
      this.#heldUntilMs = Number.NEGATIVE_INFINITY;
      return loss;
    }
  }

  /** One attempt, and when to make the next one. @returns why leadership is lost, if it is */
  async #renew(): Promise<string | undefined> {
    const { clock } = this.#options;
    const claim = this.#claim;
    if (claim === undefined) return 'it was never acquired';
    let pauseMs = 0;
    try {
      await this.#hold(this.#own, claim, this.#attemptMs());
      return undefined;
    } catch (error) {
      if (isConflict(error) || isObjectGone(error)) {
        try {
          const current = await this.#client.read(this.#attemptMs());
          if (current !== undefined && !isOurs(current, this.identity, claim) && !isUnheldSince(current, claim)) {
            return `the Lease is held by ${holderOf(current)}`;
          }
          // The same as before: that answer was as old as our own knowledge.
          if (current?.metadata.resourceVersion === this.#own?.metadata.resourceVersion) pauseMs = RENEW_RETRY_MS;
          // Deleted or emptied by hand: it is ours still, since others wait its time out, and we take it again.
          this.#own = current;
        } catch (failure) {
          pauseMs = Math.max(RENEW_RETRY_MS, this.#failed(failure));
        }
      } else pauseMs = Math.max(RENEW_RETRY_MS, this.#failed(error));
    }
    this.#renewAtMs = clock.monotonicMs() + pauseMs;
    return undefined;
  }

  /** A renewal that hangs leaves time for another one. */
  #attemptMs(): number {
    return Math.min(this.remainingMs(), 0.6 * (this.#deadlineMs - this.#intervalMs));
  }

  /** Gives back what we hold, or may hold. Nothing is written from now on. */
  async #release(): Promise<void> {
    this.#heldUntilMs = Number.NEGATIVE_INFINITY;
    if (this.#claim === undefined) return;
    try {
      await this.#client.release(this.#own, this.#claim, this.#deadlineMs - this.#intervalMs);
    } catch (error) {
      if (!isObjectGone(error)) this.#failed(error); // others wait until its time is over
    }
  }

  /** Writes our claim over that state of the Lease, and leads from the moment of sending on. @throws KubeError */
  async #hold(over: Lease | undefined, claim: Claim, timeoutMs: number): Promise<void> {
    const sentMs = this.#options.clock.monotonicMs();
    this.#own = await this.#client.hold(over, claim, timeoutMs);
    this.#epoch = claim.epoch;
    this.#heldUntilMs = sentMs + this.#deadlineMs;
    this.#renewAtMs = sentMs + this.#intervalMs;
  }

  /** @returns how long the server asks us to wait, milliseconds */
  #failed(error: unknown): number {
    this.#options.onFailure?.(error);
    return error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
  }

  /** Until the time is over, `signal` aborts, or something was seen since the last wait. */
  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#isWoken) await this.#pause.wait(Math.min(Math.max(0, ms), MAX_WAIT_MS), signal);
    this.#isWoken = false;
  }
}
