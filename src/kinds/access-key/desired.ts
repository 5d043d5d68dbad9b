import type { AccessKey } from '../../api/access-key.ts';
import { CLAIM_KEYS, REVOKE_KEYS } from '../../managed/annotations.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { bookOf } from './book.ts';
import type { KeyFacts, SecretNames } from './facts.ts';
import { MAX_NAME, metadataOf, ownMetadataOf, type SecretMetadata, secretNamesOf } from './secret-object.ts';

/** What the spec wants of the key and its Secret. */
export interface DesiredKey {
  readonly names: SecretNames;
  /** Of the Secret that workloads read. */
  readonly metadata: SecretMetadata;
  /** Of those of the next and the previous key: nothing of the spec. */
  readonly ownMetadata: SecretMetadata;
  readonly consents: KeyFacts['consents'];
}

/** The wanted state. Pure. @throws InvalidSpec when the Secret cannot have that name */
export function desiredKey(resource: AccessKey): DesiredKey {
  const names = secretNamesOf(resource);
  if (names.wanted.length > MAX_NAME) {
    throw new ReconcileError(
      'InvalidSpec',
      `the Secret "${names.wanted}" would have a name of ${names.wanted.length} characters, at most ${MAX_NAME} are allowed: set spec.secret.name`,
    );
  }
  const use = useOfWanted(names, bookOf(resource).previousSecrets);
  if (use !== undefined) {
    throw new ReconcileError(
      'InvalidSpec',
      `spec.secret.name: ${JSON.stringify(names.wanted)} is the name of the Secret that ${use}: choose another name`,
    );
  }
  return {
    names,
    metadata: metadataOf(resource),
    ownMetadata: ownMetadataOf(resource),
    consents: consentsOf(resource),
  };
}

/** What a Secret of the wanted name is for already: it would be removed with a key. Pure. */
function useOfWanted({ wanted, next, previous }: SecretNames, earlier: readonly string[]): string | undefined {
  if (wanted === next) return 'takes the next key of this object while a rotation runs';
  return wanted === previous || earlier.includes(wanted) ? 'keeps the previous key of this object' : undefined;
}

/** What the Secret of that name must carry. Pure. */
export function metadataFor({ names, metadata, ownMetadata }: DesiredKey, name: string): SecretMetadata {
  return name === names.wanted ? metadata : ownMetadata;
}

/**
 * The ids that somebody listed. Whoever may edit this object need not own a User of another namespace: then they do not
 * count. Pure.
 */
export function consentsOf(resource: AccessKey): KeyFacts['consents'] {
  const { metadata } = resource;
  const listed = (annotation: string) =>
    consentsCount(resource)
      ? (metadata.annotations?.[annotation] ?? '').split(',').flatMap((id) => (id.trim() === '' ? [] : [id.trim()]))
      : [];
  return { claim: listed(CLAIM_KEYS), revoke: listed(REVOKE_KEYS) };
}

/** Whether this object's annotations may decide about keys of the user. Pure. */
export function consentsCount({ metadata, spec }: AccessKey): boolean {
  const { userRef }: Partial<AccessKey['spec']> = spec;
  return userRef?.namespace === undefined || userRef.namespace === metadata.namespace;
}

/** Fields of the spec that nothing acts on, by their paths. Pure. */
export function unsupportedFields({ spec }: AccessKey): readonly string[] {
  return spec.policy === undefined ? [] : ['spec.policy'];
}
