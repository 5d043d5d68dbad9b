import type { ObjectKey } from '../api/meta.ts';

/** What becomes of a key after its pass. Retries back off; `atLeastMs` is a lower bound given by the other side. */
export type Result =
  | { readonly type: 'done' }
  | { readonly type: 'requeueAfter'; readonly ms: number }
  | { readonly type: 'retry'; readonly atLeastMs?: number };

/** One pass over one object. Reads all it needs by itself: the key carries no payload. */
export type Reconcile = (key: ObjectKey, signal: AbortSignal) => Promise<Result>;
