import type { KubeObject, ObjectKey } from '../api/meta.ts';
import type { FeedScope } from './store-feed.ts';

/** Our own last write, which readers see until the source has delivered it or something newer. */
export type Own<T> =
  | { readonly type: 'object'; readonly object: T; readonly atStep: number }
  | { readonly type: 'gone'; readonly uid: string; readonly atStep: number };

/** What the store knows of one key. */
export interface Entry<T> {
  delivered: T | undefined;
  own: Own<T> | undefined;
  /** The list that showed the object last. */
  list: object | undefined;
}

/** A list that is being read. */
export interface OpenList {
  readonly scope: FeedScope;
  readonly beganAtStep: number;
  readonly isInitial: boolean;
  isFirstPageDue: boolean;
}

/** What readers see of an entry. */
export function visible<T>(entry: Entry<T>): T | undefined {
  if (entry.own === undefined) return entry.delivered;
  return entry.own.type === 'object' ? entry.own.object : undefined;
}

/** Makes it an entry of nothing. */
export function forget(entry: Entry<unknown>): void {
  entry.delivered = undefined;
  entry.own = undefined;
}

/** Whether the list began after the write was answered: what it shows is at or past the write. */
export function isOvertaken(own: Own<unknown> | undefined, list: OpenList | undefined): boolean {
  return own !== undefined && list !== undefined && own.atStep < list.beganAtStep;
}

/** Whether that version is the very one that our write made. */
export function isVersion(own: Own<KubeObject> | undefined, version: string): boolean {
  return own?.type === 'object' && versionOf(own.object) === version;
}

/** The incarnation that our write was about. */
export function uidOf(own: Own<KubeObject> | undefined): string | undefined {
  return own?.type === 'object' ? own.object.metadata.uid : own?.uid;
}

/** The resourceVersion: opaque, compared for equality alone. */
export function versionOf(object: KubeObject): string {
  return object.metadata.resourceVersion;
}

/** Whether the source delivers the object of that key. */
export function covers(scope: FeedScope, key: ObjectKey): boolean {
  if (scope.key !== undefined) return scope.key.namespace === key.namespace && scope.key.name === key.name;
  return scope.namespace === undefined || scope.namespace === key.namespace;
}

/** The key whose text that is: no name and no namespace has a slash. */
export function keyFrom(text: string): ObjectKey {
  const slash = text.indexOf('/');
  return slash < 0 ? { namespace: '', name: text } : { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}
