import type { RecordedOutput } from '../../../api/key-outputs.ts';
import { ReconcileError } from '../../../runtime/errors.ts';
import { KubeError } from '../../../runtime/kube.ts';
import { toKubeReconcileError } from '../../../runtime/kube-errors.ts';
import { metadataPatch, ownerReferenceTo } from '../secret-object.ts';
import type { OutputStep, UnwantedOutput, WantedOutput } from './diff.ts';
import {
  CONTENT_HASH,
  contentOf,
  keyOfObject,
  MERGED_KEYS,
  mergeAnnotations,
  mergedKeysOf,
  metadataFor,
  objectText,
  type StandingObject,
  typeOfObject,
} from './objects.ts';
import type { OutputClient } from './observe.ts';
import { renderOutput } from './render.ts';

/**
 * Makes one step, on the very state that was read. Safe to repeat. `status.outputs` lists the object by then.
 * @throws StaleRead when the object changed meanwhile; InvalidSpec, reason Rejected; DependencyNotReady
 */
export async function applyOutput(client: OutputClient, step: OutputStep, signal: AbortSignal): Promise<void> {
  switch (step.type) {
    case 'WriteOutput':
      return write(client, step.output, signal).catch((thrown: unknown) => refused(thrown, step.output));
    case 'RemoveOutput':
      return remove(client, step.output, signal).catch((thrown: unknown) => {
        throw toKubeReconcileError(thrown);
      });
  }
}

async function write(client: OutputClient, output: WantedOutput, signal: AbortSignal): Promise<void> {
  const { kube, resource } = client;
  const { object, standing, desired, values } = output;
  const rendered = renderOutput(desired.entry, values, desired.path);
  const content = contentOf(object, rendered);
  if (object.merge === true) {
    const { data } = content;
    const gone =
      standing === undefined ? [] : mergedKeysOf(standing, resource).filter((key) => !Object.hasOwn(data, key));
    const body = { metadata: { annotations: mergeAnnotations(resource, content) }, data: { ...data, ...asNull(gone) } };
    return patch(client, object, standing, body, signal);
  }
  const metadata = metadataFor(resource, content, rendered);
  if (standing !== undefined && output.type === 'Stale') {
    const gone = standing.dataKeys.filter((key) => !Object.hasOwn(content.data, key));
    const body = {
      metadata: metadataPatch(standing, resource, metadata) ?? {},
      data: { ...content.data, ...asNull(gone) },
    };
    return patch(client, object, standing, body, signal);
  }
  if (standing !== undefined) await drop(client, object, standing, signal);
  const key = keyOfObject(object);
  const isOwn = key.namespace === resource.metadata.namespace;
  const ownerReferences = isOwn ? { ownerReferences: [ownerReferenceTo(resource)] } : {};
  const body = {
    apiVersion: 'v1',
    kind: object.kind,
    metadata: { ...key, labels: metadata.labels, annotations: metadata.annotations, ...ownerReferences },
    ...(content.type === undefined ? {} : { type: content.type }),
    data: content.data,
  };
  await kube.create(typeOfObject(object), key.namespace, body, { signal });
}

async function remove(client: OutputClient, { object, standing }: UnwantedOutput, signal: AbortSignal): Promise<void> {
  if (object.merge !== true) return drop(client, object, standing, signal);
  const annotations = asNull([MERGED_KEYS, CONTENT_HASH]);
  const body = { metadata: { annotations }, data: asNull(mergedKeysOf(standing, client.resource)) };
  return patch(client, object, standing, body, signal);
}

async function patch(
  { kube }: OutputClient,
  object: RecordedOutput,
  standing: StandingObject | undefined,
  { metadata, data }: { readonly metadata: object; readonly data: Readonly<Record<string, string | null>> },
  signal: AbortSignal,
): Promise<void> {
  const body = { metadata: { ...metadata, resourceVersion: standing?.metadata.resourceVersion }, data };
  await kube.patch(typeOfObject(object), keyOfObject(object), { type: 'merge', body }, { signal });
}

async function drop(
  { kube }: OutputClient,
  object: RecordedOutput,
  { metadata: { uid, resourceVersion } }: StandingObject,
  signal: AbortSignal,
): Promise<void> {
  await kube.delete(typeOfObject(object), keyOfObject(object), { preconditions: { uid, resourceVersion }, signal });
}

function asNull(names: readonly string[]): Readonly<Record<string, null>> {
  return Object.fromEntries(names.map((name) => [name, null]));
}

/** A refusal of the content itself: the spec must change. The server's own words may quote what was sent. */
function refused(thrown: unknown, { object, desired }: WantedOutput): never {
  if (!(thrown instanceof KubeError) || (thrown.code !== 422 && thrown.code !== 400))
    throw toKubeReconcileError(thrown);
  const message = `${desired.path}: the API server does not take ${objectText(object)} with this name, type, keys, labels and annotations: correct them`;
  throw new ReconcileError('InvalidSpec', message, { reason: 'Rejected', cause: thrown });
}
