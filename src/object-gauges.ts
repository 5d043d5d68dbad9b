import type { AccessKey } from './api/access-key.ts';
import { findCondition } from './managed/conditions.ts';
import type { ManagedResource } from './managed/kind.ts';
import { unsupportedSettings } from './managed/unsupported-condition.ts';
import type { ObjectStore } from './runtime/store.ts';
import type { Metrics, Sample } from './telemetry/metrics.ts';
import { OBJECT_METRICS } from './telemetry/metrics-of-objects.ts';

type Stores = ReadonlyMap<string, ObjectStore<ManagedResource>>;
type Name = keyof typeof OBJECT_METRICS;

/** Kinds that the annotation freeze is for. */
const FREEZABLE: ReadonlySet<string> = new Set(['User', 'AccessKey']);
/** What every object has from its first pass on. */
const ALWAYS = ['Ready', 'Synced'] as const;
const STATUSES = ['True', 'False', 'Unknown'] as const;
const NAMES = Object.keys(OBJECT_METRICS) as Name[]; // the table has no other keys

/**
 * From now on each scrape counts the objects of the stores, by kind, in one walk over each. Each replica tells of the same
 * objects.
 * @param observeOnly whether this operator leaves everything as it is
 */
export function watchObjects(
  metrics: Metrics,
  stores: Stores,
  { observeOnly }: { readonly observeOnly: boolean },
): void {
  metrics.watchAll(NAMES, () => [
    ...[...stores].flatMap(([kind, store]) => samplesOf(kind, store.list())),
    ...keySamples((stores.get('AccessKey')?.list() ?? []) as readonly AccessKey[], observeOnly), // the store of that kind
  ]);
}

/** What is told of every kind. */
function samplesOf(kind: string, objects: readonly ManagedResource[]): readonly Sample<Name>[] {
  const conditions = new ConditionCounts();
  const settings = new Map<string, number>();
  const notReady = new Earliest();
  const deleting = new Earliest();
  let frozen = 0;
  for (const object of objects) {
    const { metadata, status } = object;
    conditions.add(object);
    notReady.add(notReadySince(object));
    deleting.add(metadata.deletionTimestamp);
    if (isFrozen(object)) frozen += 1;
    for (const setting of unsupportedSettings(status?.conditions))
      settings.set(setting, (settings.get(setting) ?? 0) + 1);
  }
  return [
    ...conditions.samples(kind),
    ...notReady.samples('notReadySince', kind),
    ...deleting.samples('deletingSince', kind),
    ...(FREEZABLE.has(kind) ? [{ name: 'frozen', labels: { kind }, value: frozen } as const] : []),
    ...[...settings].map(
      ([setting, value]) => ({ name: 'unsupportedSettings', labels: { kind, setting }, value }) as const,
    ),
  ];
}

function keySamples(keys: readonly AccessKey[], observeOnly: boolean): readonly Sample<Name>[] {
  const oldest = new Earliest();
  const due = new Earliest();
  const foreign = new Set<string>(); // several AccessKeys of one User list the same keys
  let retained = 0;
  for (const key of keys) {
    oldest.add(key.status?.lastRotateTime);
    if (!observeOnly) due.add(rotationDue(key));
    if (key.status?.retireTime !== undefined) retained += 1;
    for (const id of key.status?.foreignKeys ?? []) foreign.add(id);
  }
  return [
    ...oldest.samples('oldestKey', 'AccessKey'),
    ...due.samples('rotationDue', 'AccessKey'),
    { name: 'retainedKeys', labels: {}, value: retained },
    { name: 'foreignKeys', labels: {}, value: foreign.size },
  ];
}

/** How many objects have each condition in each status. */
class ConditionCounts {
  readonly #counts = new Map<string, Map<string, number>>();

  constructor() {
    // Zero is told too: a series that comes and goes cannot be compared with what it was.
    for (const type of ALWAYS) for (const status of STATUSES) this.#count(type, status, 0);
  }

  add({ status }: ManagedResource): void {
    const conditions = status?.conditions ?? [];
    for (const each of conditions) this.#count(each.type, each.status ?? 'Unknown', 1);
    for (const type of ALWAYS) if (findCondition(conditions, type) === undefined) this.#count(type, 'Unknown', 1);
  }

  samples(kind: string): readonly Sample<Name>[] {
    return [...this.#counts].flatMap(([condition, counts]) =>
      [...counts].map(([status, value]) => ({ name: 'objects', labels: { kind, condition, status }, value }) as const),
    );
  }

  #count(type: string, status: string, by: number): void {
    const counts = this.#counts.get(type) ?? new Map<string, number>();
    this.#counts.set(type, counts.set(status, (counts.get(status) ?? 0) + by));
  }
}

/** The earliest of the times that it is given. */
class Earliest {
  #ms = Number.POSITIVE_INFINITY;

  add(time: string | undefined): void {
    if (time === undefined) return;
    const ms = Date.parse(time);
    if (ms < this.#ms) this.#ms = ms; // not so for what is no time
  }

  /** The one series of the kind, in seconds since 1970; none without any time. */
  samples(name: Name, kind: string): readonly Sample<Name>[] {
    return this.#ms === Number.POSITIVE_INFINITY ? [] : [{ name, labels: { kind }, value: this.#ms / 1_000 }];
  }
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
