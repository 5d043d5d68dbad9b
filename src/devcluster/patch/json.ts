import { fromEntries, isEqual, isList, isObject, type Json, type JsonObject, textOf } from '../json.ts';
import { goTypeOf } from '../json-text.ts';
import { ApiError, badRequestError } from '../status.ts';

/** More operations than any honest patch has; the real server refuses them too. */
const MAX_OPERATIONS = 10_000;

/** The real server answers these words to whatever goes wrong in a patch; `why` is for the log of a developer. */
function unprocessable(why: string): ApiError {
  const message = 'the server rejected our request due to an error in our request';
  return new ApiError({ code: 422, reason: 'Invalid', message, details: {} }, why);
}

function keysOf(pointer: string): readonly string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw unprocessable(`path ${JSON.stringify(pointer)} does not start with "/"`);
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function indexIn(list: readonly Json[], key: string, isAdd: boolean): number {
  if (key === '-' && isAdd) return list.length;
  if (!/^[+-]?\d+$/.test(key)) throw unprocessable(`invalid array index: ${JSON.stringify(key)}`);
  const places = isAdd ? list.length + 1 : list.length;
  // Negative ones count from the end, which RFC 6902 does not know but the library of the real server does.
  const index = Number(key) < 0 ? Number(key) + places : Number(key);
  if (index < 0 || index >= places) throw unprocessable(`index ${key} is out of bounds`);
  return index;
}

function childOf(value: Json | undefined, key: string): Json | undefined {
  if (isList(value)) return value[indexIn(value, key, false)];
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function valueAt(document: Json, pointer: string): Json | undefined {
  let at: Json | undefined = document;
  for (const key of keysOf(pointer)) at = childOf(at, key);
  return at;
}

type Edit = (parent: Json, key: string) => Json;

/** The document with its part at `keys` edited; every level on the way is copied. */
function edited(document: Json, keys: readonly string[], edit: Edit, pointer: string): Json {
  const [key, ...rest] = keys;
  if (key === undefined) throw unprocessable(`path ${JSON.stringify(pointer)} names the whole document`);
  if (rest.length === 0) return edit(document, key);
  const child = childOf(document, key);
  if (child === undefined) throw missing(pointer);
  const next = edited(child, rest, edit, pointer);
  if (isList(document)) return document.with(indexIn(document, key, false), next);
  return isObject(document) ? setKey(document, key, next) : document;
}

function missing(pointer: string): ApiError {
  return unprocessable(`${pointer} does not exist`);
}

function setKey(object: JsonObject, key: string, value: Json): JsonObject {
  return fromEntries(new Map<string, Json | undefined>(Object.entries(object)).set(key, value));
}

function add(document: Json, pointer: string, value: Json): Json {
  if (pointer === '') return value;
  const edit: Edit = (parent, key) => {
    if (isList(parent)) return parent.toSpliced(indexIn(parent, key, true), 0, value);
    if (!isObject(parent)) throw missing(pointer);
    return setKey(parent, key, value);
  };
  return edited(document, keysOf(pointer), edit, pointer);
}

function remove(document: Json, pointer: string): Json {
  const edit: Edit = (parent, key) => {
    if (isList(parent)) return parent.toSpliced(indexIn(parent, key, false), 1);
    if (!isObject(parent) || !Object.hasOwn(parent, key)) throw missing(pointer);
    return fromEntries(Object.entries(parent).filter(([name]) => name !== key));
  };
  return edited(document, keysOf(pointer), edit, pointer);
}

function replace(document: Json, pointer: string, value: Json): Json {
  if (pointer === '') return value;
  // A key that is absent is set, as the library of the real server does.
  const edit: Edit = (parent, key) => {
    if (isList(parent)) return parent.with(indexIn(parent, key, false), value);
    if (!isObject(parent)) throw missing(pointer);
    return setKey(parent, key, value);
  };
  return edited(document, keysOf(pointer), edit, pointer);
}

function pointerOf(operation: JsonObject, field: 'path' | 'from'): string {
  const pointer = operation[field];
  if (typeof pointer !== 'string') throw unprocessable(`an operation has no ${field}`);
  return pointer;
}

function apply(document: Json, operation: JsonObject): Json {
  const path = pointerOf(operation, 'path');
  const value = operation.value ?? null;
  const op = textOf(operation.op);
  switch (op) {
    case 'add':
      return add(document, path, value);
    case 'remove':
      return remove(document, path);
    case 'replace':
      return replace(document, path, value);
    case 'move': {
      const from = pointerOf(operation, 'from');
      const moved = valueAt(document, from);
      if (moved === undefined) throw missing(from);
      return add(remove(document, from), path, moved);
    }
    case 'copy': {
      const copied = valueAt(document, pointerOf(operation, 'from'));
      if (copied === undefined) throw missing(pointerOf(operation, 'from'));
      return add(document, path, copied);
    }
    case 'test':
      if (isEqual(valueAt(document, path), value)) return document;
      throw unprocessable(`testing value ${path} failed`);
    default:
      throw unprocessable(`Unexpected kind: ${op}`);
  }
}

function undecodable(value: Json, type: string): ApiError {
  return badRequestError(
    `error decoding patch: json: cannot unmarshal ${goTypeOf(value)} into Go value of type ${type}`,
  );
}

/**
 * A JSON patch applied, all of it or nothing. Source: RFC 6902.
 * @throws ApiError 400 when it is no list of operations, 422 when one of them fails
 */
export function jsonPatch(document: Json, patch: Json): Json {
  if (!isList(patch)) throw undecodable(patch, '[]handlers.jsonPatchOp');
  if (patch.length > MAX_OPERATIONS) {
    const message = `Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`;
    throw new ApiError({ code: 413, reason: 'RequestEntityTooLarge', message });
  }
  let at = document;
  for (const operation of patch) {
    if (!isObject(operation)) throw undecodable(operation, 'handlers.jsonPatchOp');
    at = apply(at, operation);
  }
  return at;
}
