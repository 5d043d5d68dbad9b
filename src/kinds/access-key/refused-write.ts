import type { AccessKey } from '../../api/access-key.ts';
import type { Lookup } from '../../managed/lookup.ts';
import { toReconcileError } from '../../runtime/errors.ts';

/**
 * A refused write to a Secret holds no object: in a namespace that is being deleted the Secret goes by itself, and the
 * owner reference removes it elsewhere.
 * @throws what was thrown, everywhere else
 */
export function tolerateIn(lookup: Lookup, resource: AccessKey, thrown: unknown): void {
  const { reason } = toReconcileError(thrown);
  if (reason === 'Forbidden' && lookup.isTerminating(resource.metadata.namespace ?? '')) return;
  if (reason !== 'NamespaceTerminating') throw thrown;
}
