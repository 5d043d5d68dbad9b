import { isDeepStrictEqual } from 'node:util';
import type { AccessKey } from '../../../api/access-key.ts';
import type { RecordedOutput } from '../../../api/key-outputs.ts';
import { keyOf, keyText } from '../../../api/meta.ts';
import { ACCEPT_MERGE } from '../../../managed/annotations.ts';
import { ReconcileError } from '../../../runtime/errors.ts';
import { immutableError, isOurs, metadataPatch } from '../secret-object.ts';
import type { DesiredOutput } from './desired.ts';
import {
  contentOf,
  type DataObject,
  isSameObject,
  mergeAnnotations,
  mergedKeysOf,
  metadataFor,
  objectText,
  type StandingObject,
} from './objects.ts';
import type { RenderedOutput } from './render.ts';
import type { OutputValues } from './values.ts';

/** One object of the outputs, as it was read. `recorded` in status is each but those that are `Gone`. */
export type ObservedOutput =
  /** As it should be. */
  | { readonly type: 'Current'; readonly object: RecordedOutput; readonly contentHash: string }
  /** To be written: it is not there, holds something else, or is of a type that cannot be changed. */
  | {
      readonly type: 'Missing' | 'Stale' | 'WrongType';
      readonly object: RecordedOutput;
      readonly standing: StandingObject | undefined;
      readonly desired: DesiredOutput;
      readonly values: OutputValues;
    }
  /** Of ours, and the spec does not ask for it any more. */
  | { readonly type: 'Unwanted'; readonly object: RecordedOutput; readonly standing: StandingObject }
  /** It was recorded, is not asked for, and nothing of ours is there. */
  | { readonly type: 'Gone'; readonly object: RecordedOutput }
  /** There is no key that could be written now: it stays as it is, if it is there. */
  | { readonly type: 'Kept'; readonly object: RecordedOutput; readonly isRecorded: boolean }
  /** Nothing can be done about it now: it stays as it is. */
  | {
      readonly type: 'Blocked';
      readonly object: RecordedOutput;
      readonly isRecorded: boolean;
      readonly problem: ReconcileError;
    };

/** An object that is to be written. */
export type WantedOutput = Extract<ObservedOutput, { type: 'Missing' | 'Stale' | 'WrongType' }>;
/** An object that is to be removed. */
export type UnwantedOutput = Extract<ObservedOutput, { type: 'Unwanted' }>;

/** One write. */
export type OutputStep =
  | { readonly type: 'WriteOutput'; readonly output: WantedOutput }
  | { readonly type: 'RemoveOutput'; readonly output: UnwantedOutput };

/** The writes, in order: what is new stands before what it replaces goes. Pure. */
export function outputSteps(observed: readonly ObservedOutput[]): readonly OutputStep[] {
  const writes = observed.flatMap((output) => (isWanted(output) ? [{ type: 'WriteOutput', output } as const] : []));
  const removals = observed.flatMap((output) =>
    output.type === 'Unwanted' ? [{ type: 'RemoveOutput', output } as const] : [],
  );
  return [...writes, ...removals];
}

/**
 * What status must list before the first step, and from then on: everything that stands or may come to stand. Pure.
 * An object leaves the list only after a read that found nothing of ours.
 */
export function recordOf(observed: readonly ObservedOutput[]): readonly RecordedOutput[] {
  return recorded(
    observed.filter((output) => output.type !== 'Gone' && (output.type !== 'Blocked' || output.isRecorded)),
  );
}

/** The same when nothing more is written in this pass: what waits for a key is not there yet. Pure. */
export function recordAfter(observed: readonly ObservedOutput[]): readonly RecordedOutput[] {
  return recordOf(observed.filter((output) => output.type !== 'Kept' || output.isRecorded));
}

function recorded(observed: readonly ObservedOutput[]): readonly RecordedOutput[] {
  const objects = observed.map(({ object }) => object);
  // Two outputs may name one object, of which one is refused.
  return objects.filter((object, index) => objects.findIndex((other) => isSameObject(object, other)) === index);
}

