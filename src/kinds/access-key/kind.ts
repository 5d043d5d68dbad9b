import type { AccessKey } from '../../api/access-key.ts';
import type { ManagedKind, Target } from '../../managed/kind.ts';
import type { Pass } from '../../runtime/turn.ts';
import { providerOf, providerOfTarget } from '../provider-reference.ts';
import { targetOf } from './account.ts';
import { applyKey } from './apply.ts';
import { legacyKeyOf } from './book.ts';
import { changesOf, type KeyChange } from './changes.ts';
import type { AccessKeyParts, KeyClient, KeyMemory } from './client.ts';
import { deleteKey, obstacleTo } from './delete.ts';
import { type DesiredKey, desiredKey } from './desired.ts';
import { noFollowUp } from './follow.ts';
import { MintedKeys } from './minted.ts';
import { type ObservedKey, observeForDeletion, observeKey } from './observe.ts';
import { ProvenKeys } from './proven.ts';
import { accessKeyReferences } from './references.ts';
import { releaseSecrets } from './release.ts';
import { KeySecrets } from './secrets.ts';
import { accessKeyStatus } from './status.ts';

/** AccessKey: one key of a User, delivered in a Secret. What is done to it is the table in `recovery.ts`. */
export function accessKeyKind(
  parts: AccessKeyParts,
): ManagedKind<AccessKey, DesiredKey, ObservedKey, KeyChange, KeyClient> {
  const { lookup, access, readinessTimeoutMs, kube, ownSecrets } = parts;
  const memory = { secrets: new KeySecrets(kube, ownSecrets), minted: new MintedKeys(), proven: new ProvenKeys() };
  return {
    kind: 'AccessKey',
    isExternal: true,
    defaultDeletionPolicy: 'Delete',
    events: {
      created: 'AccessKeyCreated',
      updated: 'AccessKeyUpdated',
      deleted: 'AccessKeyDeleted',
      failed: 'ReconcileFailed',
      repaired: 'DriftRepaired',
    },
    references: accessKeyReferences,
    hasLegacyClaim: (resource) => legacyKeyOf(resource) !== undefined,
    resolve: (resource) => targetOf(lookup, access, resource),
    desired: desiredKey,
    connect: (resource, target, pass) => connect({ ...parts, ...memory }, resource, target, pass),
    clockOffsetMs: ({ wasabi }) => wasabi.clockOffsetMs(),
    observe: (client, _target, desired, signal) =>
      desired === undefined ? observeForDeletion(client, signal) : observeKey(client, desired, signal),
    evidence: () => ({}),
    // The keys that this object made are its own, whoever else has keys of the user: those are never touched.
    ownership: () => ({ mayManage: true, mayDestroy: true, marker: undefined }),
    diff: (_desired, observed) => (observed?.hasUser === true ? changesOf(observed.recovery) : []),
    apply: (client, _target, change, signal) => applyKey(client, desiredKey(client.resource), change, signal),
    // The Secrets go with their keys, unless those stay.
    releaseChildren: async (resource, which, signal) => {
      if (which === 'All') await releaseSecrets(memory.secrets, lookup, resource, signal);
    },
    obstacle: (client, _resource, _target, signal) => obstacleTo(client, signal),
    delete: (client, resource, _target, policy, signal) => deleteKey(client, resource, policy, signal),
    status: (resource, target, desired, observed, facts) => {
      if (observed === undefined) throw new Error('keys are always observed while their object lives');
      return accessKeyStatus(resource, observed, facts, {
        userName: target.name,
        desired,
        readinessTimeoutMs,
        rejectsUnsupported: providerOf(lookup, resource).spec.unsupportedSettings === 'Reject',
      });
    },
  };
}

async function connect(
  parts: AccessKeyParts & KeyMemory,
  resource: AccessKey,
  target: Target,
  pass: Pass,
): Promise<KeyClient> {
  const { lookup, access } = parts;
  const provider = providerOfTarget(lookup, resource, target);
  const connection = await access.connect(resource, provider, target.accountId, pass);
  return {
    ...parts,
    wasabi: connection.client,
    as: connection.as,
    target,
    userName: target.name,
    resource,
    written: undefined,
    standing: new Map(),
    keyIds: [],
    listedAtMs: Number.NEGATIVE_INFINITY,
    remainingMs: undefined,
    deliveredKey: undefined,
    deliveredIds: [],
    previousNames: [],
    followUp: noFollowUp(),
  };
}
