import type { AccessKey } from '../../../api/access-key.ts';
import { NAMESPACES } from '../../../api/core-types.ts';
import { MAX_RECORDED_OUTPUTS, type RecordedOutput } from '../../../api/key-outputs.ts';
import { keyText } from '../../../api/meta.ts';
import type { Lookup } from '../../../managed/lookup.ts';
import type { Credential } from '../../../runtime/credential.ts';
import { ReconcileError, toReconcileError } from '../../../runtime/errors.ts';
import { type Kube, KubeError } from '../../../runtime/kube.ts';
import { toKubeReconcileError } from '../../../runtime/kube-errors.ts';
import { isOurs } from '../secret-object.ts';
import { type DesiredOutput, outputReference } from './desired.ts';
import { acceptsMerge, compared, type ObservedOutput, refuseImmutable } from './diff.ts';
import {
  contentHashOf,
  contentOf,
  type DataObject,
  isSameObject,
  keyOfObject,
  mergedKeysOf,
  objectText,
  standingOf,
  typeOfObject,
} from './objects.ts';
import { renderOutput } from './render.ts';
import { outputValues } from './values.ts';

/** What reading and writing the outputs of one object takes. */
export interface OutputClient {
  readonly kube: Kube;
  readonly lookup: Lookup;
  readonly resource: AccessKey;
}

/** What is asked about the outputs. */
export interface OutputQuestion {
  readonly desired: readonly DesiredOutput[];
  /** `status.outputs`. */
  readonly recorded: readonly RecordedOutput[];
  /** Names in the namespace of the object that the key's own Secrets have or may take: never removed from here. */
  readonly ownSecrets: readonly string[];
  /** The key that is published now, which was found to work; undefined: there is none, and nothing is written. */
  readonly key: { readonly id: string; readonly secret: Credential } | undefined;
}

/**
 * Reads every object that is asked for or recorded, one by one and live. What fails for one keeps no other from being
 * read; nothing is read in another namespace without a grant.
 */
export async function observeOutputs(
  client: OutputClient,
  question: OutputQuestion,
  signal: AbortSignal,
): Promise<readonly ObservedOutput[]> {
  const { desired, recorded } = question;
  const wanted = await observeAllWanted(client, question, signal);
  const isWanted = (object: RecordedOutput) =>
    desired.some((output) => objectsOf(output, recorded).some((other) => isSameObject(other, object)));
  // What is new stands before what it may replace goes.
  const isNewWaiting = wanted.some((output) => output.type === 'Kept' && !output.isRecorded);
  const left: ObservedOutput[] = [];
  for (const object of recorded) {
    if (!isWanted(object)) left.push(await observeLeft(client, object, question, isNewWaiting, signal));
  }
  return [...wanted, ...left];
}

/** What the spec asks for, in its order. */
async function observeAllWanted(
  client: OutputClient,
  { desired, recorded, key }: OutputQuestion,
  signal: AbortSignal,
): Promise<readonly ObservedOutput[]> {
  const found: ObservedOutput[] = [];
  let room = MAX_RECORDED_OUTPUTS - recorded.length;
  for (const output of desired) {
    for (const object of objectsOf(output, recorded)) {
      const before = recorded.find((other) => isSameObject(other, object));
      const known = { object: before ?? object, isRecorded: before !== undefined };
      if (key === undefined && output.problem === undefined) {
        found.push({ type: 'Kept', ...known });
        continue;
      }
      room -= before === undefined ? 1 : 0;
      const reading = room < 0 ? Promise.reject(noRoom(output)) : observeWanted(client, output, object, key, signal);
      found.push(await reading.catch((thrown: unknown) => blocked(known, thrown)));
    }
  }
  return found;
}

/** What is recorded, and not asked for any more. */
async function observeLeft(
  client: OutputClient,
  object: RecordedOutput,
  { ownSecrets }: OutputQuestion,
  mustStay: boolean,
  signal: AbortSignal,
): Promise<ObservedOutput> {
  if (object.namespace === client.resource.metadata.namespace && ownSecrets.includes(object.name)) {
    return { type: 'Gone', object };
  }
  const known = { object, isRecorded: true };
  if (mustStay) return { type: 'Kept', ...known };
  return observeUnwanted(client, object, signal).catch((thrown: unknown) => blocked(known, thrown));
}

function blocked(known: { readonly object: RecordedOutput; readonly isRecorded: boolean }, thrown: unknown) {
  return { type: 'Blocked', ...known, problem: toReconcileError(thrown) } as const;
}

