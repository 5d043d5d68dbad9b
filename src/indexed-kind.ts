import type { KindDefinition } from './api/kind-definition.ts';
import { specChecker } from './api/spec-problem.ts';
import type { ManagedResource } from './managed/kind.ts';
import type { ServedKind } from './managed/reconciler.ts';
import type { IndexedKind } from './snapshot.ts';

/** What a kind supplies for the indexes; called with objects of the store of that kind only. */
interface IndexFunctions<R> {
  references(resource: R): ReturnType<IndexedKind['references']>;
  externalName(resource: R): string;
  mentions?(resource: R): readonly string[];
}

/** A kind for the indexes, which hold nothing of an object whose spec cannot be used. */
export function indexed<R extends ManagedResource>(
  definition: KindDefinition,
  functions: IndexFunctions<R>,
): IndexedKind & ServedKind {
  const { specProblem, brokenRule } = specChecker(definition);
  const isUsable = (resource: ManagedResource): resource is R => specProblem(resource) === undefined;
  return {
    type: definition.type,
    specProblem,
    brokenRule,
    references: (resource) => (isUsable(resource) ? functions.references(resource) : []),
    externalName: (resource) => (isUsable(resource) ? functions.externalName(resource) : ''),
    mentions: (resource) => (isUsable(resource) ? (functions.mentions?.(resource) ?? []) : []),
  };
}
