import { SECRETS } from '../../src/api/core-types.ts';
import type { AccessKey as ServiceKey } from '../../src/emulator/accounts.ts';
import type { SecretObject } from '../../src/kinds/provider-secrets.ts';
import type { KeyWorld } from './keys.ts';

/** Something that happened to a key of the user, or to the Secret that workloads read; on the service's clock, ms. */
export type Entry =
  | { readonly type: 'Made'; readonly keyId: string; readonly atMs: number; readonly worksAtMs: number }
  | { readonly type: 'Active' | 'Inactive' | 'Revoked'; readonly keyId: string; readonly atMs: number }
  /** `keyId` undefined: there is no Secret, or its text is not that of the key that it names. */
  | { readonly type: 'Published'; readonly keyId: string | undefined; readonly atMs: number };

/** What a timeline has to keep to. */
export interface Promised {
  readonly intervalMs: number;
  readonly retentionMs: number;
  /** By how much a step may come later than it is due. */
  readonly lateMs: number;
  /** How long a retired key is inactive before it goes. */
  readonly inactiveMs: number;
  /** When it was looked at last. */
  readonly endMs: number;
}

/** Records the life of the keys of an IAM user from now on. `stop` before the world ends. */
export function recordTimeline(
  { world, clock }: KeyWorld,
  iamName: string,
  secretName: string,
): { readonly entries: readonly Entry[]; stop(): Promise<void> } {
  const entries: Entry[] = [];
  const { keys } = world.emulator.state;
  const secrets = new Map<string, string>();
  const [set, remove] = [keys.set.bind(keys), keys.delete.bind(keys)];
  keys.set = (keyId, key) => {
    set(keyId, key);
    if (key.userName !== iamName) return keys;
    secrets.set(keyId, key.secretAccessKey);
    entries.push({ type: 'Made', keyId, atMs: clock.now(), worksAtMs: key.effectiveMs });
    onStatus(key, (status) => entries.push({ type: status, keyId, atMs: clock.now() }));
    return keys;
  };
  keys.delete = (keyId) => {
    if (secrets.has(keyId)) entries.push({ type: 'Revoked', keyId, atMs: clock.now() });
    return remove(keyId);
  };
  const publish = ({ data = {} }: Pick<SecretObject, 'data'>) => {
    const text = (name: string) => Buffer.from(data[name] ?? '', 'base64').toString('utf8');
    const keyId = text('access-key-id');
    const isRight = secrets.has(keyId) && secrets.get(keyId) === text('secret-access-key');
    entries.push({ type: 'Published', keyId: isRight ? keyId : undefined, atMs: clock.now() });
  };
  const ended = new AbortController();
  const following = followSecret(world, secretName, publish, ended.signal);
  return {
    entries,
    stop: () => {
      ended.abort();
      return following;
    },
  };
}

/** Tells each change of the status of a key, which the service makes in place. */
function onStatus(key: ServiceKey, tell: (status: ServiceKey['status']) => void): void {
  let { status } = key;
  Object.defineProperty(key, 'status', {
    enumerable: true,
    get: () => status,
    set: (next: ServiceKey['status']) => {
      status = next;
      tell(next);
    },
  });
}

