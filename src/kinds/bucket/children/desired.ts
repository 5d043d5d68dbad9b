import type { Bucket } from '../../../api/bucket.ts';
import { findCondition } from '../../../managed/conditions.ts';
import type { Change } from '../../../managed/kind.ts';
import { CHILD_KINDS, type ChildKind, childText, DELETION_ORDER, isChildKind, isNameTooLong } from './child-kinds.ts';
import type { FoundChild, FoundChildren } from './found.ts';
import { childManifest, isApplied } from './manifest.ts';

/** What is to become of the children. */
export interface DesiredChildren {
  /**
   * Make: `spec.autoManage` asks for them. Delete: it says `enabled: false`. Release: it is not there: what this operator
   * made becomes independent. None: they cannot be named.
   */
  readonly type: 'Make' | 'Delete' | 'Release' | 'None';
  readonly bucket: Bucket;
  /** Those that are made, where they are missing: key and policy come once their user is there, and wait for nothing. */
  readonly due: ReadonlySet<ChildKind>;
  /** What was there when that was decided. */
  readonly found: FoundChildren;
}

/** One write to one child. */
export type ChildChange = Change & {
  readonly type: `${'Apply' | 'Delete' | 'Release'}:${ChildKind}`;
  readonly action: 'Apply' | 'Delete' | 'Release';
  readonly child: ChildKind;
};

/** What is to become of the children, from the spec and what is there. Pure. */
export function desiredChildren(bucket: Bucket, found: FoundChildren): DesiredChildren {
  const { autoManage } = bucket.spec;
  const none: DesiredChildren = { type: 'None', bucket, due: new Set(), found };
  if (autoManage === undefined) return { ...none, type: 'Release' };
  if (!autoManage.enabled) return { ...none, type: 'Delete' };
  if (isNameTooLong(bucket)) return none;
  return { ...none, type: 'Make', due: new Set(isUserThere(found) ? CHILD_KINDS : ['User']) };
}

/** The changes that bring the children to that, in order. Pure. */
export function diffChildren(desired: DesiredChildren, found: FoundChildren): readonly ChildChange[] {
  const { bucket } = desired;
  switch (desired.type) {
    case 'None':
      return [];
    case 'Release':
      return CHILD_KINDS.filter((kind) => found[kind]?.claim === 'Own').map((kind) => change('Release', kind, bucket));
    case 'Delete': {
      const next = nextToDelete(found);
      return next === undefined || found[next]?.isGoing === true ? [] : [change('Delete', next, bucket)];
    }
    case 'Make':
      return CHILD_KINDS.filter((kind) => {
        const child = found[kind];
        if (child === undefined) return desired.due.has(kind);
        if (child.isGoing || child.claim === 'Foreign') return false;
        return child.claim !== 'Own' || !isApplied(childManifest(kind, bucket, child.object), child.object);
      }).map((kind) => ({ ...change('Apply', kind, bucket), isToldElsewhere: found[kind] === undefined }));
  }
}

/** The one child whose turn it is to go; undefined: none of this Bucket's is left. */
export function nextToDelete(found: FoundChildren): ChildKind | undefined {
  return DELETION_ORDER.find((kind) => isClaimed(found[kind]));
}

/** Whether it is a child of this Bucket: one that was let go of is none. */
export function isClaimed(child: FoundChild | undefined): child is FoundChild {
  return child?.claim === 'Own' || child?.claim === 'Inherited';
}

/** Whether key and policy find what they need: the user was found ready by this operator once. */
function isUserThere({ User: user }: FoundChildren): boolean {
  if (!isClaimed(user) || user.isGoing) return false;
  const ready = findCondition(user.object.status?.conditions, 'Ready');
  return ready?.status === 'True' && ready.observedGeneration !== undefined;
}

/** Whether the change of that name is one to a child, and none to the bucket itself. */
export function isChildChange(type: string): boolean {
  const [action = '', child = ''] = type.split(':');
  return Object.hasOwn(VERBS, action) && isChildKind(child);
}

const VERBS = { Apply: 'apply', Delete: 'delete', Release: 'let go of' } as const;

function change(action: ChildChange['action'], child: ChildKind, bucket: Bucket): ChildChange {
  return { type: `${action}:${child}`, summary: `${VERBS[action]} ${childText(child, bucket)}`, action, child };
}
