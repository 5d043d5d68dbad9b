import { Credential } from '../runtime/credential.ts';
import { ReconcileError, toReconcileError } from '../runtime/errors.ts';
import { KubeError } from '../runtime/kube.ts';
import { isLogField, type LogFields } from './log-fields.ts';
import { inSource } from './source-lines.ts';

/** What JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

const MAX_DEPTH = 5;
const MAX_ITEMS = 100;
const MAX_TEXT = 4_096;
const MAX_STACK = 16_384;
const MAX_CAUSES = 4;

/** The fields that may be printed, as JSON. */
export function loggedFields(fields: LogFields): Record<string, JsonValue> {
  const entries = Object.entries(fields).filter(([name, value]) => isLogField(name) && value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, jsonOf(value)]));
}

/**
 * Any value as JSON, bounded in depth, length and number of items, without calling its toString or toJSON. The types of
 * the fields let only plain values in; this is for the day on which a cast lies.
 */
function jsonOf(value: unknown, depth = 0): JsonValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return shortened(value, MAX_TEXT);
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object') return `[${typeof value}]`;
  if (value instanceof Credential) return '[redacted]';
  if (value instanceof Error) return errorJson(value);
  if (value instanceof Date) return Number.isFinite(value.getTime()) ? value.toISOString() : 'Invalid Date';
  if (depth >= MAX_DEPTH) return '[deep]';
  if (Array.isArray(value)) return itemsJson(value, depth);
  if (value instanceof Set) return itemsJson([...value], depth);
  if (value instanceof Map) return itemsJson([...value], depth);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (!isPlain(value)) return '[object]'; // what an object of a class holds is its own
  const entries = Object.entries(value).slice(0, MAX_ITEMS);
  return Object.fromEntries(entries.map(([name, item]) => [name, jsonOf(item, depth + 1)]));
}

/**
 * An error as its type, reason and message, with the service's id of the call that failed. The stack, with those of its causes, only where the defect is ours: all
 * other messages say what somebody else has to do.
 */
function errorJson(error: Error): JsonValue {
  if (error instanceof KubeError) {
    return {
      type: 'KubeError',
      reason: error.reason,
      code: error.code,
      message: shortened(error.message, MAX_TEXT),
    };
  }
  const known = toReconcileError(error);
  const message = shortened(known.message, MAX_TEXT);
  const requestId = requestIdOf(error);
  const facts = { type: known.type, reason: known.reason, message, ...(requestId === undefined ? {} : { requestId }) };
  return known.type === 'Internal' ? { ...facts, stack: shortened(stacksOf(error), MAX_STACK) } : facts;
}

function itemsJson(items: readonly unknown[], depth: number): readonly JsonValue[] {
  return items.slice(0, MAX_ITEMS).map((item) => jsonOf(item, depth + 1));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The id that the service gave to the call which failed, however often the error was wrapped; `undefined`: there is none. */
function requestIdOf(error: Error): string | undefined {
  let at: unknown = error;
  for (let depth = 0; at instanceof Error && depth < MAX_CAUSES; depth += 1) {
    if (at instanceof ReconcileError && at.requestId !== undefined) return at.requestId;
    at = at.cause;
  }
  return undefined;
}

/** The stacks of an error and of what caused it. A cause that is no Error is not printed: it can be anything. */
function stacksOf(error: Error): string {
  const stacks: string[] = [];
  for (let at: unknown = error; at instanceof Error && stacks.length < MAX_CAUSES; at = at.cause) {
    stacks.push(inSource(at.stack ?? at.name));
  }
  return stacks.join('\ncaused by ');
}

function shortened(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}… (${text.length} characters)`;
}
