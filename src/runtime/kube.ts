import type { KubeObject, ObjectKey, ResourceType } from '../api/meta.ts';

/** One operation of an RFC 6902 patch; `test` makes the patch fail with 422 when the value differs. */
export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

export type Patch =
  /** RFC 7386. Put `metadata.resourceVersion` (a mismatch answers 409) or `metadata.uid` (422) into the body to guard it. */
  | { readonly type: 'merge'; readonly body: object }
  | { readonly type: 'json'; readonly body: readonly JsonPatchOperation[] }
  /** Server-side apply. `force` takes over fields that another manager owns. */
  | { readonly type: 'apply'; readonly body: object; readonly force?: boolean };

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** The whole call, retries after 429 and 503 included. Default 30,000. */
  readonly timeoutMs?: number;
}

export interface DryRun {
  /** The server validates, admits and answers as always, and stores nothing. */
  readonly isDryRun?: boolean;
}

export interface DeletePreconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

export interface ListOptions extends CallOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Objects a page; default 500. */
  readonly limit?: number;
  readonly continueToken?: string;
  /** Only metadata is asked for (PartialObjectMetadata): the items have no spec, data or status. */
  readonly metadataOnly?: boolean;
}

export interface ListPage<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  /** Present while there are more pages. */
  readonly continueToken?: string;
}

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string }
  /** The server ended the stream with a Status; `code` 410 means the resourceVersion is too old. */
  | { readonly type: 'ERROR'; readonly code: number; readonly reason: string; readonly message: string };

export interface WatchOptions {
  readonly signal: AbortSignal;
  readonly resourceVersion: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly metadataOnly?: boolean;
  /** After this many seconds the server ends the stream in good order. */
  readonly timeoutSeconds: number;
  /** The server has taken the watch; events may be long in coming. */
  readonly onOpen?: () => void;
}

/** A failed call of the API server. `code` 0: no answer came (connection refused, reset, deadline). */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly code: number;
  /**
   * metav1.Status.reason: NotFound, Conflict, AlreadyExists, Invalid, Expired, …, or '' when there was no Status. Besides:
   * NotServed (a 404 that speaks of the kind, not of an object), NamespaceTerminating, and for code 0 Timeout, Aborted,
   * Unreachable, NotKubernetes.
   */
  readonly reason: string;
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: { code: number; reason?: string; retryAfterMs?: number | undefined; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.reason = options.reason ?? '';
    this.retryAfterMs = options.retryAfterMs;
  }
}

/**
 * The Kubernetes API as this project uses it. Objects come back as the server sent them and are never mutated.
 * Every method throws KubeError, and what changes something also the fence's ReconcileError. `get` answers `undefined`
 * when the server says that there is no such object, and for nothing else: not for a kind that is not served.
 */
export interface Kube {
  /** The server's clock minus ours in milliseconds, from the Date of its last answer (grain 1 s); 0 before the first. */
  readonly clockOffsetMs: number;
  /** The verbs of a kind that discovery names now; undefined: it does not name the kind. */
  servedVerbs(type: ResourceType, options?: CallOptions): Promise<readonly string[] | undefined>;
  get<T extends KubeObject>(type: ResourceType, key: ObjectKey, options?: CallOptions): Promise<T | undefined>;
  /** One page. `namespace` undefined: all namespaces. */
  list<T extends KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    options?: ListOptions,
  ): Promise<ListPage<T>>;
  /** Ends (returns) when the server ends the stream; throws KubeError when it breaks, also on a line that is no JSON. */
  watch<T extends KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    options: WatchOptions,
  ): AsyncIterable<WatchEvent<T>>;
  create<T extends KubeObject>(
    type: ResourceType,
    namespace: string,
    body: object,
    options?: CallOptions & DryRun,
  ): Promise<T>;
  patch<T extends KubeObject>(
    type: ResourceType,
    key: ObjectKey,
    patch: Patch,
    options?: CallOptions & DryRun & { readonly subresource?: 'status' },
  ): Promise<T>;
  /** Success when the object is already gone. Answers the object while finalizers hold it. */
  delete(
    type: ResourceType,
    key: ObjectKey,
    options?: CallOptions & { readonly preconditions?: DeletePreconditions },
  ): Promise<void>;
}