/** What keeps outputs from being as they should; undefined: nothing. Pure. */
export function outputFailure(observed: readonly ObservedOutput[]): ReconcileError | undefined {
  const problems = observed.flatMap((output) => (output.type === 'Blocked' ? [output.problem] : []));
  // One text for the Secret and the ConfigMap of one output.
  const messages = new Set(problems.map(({ message }) => message));
  const [worst] = [...problems].sort((one, other) => rank(one) - rank(other));
  if (worst === undefined || messages.size === 1) return worst;
  return new ReconcileError(worst.type, `${worst.message} (and ${messages.size - 1} more of spec.outputs)`, {
    reason: worst.reason,
    ...(worst.retryAfterMs === undefined ? {} : { retryAfterMs: worst.retryAfterMs }),
    cause: worst,
  });
}

/**
 * What is to be done about one object. Pure.
 * @throws DependencyNotReady, reasons SecretNotOurs, SecretNotFound, SecretInvalid
 */
export function compared(
  resource: AccessKey,
  desired: DesiredOutput,
  {
    object,
    rendered,
    standing,
  }: {
    readonly object: RecordedOutput;
    readonly rendered: RenderedOutput;
    readonly standing: DataObject | undefined;
  },
): 'Current' | WantedOutput['type'] {
  const content = contentOf(object, rendered);
  if (object.merge === true) return mergeCompared(resource, desired, standing, content);
  if (standing === undefined) return 'Missing';
  if (!isOurs(standing, resource, false)) {
    const what = `${desired.path}: ${objectText(object)} exists and is not of this object`;
    const merge = object.kind === 'Secret' ? ', or set merge to true and have its owner accept that' : '';
    throw notOurs(`${what}: delete it, choose another name${merge}`);
  }
  if (content.type !== undefined && standing.type !== content.type) return 'WrongType';
  const isSame = isDeepStrictEqual({ ...standing.data }, content.data);
  if (!isSame) refuseImmutable(standing, `${desired.path}: ${objectText(object)}`, 'it is written again');
  const isMarked = metadataPatch(standing, resource, metadataFor(resource, content, rendered)) === undefined;
  return isSame && isMarked ? 'Current' : 'Stale';
}

/** Whether somebody else's Secret accepts keys of this object. Pure. */
export function acceptsMerge(standing: DataObject, resource: AccessKey): boolean {
  return standing.metadata.annotations?.[ACCEPT_MERGE] === keyText(keyOf(resource));
}

function mergeCompared(
  resource: AccessKey,
  { path, key }: DesiredOutput,
  standing: DataObject | undefined,
  content: ReturnType<typeof contentOf>,
): 'Current' | 'Stale' {
  const where = `${path}: Secret ${keyText(key)}`;
  const consent = `the annotation ${ACCEPT_MERGE}: ${keyText(keyOf(resource))}`;
  if (standing === undefined) {
    const message = `${where} is to be merged into, and does not exist: create it with ${consent}`;
    throw new ReconcileError('DependencyNotReady', message, { reason: 'SecretNotFound' });
  }
  if (!acceptsMerge(standing, resource)) throw notOurs(`${where} does not accept this key: its owner sets ${consent}`);
  const { data = {} } = standing;
  const ours = mergedKeysOf(standing, resource);
  const taken = Object.keys(content.data).filter((name) => Object.hasOwn(data, name) && !ours.includes(name));
  if (taken.length > 0) {
    throw notOurs(
      `${where} has ${taken.join(', ')} already, and not from this object: take that out, or use other keys`,
    );
  }
  const isSame = Object.entries(content.data).every(([name, value]) => data[name] === value);
  const hasMore = ours.some((name) => !Object.hasOwn(content.data, name));
  if (!isSame || hasMore) refuseImmutable(standing, where, `make it anew with ${consent}`);
  const annotations = Object.entries(mergeAnnotations(resource, content));
  const isMarked = annotations.every(([name, value]) => standing.metadata.annotations?.[name] === value);
  return isSame && isMarked ? 'Current' : 'Stale';
}

/** @throws DependencyNotReady, reason SecretInvalid, when somebody made the object immutable. Pure. */
export function refuseImmutable({ immutable }: DataObject, what: string, then: string): void {
  if (immutable === true) throw immutableError(what, then);
}

function isWanted(output: ObservedOutput): output is WantedOutput {
  return output.type === 'Missing' || output.type === 'Stale' || output.type === 'WrongType';
}

/** The author's own mistakes first, since nobody else mends them. */
function rank({ type }: ReconcileError): number {
  return type === 'InvalidSpec' ? 0 : 1;
}

function notOurs(message: string): ReconcileError {
  return new ReconcileError('DependencyNotReady', message, { reason: 'SecretNotOurs' });
}
