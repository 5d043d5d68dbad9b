import { ACCESS_KEYS, type AccessKey } from '../../api/access-key.ts';
import { keyOf } from '../../api/meta.ts';
import type { LiveKey } from '../../wasabi/access-keys.ts';
import { SKEW_MS } from './accounting.ts';
import { bookOf } from './book.ts';
import { type KeyClient, stateOf } from './client.ts';
import type { KeyBook } from './facts.ts';
import { keyHeldBy } from './secret-facts.ts';
import { secretNameOf } from './secret-object.ts';

/** What other AccessKey objects of the same user account for. */
export interface Elsewhere {
  readonly keys: ReadonlySet<string>;
  /** Until then, on the service's clock, an unknown key may be one that one of them is creating; ms. */
  readonly busyUntilMs: number | undefined;
}

/**
 * Keys of the same user that belong to other AccessKey objects. The stores suffice to say so; but before a key that
 * nobody seems to know is taken for one that an attempt of ours left behind, the others are read live, with their
 * Secrets.
 */
export async function keysElsewhere(
  client: KeyClient,
  siblings: readonly AccessKey[],
  keys: readonly LiveKey[],
  signal: AbortSignal,
): Promise<Elsewhere> {
  const known = new Set(siblings.flatMap((sibling) => accounted(bookOf(sibling))));
  const own = bookOf(stateOf(client));
  const mine = new Set([...accounted(own), ...(own.mint?.knownKeys ?? [])]);
  const unknown = keys.filter(({ id }) => !known.has(id) && !mine.has(id));
  for (const { id } of unknown)
    if (client.minted.get(client.resource.metadata.uid)?.id !== id && client.minted.holds(id)) known.add(id);
  if (own.mint === undefined) {
    for (const key of unknown) if (siblings.some((sibling) => mayBeMaking(bookOf(sibling), key))) known.add(key.id);
    return { keys: known, busyUntilMs: undefined };
  }
  let busyUntilMs: number | undefined;
  for (const sibling of unknown.length === 0 ? [] : siblings) {
    const live = await client.writes.live<AccessKey>(ACCESS_KEYS, sibling, signal);
    if (live === undefined || live.metadata.uid !== sibling.metadata.uid) continue;
    const book = bookOf(live);
    for (const id of accounted(book)) known.add(id);
    for (const id of await keysInSecrets(client, live, signal)) known.add(id);
    if (book.mint !== undefined) busyUntilMs = Math.max(busyUntilMs ?? 0, book.mint.untilMs + SKEW_MS);
  }
  return { keys: known, busyUntilMs };
}

function accounted({ ownKeys, claimedKeys, inheritedKeys, currentKey }: KeyBook): readonly string[] {
  return [...ownKeys, ...claimedKeys, ...inheritedKeys, ...(currentKey === undefined ? [] : [currentKey])];
}

function mayBeMaking({ mint }: KeyBook, { createdAtMs }: LiveKey): boolean {
  if (mint === undefined || createdAtMs === undefined) return false;
  return createdAtMs >= mint.fromMs - SKEW_MS && createdAtMs <= mint.untilMs + SKEW_MS;
}

async function keysInSecrets(client: KeyClient, owner: AccessKey, signal: AbortSignal): Promise<readonly string[]> {
  const { namespace } = keyOf(owner);
  const names = new Set([secretNameOf(owner), owner.status?.secretName ?? '', owner.status?.mint?.secretName ?? '']);
  const held: string[] = [];
  for (const name of names) {
    if (name === '') continue;
    const id = keyHeldBy(await client.secrets.read({ namespace, name }, signal), owner);
    if (id !== undefined) held.push(id);
  }
  return held;
}
