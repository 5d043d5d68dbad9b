import { type FieldError, invalid, tooLong } from '../field-error.ts';
import { textOf } from '../json.ts';
import { configKeyProblems } from '../names.ts';
import type { ApiObject } from '../object.ts';
import { ageColumn, column, nameColumn } from '../table/columns.ts';
import { type BuiltinKind, mapField } from './builtin.ts';
import { immutableErrors } from './secrets.ts';

const MAX_DATA_BYTES = 1024 * 1024;

function configMapErrors(object: ApiObject): FieldError[] {
  const [data, binary] = [mapField(object, 'data'), mapField(object, 'binaryData')];
  const errors: FieldError[] = [];
  let sizeBytes = 0;
  for (const [field, map, encoding] of [
    ['data', data, 'utf8'],
    ['binaryData', binary, 'base64'],
  ] as const) {
    for (const [key, value] of Object.entries(map)) {
      errors.push(...configKeyProblems(key).map((text) => invalid(`${field}[${key}]`, key, text)));
      sizeBytes += Buffer.byteLength(textOf(value), encoding);
    }
  }
  const twice = Object.keys(data).filter((key) => binary[key] !== undefined);
  errors.push(...twice.map((key) => invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')));
  return sizeBytes > MAX_DATA_BYTES ? [...errors, tooLong('', MAX_DATA_BYTES)] : errors;
}

function keyCount(object: ApiObject): number {
  return Object.keys({ ...mapField(object, 'data'), ...mapField(object, 'binaryData') }).length;
}

/** v1 ConfigMap. */
export const configMaps: BuiltinKind = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  singular: 'configmap',
  kind: 'ConfigMap',
  isNamespaced: true,
  shortNames: ['cm'],
  fields: { data: { map: 'string' }, binaryData: { map: 'bytes' }, immutable: 'bool' },
  columns: [nameColumn, column('Data', 'How many keys it has.', keyCount), ageColumn],
  errors: configMapErrors,
  updateErrors: (object, old) => immutableErrors(object, old, ['data', 'binaryData']),
};

/** v1 ServiceAccount. No token is minted for it. */
export const serviceAccounts: BuiltinKind = {
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  kind: 'ServiceAccount',
  isNamespaced: true,
  shortNames: ['sa'],
  returnsDeleted: true,
  fields: { secrets: { list: 'any' }, imagePullSecrets: { list: 'any' }, automountServiceAccountToken: 'bool' },
};
