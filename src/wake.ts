import { isDeepStrictEqual } from 'node:util';
import type { BucketStatus } from './api/bucket.ts';
import type { IamPolicyStatus } from './api/iam-policy.ts';
import { type KubeObject, keyOf, type ObjectKey } from './api/meta.ts';
import type { Provider, ProviderStatus } from './api/provider.ts';
import type { UserStatus } from './api/user.ts';
import type { AccountAccess } from './kinds/account-access.ts';
import type { AttachmentSignal } from './kinds/attachment-signal.ts';
import type { ExistenceSweeps } from './kinds/existence-sweeps.ts';
import { ProtectedSecrets, type ReferenceGate } from './kinds/provider/secrets.ts';
import { findCondition } from './managed/conditions.ts';
import type { ManagedResource, ManagedStatus } from './managed/kind.ts';
import { hasFinalizer, type Lookup } from './managed/lookup.ts';
import type { NewsWakes } from './managed/news-wakes.ts';
import type { ReferenceGrant } from './managed/references.ts';
import type { Controller } from './runtime/controller.ts';
import type { NamedWatches } from './runtime/named-watches.ts';
import type { OwnChanges } from './runtime/own-changes.ts';
import type { ObjectStore } from './runtime/store.ts';
import type { Change } from './runtime/store-feed.ts';
import type { IndexedKind, StoreSnapshot } from './snapshot.ts';
import { dependedOn, policiesOf, usersCounting } from './wake-dependents.ts';
import { parentConcerned } from './wake-parents.ts';

/** One kind with the parts that wake it. */
export interface WakeableKind {
  readonly kind: IndexedKind;
  readonly store: ObjectStore<ManagedResource>;
  readonly controller: Controller;
}

/** What the wiring reads. */
export interface WakeParts {
  readonly kinds: ReadonlyMap<string, WakeableKind>;
  readonly snapshot: StoreSnapshot;
  readonly lookup: Lookup;
  readonly namespaces: ObjectStore;
  readonly grants: ObjectStore<ReferenceGrant>;
  readonly secrets: NamedWatches;
  readonly attachments: AttachmentSignal;
  readonly newsWakes: NewsWakes;
  readonly access: Pick<AccountAccess, 'onRefused' | 'forgetSecret'>;
  readonly existence: Pick<ExistenceSweeps, 'onMissing'>;
  /** Metadata of the Secrets that keys are delivered in, as far as we may watch them. */
  readonly keySecrets: ObjectStore;
  /** What passes did with those Secrets. */
  readonly ownSecrets: OwnChanges;
}

/** What passes tell those who wake others. */
export type WakeSignals = Pick<WakeParts, 'attachments' | 'newsWakes' | 'ownSecrets'>;

/**
 * Who is woken by a change of something else: those who refer to it, those who mean the same external resource, and the
 * owner of a Secret or of another object. Nothing is looked for on a timer that a watch can tell.
 */
