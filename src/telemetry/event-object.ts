import { stripVTControlCharacters } from 'node:util';
import type { EventReason } from '../api/event-reasons.ts';
import { GROUP, type KubeObject, keyOf } from '../api/meta.ts';

/** Who reports, the same for every event of ours: `kubectl get events --field-selector reportingComponent=…`. */
const REPORTING_CONTROLLER = `${GROUP}/wasabi-s3-operator`;

/** Something that happened to an object, for people. */
export interface EventInput {
  readonly regarding: KubeObject;
  readonly type: 'Normal' | 'Warning';
  /** One of docs/reference/events.md. */
  readonly reason: EventReason;
  /** What was done or tried, one CamelCase word. */
  readonly action: string;
  readonly note: string;
}

/** Limits of the API server, in bytes. Source: ValidateEventCreate of Kubernetes 1.36. */
const MAX_NOTE_BYTES = 1_024;
const MAX_WORD_BYTES = 128;
/** A DNS subdomain has 253 characters, and the hexadecimal number at most 17 with its dot. */
const MAX_NAME = 253 - 17;

/** The namespace in which the event of an object lives: its own; for an object without one, `default`. */
export function eventNamespace(regarding: KubeObject): string {
  return keyOf(regarding).namespace || 'default';
}

/** The object without all that is not its identity: it is kept as long as its event can repeat. */
export function identityOf({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  return {
    apiVersion,
    kind,
    metadata: { name, uid, resourceVersion, creationTimestamp, ...(namespace === undefined ? {} : { namespace }) },
  };
}

/** The name of an event: the object's, and a number that makes it unique. */
export function eventName(regarding: KubeObject, unique: bigint): string {
  const prefix = regarding.metadata.name.slice(0, MAX_NAME).replace(/[^a-z0-9]+$/, '');
  return `${prefix}.${BigInt.asUintN(64, unique).toString(16)}`;
}

/** The body of a new event. */
export function eventObject(input: EventInput, name: string, instance: string, nowMs: number): object {
  const { regarding, type, reason, action, note } = input;
  const { metadata } = regarding;
  const namespace = keyOf(regarding).namespace;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name, namespace: eventNamespace(regarding) },
    eventTime: microTime(nowMs),
    reportingController: REPORTING_CONTROLLER,
    reportingInstance: cut(instance, MAX_WORD_BYTES),
    type,
    reason: cut(reason, MAX_WORD_BYTES),
    action: cut(action, MAX_WORD_BYTES),
    note: noteText(note),
    regarding: {
      apiVersion: regarding.apiVersion,
      kind: regarding.kind,
      ...(namespace === '' ? {} : { namespace }),
      name: metadata.name,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
    },
  };
}

/** The body of the patch that says how often it happened; `count` is at least 2. */
export function seriesPatch(count: number, lastObservedMs: number): object {
  return { series: { count, lastObservedTime: microTime(lastObservedMs) } };
}

/** One line without control characters: a note may quote what a user or a service wrote. */
export function noteText(note: string): string {
  const line = stripVTControlCharacters(note).replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  return cut(line, MAX_NOTE_BYTES);
}

/** metav1.MicroTime is read with exactly six digits. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

/** The longest beginning that has no more bytes than that, between two characters. */
function cut(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const ellipsis = '…';
  const room = new Uint8Array(maxBytes - Buffer.byteLength(ellipsis));
  return text.slice(0, new TextEncoder().encodeInto(text, room).read) + ellipsis;
}
