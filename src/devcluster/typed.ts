import { fromEntries, isList, isObject, type Json, type JsonObject } from './json.ts';
import { goTypeOf } from './json-text.ts';
import { badRequestError } from './status.ts';

/**
 * The type of a field of a built-in kind, as far as decoding cares. The real server decodes these kinds into structs:
 * unknown fields are dropped, null and empty values vanish, a wrong JSON type refuses the whole body.
 */
export type FieldType =
  /** Left out when empty. */
  | 'string'
  /** Kept when empty: a pointer in the real type. */
  | 'text'
  /** Kept when false. */
  | 'bool'
  /** Left out when false. */
  | 'flag'
  | 'int'
  /** base64; an empty value of a map stays. */
  | 'bytes'
  /** RFC 3339, whole seconds. */
  | 'time'
  /** RFC 3339, microseconds. */
  | 'microtime'
  /** Any JSON value, kept as it is. */
  | 'any'
  | { readonly map: FieldType }
  | { readonly list: FieldType }
  /** Another type by the value: an object or a list, an object or a boolean. */
  | { readonly choose: (value: Json) => FieldType }
  | StructType;

/** A struct: its fields by JSON name. `name` is the type's name in error messages. */
export interface StructType {
  readonly name: string;
  readonly fields: Readonly<Record<string, FieldType>>;
}

/** What decoding found: the value without unknown fields, and the paths of those. */
export interface Decoded {
  readonly value: JsonObject;
  readonly unknownFields: readonly string[];
}

interface Place {
  /** The path from the root, for unknown fields: `metadata.labels`. */
  readonly path: string;
  /** How a Go decoder names the field: `ObjectMeta.metadata.labels`. */
  readonly goField: string;
}

class Decoder {
  readonly unknownFields: string[] = [];

  struct(type: StructType, value: JsonObject, path: string, goPath = path): JsonObject {
    const entries: [string, Json][] = [];
    const goPrefix = goPath === '' ? type.name : `${type.name}.${goPath}`;
    for (const [key, raw] of Object.entries(value)) {
      const at = path === '' ? key : `${path}.${key}`;
      const fieldType = Object.hasOwn(type.fields, key) ? type.fields[key] : undefined;
      if (fieldType === undefined) {
        this.unknownFields.push(at);
        continue;
      }
      const decoded = this.value(fieldType, raw, { path: at, goField: `${goPrefix}.${key}` });
      if (decoded !== undefined && !isLeftOut(fieldType, decoded)) entries.push([key, decoded]);
    }
    return fromEntries(entries);
  }

  value(type: FieldType, value: Json | undefined, place: Place): Json | undefined {
    if (value === null || value === undefined) return undefined;
    if (typeof type === 'string') return scalar(type, value, place);
    if ('choose' in type) return this.value(type.choose(value), value, place);
    if ('map' in type) {
      if (!isObject(value)) throw mismatch(value, place, `map[string]${goName(type.map)}`);
      const entries = Object.entries(value).map(
        ([key, item]) => [key, this.value(type.map, item, child(place, key)) ?? zeroOf(type.map)] as const,
      );
      return fromEntries(entries);
    }
    if ('list' in type) {
      if (!isList(value)) throw mismatch(value, place, `[]${goName(type.list)}`);
      return value.map(
        (item, index) =>
          this.value(type.list, item, { path: `${place.path}[${index}]`, goField: place.goField }) ??
          zeroOf(type.list) ??
          null,
      );
    }
    if (!isObject(value)) throw mismatch(value, place, goName(type));
    return this.struct(type, value, place.path);
  }
}

function child(place: Place, key: string): Place {
  return { path: `${place.path}.${key}`, goField: place.goField };
}

function zeroOf(type: FieldType): Json | undefined {
  if (type === 'string' || type === 'text' || type === 'bytes') return '';
  return typeof type === 'object' && 'fields' in type ? {} : undefined;
}

