import type { AccessKey } from '../../api/access-key.ts';
import type { Lookup } from '../../managed/lookup.ts';
import { bookOf, legacyKeyOf } from './book.ts';
import { earlierNames } from './observe.ts';
import { tolerateIn } from './refused-write.ts';
import { previousSelector, secretNamesOf } from './secret-object.ts';
import type { KeySecrets } from './secrets.ts';

/**
 * Makes the Secrets of an object outlive it, without a call to the service: nobody asked for the end of its keys, and
 * their text exists nowhere else. Safe to repeat.
 */
export async function releaseSecrets(
  secrets: KeySecrets,
  lookup: Lookup,
  resource: AccessKey,
  signal: AbortSignal,
): Promise<void> {
  const { namespace = '', name } = resource.metadata;
  const labelled =
    legacyKeyOf(resource) === undefined ? [] : await secrets.names(namespace, previousSelector(name), signal);
  const own = secretNamesOf(resource);
  const rotated = bookOf(resource).rotation === undefined ? [] : [own.next, own.previous];
  const names = [
    own.wanted,
    ...rotated,
    ...earlierNames(resource, own),
    ...bookOf(resource).previousSecrets,
    ...labelled,
  ];
  for (const each of new Set(names)) {
    const secret = await secrets.read({ namespace, name: each }, signal);
    if (secret === undefined) continue;
    await secrets.release(resource, secret, signal).catch((thrown: unknown) => tolerateIn(lookup, resource, thrown));
  }
}
