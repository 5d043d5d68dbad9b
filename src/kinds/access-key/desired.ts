import type { AccessKey } from '../../api/access-key.ts';
import { CLAIM_KEYS, REVOKE_KEYS } from '../../managed/annotations.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import type { KeyFacts } from './facts.ts';
import { metadataOf, type SecretMetadata, secretNameOf } from './secret-object.ts';

/** What the spec wants of the key and its Secret. */
export interface DesiredKey {
  readonly secretName: string;
  readonly metadata: SecretMetadata;
  readonly consents: KeyFacts['consents'];
}

const MAX_NAME = 253;

/** The wanted state. Pure. @throws InvalidSpec when the name of the Secret cannot be one */
export function desiredKey(resource: AccessKey): DesiredKey {
  const secretName = secretNameOf(resource);
  if (secretName.length > MAX_NAME) {
    throw new ReconcileError(
      'InvalidSpec',
      `the Secret "${secretName}" would have a name of ${secretName.length} characters, at most ${MAX_NAME} are allowed: set spec.secret.name`,
    );
  }
  return { secretName, metadata: metadataOf(resource), consents: consentsOf(resource) };
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
  return [
    ...(spec.rotate?.enabled === true ? ['spec.rotate'] : []),
    ...(spec.policy === undefined ? [] : ['spec.policy']),
  ];
}
