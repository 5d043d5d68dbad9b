import type { Bucket, BucketSpecInput } from '../../../../api/bucket.ts';
import { bucketDefinition } from '../../../../api/bucket.ts';
import type { ManagedResource, StoredCondition } from '../../../../managed/kind.ts';
import { CHILD_KINDS, type ChildKind } from '../child-kinds.ts';
import { type FoundChildren, foundChild } from '../found.ts';
import { childManifest } from '../manifest.ts';

const API = 's3.cloud37.dev/v1alpha1';

/** The Bucket a/logs, as the API server stores it. */
export function bucketOf(
  autoManage: BucketSpecInput['autoManage'],
  status: Bucket['status'] = {},
  name = 'logs',
): Bucket {
  const spec = { providerRef: { name: 'p', namespace: 'shared' }, name: 'team-logs', autoManage };
  const metadata = { name, namespace: 'a', uid: 'bucket-uid', resourceVersion: '1', creationTimestamp: '' };
  const stored = bucketDefinition.schema.parse({ spec }) as { spec: Bucket['spec'] }; // the schema is that of the type
  return { apiVersion: API, kind: 'Bucket', metadata, spec: stored.spec, status };
}

const ready: StoredCondition = { type: 'Ready', status: 'True', reason: 'Available', observedGeneration: 1 };
/** What it says of one that is not. */
export const failing = (reason: string): StoredCondition => ({ ...ready, status: 'False', reason });

/** How a child differs from what is applied. */
export interface Sketch {
  /** Default: this Bucket's own. */
  readonly owner?: 'legacy' | 'released' | 'helm' | 'reowned' | 'earlier' | 'nobody' | 'stranger' | 'disputed';
  readonly conditions?: readonly StoredCondition[];
  readonly spec?: object;
  readonly isGoing?: boolean;
  readonly generation?: number;
}

const legacy = { apiVersion: API, kind: 'Bucket', name: 'logs', uid: 'bucket-uid', controller: true };
const stranger = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'logs', uid: 'x', controller: true };
const owners = {
  legacy: [legacy],
  earlier: [{ ...legacy, uid: 'earlier-uid' }],
  nobody: [],
  released: [],
  helm: [],
  reowned: [stranger],
  stranger: [stranger],
  disputed: [{ ...legacy, controller: false }, stranger],
};

/** What tells a child that this Bucket let go of, and that nobody, Helm or another controller has taken since. */
const note = { annotations: { 's3.cloud37.dev/released-from': 'bucket-uid' } };
const metadataOf: Partial<Record<keyof typeof owners, object>> = {
  released: note,
  helm: { ...note, labels: { 'app.kubernetes.io/managed-by': 'Helm' } },
  reowned: note,
};

/** The child of that kind as it is there: as it is applied, but for what the sketch says. */
export function child(bucket: Bucket, kind: ChildKind, sketch: Sketch = {}): ManagedResource {
  const { apiVersion, metadata, spec } = childManifest(kind, bucket, undefined);
  const { labels, ...rest } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      ...rest,
      ...(sketch.owner === undefined
        ? { labels }
        : { ownerReferences: owners[sketch.owner], ...metadataOf[sketch.owner] }),
      uid: `${kind}-uid`,
      resourceVersion: '1',
      creationTimestamp: '',
      generation: sketch.generation ?? 1,
      ...(sketch.isGoing === true ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { ...spec, ...sketch.spec },
    status: { conditions: sketch.conditions ?? [ready] },
  };
}

/** Those children that are there. */
export type Sketches = { readonly [K in ChildKind]?: Sketch };

/** The children of the sketches, as they are found. */
export function found(bucket: Bucket, sketches: Sketches): FoundChildren {
  return Object.fromEntries(
    CHILD_KINDS.map((kind) => {
      const sketch = sketches[kind];
      return [kind, sketch === undefined ? undefined : foundChild(bucket, child(bucket, kind, sketch))];
    }),
  );
}

/** All are there as they should be. */
export const all: Sketches = { User: {}, BucketPolicy: {}, AccessKey: {} };
/** All are there as the predecessor left them. */
export const inherited: Sketches = {
  User: { owner: 'legacy' },
  BucketPolicy: { owner: 'legacy' },
  AccessKey: { owner: 'legacy' },
};
