import { accessKeyDefinition } from './api/access-key.ts';
import { bucketDefinition } from './api/bucket.ts';
import { bucketPolicyDefinition } from './api/bucket-policy.ts';
import { NAMESPACES, REFERENCE_GRANTS } from './api/core-types.ts';
import { iamPolicyDefinition } from './api/iam-policy.ts';
import { keyText, type ObjectKey } from './api/meta.ts';
import { providerDefinition } from './api/provider.ts';
import { userDefinition } from './api/user.ts';
import { type Config, VERSION } from './config.ts';
import { createDriftPace, createSweeps, driftChecks } from './drift.ts';
import { indexed } from './indexed-kind.ts';
import { accessKeyKind } from './kinds/access-key/kind.ts';
import { userKeyText } from './kinds/access-key/observe.ts';
import { accessKeyReferences } from './kinds/access-key/references.ts';
import { WatchedSecrets } from './kinds/access-key/watched-secrets.ts';
import { withOutputs } from './kinds/access-key/with-outputs.ts';
import { AccountAccess } from './kinds/account-access.ts';
import { AttachmentSignal } from './kinds/attachment-signal.ts';
import { bucketKind } from './kinds/bucket/kind.ts';
import { bucketMentions, bucketReferences } from './kinds/bucket/references.ts';
import { bucketPolicyKind } from './kinds/bucket-policy/kind.ts';
import { bucketPolicyReferences, bucketReference } from './kinds/bucket-policy/references.ts';
import type { ExistenceSweeps } from './kinds/existence-sweeps.ts';
import { iamPolicyKind, iamPolicyReferences } from './kinds/iam-policy/kind.ts';
import { policyName } from './kinds/iam-policy/name.ts';
import { providerKind, providerReferences } from './kinds/provider/kind.ts';
import { isNeededByOthers, ProtectedSecrets } from './kinds/provider/secrets.ts';
import { SecretReader, versionText } from './kinds/provider-secrets.ts';
import { isSameService } from './kinds/same-account.ts';
import { userKind } from './kinds/user/kind.ts';
import { userReferences } from './kinds/user/references.ts';
import { Definitions } from './managed/definitions.ts';
import { initialPriority } from './managed/initial-priority.ts';
import type { KindEvents, ManagedResource } from './managed/kind.ts';
import { Lookup } from './managed/lookup.ts';
import { NewsWakes } from './managed/news-wakes.ts';
import { managedReconciler, type ReconcilerEnv, type ServedKind } from './managed/reconciler.ts';
import type { ReferenceGrant } from './managed/references.ts';
import { Reporter } from './managed/reporter.ts';
import { ObjectWrites } from './managed/writes.ts';
import { watchObjects } from './object-gauges.ts';
import { watchClients, watchRuntime } from './operator-gauges.ts';
import { providerGroup } from './provider-group.ts';
import type { Clock, Random } from './runtime/clock.ts';
import { Controller, type Reconcile } from './runtime/controller.ts';
import type { DriftPace } from './runtime/drift-pace.ts';
import type { Fence } from './runtime/fence.ts';
import type { Kube } from './runtime/kube.ts';
import { toKubeReconcileError } from './runtime/kube-errors.ts';
import { LoopShare } from './runtime/loop-share.ts';
import type { Leadership, Manager } from './runtime/manager.ts';
import type { NamedWatches } from './runtime/named-watches.ts';
import { OwnChanges } from './runtime/own-changes.ts';
import { RememberingKube } from './runtime/own-writes.ts';
import type { ObjectStore } from './runtime/store.ts';
import { type IndexedKind, indexesOf, StoreSnapshot } from './snapshot.ts';
import type { EventRecorder } from './telemetry/events.ts';
import type { Logger } from './telemetry/logger.ts';
import type { Metrics } from './telemetry/metrics.ts';
import type { Tracer } from './telemetry/tracer.ts';
import { serviceObserver } from './tracing.ts';
import { type WakeSignals, wireWakes } from './wake.ts';
import { parseAllowedEndpoints } from './wasabi/allowed-endpoints.ts';
import { BucketIndexes } from './wasabi/buckets.ts';
import { ClientPool } from './wasabi/clients.ts';
import { UnsupportedCalls } from './wasabi/unsupported.ts';
import { createManager, createSecretWatches } from './watches.ts';

/** What an operator is made of: its settings, and the effects that a test replaces. */
export interface OperatorParts {
  readonly config: Config;
  readonly clusterId: string;
  readonly kube: Kube;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  readonly events: EventRecorder;
  /** Whose rights decide on every call that changes something. */
  readonly fence: Fence;
  /** Absent: this process leads from the start. */
  readonly leadership: Leadership | undefined;
}

/** The controllers of all kinds, wired and not yet started. */
export interface Operator {
  readonly manager: Manager;
  readonly controllers: ReadonlyMap<string, Controller>;
  readonly secrets: NamedWatches;
  readonly existence: ExistenceSweeps;
}

