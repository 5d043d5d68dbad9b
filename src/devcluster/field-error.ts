import type { Json } from './json.ts';

/** The `reason` of a cause in a Status of reason Invalid. Source: apimachinery, pkg/util/validation/field/errors.go. */
export type FieldErrorType =
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTooFew'
  | 'FieldValueTypeInvalid';

const words: { readonly [T in FieldErrorType]: string } = {
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueTooFew: 'Too few',
  FieldValueTypeInvalid: 'Invalid value',
};

/** One thing that is wrong with one field. `body` is the text after the field's path. */
export interface FieldError {
  readonly type: FieldErrorType;
  readonly field: string;
  readonly body: string;
}

function bodyOf(type: FieldErrorType, value: Json | undefined, detail: string): string {
  const head = value === undefined ? words[type] : `${words[type]}: ${goValueText(value)}`;
  return detail === '' ? head : `${head}: ${detail}`;
}

/** A value as the server prints it in an error: texts quoted, all else as JSON. */
export function goValueText(value: Json): string {
  return JSON.stringify(value);
}

/** The value breaks a rule that `detail` names. Without a value the message has none. */
export function invalid(field: string, value: Json | undefined, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field, body: bodyOf('FieldValueInvalid', value, detail) };
}

/** The value has another JSON type than the schema says. */
export function typeInvalid(field: string, value: Json, detail: string): FieldError {
  return { type: 'FieldValueTypeInvalid', field, body: bodyOf('FieldValueTypeInvalid', value, detail) };
}

/** The field must be set. */
export function required(field: string, detail = ''): FieldError {
  return { type: 'FieldValueRequired', field, body: bodyOf('FieldValueRequired', undefined, detail) };
}

/** The value is well formed, but may not be set so now. */
export function forbidden(field: string, detail: string): FieldError {
  return { type: 'FieldValueForbidden', field, body: bodyOf('FieldValueForbidden', undefined, detail) };
}

/** A value that must be unique stands there twice. */
export function duplicate(field: string, value: Json): FieldError {
  return { type: 'FieldValueDuplicate', field, body: bodyOf('FieldValueDuplicate', value, '') };
}

/** The value is none of the allowed ones. */
export function notSupported(field: string, value: Json, supported: readonly string[]): FieldError {
  const detail =
    supported.length === 0 ? '' : `supported values: ${supported.map((v) => JSON.stringify(v)).join(', ')}`;
  return { type: 'FieldValueNotSupported', field, body: bodyOf('FieldValueNotSupported', value, detail) };
}

/** The text, or the serialised value, is too long. The value is left out of the message. */
export function tooLong(field: string, maxBytes: number): FieldError {
  const detail = `may not be more than ${maxBytes} ${maxBytes === 1 ? 'byte' : 'bytes'}`;
  return { type: 'FieldValueTooLong', field, body: bodyOf('FieldValueTooLong', undefined, detail) };
}

/** The list or map has too many items. */
export function tooMany(field: string, actual: number, max: number): FieldError {
  const detail = `must have at most ${max} ${max === 1 ? 'item' : 'items'}`;
  return { type: 'FieldValueTooMany', field, body: bodyOf('FieldValueTooMany', actual, detail) };
}

/** All errors as one text: one as it is, several in brackets, equal ones once. */
export function aggregateText(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${error.body}`))];
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}

/** The path of a key below a path: `spec.name`, or `[key]` in a map. */
export function childPath(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
