import { BUCKETS, type Bucket } from '../../../api/bucket.ts';
import { keyOf } from '../../../api/meta.ts';
import { RELEASED_FROM } from '../../../managed/annotations.ts';
import type { ManagedResource } from '../../../managed/kind.ts';
import { ReconcileError } from '../../../runtime/errors.ts';
import { withoutOwnApply } from '../../../runtime/field-ownership.ts';
import { type Kube, KubeError } from '../../../runtime/kube.ts';
import { toKubeReconcileError } from '../../../runtime/kube-errors.ts';
import { type ChildKind, childKey, childText, childType } from './child-kinds.ts';
import type { ChildChange } from './desired.ts';
import { type FoundChild, namesBucket } from './found.ts';
import { childManifest, MANAGED_BY, ownerReference } from './manifest.ts';

/** The writes of a Bucket to its children. Each is guarded, so that none ever lands on an object of somebody else. */
export class ChildWrites {
  readonly #kube: Kube;

  constructor(kube: Kube) {
    this.#kube = kube;
  }

  /** Makes one change. Nothing is left to do for a child that is gone. @throws as the method of that name */
  async make(
    bucket: Bucket,
    action: ChildChange['action'],
    kind: ChildKind,
    child: FoundChild | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    if (action === 'Apply') return this.apply(bucket, kind, child, signal);
    if (child === undefined) return;
    await (action === 'Delete' ? this.delete(bucket, kind, child, signal) : this.release(bucket, kind, child, signal));
  }

  /**
   * Makes the child of that kind, or brings it in line. What others set in it stays.
   * @throws Transient, reason Conflict, when somebody was faster; InvalidSpec, DependencyNotReady
   */
  async apply(bucket: Bucket, kind: ChildKind, child: FoundChild | undefined, signal: AbortSignal): Promise<void> {
    const type = childType(kind);
    const key = childKey(kind, bucket);
    const manifest = childManifest(kind, bucket, child?.object);
    await this.#told(kind, bucket, async () => {
      if (child === undefined) {
        // An apply would also change an object that is there: the store may be behind, so the server is asked first.
        if ((await this.#kube.get(type, key, { signal })) !== undefined) throw appeared(kind, bucket);
        await this.#kube.patch(type, key, { type: 'apply', body: manifest }, { signal });
        return;
      }
      await this.#takeReference(bucket, kind, child.object, signal);
      const body = { ...manifest, metadata: { ...manifest.metadata, uid: child.object.metadata.uid } };
      await this.#kube.patch(type, key, { type: 'apply', body, force: true }, { signal });
    });
  }

  /**
   * Deletes a child; its own finalizer does the rest. One that is gone already is success.
   * @throws StaleRead when Bucket or child are not as they were read
   */
  async delete(bucket: Bucket, kind: ChildKind, { object }: FoundChild, signal: AbortSignal): Promise<void> {
    await this.#told(kind, bucket, async () => {
      const live = await this.#kube.get(BUCKETS, keyOf(bucket), { signal });
      const { uid, generation } = bucket.metadata;
      if (live?.metadata.uid !== uid || live.metadata.generation !== generation) {
        throw new ReconcileError('StaleRead', 'the Bucket was edited since: the store is behind');
      }
      const preconditions = { uid: object.metadata.uid, resourceVersion: object.metadata.resourceVersion };
      await this.#kube.delete(childType(kind), keyOf(object), { preconditions, signal });
    });
  }

  /**
   * Makes a child independent: our reference, label and ownership of fields go, everything else stays. It keeps a note
   * of the Bucket that it was of: it does not hold the deletion of that one, which may take it back.
   */
  async release(bucket: Bucket, kind: ChildKind, { object }: FoundChild, signal: AbortSignal): Promise<void> {
    await this.#told(kind, bucket, async () => {
      const type = childType(kind);
      const live = await this.#kube.get(type, keyOf(object), { signal });
      if (live?.metadata.uid !== object.metadata.uid) return;
      const { uid, resourceVersion, ownerReferences = [] } = live.metadata;
      const kept = ownerReferences.filter((reference) => !namesBucket(bucket, reference));
      const metadata = {
        uid,
        resourceVersion,
        ownerReferences: kept.length === 0 ? null : kept,
        ...(live.metadata.labels?.[MANAGED_BY.label] === MANAGED_BY.value
          ? { labels: { [MANAGED_BY.label]: null } }
          : {}),
        annotations: { [RELEASED_FROM]: bucket.metadata.uid },
        managedFields: withoutOwnApply(live.metadata),
      };
      await this.#kube.patch(type, keyOf(object), { type: 'merge', body: { metadata } }, { signal });
    });
  }

  /**
   * A reference to an earlier incarnation of the Bucket makes room for one to this: an object has one controller. So
   * does the note of one that was let go of.
   */
  async #takeReference(bucket: Bucket, kind: ChildKind, object: ManagedResource, signal: AbortSignal): Promise<void> {
    const { uid, resourceVersion, ownerReferences = [], annotations } = object.metadata;
    const isStale = (one: (typeof ownerReferences)[number]) =>
      namesBucket(bucket, one) && one.uid !== bucket.metadata.uid;
    const isNoted = annotations?.[RELEASED_FROM] !== undefined;
    if (!isNoted && !ownerReferences.some(isStale)) return;
    const others = ownerReferences.filter((one) => !namesBucket(bucket, one));
    const metadata = {
      uid,
      resourceVersion,
      ownerReferences: [...others, ownerReference(bucket)],
      ...(isNoted ? { annotations: { [RELEASED_FROM]: null } } : {}),
    };
    await this.#kube.patch(childType(kind), keyOf(object), { type: 'merge', body: { metadata } }, { signal });
  }

  async #told(kind: ChildKind, bucket: Bucket, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (thrown) {
      throw toChildError(thrown, kind, bucket);
    }
  }
}

function appeared(kind: ChildKind, bucket: Bucket): ReconcileError {
  const message = `${childText(kind, bucket)} appeared or changed meanwhile`;
  return new ReconcileError('Transient', message, { reason: 'Conflict' });
}

function toChildError(thrown: unknown, kind: ChildKind, bucket: Bucket): ReconcileError {
  if (thrown instanceof KubeError && (thrown.code === 400 || thrown.code === 422)) {
    const message = `${childText(kind, bucket)} is refused by the API server: ${thrown.message}`;
    return new ReconcileError('InvalidSpec', message, { reason: 'Rejected', cause: thrown });
  }
  const error = toKubeReconcileError(thrown);
  if (error.type !== 'StaleRead') return error;
  return appeared(kind, bucket);
}
