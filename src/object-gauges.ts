import type { AccessKey } from './api/access-key.ts';
import { findCondition } from './managed/conditions.ts';
import type { ManagedResource } from './managed/kind.ts';
import { unsupportedSettings } from './managed/unsupported-condition.ts';
import type { ObjectStore } from './runtime/store.ts';
import type { GaugeSample, Metrics } from './telemetry/metrics.ts';

type Stores = ReadonlyMap<string, ObjectStore<ManagedResource>>;

/** Kinds that the annotation freeze is for. */
const FREEZABLE: ReadonlySet<string> = new Set(['User', 'AccessKey']);
/** What every object has from its first pass on. */
const ALWAYS = ['Ready', 'Synced'] as const;
const STATUSES = ['True', 'False', 'Unknown'] as const;

/** From now on each scrape counts the objects of the stores, by kind. Each replica tells of the same objects. */
export function watchObjects(metrics: Metrics, stores: Stores): void {
  const byKind = () => [...stores].map(([kind, store]) => ({ kind, objects: store.list() }));
  metrics.watch('objects', () => byKind().flatMap(({ kind, objects }) => conditionCounts(kind, objects)));
  metrics.watch('notReadySince', () => byKind().flatMap(({ kind, objects }) => first(kind, objects, notReadySince)));
  metrics.watch('deletingSince', () =>
    byKind().flatMap(({ kind, objects }) => first(kind, objects, ({ metadata }) => metadata.deletionTimestamp)),
  );
  metrics.watch('frozen', () =>
    byKind().flatMap(({ kind, objects }) =>
      FREEZABLE.has(kind) ? [[{ kind }, objects.filter(isFrozen).length] as const] : [],
    ),
  );
  const keys = () => (stores.get('AccessKey')?.list() ?? []) as readonly AccessKey[]; // the store of that kind
  metrics.watch('oldestKey', () => first('AccessKey', keys(), ({ status }) => status?.lastRotateTime));
  metrics.watch('rotationDue', () => first('AccessKey', keys(), rotationDue));
  metrics.watch('retainedKeys', () => [[{}, keys().filter(({ status }) => status?.retireTime !== undefined).length]]);
  metrics.watch('unsupportedSettings', () => byKind().flatMap(({ kind, objects }) => unsupported(kind, objects)));
  // Several AccessKeys of one User list the same keys.
  metrics.watch('foreignKeys', () => [[{}, new Set(keys().flatMap(({ status }) => status?.foreignKeys ?? [])).size]]);
}

function conditionCounts(kind: string, objects: readonly ManagedResource[]): readonly GaugeSample<'objects'>[] {
  const counts = new Map<string, GaugeSample<'objects'>>();
  const count = (condition: string, status: string, by: number) => {
    const name = `${condition} ${status}`;
    counts.set(name, [{ kind, condition, status }, (counts.get(name)?.[1] ?? 0) + by]);
  };
  // Zero is told too: a series that comes and goes cannot be compared with what it was.
  for (const type of ALWAYS) for (const status of STATUSES) count(type, status, 0);
  for (const { status } of objects) {
    const conditions = status?.conditions ?? [];
    for (const each of conditions) count(each.type, each.status ?? 'Unknown', 1);
    for (const type of ALWAYS) if (findCondition(conditions, type) === undefined) count(type, 'Unknown', 1);
  }
  return [...counts.values()];
}

function unsupported(kind: string, objects: readonly ManagedResource[]): readonly GaugeSample<'unsupportedSettings'>[] {
  const counts = new Map<string, number>();
  for (const { status } of objects) {
    for (const setting of unsupportedSettings(status?.conditions)) counts.set(setting, (counts.get(setting) ?? 0) + 1);
  }
  return [...counts].map(([setting, count]) => [{ kind, setting }, count]);
}

/** What somebody suspended, or deletes, need not be Ready. */
function notReadySince({ metadata, spec, status }: ManagedResource): string | undefined {
  if (spec.suspend === true || metadata.deletionTimestamp !== undefined) return undefined;
  const ready = findCondition(status?.conditions, 'Ready');
  return ready?.status === 'True' ? undefined : (ready?.lastTransitionTime ?? metadata.creationTimestamp);
}

function rotationDue({ metadata, spec, status }: AccessKey): string | undefined {
  const isObserved = spec.suspend === true || spec.mode === 'Observe';
  const isHeld = isObserved || status?.frozen === true || metadata.deletionTimestamp !== undefined;
  return isHeld ? undefined : status?.nextRotateTime;
}

/** The status of both kinds has the field. */
function isFrozen({ status }: ManagedResource): boolean {
  return status !== undefined && 'frozen' in status && status.frozen === true;
}

/** The earliest of these times, seconds since 1970, as the one series of the kind; none: no series. */
function first<T>(
  kind: string,
  objects: readonly T[],
  timeOf: (object: T) => string | undefined,
): readonly (readonly [labels: { readonly kind: string }, value: number])[] {
  let earliest = Number.POSITIVE_INFINITY;
  for (const object of objects) {
    const ms = Date.parse(timeOf(object) ?? '');
    if (ms < earliest) earliest = ms; // not so for what is no time
  }
  return earliest === Number.POSITIVE_INFINITY ? [] : [[{ kind }, earliest / 1_000]];
}
