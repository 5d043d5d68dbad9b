/**
 * Proof of leadership, asked synchronously right before every call that changes something. A Lease alone gives no
 * mutual exclusion: a process that was stopped and goes on later would still write.
 */
export interface Fence {
  /** @throws ReconcileError Transient, reason NotLeader, when this process may not write (any more) */
  assertHeld(): void;
  /** Milliseconds for which leadership is certain; a changing call must not outlive it. Infinity without election. */
  remainingMs(): number;
  /** Who we are and since which acquisition: `identity` is the Lease's holderIdentity, `epoch` its leaseTransitions. */
  readonly identity: string;
  readonly epoch: number;
}