/** The objects that an output is made of; one that cannot be keeps those that it had. Pure. */
function objectsOf(
  { key, entry, problem }: DesiredOutput,
  recorded: readonly RecordedOutput[],
): readonly RecordedOutput[] {
  const secret: RecordedOutput = { kind: 'Secret', ...key, ...(entry.merge === true ? { merge: true } : {}) };
  const configMap: RecordedOutput = { kind: 'ConfigMap', ...key };
  const hasConfigMap = entry.preset === 'obc';
  const hadConfigMap = problem !== undefined && recorded.some((other) => isSameObject(other, configMap));
  return hasConfigMap || hadConfigMap ? [secret, configMap] : [secret];
}

async function observeWanted(
  client: OutputClient,
  desired: DesiredOutput,
  object: RecordedOutput,
  key: OutputQuestion['key'],
  signal: AbortSignal,
): Promise<ObservedOutput> {
  if (desired.problem !== undefined) throw desired.problem;
  if (key === undefined) throw new Error('without a key nothing is compared');
  const values = outputValues(key, desired.location);
  const rendered = renderOutput(desired.entry, values, desired.path);
  if (!isPermitted(client, object, desired.path)) throw notPermitted(`${desired.path}: ${grantText(client, object)}`);
  const standing = await read(client, object, signal);
  const type = compared(client.resource, desired, { object, rendered, standing });
  if (type === 'Current') return { type, object, contentHash: contentHashOf(contentOf(object, rendered)) };
  return { type, object, standing: standing && standingOf(standing), desired, values };
}

/**
 * An object that was recorded and is not asked for. What is not ours, or not any more, is let go of.
 * @throws DependencyNotReady, reasons RefNotPermitted without a grant, SecretInvalid where nothing can be taken out; what
 *   a failed call throws
 */
export async function observeUnwanted(
  client: OutputClient,
  object: RecordedOutput,
  signal: AbortSignal,
): Promise<ObservedOutput> {
  const { resource } = client;
  if (!isPermitted(client, object, 'status.outputs')) {
    if (await isNamespaceGone(client, object, signal)) return { type: 'Gone', object };
    const remedy = `restore the grant, or delete it there and take its entry out of status.outputs (kubectl edit accesskey ${resource.metadata.name} --subresource=status)`;
    throw notPermitted(
      `status.outputs: ${objectText(object)} left the spec, and ${grantText(client, object)}: ${remedy}`,
    );
  }
  const standing = await read(client, object, signal);
  const holdsOurs =
    object.merge === true
      ? standing !== undefined && acceptsMerge(standing, resource) && mergedKeysOf(standing, resource).length > 0
      : standing !== undefined && isOurs(standing, resource, false);
  if (standing === undefined || !holdsOurs) return { type: 'Gone', object };
  if (object.merge === true)
    refuseImmutable(standing, `status.outputs: ${objectText(object)}`, 'the keys in it are gone');
  return { type: 'Unwanted', object, standing: standingOf(standing) };
}

/** Nothing is read or written in another namespace that does not grant it. Pure. */
function isPermitted({ lookup, resource }: OutputClient, object: RecordedOutput, path: string): boolean {
  return lookup.isPermitted(resource, outputReference(object.kind, keyOfObject(object), path));
}

/** The namespace of the object is gone, and the object with it; without the right to read it that is not known. */
async function isNamespaceGone(
  { kube }: OutputClient,
  { namespace }: RecordedOutput,
  signal: AbortSignal,
): Promise<boolean> {
  const reading = kube.get(NAMESPACES, { namespace: '', name: namespace }, { signal });
  return reading.then(
    (found) => found === undefined,
    (thrown: unknown) => {
      if (thrown instanceof KubeError && thrown.code === 403) return false;
      throw toKubeReconcileError(thrown);
    },
  );
}

async function read(
  { kube }: OutputClient,
  object: RecordedOutput,
  signal: AbortSignal,
): Promise<DataObject | undefined> {
  return kube.get<DataObject>(typeOfObject(object), keyOfObject(object), { signal }).catch((thrown: unknown) => {
    throw toKubeReconcileError(thrown);
  });
}

function grantText({ resource }: OutputClient, object: RecordedOutput): string {
  return `no ReferenceGrant in namespace "${object.namespace}" admits AccessKeys of namespace "${resource.metadata.namespace}" to ${objectText(object)}`;
}

function notPermitted(message: string): ReconcileError {
  return new ReconcileError('DependencyNotReady', message, { reason: 'RefNotPermitted' });
}

function noRoom({ path, key }: DesiredOutput): ReconcileError {
  return new ReconcileError(
    'DependencyNotReady',
    `${path}: ${keyText(key)} waits until objects of earlier outputs are removed: status.outputs lists them`,
  );
}