/** The empty values that the real types leave out of their JSON. */
function isLeftOut(type: FieldType, value: Json): boolean {
  if (type === 'string') return value === '';
  if (type === 'flag') return value === false;
  if (typeof type === 'string') return false;
  if ('list' in type) return isList(value) && value.length === 0;
  return 'map' in type && isObject(value) && Object.keys(value).length === 0;
}

function goName(type: FieldType): string {
  if (typeof type !== 'string') return 'name' in type ? `v1.${type.name}` : 'object';
  const names = {
    string: 'string',
    text: 'string',
    bool: 'bool',
    flag: 'bool',
    int: 'int32',
    bytes: 'uint8',
    time: 'v1.Time',
    microtime: 'v1.MicroTime',
  };
  return type === 'any' ? 'object' : names[type];
}

function mismatch(value: Json, place: Place, goType: string): Error {
  return badRequestError(
    `json: cannot unmarshal ${goTypeOf(value)} into Go struct field ${place.goField} of type ${goType}`,
  );
}

const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const microtimePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(?:Z|[+-]\d\d:\d\d)$/;
const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

function scalar(type: Exclude<FieldType, object>, value: Json, place: Place): Json {
  if (type === 'any') return value;
  const wanted = {
    string: 'string',
    text: 'string',
    bool: 'boolean',
    flag: 'boolean',
    int: 'number',
    bytes: 'string',
    time: 'string',
    microtime: 'string',
  };
  if (typeof value !== wanted[type]) throw mismatch(value, place, goName(type));
  if (type === 'int' && !Number.isInteger(value)) throw mismatchNumber(value, place);
  if (typeof value !== 'string') return value;
  if (type === 'bytes') return bytes(value);
  return type === 'time' || type === 'microtime' ? time(type, value) : value;
}

function mismatchNumber(value: Json, place: Place): Error {
  return badRequestError(
    `json: cannot unmarshal number ${JSON.stringify(value)} into Go struct field ${place.goField} of type int32`,
  );
}

function bytes(value: string): string {
  const text = value.replace(/[\r\n]/g, '');
  if (base64Pattern.test(text)) return text;
  const whole = /^(?:[A-Za-z0-9+/]{4})*/.exec(text)?.[0].length ?? 0;
  const bad = /[^A-Za-z0-9+/]/.exec(text.slice(whole));
  throw badRequestError(`illegal base64 data at input byte ${bad === null ? whole : whole + bad.index}`);
}

function timeError(type: 'time' | 'microtime', value: string): Error {
  const layout = type === 'time' ? '2006-01-02T15:04:05Z07:00' : '2006-01-02T15:04:05.000000Z07:00';
  const tail = timePattern.test(value) ? value.slice(19) : value;
  const wanted = tail === value ? '2006' : '.000000';
  const what = `cannot parse ${JSON.stringify(tail)} as "${wanted}"`;
  return badRequestError(`parsing time ${JSON.stringify(value)} as "${layout}": ${what}`);
}

function time(type: 'time' | 'microtime', value: string): string {
  const pattern = type === 'time' ? timePattern : microtimePattern;
  const parsed = pattern.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(parsed)) throw timeError(type, value);
  const iso = new Date(parsed).toISOString();
  if (type === 'time') return `${iso.slice(0, 19)}Z`;
  const fraction = /\.(\d+)/.exec(value)?.[1] ?? '';
  return `${iso.slice(0, 19)}.${fraction.padEnd(6, '0').slice(0, 6)}Z`;
}

/**
 * Decodes an object into a struct. `path`: where it stands, for unknown fields; `goPath`: the same for type errors.
 * @throws ApiError 400 when a value has another JSON type than the field
 */
export function decodeStruct(type: StructType, value: JsonObject, path = '', goPath = path): Decoded {
  const decoder = new Decoder();
  const decoded = decoder.struct(type, value, path, goPath);
  return { value: decoded, unknownFields: decoder.unknownFields };
}
