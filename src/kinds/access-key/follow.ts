import type { ReconcileError, ReconcileErrorType } from '../../runtime/errors.ts';

/** What a pass did after the key, for its events, and what it was refused. */
export interface FollowUp {
  /** Objects of outputs that were written. */
  readonly written: string[];
  /** Those that were removed. */
  readonly removed: string[];
  /** Workloads that were restarted. */
  readonly restarted: string[];
  /** Workloads that the API server did not let us write to, by their text. */
  readonly refused: Map<string, ReconcileError>;
}

/** At the beginning of a pass. */
export function noFollowUp(): FollowUp {
  return { written: [], removed: [], restarted: [], refused: new Map() };
}

/** Whether the failure may end by itself, soon. Pure. */
export function isPassing({ type }: ReconcileError): boolean {
  return PASSES.has(type);
}

const PASSES: ReadonlySet<ReconcileErrorType> = new Set(['Transient', 'Throttled', 'StaleRead']);