export function wireWakes(parts: WakeParts): void {
  // Whoever stands by wakes nobody, and remembers no cause of a pass that never comes.
  const enqueue = (resource: KubeObject) =>
    parts.kinds.get(resource.kind)?.controller.enqueue(keyOf(resource), 'retry') === true;
  const wake = (resource: KubeObject) => {
    if (enqueue(resource)) parts.newsWakes.other(resource.kind, keyOf(resource));
  };
  const tell = (resource: KubeObject) => {
    if (enqueue(resource)) parts.newsWakes.news(resource.kind, keyOf(resource));
  };
  for (const { kind, store } of parts.kinds.values()) {
    store.onChange((change) => {
      wakeReferrers(parts, kind, change, wake);
      wakeNamesakes(parts, kind, change, wake);
      for (const provider of providersConcerned(parts, kind, change)) wake(provider);
      for (const referent of referentsThatWait(parts, kind, change)) wake(referent);
      for (const object of dependedOn(parts, change)) wake(object);
      const parent = parentConcerned(parts.lookup, change);
      if (parent !== undefined) tell(parent);
      for (const user of usersCounting(parts, kind, change)) tell(user);
    });
  }
  const providers = parts.kinds.get('Provider');
  // The store of Providers holds nothing else.
  providers?.store.onChange((change) => watchSecrets(parts, change as Change<Provider>));
  parts.access.onRefused((key) => providers?.controller.enqueue(key, 'retry'));
  parts.existence.onMissing(wake);
  parts.attachments.onChange((arn) => {
    for (const policy of policiesOf(parts, arn)) wake(policy);
  });
  parts.secrets.store.onChange(({ before, after }) => {
    const secret = after ?? before;
    if (secret !== undefined)
      for (const { resource } of parts.snapshot.referrers('Secret', keyOf(secret))) wake(resource);
  });
  // Made by ourselves, in the pass of its own object: only what others do with it afterwards is news.
  parts.keySecrets.onChange((change) => {
    const { before } = change;
    for (const { kind, name } of before?.metadata.ownerReferences ?? []) {
      const controller = kind === 'AccessKey' ? parts.kinds.get(kind)?.controller : undefined;
      const key = { namespace: before?.metadata.namespace ?? '', name };
      if (controller !== undefined) parts.ownSecrets.ifForeign(change, () => controller.enqueue(key, 'retry'));
    }
  });
  parts.namespaces.onChange(({ before, after, isInitial }) => {
    if (isInitial || after === undefined || isDeepStrictEqual(before?.metadata.labels, after.metadata.labels)) return;
    wakeCrossing(parts, (own) => own === after.metadata.name, wake);
  });
  parts.grants.onChange(({ before, after, isInitial }) => {
    const namespace = (after ?? before)?.metadata.namespace;
    if (namespace !== undefined) rewatchSecrets(parts, namespace);
    if (!isInitial) wakeCrossing(parts, (_own, target) => target === namespace, wake);
  });
}

/**
 * The Secrets that a Provider names and may refer to are watched while it does: whoever names a stranger's opens nothing.
 * The values of one that nobody names are dropped.
 */
function watchSecrets({ secrets, access, lookup }: WakeParts, { before, after }: Change<Provider>): void {
  if (after !== undefined) secrets.want(after.metadata.uid, ProtectedSecrets.of(after, lookup));
  if (before === undefined) return;
  // Deleted and made again may be seen as one change: the former one wants nothing any more.
  if (before.metadata.uid !== after?.metadata.uid) secrets.want(before.metadata.uid, []);
  for (const key of ProtectedSecrets.of(before, EVERYTHING)) if (!secrets.isWanted(key)) access.forgetSecret(key);
}

/** What was read while a grant stood is dropped after it, so this gate lets every reference through. */
const EVERYTHING: ReferenceGate = { isPermitted: () => true };

/** A grant came or went in that namespace: Providers of others watch its Secrets with one, and not without. */
function rewatchSecrets(parts: WakeParts, namespace: string): void {
  const { kind, store } = parts.kinds.get('Provider') ?? {};
  for (const each of store?.list() ?? []) {
    const isConcerned = kind?.references(each).some(({ key }) => key.namespace === namespace) === true;
    if (!isConcerned || each.metadata.namespace === namespace) continue;
    const provider = each as Provider; // the store of Providers
    watchSecrets(parts, { before: provider, after: provider, isInitial: false });
  }
}

/** A change that a referrer can see: spec, status, deletion, or that the object comes or goes. */
function wakeReferrers(
  { snapshot }: WakeParts,
  kind: IndexedKind,
  { before, after, isInitial }: Change<ManagedResource>,
  wake: (resource: KubeObject) => void,
): void {
  const object = after ?? before;
  if (object === undefined || isInitial) return;
  const isSame =
    before !== undefined &&
    after !== undefined &&
    before.metadata.uid === after.metadata.uid &&
    before.metadata.generation === after.metadata.generation &&
    isDeepStrictEqual(visibleStatus(before), visibleStatus(after));
  if (isSame) return;
  for (const { resource } of snapshot.referrers(object.kind, keyOf(object))) wake(resource);
  const { namespace = '' } = object.metadata;
  for (const resource of snapshot.mentioning(object.kind, namespace, kind.externalName(object))) wake(resource);
}

/**
 * What of a status concerns others: our own bookkeeping does not, and of a Bucket only whether and where it has its
 * bucket.
 */
