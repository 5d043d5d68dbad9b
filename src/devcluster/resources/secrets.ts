import { type FieldError, forbidden, invalid, required, tooLong } from '../field-error.ts';
import { isEqual, type JsonObject, omit, textOf } from '../json.ts';
import { configKeyProblems } from '../names.ts';
import type { ApiObject } from '../object.ts';
import { ageColumn, column, nameColumn } from '../table/columns.ts';
import { type BuiltinKind, mapField } from './builtin.ts';

/** What all values together may have, in bytes. */
const MAX_DATA_BYTES = 1024 * 1024;

function base64Bytes(text: string): number {
  return Buffer.byteLength(text, 'base64');
}

function withStringData(secret: ApiObject): ApiObject {
  const { apiVersion, kind, metadata } = secret;
  const texts = Object.entries(mapField(secret, 'stringData'));
  const data: JsonObject = {
    ...mapField(secret, 'data'),
    ...Object.fromEntries(texts.map(([key, text]) => [key, Buffer.from(textOf(text)).toString('base64')])),
  };
  const type = textOf(secret.type) === '' ? 'Opaque' : textOf(secret.type);
  const rest = omit(secret, 'data', 'stringData');
  return { ...rest, kind, apiVersion, metadata, ...(Object.keys(data).length === 0 ? {} : { data }), type };
}

const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

function typeErrors(secret: ApiObject, data: JsonObject): FieldError[] {
  const type = textOf(secret.type);
  if (type === 'kubernetes.io/service-account-token') {
    const name = secret.metadata.annotations?.['kubernetes.io/service-account.name'] ?? '';
    return name === '' ? [required('metadata.annotations[kubernetes.io/service-account.name]')] : [];
  }
  if (type === 'kubernetes.io/basic-auth' && data.username === undefined && data.password === undefined)
    return [required('data[username]'), required('data[password]')];
  const missing = (requiredKeys[type] ?? []).filter((key) => data[key] === undefined);
  const errors = missing.map((key) => required(`data[${key}]`));
  if (missing.length > 0 || !type.startsWith('kubernetes.io/docker')) return errors;
  return (requiredKeys[type] ?? [])
    .filter((key) => !isJson(textOf(data[key])))
    .map((key) => invalid(`data[${key}]`, '<secret contents redacted>', 'invalid character'));
}

function isJson(base64: string): boolean {
  try {
    JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

function errors(secret: ApiObject): FieldError[] {
  const data = mapField(secret, 'data');
  const keys = Object.keys(data);
  const found = keys.flatMap((key) => configKeyProblems(key).map((text) => invalid(`data[${key}]`, key, text)));
  const sizeBytes = Object.values(data).reduce((sum: number, value) => sum + base64Bytes(textOf(value)), 0);
  if (sizeBytes > MAX_DATA_BYTES) found.push(tooLong('data', MAX_DATA_BYTES));
  return [...found, ...typeErrors(secret, data)];
}

/** `data` (and `binaryData`) of an object that says `immutable: true` stays; so does `immutable`. */
export function immutableErrors(object: ApiObject, old: ApiObject, fields: readonly string[]): FieldError[] {
  if (old.immutable !== true) return [];
  const message = 'field is immutable when `immutable` is set';
  const found = object.immutable === true ? [] : [forbidden('immutable', message)];
  const changed = fields.filter((field) => !isEqual(mapField(object, field), mapField(old, field)));
  return [...found, ...changed.map((field) => forbidden(field, message))];
}

/** v1 Secret: data is base64, stringData is folded into it, the type never changes. */
export const secrets: BuiltinKind = {
  group: '',
  version: 'v1',
  plural: 'secrets',
  singular: 'secret',
  kind: 'Secret',
  isNamespaced: true,
  fields: {
    data: { map: 'bytes' },
    stringData: { map: 'string' },
    type: 'string',
    immutable: 'bool',
  },
  defaults: withStringData,
  errors,
  updateErrors: (object, old) => [
    ...(object.type === old.type ? [] : [invalid('type', textOf(object.type), 'field is immutable')]),
    ...immutableErrors(object, old, ['data']),
  ],
  columns: [
    nameColumn,
    column('Type', 'What the secret is for.', (object) => textOf(object.type)),
    column('Data', 'How many keys it has.', (object) => Object.keys(mapField(object, 'data')).length),
    ageColumn,
  ],
  selectableFieldNames: ['type'],
  selectableFields: (object) => ({ type: textOf(object.type) }),
};
