import { canonicalText, type Json, type JsonObject, textOf } from '../json.ts';
import type { ApiObject } from '../object.ts';
import { ageText } from './age.ts';
import { parsePath } from './json-path.ts';

/** One column of a table: what metav1.TableColumnDefinition says, and its cell for an object. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** 0: always shown; above: in wide output. */
  readonly priority: number;
  cell(object: ApiObject, nowMs: number): Json;
}

/** The age of a time, as `3m20s`. */
export function ageOf(time: Json | undefined, nowMs: number): string {
  if (typeof time !== 'string' || time === '') return '<unknown>';
  const parsed = Date.parse(time);
  return Number.isNaN(parsed) ? '<invalid>' : ageText(parsed, nowMs);
}

/** A column of a built-in kind. */
export function column(
  name: string,
  description: string,
  cell: Column['cell'],
  more: { readonly type?: string; readonly priority?: number } = {},
): Column {
  return { name, type: more.type ?? 'string', format: '', description, priority: more.priority ?? 0, cell };
}

/** The name: first in nearly every table. */
export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'The name of the object, unique within its namespace.',
  priority: 0,
  cell: (object) => textOf(object.metadata.name),
};

/** How old the object is. */
export const ageColumn: Column = column('Age', 'The time since the object was created.', (object, nowMs) =>
  ageOf(object.metadata.creationTimestamp, nowMs),
);

/** A value as the real server prints it for a column of type string. */
function printed(value: Json): string {
  if (value === null) return '<no value>';
  if (typeof value !== 'object') return String(value);
  return canonicalText(value);
}

function typedCell(type: string, value: Json, nowMs: number): Json {
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? ageOf(value, nowMs) : null;
    default:
      return printed(value);
  }
}

/** A printer column of a CustomResourceDefinition. */
function definedColumn(definition: JsonObject): Column {
  const jsonPath = textOf(definition.jsonPath);
  const type = textOf(definition.type);
  const path = parsePath(jsonPath);
  const description = textOf(definition.description);
  return {
    name: textOf(definition.name),
    type,
    format: textOf(definition.format),
    description:
      description === '' ? `Custom resource definition column (in JSONPath format): ${jsonPath}` : description,
    priority: typeof definition.priority === 'number' ? definition.priority : 0,
    cell: (object, nowMs) => {
      const [value] = path?.(object) ?? [];
      return value === undefined ? null : typedCell(type, value, nowMs);
    },
  };
}

const defaultColumns: readonly JsonObject[] = [{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }];

/** The columns of a custom resource: its name, then what its definition says, or its age. */
export function definedColumns(definitions: readonly JsonObject[]): readonly Column[] {
  return [nameColumn, ...(definitions.length === 0 ? defaultColumns : definitions).map(definedColumn)];
}
