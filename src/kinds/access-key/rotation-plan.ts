import { listsOf, type View } from './accounting.ts';
import type { KeyStep, RotationProblem, RotationRecord, SecretFact } from './facts.ts';
import { dueByTimeMs } from './rotation-wanted.ts';

/** What rotation does now. */
export interface RotationPlan {
  readonly steps: readonly KeyStep[];
  /** Keys beside the current one that the rotation accounts for: nobody else revokes them. */
  readonly keeps: readonly string[];
  readonly problem: RotationProblem | undefined;
  readonly wakeAtMs: number | undefined;
  readonly retireAtMs: number | undefined;
  readonly isPreviousInUse: boolean;
}

/** Nothing. */
export const IDLE: RotationPlan = {
  steps: [],
  keeps: [],
  problem: undefined,
  wakeAtMs: undefined,
  retireAtMs: undefined,
  isPreviousInUse: false,
};

/**
 * When the key in use is to be replaced, on the service's clock, ms; undefined: never by time. Pure.
 * @param currentKey the key in the wanted Secret
 */
export function rotationDueMs({ facts, live }: View, currentKey: string): number | undefined {
  const { rotate, nowMs } = facts;
  return rotate.isRequested ? nowMs : dueByTimeMs(rotate, live.get(currentKey)?.createdAtMs, nowMs);
}

/** No rotation runs any more. */
export function end(view: View): readonly KeyStep[] {
  return [...dropped(view.facts.next, view.facts.names.next), record(view, null)];
}

/** The Secret goes, if it is there. */
export function dropped(fact: SecretFact, name: string): readonly KeyStep[] {
  return fact.type === 'Ours' ? [{ type: 'DropSecret', name }] : [];
}

/** The record of a step; `null`: none runs. */
export function record(
  view: View,
  rotation: RotationRecord | null,
  takesIn: readonly string[] = [],
  addsMinted = false,
): KeyStep {
  return { type: 'Record', lists: listsOf(view, takesIn), addsMinted, rotation };
}
