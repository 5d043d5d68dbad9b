import { type FieldError, invalid } from '../field-error.ts';
import type { Schema } from './schema.ts';

function outOfRange(value: number, schema: Schema): boolean {
  if (schema.type !== 'integer') return false;
  if (!Number.isInteger(value)) return true;
  const limit = schema.format === 'int32' ? 2 ** 31 : 2 ** 63;
  return value >= limit || value < -limit;
}

function isMultiple(value: number, factor: number): boolean {
  const quotient = factor < 1 ? (1 / factor) * value : value / factor;
  return Math.abs(quotient - Math.round(quotient)) < 1e-9 * Math.max(1, Math.abs(quotient));
}

/** What the schema finds wrong with a number: range of its format, multipleOf, minimum, maximum. */
export function numberErrors(value: number, schema: Schema, path: string): FieldError[] {
  const field = path.replace(/^\./, '');
  const errors: FieldError[] = [];
  if (outOfRange(value, schema)) {
    const format = schema.format === '' ? '(default format)' : `with format ${schema.format}`;
    errors.push(invalid('<nil>', '', `Checked value must be of type ${schema.type} ${format} in ${path}`));
  }
  const { multipleOf, minimum, maximum } = schema;
  if (multipleOf !== undefined && !isMultiple(value, multipleOf))
    errors.push(invalid(field, value, `${path} in body should be a multiple of ${multipleOf}`));
  if (minimum !== undefined && (schema.exclusiveMinimum ? value <= minimum : value < minimum)) {
    const words = schema.exclusiveMinimum ? 'greater than' : 'greater than or equal to';
    errors.push(invalid(field, value, `${path} in body should be ${words} ${minimum}`));
  }
  if (maximum !== undefined && (schema.exclusiveMaximum ? value >= maximum : value > maximum)) {
    const words = schema.exclusiveMaximum ? 'less than' : 'less than or equal to';
    errors.push(invalid(field, value, `${path} in body should be ${words} ${maximum}`));
  }
  return errors;
}