function visibleStatus({ kind, status }: ManagedResource): object | undefined {
  if (status === undefined) return undefined;
  if (kind === 'Bucket') {
    const { target, region, exists, arn, conditions }: BucketStatus = status;
    // Who only observes records no target: what it was found to be then counts.
    const isReady = target ?? findCondition(conditions, 'Ready')?.status;
    return { target, region, exists, arn, isReady };
  }
  const all: ManagedStatus & ProviderStatus & UserStatus & IamPolicyStatus = status;
  const { intent: _intent, protectedSecrets: _secrets, lastSyncTime: _time, ...rest } = all;
  const { attached: _attached, keys: _keys, attachedUsers: _users, ...visible } = rest;
  return visible;
}

/** When an object comes, goes or changes, another one may have the external resource, or share it in another way. */
function wakeNamesakes(
  { snapshot }: WakeParts,
  kind: IndexedKind,
  { before, after, isInitial }: Change<ManagedResource>,
  wake: (resource: KubeObject) => void,
): void {
  if (isInitial || isDeepStrictEqual(before?.spec, after?.spec)) return;
  const names = new Set([before, after].flatMap((each) => (each === undefined ? [] : [kind.externalName(each)])));
  const own = (after ?? before)?.metadata.uid;
  for (const name of names) {
    for (const other of snapshot.namesakes((after ?? before)?.kind ?? '', name)) {
      if (other.metadata.uid !== own) wake(other);
    }
  }
}

/** Objects whose deletion may go on: one that referred to them and held our finalizer is gone, or names them no longer. */
function referentsThatWait(
  { kinds }: WakeParts,
  kind: IndexedKind,
  { before, after }: Change<ManagedResource>,
): readonly ManagedResource[] {
  if (before === undefined || !hasFinalizer(before)) return [];
  const kept = after !== undefined && hasFinalizer(after) ? kind.references(after) : [];
  return kind.references(before).flatMap((reference) => {
    if (kept.some((one) => isDeepStrictEqual(one, reference))) return [];
    const referent = reference.blocksDeletion ? kinds.get(reference.kind)?.store.get(reference.key) : undefined;
    return referent?.metadata.deletionTimestamp === undefined ? [] : [referent];
  });
}

/**
 * Providers whose own pass has something to do since that object came to depend on them, or went: the in-use finalizer
 * of their Secrets, or their own deletion. Asked for each change, so it looks no further than the first dependent.
 */
function providersConcerned(
  parts: WakeParts,
  kind: IndexedKind,
  { before, after }: Change<ManagedResource>,
): readonly Provider[] {
  const { kinds, lookup } = parts;
  const resource = after ?? before;
  if (resource === undefined) return [];
  const holds = after !== undefined && hasFinalizer(after);
  const held = before !== undefined && hasFinalizer(before);
  if (holds === held) return [];
  return kind.references(resource).flatMap((reference): readonly Provider[] => {
    if (reference.kind !== 'Provider') return [];
    const provider = kinds.get('Provider')?.store.get(reference.key) as Provider | undefined; // the store of Providers
    if (provider === undefined) return [];
    return holds ? unprotected(provider, parts) : lookup.hasDependents(provider) ? [] : [provider];
  });
}

function unprotected(provider: Provider, { secrets, lookup }: WakeParts): readonly Provider[] {
  const isProtected = ProtectedSecrets.of(provider, lookup).every((key) =>
    ProtectedSecrets.isProtected(secrets.store.get(key)),
  );
  return isProtected ? [] : [provider];
}

/**
 * Objects with a reference out of their namespace: a grant or a label may have opened or closed it. And those that mean
 * the same external resource: who lost the grant claims it no longer.
 */
function wakeCrossing(
  { kinds, snapshot }: WakeParts,
  concerns: (own: string, target: string) => boolean,
  wake: (resource: KubeObject) => void,
): void {
  for (const { kind, store } of kinds.values()) {
    for (const resource of store.list()) {
      const own = resource.metadata.namespace ?? '';
      const isConcerned = (key: ObjectKey) => key.namespace !== own && concerns(own, key.namespace);
      if (!kind.references(resource).some(({ key }) => isConcerned(key))) continue;
      wake(resource);
      for (const other of snapshot.namesakes(resource.kind, kind.externalName(resource))) wake(other);
    }
  }
}
