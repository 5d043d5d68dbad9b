import { fromEntries, type Json, type JsonObject } from '../json.ts';
import { PROTOBUF_MESSAGES, type ProtobufField, type ProtobufType } from './table.ts';
import { readFields, readPacked, WireError, type WireField } from './wire.ts';

/** The Content-Type of bodies in protobuf. */
export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';

/** What each of them begins with. */
const MAGIC = Buffer.from('k8s\0');

/** Whether objects of a kind can be read from protobuf. Custom resources have none; a few built-in kinds are missing here. */
export function hasProtobuf(group: string, kind: string): boolean {
  return PROTOBUF_MESSAGES.has(messageOf(group, kind));
}

/**
 * An object from protobuf, as its JSON would be. Fields that nobody knows are passed over.
 * Source: Kubernetes API Concepts, "Protobuf encoding": the magic, then runtime.Unknown with type and message.
 * @throws WireError saying what is wrong with the bytes
 */
export function decodeProtobuf(body: Buffer): JsonObject {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new WireError(`provided data does not appear to be a protobuf message, expected prefix [${MAGIC.join(' ')}]`);
  }
  const envelope = readFields(body.subarray(MAGIC.length));
  const [apiVersion, kind] = [1, 2].map((number) => textOf(readFields(bytesOf(envelope, 1)), number));
  const group = apiVersion?.includes('/') === true ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const name = messageOf(group, kind ?? '');
  if (!PROTOBUF_MESSAGES.has(name)) throw new WireError(`no kind "${kind}" is registered for version "${apiVersion}"`);
  return { apiVersion, kind, ...message(name, bytesOf(envelope, 2)) };
}

/** Two groups have an Event. */
function messageOf(group: string, kind: string): string {
  return group === 'events.k8s.io' ? `events.${kind}` : kind;
}

function bytesOf(fields: readonly WireField[], number: number): Buffer {
  const value = fields.findLast((field) => field.number === number)?.value;
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

function textOf(fields: readonly WireField[], number: number): string {
  return bytesOf(fields, number).toString();
}

/** Messages whose JSON is no object. `undefined`: none at all. */
const SPECIAL: Readonly<Record<string, (fields: readonly WireField[]) => Json | undefined>> = {
  Time: (fields) => timeOf(fields, 0),
  MicroTime: (fields) => timeOf(fields, 6),
  Quantity: (fields) => textOf(fields, 1),
  IntOrString: (fields) => (intOf(fields, 1) === 0 ? intOf(fields, 2) : textOf(fields, 3)),
  FieldsV1: (fields) => {
    const json: Json = JSON.parse(textOf(fields, 1));
    return json;
  },
};

function intOf(fields: readonly WireField[], number: number): number {
  const value = fields.findLast((field) => field.number === number)?.value;
  return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : 0;
}

/** Seconds and nanoseconds since 1970 as RFC 3339; the zero time is an empty message. */
function timeOf(fields: readonly WireField[], digits: number): string | undefined {
  if (fields.length === 0) return undefined;
  const date = new Date(intOf(fields, 1) * 1_000);
  if (Number.isNaN(date.getTime())) throw new WireError('a time is out of range');
  const fraction = String(intOf(fields, 2)).padStart(9, '0').slice(0, digits);
  return `${date.toISOString().slice(0, 19)}${digits === 0 ? '' : `.${fraction}`}Z`;
}

function message(name: string, bytes: Buffer): JsonObject {
  const known = PROTOBUF_MESSAGES.get(name);
  const entries = new Map<string, Json>();
  for (const { number, value } of readFields(bytes)) {
    const field = known?.get(number);
    if (field !== undefined) add(entries, field, value);
  }
  return fromEntries(entries);
}

function add(entries: Map<string, Json>, { name, type }: ProtobufField, wire: WireField['value']): void {
  if (type.type === 'list') {
    const before = entries.get(name);
    const more = type.of.type === 'int' && Buffer.isBuffer(wire) ? readPacked(wire) : [wire];
    const items = more.map((each) => valueOf(type.of, each) ?? null);
    entries.set(name, [...(Array.isArray(before) ? before : []), ...items]);
    return;
  }
  if (type.type === 'map') {
    const fields = readFields(bufferOf(wire));
    const value = fields.find(({ number }) => number === 2)?.value ?? Buffer.alloc(0);
    const before = entries.get(name);
    const pair = [textOf(fields, 1), valueOf(type.of, value) ?? null] as const;
    entries.set(name, fromEntries([...Object.entries(before ?? {}), pair]));
    return;
  }
  const value = valueOf(type, wire);
  if (value === undefined || (type.type !== 'message' && !type.keepsZero && isZero(value))) return;
  if (name !== '...') entries.set(name, value);
  else for (const [key, inner] of Object.entries(Object(value) as JsonObject)) entries.set(key, inner ?? null);
}

function valueOf(type: ProtobufType, wire: WireField['value']): Json | undefined {
  switch (type.type) {
    case 'string':
      return bufferOf(wire).toString();
    case 'bytes':
      return bufferOf(wire).toString('base64');
    case 'int':
      return Number(BigInt.asIntN(64, numberOf(wire)));
    case 'bool':
      return numberOf(wire) !== 0n;
    case 'message': {
      const special = SPECIAL[type.name];
      return special === undefined ? message(type.name, bufferOf(wire)) : special(readFields(bufferOf(wire)));
    }
    case 'list':
    case 'map':
      throw new WireError('a list in a list'); // no message has one
  }
}

function bufferOf(wire: WireField['value']): Buffer {
  if (Buffer.isBuffer(wire)) return wire;
  throw new WireError('wrong wireType: a number where bytes are expected');
}

function numberOf(wire: WireField['value']): bigint {
  if (typeof wire === 'bigint') return wire;
  throw new WireError('wrong wireType: bytes where a number is expected');
}

function isZero(value: Json): boolean {
  return value === '' || value === 0 || value === false;
}