/** To add a kind: one line here, and one in the table of `reconciles` below. */
const kinds = {
  Provider: indexed(providerDefinition, {
    references: providerReferences,
    externalName: ({ metadata }) => metadata.uid,
  }),
  Bucket: indexed(bucketDefinition, {
    references: bucketReferences,
    externalName: ({ spec }) => spec.name,
    mentions: bucketMentions,
  }),
  BucketPolicy: indexed(bucketPolicyDefinition, {
    references: bucketPolicyReferences,
    externalName: (resource) => keyText(bucketReference(resource).key),
  }),
  User: indexed(userDefinition, { references: userReferences, externalName: ({ spec }) => spec.name }),
  IAMPolicy: indexed(iamPolicyDefinition, { references: iamPolicyReferences, externalName: policyName }),
  AccessKey: indexed(accessKeyDefinition, { references: accessKeyReferences, externalName: userKeyText }),
} as const satisfies Record<string, IndexedKind & ServedKind>;

/** Wires an operator by hand: stores, lookup, clients, one reconciler a kind, and who wakes whom. */
export function createOperator(parts: OperatorParts): Operator {
  const { config, clock } = parts;
  const manager = createManager(parts);
  const stores = new Map(
    Object.entries(kinds).map(([name, kind]) => [name, manager.watch(kind.type, { indexes: indexesOf(kind) })]),
  );
  // Rights on some namespaces only need not include their labels; selectors of labels then admit nobody.
  const namespaces = manager.watch(NAMESPACES, { metadataOnly: true, isOptional: config.namespaces !== undefined });
  const grants = manager.watch<ReferenceGrant>(REFERENCE_GRANTS, { isOptional: true });
  const watchedSecrets = new WatchedSecrets({ manager, clock, namespaces: config.secretNamespaces });
  const secrets = createSecretWatches(parts);
  const kube = new RememberingKube(parts.kube, (type) =>
    type.group === '' && type.plural === 'secrets' ? secrets.store : asStore(stores.get(type.kind)),
  );
  const indexedStores = new Map(
    Object.entries(kinds).flatMap(([name, kind]) => {
      const store = stores.get(name);
      return store === undefined ? [] : [[name, { kind, store }] as const];
    }),
  );
  const snapshot = new StoreSnapshot({ kinds: indexedStores, namespaces, grants });
  const lookup = new Lookup(snapshot, config);
  const access = createAccess(parts, { kube, lookup, secrets });
  const existence = createSweeps(parts, stores, { snapshot, access });
  const pace = createDriftPace(parts, { lookup, kinds, access });
  manager.whileLeading(existence);
  if (pace !== undefined) manager.whileLeading(pace);
  const signals: WakeSignals = {
    attachments: new AttachmentSignal(),
    newsWakes: new NewsWakes(),
    ownSecrets: new OwnChanges(),
  };
  const reconciles = createReconciles(parts, { kube, lookup, snapshot, secrets, watchedSecrets, access, ...signals });
  const loop = new LoopShare();
  const controlled = new Map(
    [...indexedStores].map(([name, { kind, store }]) => {
      const groupOf = (key: ObjectKey) => providerGroup(lookup, kinds, name, key);
      const controller = createController(parts, name, { reconcile: reconciles[name], pace, groupOf, loop });
      manager.control(store, controller, { initialPriority, resync: driftChecks(parts, pace, name, controller) });
      return [name, { kind, store, controller }] as const;
    }),
  );
  wireWakes({
    kinds: controlled,
    snapshot,
    lookup,
    namespaces,
    grants,
    secrets,
    keySecrets: watchedSecrets.store,
    access,
    existence,
    ...signals,
  });
  const controllers = new Map([...controlled].map(([name, { controller }]) => [name, controller]));
  watchRuntime(parts.metrics, { clock, manager, controllers, secrets });
  watchObjects(parts.metrics, stores, config);
  return { manager, controllers, secrets, existence };
}

