import type { ResourceType } from '../../src/api/meta.ts';
import { findCondition, isTrue } from '../../src/managed/conditions.ts';
import type { ManagedResource } from '../../src/managed/kind.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { Kube } from '../../src/runtime/kube.ts';
import { Reflector } from '../../src/runtime/reflector.ts';
import { ObjectStore } from '../../src/runtime/store.ts';
import type { Ending } from './endings.ts';

/** The objects of some kinds in a namespace, as a watch of the test's own shows them, and what became of those that were Ready. */
export interface ReadyHistory {
  /** The objects of that kind that stand there now, in no order. */
  objects(kind: string): readonly ManagedResource[];
  /** Those of them that are Ready. */
  readyOnes(kind: string): readonly ManagedResource[];
  /** How many of them are Ready. */
  ready(kind: string): number;
  /** Each time that an object which was Ready, and which nobody deletes, was so no more: which one, and why. */
  readonly lapses: readonly string[];
}

/** Begins to watch; the end of the test ends it. */
export async function watchReady(
  t: Ending,
  kube: Kube,
  namespace: string,
  types: readonly ResourceType[],
): Promise<ReadyHistory> {
  const lapses: string[] = [];
  const stores = new Map(types.map(({ kind }) => [kind, new ObjectStore<ManagedResource>()]));
  const storeOf = (kind: string) => {
    const store = stores.get(kind);
    if (store === undefined) throw new Error(`nobody watches ${kind}`);
    return store;
  };
  const reflectors = types.map((type) => {
    const store = storeOf(type.kind);
    store.onChange(({ before, after }) => {
      if (before !== undefined && after !== undefined && isLapse(before, after)) lapses.push(toldOf(type.kind, after));
    });
    return new Reflector({ kube, type, namespace, store, clock: systemClock, random: Math.random });
  });
  for (const reflector of reflectors) reflector.start();
  t.after(() => Promise.all(reflectors.map((reflector) => reflector.stop())));
  await Promise.all(reflectors.map((reflector) => reflector.whenSynced(new AbortController().signal)));
  return {
    objects: (kind) => storeOf(kind).list(),
    readyOnes: (kind) => storeOf(kind).list().filter(isReady),
    ready: (kind) => storeOf(kind).list().filter(isReady).length,
    lapses,
  };
}

function isReady({ status }: ManagedResource): boolean {
  return isTrue(status?.conditions, 'Ready');
}

function isLapse(before: ManagedResource, after: ManagedResource): boolean {
  return isReady(before) && !isReady(after) && after.metadata.deletionTimestamp === undefined;
}

function toldOf(kind: string, { metadata, status }: ManagedResource): string {
  const { reason, message } = findCondition(status?.conditions, 'Ready') ?? {};
  return `${kind} ${metadata.name}: ${reason} ${message}`;
}
