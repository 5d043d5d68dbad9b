import type { BackoffOptions } from './backoff.ts';
import type { Clock, Random } from './clock.ts';

/** How a workqueue works. */
export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Waits between the failures of one key. Default: full jitter below 250 ms, doubling, at most 5 minutes. */
  readonly backoff?: BackoffOptions;
  /** Keys of one group share its turns and its places. Default: all keys are of one group, which has every place. */
  readonly groups?: GroupOptions;
  readonly observer?: QueueObserver | undefined;
}

/** Is told of what the queue does, for metrics. Must not throw. */
export interface QueueObserver {
  /** A key was given out, so long after it was due. */
  onTaken(waitedMs: number): void;
  /** A key failed, and is tried again later. */
  onRetry(): void;
}

/** How keys of different groups are kept from getting in each other's way. */
export interface GroupOptions {
  /** The group of a key, asked each time when the key may be taken. */
  readonly groupOf: (key: string) => string;
  /** So many keys of one group are given out at a time. */
  readonly maxRunning: number;
  /** Of these, so many are kept for keys that a user's change queued. */
  readonly userPlaces: number;
  /** While no more than so many takers wait, they are for groups that have no key given out. */
  readonly reservedTakers: number;
}
