import { keyOf, keyText, type ObjectKey } from '../../api/meta.ts';
import type { Provider } from '../../api/provider.ts';
import type { Change, ManagedKind, Target } from '../../managed/kind.ts';
import type { Lookup } from '../../managed/lookup.ts';
import type { Reference } from '../../managed/references.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { AccountAccess } from '../account-access.ts';
import { secretReferences } from '../provider-secrets.ts';
import { type ObservedProvider, observeProvider, type ProviderClient } from './observe.ts';
import type { ProtectedSecrets } from './secrets.ts';
import { providerStatus } from './status.ts';

/** What the kind is made of; see `operator.ts`. */
export interface ProviderParts {
  readonly lookup: Lookup;
  readonly access: AccountAccess;
  readonly secrets: ProtectedSecrets;
  readonly clock: Clock;
}

/** Whether the Secrets must carry the in-use finalizer: while any object depends on the Provider. */
export interface DesiredProvider {
  readonly isInUse: boolean;
}

/** One Secret gets or loses the in-use finalizer. */
export interface ProviderChange extends Change {
  readonly type: 'Protect:Secret' | 'Release:Secret';
  readonly secret: ObjectKey;
}

/** Provider: one account of the service. It keeps no external resource; its work is to prove the credentials. */
export function providerKind(
  parts: ProviderParts,
): ManagedKind<Provider, DesiredProvider, ObservedProvider, ProviderChange, ProviderClient> {
  return {
    kind: 'Provider',
    isExternal: false,
    defaultDeletionPolicy: 'Delete',
    events: {
      created: 'ValidateSucceeded',
      updated: 'ValidateSucceeded',
      deleted: 'ProviderDeleted',
      failed: 'ValidateFailed',
      recovered: 'ValidateSucceeded',
    },
    references: providerReferences,
    hasLegacyClaim: () => false,
    resolve: (resource): Target => ({
      provider: keyOf(resource),
      accountId: '',
      region: resource.spec.region,
      name: resource.metadata.name,
    }),
    desired: (resource) => ({ isInUse: parts.lookup.hasDependents(resource) }),
    connect: (resource, _target, { turn }) =>
      Promise.resolve({ access: parts.access, secrets: parts.secrets, resource, turn, nowMs: parts.clock.now() }),
    clockOffsetMs: () => 0,
    observe: (client, _target, _desired, signal) => observeProvider(client, signal),
    evidence: () => ({}),
    diff: diffProvider,
    apply: (client, _target, change, signal) =>
      client.secrets.setProtected(client.resource, change.secret, change.type === 'Protect:Secret', signal),
    async delete(client, resource, _target, _policy, signal) {
      for (const secret of client.secrets.of(resource)) {
        await client.secrets.setProtected(resource, secret, false, signal);
      }
      return { type: 'Done' };
    },
    status: (resource, _target, _desired, observed, { nowMs }) =>
      observed === undefined ? { fields: {} } : providerStatus(resource, observed, nowMs),
  };
}

/** Every object that a Provider's spec names: its Secrets. */
export function providerReferences(resource: Provider): readonly Reference[] {
  return secretReferences(resource);
}

/** Which Secrets get or lose the finalizer. Pure. */
function diffProvider(desired: DesiredProvider, observed: ObservedProvider | undefined): readonly ProviderChange[] {
  return (observed?.secrets ?? []).flatMap(({ key: secret, isNamed, isProtected, isNeededElsewhere }) => {
    const isWanted = desired.isInUse && isNamed;
    if (isProtected === isWanted || (isProtected && isNeededElsewhere)) return [];
    const summary = `${isWanted ? 'protect' : 'release'} Secret ${keyText(secret)}`;
    return [{ type: isWanted ? 'Protect:Secret' : 'Release:Secret', summary, secret }];
  });
}
