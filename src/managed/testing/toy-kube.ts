import type { KubeObject, ObjectKey, ResourceType } from '../../api/meta.ts';
import { type Kube, KubeError, type Patch } from '../../runtime/kube.ts';
import { LEGACY_FINALIZER } from '../annotations.ts';
import type { ManagedResource } from '../kind.ts';

/** What was written to the object. */
export interface ToyWrite {
  readonly subresource: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * An API server that keeps one object in memory, beside its definition, with the guards of patches. It takes events, and
 * knows no other call.
 */
export class ToyKube implements Kube {
  object: ManagedResource | undefined;
  /** As a read of the definition answers; an error: that is thrown. */
  definition: { readonly metadata: object } | undefined | KubeError = { metadata: {} };
  /** Thrown by the next patch that touches this: `status`, `finalizers`. */
  readonly failures = new Map<string, Error>();
  readonly writes: ToyWrite[] = [];
  /** `Warning Reason: note` of each. */
  readonly events: string[] = [];
  readonly clockOffsetMs = 0;
  #version = 1;

  constructor(object: ManagedResource) {
    this.object = object;
  }

  servedVerbs(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async get<T extends KubeObject>(type: ResourceType, _key: ObjectKey): Promise<T | undefined> {
    const found = type.plural === 'customresourcedefinitions' ? this.definition : this.object;
    if (found instanceof KubeError) throw found;
    return found as unknown as T | undefined; // whoever asks knows what there is
  }

  list(): never {
    throw new Error('nobody lists here');
  }

  watch(): never {
    throw new Error('nobody watches here');
  }

  async create<T extends KubeObject>(_type: ResourceType, _namespace: string, body: object): Promise<T> {
    const { type, reason, note, message } = body as Readonly<Record<string, string>>; // an Event
    this.events.push(`${type} ${reason}: ${note ?? message}`);
    return body as T;
  }

  async patch<T extends KubeObject>(
    _type: ResourceType,
    _key: ObjectKey,
    patch: Patch,
    options: { readonly subresource?: 'status' } = {},
  ): Promise<T> {
    const before = this.object;
    const failure = this.failures.get(options.subresource ?? 'finalizers');
    this.failures.delete(options.subresource ?? 'finalizers');
    if (failure !== undefined) throw failure;
    if (before === undefined) throw new KubeError('not found', { code: 404, reason: 'NotFound' });
    this.#version += 1;
    const after = patch.type === 'json' ? tested(before, patch.body) : merged(before, guarded(before, patch.body));
    const metadata = { ...after.metadata, resourceVersion: String(this.#version) };
    this.object = { ...after, metadata };
    const isEnded = metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0;
    if (isEnded) this.object = undefined;
    this.writes.push({ subresource: options.subresource, body: patch.body as ToyWrite['body'] });
    return { ...after, metadata } as unknown as T; // the one object there is
  }

  delete(): never {
    throw new Error('nobody deletes here');
  }
}

function guarded({ metadata }: ManagedResource, body: object): object {
  const guard = (body as { readonly metadata?: Partial<ManagedResource['metadata']> }).metadata ?? {};
  if (guard.uid !== undefined && guard.uid !== metadata.uid) {
    throw new KubeError('metadata.uid: field is immutable', { code: 422, reason: 'Invalid' });
  }
  if (guard.resourceVersion !== undefined && guard.resourceVersion !== metadata.resourceVersion) {
    throw new KubeError('the object has been modified', { code: 409, reason: 'Conflict' });
  }
  return body;
}

function merged<T>(before: T, patch: object): T {
  const entries = Object.entries(patch).map(([name, value]: [string, unknown]) => {
    const there = (before as Readonly<Record<string, unknown>> | undefined)?.[name];
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return [name, isObject ? merged(there ?? {}, value) : value] as const;
  });
  const all = Object.entries({ ...before, ...Object.fromEntries(entries) });
  return Object.fromEntries(all.filter(([, value]) => value !== null)) as T;
}

/** A patch of the finalizers, whose tests have to hold. */
function tested(before: ManagedResource, body: Extract<Patch, { type: 'json' }>['body']): ManagedResource {
  const there = { '/metadata/uid': before.metadata.uid, '/metadata/finalizers': before.metadata.finalizers };
  let finalizers = before.metadata.finalizers ?? [LEGACY_FINALIZER];
  for (const operation of body) {
    const { path } = operation;
    const value = operation.op === 'remove' ? undefined : operation.value;
    const isSame = JSON.stringify(there[path as keyof typeof there]) === JSON.stringify(value);
    if (operation.op === 'test' && !isSame) throw new KubeError('the test failed', { code: 422, reason: 'Invalid' });
    if (operation.op === 'replace') finalizers = value as readonly string[];
  }
  return { ...before, metadata: { ...before.metadata, finalizers } };
}
