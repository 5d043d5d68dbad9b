import { type ObjectKey, parseKey } from './api/meta.ts';
import type { Provider } from './api/provider.ts';
import type { AccountAccess } from './kinds/account-access.ts';
import { ExistenceSweeps } from './kinds/existence-sweeps.ts';
import type { ManagedResource } from './managed/kind.ts';
import type { Lookup } from './managed/lookup.ts';
import type { ServedKind } from './managed/reconciler.ts';
import type { OperatorParts } from './operator.ts';
import { watchDriftChecks } from './operator-gauges.ts';
import { providerOf } from './provider-group.ts';
import type { Controller } from './runtime/controller.ts';
import { type CallLimit, DriftPace } from './runtime/drift-pace.ts';
import type { ResyncOptions } from './runtime/resync.ts';
import type { ObjectStore } from './runtime/store.ts';
import type { IndexedKind, StoreSnapshot } from './snapshot.ts';

interface Views {
  readonly lookup: Lookup;
  readonly kinds: Readonly<Record<string, IndexedKind & ServedKind>>;
  readonly access: AccountAccess;
}

/** Looks for what somebody deleted in the service. */
export function createSweeps(
  { config, clock }: OperatorParts,
  stores: ReadonlyMap<string, ObjectStore<ManagedResource>>,
  views: { snapshot: StoreSnapshot; access: AccountAccess },
): ExistenceSweeps {
  const providers = stores.get('Provider');
  if (providers === undefined) throw new Error('no store of Providers');
  // Who looks at no object by the clock looks at no list, either.
  const intervalMs = config.driftCheckIntervalMs === undefined ? undefined : config.existenceCheckIntervalMs;
  return new ExistenceSweeps({ ...views, providers, clock, intervalMs });
}

/** Keeps the comparison of all objects within a share of what their accounts allow; undefined: none is made by the clock. */
export function createDriftPace({ config, clock, metrics }: OperatorParts, views: Views): DriftPace | undefined {
  if (config.driftCheckIntervalMs === undefined) return undefined;
  const pace = new DriftPace({ clock, limitOf: (kind, key) => checkLimit(views, kind, key) });
  watchDriftChecks(metrics, pace, () => views.access.accounts());
  return pace;
}

/** The comparison of the objects of one kind by the clock; undefined: there is none. */
export function driftChecks(
  { config }: OperatorParts,
  pace: DriftPace | undefined,
  kind: string,
  controller: Controller,
): Omit<ResyncOptions, 'clock'> | undefined {
  const { driftCheckIntervalMs: intervalMs } = config;
  if (intervalMs === undefined || pace === undefined) return undefined;
  return {
    intervalMs,
    onDue: (key) => pace.due(kind, key, () => controller.enqueue(key, 'resync')),
    onGone: (key) => pace.gone(kind, key),
  };
}

/**
 * The limit of the account that the object is compared with. What is being deleted, suspended or unusable is not compared,
 * and of a Provider that is unusable the limit is not known. A Provider itself waits for nobody: all others need it.
 */
export function checkLimit({ lookup, kinds, access }: Views, kind: string, key: ObjectKey): CallLimit | undefined {
  if (kind === 'Provider') return undefined;
  const resource = lookup.get<ManagedResource>(kind, key);
  if (resource === undefined || kinds[kind]?.specProblem(resource) !== undefined) return undefined;
  if (resource.metadata.deletionTimestamp !== undefined || resource.spec.suspend === true) return undefined;
  const name = providerOf(lookup, kinds, resource);
  const provider = name === undefined ? undefined : lookup.get<Provider>('Provider', parseKey(name));
  if (provider === undefined || kinds[provider.kind]?.specProblem(provider) !== undefined) return undefined;
  return access.limitOf(provider);
}