/** One reconciler a kind. */
function createReconciles(
  parts: OperatorParts,
  views: {
    kube: Kube;
    lookup: Lookup;
    snapshot: StoreSnapshot;
    secrets: NamedWatches;
    watchedSecrets: WatchedSecrets;
    access: AccountAccess;
  } & WakeSignals,
): Readonly<Record<string, Reconcile | undefined>> {
  const { config, clock, clusterId, log, metrics, tracer, events, fence } = parts;
  const { kube, lookup, secrets, watchedSecrets, access, attachments, ownSecrets } = views;
  const provider = providerKind({
    lookup,
    access,
    clock,
    secrets: new ProtectedSecrets({
      kube,
      gate: lookup,
      metadata: { get: (key) => secrets.store.get(key), hasSynced: (key) => secrets.hasSynced(key) },
      neededByOthers: (own, secret) => isNeededByOthers(views, own.metadata.uid, secret),
    }),
  });
  const bucket = bucketKind({ lookup, access, kube, clock, clusterId, unsupported: new UnsupportedCalls(clock) });
  const bucketPolicy = bucketPolicyKind({ lookup, access, clock });
  const user = userKind({ lookup, access, clusterId, attachments });
  const iamPolicy = iamPolicyKind({ lookup, access, clusterId });
  const writes = new ObjectWrites({ kube, fence, clock });
  const { userReadinessTimeoutMs: readinessTimeoutMs } = config;
  // What is in the Secrets of keys is read live, past every store: nothing keeps it.
  const ofSecrets = { kube: parts.kube, ownSecrets, watchedSecrets };
  const keyParts = { lookup, access, writes, ...ofSecrets, clock, fence, readinessTimeoutMs };
  const accessKey = withOutputs(accessKeyKind(keyParts), keyParts);
  const eventsOf = eventsAmong([provider, bucket, bucketPolicy, user, iamPolicy, accessKey]);
  const env: ReconcilerEnv = {
    lookup,
    clock,
    clusterId,
    observeOnly: config.observeOnly,
    writes,
    newsWakes: views.newsWakes,
    isSameService: (other, own) => isSameService(lookup, other, own),
    definitions: new Definitions({ kube, clock }),
    reporter: new Reporter({ log, metrics, events, clock, eventsOf }),
    log,
    tracer,
  };
  return {
    Provider: managedReconciler(provider, kinds.Provider, env),
    Bucket: managedReconciler(bucket, kinds.Bucket, env),
    BucketPolicy: managedReconciler(bucketPolicy, kinds.BucketPolicy, env),
    User: managedReconciler(user, kinds.User, env),
    IAMPolicy: managedReconciler(iamPolicy, kinds.IAMPolicy, env),
    AccessKey: managedReconciler(accessKey, kinds.AccessKey, env),
  };
}

function eventsAmong(kinds: readonly { kind: string; events: KindEvents }[]): (kind: string) => KindEvents {
  const eventsByKind = new Map(kinds.map(({ kind, events }) => [kind, events]));
  return (kind) => {
    const found = eventsByKind.get(kind);
    if (found === undefined) throw new Error(`no kind ${kind}`);
    return found;
  };
}

function createAccess(
  { config, clock, random, fence, metrics, tracer, log }: OperatorParts,
  { kube, lookup, secrets }: { kube: Kube; lookup: Lookup; secrets: NamedWatches },
): AccountAccess {
  const allowed = parseAllowedEndpoints(config.allowedEndpoints);
  const versionOf = (key: Parameters<typeof secrets.store.get>[0]) => {
    const known = secrets.hasSynced(key) ? secrets.store.get(key) : undefined;
    return known === undefined ? undefined : versionText(known);
  };
  const { allowInsecureTls } = config;
  const observer = serviceObserver({ metrics, tracer, log });
  const pool = new ClientPool({ allowed, clock, random, fence, version: VERSION, allowInsecureTls, observer });
  watchClients(metrics, pool);
  return new AccountAccess({
    secrets: new SecretReader({ kube, lookup, versionOf }),
    pool,
    indexes: new BucketIndexes(clock),
    allowed,
    defaultRate: config.wasabiRateLimit,
  });
}

/** What a controller needs beside the operator's parts. */
interface OfKind {
  readonly reconcile: Reconcile | undefined;
  readonly pace: DriftPace | undefined;
  readonly groupOf: (key: ObjectKey) => string;
  readonly loop: LoopShare;
}

function createController(
  { config, clock, random, log, metrics }: OperatorParts,
  kind: string,
  { reconcile, pace, groupOf, loop }: OfKind,
): Controller {
  if (reconcile === undefined) throw new Error(`no reconciler for ${kind}`);
  return new Controller({
    clock,
    random,
    reconcile: pace?.watched(kind, reconcile) ?? reconcile,
    groupOf,
    loop,
    concurrency: config.maxConcurrentReconciles,
    observer: { onTaken: (waitedMs) => metrics.waitedInQueue(kind, waitedMs), onRetry: () => metrics.retried(kind) },
    around: ({ namespace, name }, run) => log.within({ reconcileId: crypto.randomUUID(), kind, namespace, name }, run),
    // Of these the reporter never hears: a status that cannot be written, a pass that does not end.
    onError: (_key, thrown) => {
      const error = toKubeReconcileError(thrown);
      metrics.failed(kind, error.type);
      log[error.type === 'Internal' ? 'error' : 'warn']({ error }, 'a pass failed');
    },
  });
}

/** Stores are invariant in what they hold; whoever writes through this view writes objects of that kind. */
function asStore(store: ObjectStore<ManagedResource> | undefined): ObjectStore | undefined {
  return store as unknown as ObjectStore | undefined;
}
