import type { ManagedResource } from '../../src/managed/kind.ts';

/** What Flux and `kubectl wait` of cli-utils make of an object. */
export type KStatus = 'Terminating' | 'InProgress' | 'Failed' | 'Current';

/**
 * The generic rules of kstatus, which hold for kinds that it does not know. An object without conditions is current.
 * Source: sigs.k8s.io/cli-utils, pkg/kstatus, README ("The Conditions", "Statuses").
 */
export function kstatusOf({ metadata, status = {} }: ManagedResource): KStatus {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  const { observedGeneration, conditions = [] } = status;
  if (observedGeneration !== undefined && observedGeneration !== metadata.generation) return 'InProgress';
  const holds = (type: string) => conditions.some((each) => each.type === type && each.status === 'True');
  if (holds('Reconciling')) return 'InProgress';
  if (holds('Stalled')) return 'Failed';
  const ready = conditions.find(({ type }) => type === 'Ready');
  return ready === undefined || ready.status === 'True' ? 'Current' : 'InProgress';
}