/** Tells every content that a Secret has, until `signal`. */
async function followSecret(
  { cluster: { admin }, namespace }: KeyWorld['world'],
  name: string,
  tell: (secret: Pick<SecretObject, 'data'>) => void,
  signal: AbortSignal,
): Promise<void> {
  const { resourceVersion } = await admin.list(SECRETS, namespace);
  let from = resourceVersion;
  const options = { fieldSelector: `metadata.name=${name}`, timeoutSeconds: 3_600, signal };
  while (!signal.aborted) {
    try {
      for await (const event of admin.watch<SecretObject>(SECRETS, namespace, { ...options, resourceVersion: from })) {
        if (event.type === 'ERROR') throw new Error(`the watch of Secret ${name}: ${event.message}`);
        from = event.type === 'BOOKMARK' ? event.resourceVersion : (event.object.metadata.resourceVersion ?? from);
        if (event.type !== 'BOOKMARK') tell(event.type === 'DELETED' ? {} : event.object);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/**
 * Where a timeline broke what was promised: the Secret holds a key that works at every instant, one key is published an
 * interval, a replaced one works for its retention and then goes, and there are never more than two. Pure; none: [].
 */
export function broken(entries: readonly Entry[], promised: Promised): readonly string[] {
  return [...brokenSecret(entries), ...brokenQuota(entries), ...brokenRotations(entries, promised)];
}

/** Every instant from the first publication on. */
function brokenSecret(entries: readonly Entry[]): readonly string[] {
  const working = new Map<string, { worksAtMs: number; isActive: boolean }>();
  const found: string[] = [];
  let published: string | undefined;
  let isBegun = false;
  for (const entry of entries) {
    if (entry.type === 'Made') working.set(entry.keyId, { worksAtMs: entry.worksAtMs, isActive: true });
    else if (entry.type === 'Published') published = entry.keyId;
    else if (entry.type === 'Revoked') working.delete(entry.keyId);
    else working.set(entry.keyId, { worksAtMs: entry.atMs, isActive: entry.type === 'Active' });
    const key = published === undefined ? undefined : working.get(published);
    isBegun ||= entry.type === 'Published';
    if (!isBegun || (key?.isActive === true && (key.worksAtMs <= entry.atMs || isFirst(entries, published)))) continue;
    found.push(`the Secret's key ${published} does not work after ${described(entry)}`);
  }
  return found;
}

/** The first key of all is published before it works: nobody has another one. */
function isFirst(entries: readonly Entry[], keyId: string | undefined): boolean {
  return entries.find(({ type }) => type === 'Published')?.keyId === keyId;
}

function brokenQuota(entries: readonly Entry[]): readonly string[] {
  const live = new Set<string>();
  return entries.flatMap((entry) => {
    if (entry.type === 'Made') live.add(entry.keyId);
    if (entry.type === 'Revoked') live.delete(entry.keyId);
    return live.size > 2 ? [`${live.size} keys after ${described(entry)}`] : [];
  });
}

/** One publication of another key. */
export interface Switch {
  readonly keyId: string;
  readonly atMs: number;
}

/** When the Secret got which key, without what repeats the same. Pure. */
export function switchesOf(entries: readonly Entry[]): readonly Switch[] {
  const published = entries.flatMap((entry) =>
    entry.type === 'Published' && entry.keyId !== undefined ? [{ keyId: entry.keyId, atMs: entry.atMs }] : [],
  );
  return published.filter(({ keyId }, index) => keyId !== published[index - 1]?.keyId);
}

function brokenRotations(entries: readonly Entry[], promised: Promised): readonly string[] {
  const switches = switchesOf(entries);
  const published = new Set(switches.map(({ keyId }) => keyId));
  const replaced = switches.flatMap((next, index) => {
    const previous = switches[index - 1];
    return previous === undefined ? [] : brokenSwitch(entries, promised, previous, next);
  });
  const last = switches.at(-1);
  const dueMs = madeAtMs(entries, last?.keyId) + promised.intervalMs;
  const isLate = promised.endMs > dueMs + promised.lateMs;
  // A key whose text was lost is nobody's, and does not stay.
  const lost = entries.filter(
    (entry) =>
      entry.type === 'Made' &&
      !published.has(entry.keyId) &&
      entry.atMs < promised.endMs - promised.lateMs &&
      firstOf(entries, entry.keyId, ['Revoked']) === undefined,
  );
  return [
    ...replaced,
    ...(published.size < switches.length ? ['a key was published twice'] : []),
    ...(isLate ? [`no key follows ${last?.keyId}, which was due at ${stamp(dueMs)}`] : []),
    ...lost.map((entry) => `${described(entry)}, but never published nor revoked`),
  ];
}

function brokenSwitch(
  entries: readonly Entry[],
  { intervalMs, retentionMs, lateMs, inactiveMs, endMs }: Promised,
  previous: Switch,
  next: Switch,
): readonly string[] {
  const ageMs = next.atMs - madeAtMs(entries, previous.keyId);
  const keptMs = (firstOf(entries, previous.keyId, ['Inactive', 'Revoked'])?.atMs ?? endMs) - next.atMs;
  const goneAtMs = firstOf(entries, previous.keyId, ['Revoked'])?.atMs ?? endMs;
  const latestMs = next.atMs + retentionMs + inactiveMs + lateMs;
  const what = `${previous.keyId}, replaced at ${stamp(next.atMs)},`;
  return [
    ...(ageMs < intervalMs ? [`${what} was ${days(ageMs)} old only`] : []),
    ...(ageMs > intervalMs + lateMs ? [`${what} was ${days(ageMs)} old`] : []),
    ...(keptMs < Math.min(retentionMs, endMs - next.atMs) ? [`${what} worked for ${days(keptMs)} more only`] : []),
    ...(goneAtMs > latestMs ? [`${what} was there for ${days(goneAtMs - next.atMs)} more`] : []),
  ];
}

function madeAtMs(entries: readonly Entry[], keyId: string | undefined): number {
  return entries.find((entry) => entry.type === 'Made' && entry.keyId === keyId)?.atMs ?? 0;
}

function firstOf(entries: readonly Entry[], id: string, types: readonly Entry['type'][]): Entry | undefined {
  return entries.find(({ type, keyId }) => keyId === id && types.includes(type));
}

function described({ type, keyId, atMs }: Entry): string {
  return `${stamp(atMs)} ${type} ${keyId}`;
}

function stamp(ms: number): string {
  return new Date(ms).toISOString();
}

function days(ms: number): string {
  return `${(ms / 86_400_000).toFixed(3)} days`;
}
