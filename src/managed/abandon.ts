import { ReconcileError } from '../runtime/errors.ts';
import { ABANDON } from './annotations.ts';
import type { ManagedResource } from './kind.ts';
import type { Outcome } from './outcome.ts';

type MayBeExternal = { readonly isExternal: boolean };

/** Whether somebody lets the object go, and leaves what it stands for as it is. The value names the one object that is meant. */
export function isAbandoned({ isExternal }: MayBeExternal, { metadata }: ManagedResource): boolean {
  return isExternal && metadata.annotations?.[ABANDON] === metadata.uid;
}

/**
 * Runs a deletion. While the object stays, a value of the annotation that lets nothing go is named beside what holds it:
 * whoever set it would wait for ever.
 */
export async function tellingWrongAbandon(
  kind: MayBeExternal,
  resource: ManagedResource,
  deletion: () => Promise<Outcome>,
): Promise<Outcome> {
  const problem = problemOf(kind, resource);
  if (problem === undefined) return deletion();
  try {
    const outcome = await deletion();
    if (outcome.type !== 'Blocked' && outcome.type !== 'Deleting') return outcome;
    return { ...outcome, message: `${outcome.message}; ${problem}` };
  } catch (thrown) {
    if (!(thrown instanceof ReconcileError)) throw thrown;
    throw thrown.retold(`${thrown.message}; ${problem}`);
  }
}

function problemOf(kind: MayBeExternal, resource: ManagedResource): string | undefined {
  const { annotations, uid } = resource.metadata;
  const value = annotations?.[ABANDON];
  if (value === undefined || isAbandoned(kind, resource)) return undefined;
  const why = kind.isExternal ? `it must be the uid of this object, ${uid}` : 'this kind stands for nothing outside';
  return `the annotation ${ABANDON} has no effect: ${why}`;
}
